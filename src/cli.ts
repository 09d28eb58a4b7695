/** The command line: arguments → TerminalHost → the same gate as the Action's. */
import './host/last-words.js';
import { type Command, namedFolders, parseArguments, USAGE } from './commands/arguments.js';
import { pin } from './commands/pin.js';
import { validate } from './commands/validate.js';
import { type ExitStatus, gate, guarded, type Host } from './gate.js';
import { originNamed } from './host/base-policy.js';
import { TerminalHost } from './host/terminal.js';
import { printable } from './lib/text.js';
import { forgetReport } from './report/write.js';
import { VERSION } from './verdict/assemble.js';

async function main(argv: readonly string[]): Promise<ExitStatus> {
  const streams = { stdout: process.stdout, stderr: process.stderr, env: process.env };
  const host = new TerminalHost(streams, 'text');
  return guarded(host, async () => {
    const command = understood(argv, host);
    switch (command.name) {
      case 'help':
        process.stdout.write(USAGE);
        return 0;
      case 'version':
        process.stdout.write(`${VERSION}\n`);
        return 0;
      case 'run': {
        const { format, quiet, policyRef, ...rest } = command;
        const own = new TerminalHost(streams, format, quiet);
        if (rest.out !== undefined) forgetReport(rest.out, host.workspace);
        const origin = policyRef === undefined ? {} : { origin: originNamed(host.workspace, policyRef) };
        return gate({ ...rest, ...origin }, own);
      }
      case 'validate':
        return validate(command, host);
      case 'pin':
        return pin(command.file, host);
    }
  });
}

/** A command line that is wrong leaves no report of an earlier run either, where it says which folder is meant. */
function understood(argv: readonly string[], { workspace }: Host): Command {
  try {
    return parseArguments(argv);
  } catch (error) {
    for (const folder of namedFolders(argv)) forgetReport(folder, workspace);
    throw error;
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`skewgate has a bug: nothing was judged (${printable(String(error), 300)}).\n`);
    process.exitCode = 3;
  },
);
