/** The command line: arguments → a command, which writes through a TerminalHost. */
import './host/last-words.js';
import { main } from './commands/main.js';
import { TerminalHost } from './host/terminal.js';
import { printable } from './lib/text.js';

const { stdin, stdout, stderr, env } = process;
const host = new TerminalHost({ stdin, stdout, stderr, env }, 'text');

main(process.argv.slice(2), host).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`skewgate has a bug: nothing was judged (${printable(String(error), 300)}).\n`);
    process.exitCode = 3;
  },
);
