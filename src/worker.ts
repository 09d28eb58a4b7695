/** The entry of a thread: tasks of scoring and of the estimation, and nothing that reads a file of the workspace. */
import { SUM_PART, WEIGH_PART } from './estimation/streamed/part-task.js';
import { TABULATE } from './estimation/tabulation/tabulate-task.js';
import { serve } from './lib/threads.js';
import { SCORE_ROWS } from './models/scores/score-rows.js';

serve([SCORE_ROWS, TABULATE, WEIGH_PART, SUM_PART]);
