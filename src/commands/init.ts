/** `skewgate init`: a first policy, release and workflow from tables and towers; what these leave open is asked. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { ConfigError, UserError } from '../errors.js';
import { type CommandHost, type ExitStatus, gather, guarded } from '../gate.js';
import { printable, quoted } from '../lib/text.js';
import { Interview, type Settled } from '../starter/interview.js';
import { makeStarter, type Starter } from '../starter/starter.js';
import { escapedFile } from '../starter/yaml-words.js';
import { type Command, optional, type Values } from './command.js';
import { givenOf, INIT_OPTIONS, mappingIn, namedFiles } from './init-options.js';
import { fillPins } from './pin.js';

export const init: Command = {
  name: 'init',
  does: [
    'write gates/NAME.yml, models/NAME.yml and a workflow from an eval set and towers: what they tell is inferred,',
    'the rest is asked; --yes takes the best guesses and says them; --from: a policy to start with',
  ],
  options: INIT_OPTIONS,
  run: (values, host) => guarded(host, () => start(values, host)),
};

async function start(values: Values, host: CommandHost): Promise<ExitStatus> {
  const workspace = new Workspace(host.workspace);
  const name = optional(values, 'name') ?? nameOf(workspace.root);
  const files = namedFiles(name, optional(values, 'workflow'));
  refuseExisting(Object.values(files), workspace);
  const given = givenOf(values, name);
  const asks = values.yes !== true && host.ask !== undefined;
  const interview = new Interview(values.yes === true, host.ask?.bind(host));
  const starter = await makeStarter(given, workspace, interview, asks, (text) =>
    mappingIn('distances', text === '' ? '{}' : text),
  );
  await writeStarter(starter, files, workspace);
  host.output(outputOf(interview, starter, files));
  return 0;
}

/** The name of the workspace's folder, as far as a file may have it. */
function nameOf(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'model' : name;
}

/** Throws ConfigError where a file that would be written is there. */
function refuseExisting(paths: readonly string[], workspace: Workspace): void {
  const there = paths.filter((path) => existsSync(join(workspace.root, path)));
  const outside = paths.find((path) => !workspace.contains(join(workspace.root, path)));
  if (outside !== undefined)
    throw new ConfigError([
      { found: `${quoted(outside)}, which leads out of the workspace`, expected: 'a path inside it' },
    ]);
  if (there.length === 0) return;
  throw new ConfigError(
    there.map((path) => ({
      place: { file: path },
      found: 'a file that is there already, and is not overwritten',
      expected: 'no file of that name',
      mend: path.startsWith('.github')
        ? 'Add: --workflow .github/workflows/skewgate-2.yml (or add the release to the workflow that is there).'
        : 'Add: --name ANOTHER, or move it away.',
    })),
  );
}

/** Writes the files, pins them and reads them back as a run does; where that fails none of them stays. */
async function writeStarter(
  starter: Starter,
  files: ReturnType<typeof namedFiles>,
  workspace: Workspace,
): Promise<void> {
  const written: string[] = [];
  const at = (path: string) => join(workspace.root, path);
  try {
    for (const key of ['policy', 'release', 'workflow'] as const) {
      const path = at(files[key]);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, starter[key], { flag: 'wx' });
      written.push(path);
    }
    for (const path of [at(files.policy), at(files.release)]) {
      await fillPins(path, workspace);
      writeFileSync(path, escapedFile(readFileSync(path, 'utf8')));
    }
    const { gathered } = await gather({ policy: at(files.policy), release: at(files.release) }, workspace);
    for (const check of gathered.checks) await check.outlook();
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw error instanceof UserError ? ofDraft(error, [files.policy, files.release]) : error;
  }
}

/** Problems without places in files that are no longer there. */
function ofDraft(error: UserError, drafts: readonly string[]): UserError {
  const problems = error.problems.map(({ place, ...words }) =>
    place && !drafts.includes(place.file)
      ? { place, ...words }
      : { ...words, found: place ? `the files that would be written with ${words.found}` : words.found },
  );
  return new UserError(problems);
}

const HOW: Readonly<Record<Settled['how'], string>> = {
  given: 'Given',
  answered: 'Answered',
  inferred: 'Told by the files',
  guessed: 'Guessed (--yes): check these',
};

function outputOf({ settled, notes }: Interview, { template }: Starter, files: ReturnType<typeof namedFiles>): string {
  const width = settled.reduce((most, { what }) => Math.max(most, what.length), 0);
  const sections = (['given', 'answered', 'inferred', 'guessed'] as const).flatMap((how) => {
    const own = settled.filter((one) => one.how === how);
    if (own.length === 0) return [];
    const lines = own.map(({ what, shown, why }) => {
      const reason = how === 'inferred' || how === 'guessed' ? `: ${printable(why, 400)}` : '';
      return `  ${printable(what).padEnd(width)}  ${shown}${reason}`;
    });
    return [HOW[how], ...lines, ''];
  });
  const said = notes.length === 0 ? [] : ['Note', ...notes.map((note) => `  ${printable(note, 400)}`), ''];
  return `${[
    ...sections,
    ...said,
    `Wrote ${files.policy} (from ${printable(template)}), ${files.release} and ${files.workflow}.`,
    'Every choice stands there with its reason: read them, and pin the Action in the workflow.',
    `Next: skewgate run --policy ${files.policy} --release ${files.release}`,
  ].join('\n')}\n`;
}
