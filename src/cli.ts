/** The command line: arguments → TerminalHost → the same gate as the Action's. */
import { parseArguments, USAGE } from './commands/arguments.js';
import { pin } from './commands/pin.js';
import { validate } from './commands/validate.js';
import { UserError } from './errors.js';
import { type ExitStatus, gate, guarded } from './gate.js';
import { TerminalHost } from './host/terminal.js';
import { VERSION } from './verdict/assemble.js';

async function main(argv: readonly string[]): Promise<ExitStatus> {
  const streams = { stdout: process.stdout, stderr: process.stderr, env: process.env };
  const host = new TerminalHost(streams, 'text');
  return guarded(host, async () => {
    const command = parseArguments(argv);
    switch (command.name) {
      case 'help':
        process.stdout.write(USAGE);
        return 0;
      case 'version':
        process.stdout.write(`${VERSION}\n`);
        return 0;
      case 'run': {
        const { format, ...rest } = command;
        return gate(rest, new TerminalHost(streams, format));
      }
      case 'validate':
        return validate(command, host);
      case 'pin':
        return pin(command.file, host);
    }
  });
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`skewgate has a bug: ${error instanceof UserError ? error.message : String(error)}\n`);
    process.exitCode = 3;
  },
);
