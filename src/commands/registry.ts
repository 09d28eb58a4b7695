/** Every command, one line each, in the order of the usage. */
import { calibrate } from './calibrate.js';
import type { Command } from './command.js';
import { history } from './history.js';
import { init } from './init.js';
import { map } from './map.js';
import { merge } from './merge.js';
import { pin } from './pin.js';
import { promote } from './promote.js';
import { run } from './run.js';
import { shard } from './shard.js';
import { sql } from './sql.js';
import { validate } from './validate.js';

export const COMMANDS: readonly Command[] = [
  run,
  validate,
  shard,
  merge,
  pin,
  promote,
  init,
  map,
  history,
  sql,
  calibrate,
];

/** Commands that later versions build: refused by name, never taken for a mistake. */
export const NOT_BUILT: readonly string[] = [];
