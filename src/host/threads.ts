/** The threads that a program may use: as many as it has cores to run on, or as it is told. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { quoted } from '../lib/text.js';
import { useThreads } from '../lib/threads.js';

/** Beyond as many there is nothing left to share out, and each costs memory. */
const MOST = 8;

/**
 * Has the process use threads. Their program stands beside that which runs; where none does, as in tests of the
 * sources, everything is done in one thread.
 *
 * @param asked as it was written; left out: as many as there are cores, up to eight, and for large runs alone
 * @throws ConfigError where it is no number of threads
 */
export function openThreads(asked?: string): void {
  if (asked !== undefined && !/^[1-9]\d{0,2}$/.test(asked))
    throw new ConfigError([
      { found: `--threads ${quoted(asked)}`, expected: 'a number from 1 to 999', mend: 'Write: --threads 2' },
    ]);
  if (typeof __dirname === 'undefined') return;
  const count = asked === undefined ? Math.min(MOST, availableParallelism()) : Number(asked);
  useThreads(join(__dirname, 'worker.cjs'), count, asked !== undefined);
}
