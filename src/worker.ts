/** The entry of a thread: tasks of scoring and of the estimation, and nothing that reads a file or runs a model. */
import { TABULATE } from './estimation/tabulation/tabulate-task.js';
import { serve } from './lib/threads.js';
import { SCORE_ROWS } from './models/scores/score-rows.js';

serve([SCORE_ROWS, TABULATE]);
