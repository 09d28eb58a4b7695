/** Every command, one line each, in the order of the usage. */

import { calibrate } from './calibrate.js';
import type { Command } from './command.js';
import { init } from './init.js';
import { pin } from './pin.js';
import { promote } from './promote.js';
import { run } from './run.js';
import { validate } from './validate.js';

export const COMMANDS: readonly Command[] = [run, validate, pin, promote, init, calibrate];

/** Commands that later versions build: refused by name, never taken for a mistake. */
export const NOT_BUILT: readonly string[] = ['shard', 'merge', 'history', 'sql'];
