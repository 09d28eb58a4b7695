/**
 * `skewgate pin FILE`: fills in or refreshes the sha256 pins of a policy or a release; comments and layout are kept.
 */
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { tableAt } from '../data/artefacts/table-at.js';
import { readCheckpointFile } from '../data/checkpoints/checkpoint-file.js';
import { type Pin, pinsOfPolicy } from '../documents/policy/pins.js';
import { openYaml } from '../documents/policy/read.js';
import { pinsOfRelease } from '../documents/release/pins.js';
import { YamlEdits } from '../documents/yaml/edits.js';
import type { YamlSource } from '../documents/yaml/source.js';
import { ConfigError, type Problem } from '../errors.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { plural, quoted } from '../lib/text.js';
import { type Command, required } from './command.js';

export const pin: Command = {
  name: 'pin',
  does: ['fill in or refresh the sha256 pins of a policy or a release, comments kept'],
  options: {},
  argument: { name: 'FILE', expected: 'one file', example: 'gates/my-model.yml' },
  run: (values, host) => guarded(host, () => pinFile(required(values, 'argument'), host)),
};

/** The file that is pinned, and the workspace that its paths lie in. */
interface Pinning {
  readonly source: YamlSource;
  readonly folder: string;
  readonly workspace: Workspace;
}

async function pinFile(path: string, host: CommandHost): Promise<ExitStatus> {
  const workspace = new Workspace(host.workspace);
  const file = resolve(path);
  const source = openYaml(file, workspace, 'policy or release');
  source.problems.throwIfAny(ConfigError);
  const pinning = { source, folder: dirname(file), workspace };
  const pins = pinsOf(pinning);
  const edits = new YamlEdits(source.text);
  const problems: Problem[] = [];
  let changed = 0;
  for (const pin of pins) {
    const digest = await digestOf(pin, pinning, problems);
    if (digest === undefined) continue;
    if (!edits.canPin(pin.slot)) problems.push(aliasProblem(pin, source));
    else if (edits.setPin(pin.slot, digest)) changed++;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  if (changed > 0) writeFileSync(file, edits.toString());
  host.output(`${source.file}: ${plural(pins.length, 'pin')}, ${changed} changed\n`);
  return 0;
}

/** At least one pin, of a file that is there. Throws ConfigError where there is none. */
function pinsOf({ source, folder }: Pinning): readonly Pin[] {
  const pins = pinsOfPolicy(source.value, folder) ?? pinsOfRelease(source.value, folder);
  if (pins && pins.length > 0) return pins;
  const nothing = pins
    ? { found: 'no file under the paths that it names', expected: 'files that exist' }
    : { found: 'neither eval_set, nor versions, nor evidence', expected: 'a policy with an eval set, or a release' };
  throw new ConfigError([
    {
      place: { file: source.file, line: 1, column: 1 },
      found: `nothing to pin: ${nothing.found}`,
      expected: nothing.expected,
    },
  ]);
}

/** The digest to be pinned; undefined, with problems added, where it cannot be taken. */
async function digestOf(
  { slot, name, path, content }: Pin,
  { source, folder, workspace }: Pinning,
  problems: Problem[],
): Promise<string | undefined> {
  const place = source.place(slot.owner);
  if (!workspace.contains(path)) {
    problems.push({ place, found: `${quoted(name)} outside the workspace`, expected: 'a file inside it' });
    return undefined;
  }
  const table = content === 'onnx' ? undefined : tableAt(path, workspace, place);
  if (table && table.problems.length > 0) {
    problems.push(...table.problems);
    return undefined;
  }
  if (content === 'table') return table && (await workspace.digests.of(table.artefact));
  const file = { version: name, kind: content, path, shown: workspace.show(path), folder };
  return (await readCheckpointFile(file, problems, workspace.digests))?.sha256;
}

function aliasProblem({ slot }: Pin, source: YamlSource): Problem {
  const place = source.place(slot.form === 'table' ? [...slot.owner, slot.key] : slot.owner);
  return { place, found: 'an alias', expected: 'a mapping of its own, to be pinned' };
}
