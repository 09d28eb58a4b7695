/** The entry of a thread: tasks of the estimation, and nothing that reads a file or runs a model. */
import { TABULATE } from './estimation/tabulation/tabulate-task.js';
import { serve } from './lib/threads.js';

serve([TABULATE]);
