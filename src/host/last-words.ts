/**
 * Imported first by both entries, for its effects: whatever the streams or the machine do, the exit status is the
 * verdict's, and nothing ends in Node's own dump of a minified source line.
 */
import { mendOfAddresses, outOfMemory } from '../lib/memory.js';
import { printable } from '../lib/text.js';

let told = false;
/** True once an end has been told: a status, or an error. */
let ended = false;
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has read enough is no fault (`| head`); a full disk is said where it can be. The verdict stands
    // either way.
    if (stream === process.stdout && error.code !== 'EPIPE' && !told) {
      told = true;
      process.stderr.write(`warning: the result could not be written to stdout (${printable(error.message, 200)}).\n`);
    }
  });

/**
 * An error that reaches Node itself: loading the program failed, or an event that no promise waits for. Never a pass.
 */
function last(error: unknown): void {
  ended = true;
  const message = printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 300);
  const memory = outOfMemory(error);
  const mend = memory ? mendOfAddresses(error) : undefined;
  process.stderr.write(
    memory
      ? `error: not enough memory (${message}).${mend ? ` ${mend}` : ''}\n`
      : `skewgate has a bug: nothing was judged (${message}).\n`,
  );
  process.exit(memory ? 2 : 3);
}

process.on('uncaughtException', last);
process.on('unhandledRejection', last);

/**
 * Ends the process with the status that it is promised. A promise that nobody keeps, with nothing left to wait for,
 * would end it without a word and with a 0, which is a pass: it is 3 then.
 */
export function endWith(status: Promise<number>): void {
  process.exitCode = 3;
  process.once('exit', () => {
    if (!ended) process.stderr.write('skewgate has a bug: it ended without a verdict.\n');
  });
  status.then((code) => {
    ended = true;
    process.exitCode = code;
  }, last);
}
