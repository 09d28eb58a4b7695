/** The command line in whole: everything that the version alone does not need. */
import type { ExitStatus } from '../gate.js';
import { TerminalHost } from '../host/terminal.js';
import { openThreads } from '../host/threads.js';
import { main } from './main.js';

/** Follows a command line, and shows in this terminal what comes of it. */
export function program(argv: readonly string[]): Promise<ExitStatus> {
  openThreads();
  const { stdin, stdout, stderr, env } = process;
  return main(argv, new TerminalHost({ stdin, stdout, stderr, env }, 'text'));
}
