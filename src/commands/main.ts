/** A command line, understood and followed. */
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { VERSION } from '../lib/version.js';
import { forgetReport } from '../report/write.js';
import { namedFolders, type Parsed, parseArguments } from './arguments.js';
import { COMMANDS, NOT_BUILT } from './registry.js';
import { usageOf, usageOfOne } from './usage.js';

export function main(argv: readonly string[], host: CommandHost): Promise<ExitStatus> {
  return guarded(host, async () => {
    // A command line that is wrong leaves no report of an earlier run either, where it says which folder is meant.
    for (const folder of namedFolders(argv, COMMANDS)) forgetReport(folder, host.workspace);
    const parsed: Parsed = parseArguments(argv, COMMANDS, NOT_BUILT);
    if (parsed === 'help') host.output(usageOf(COMMANDS));
    else if (parsed === 'version') host.output(`${VERSION}\n`);
    else if ('helpOn' in parsed) host.output(usageOfOne(parsed.helpOn));
    else return parsed.command.run(parsed.values, host);
    return 0;
  });
}
