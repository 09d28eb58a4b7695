/**
 * `skewgate pin FILE`: fills in or refreshes the sha256 pins of a policy or a release; comments and layout are kept.
 */
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { type Pin, pinsOfPolicy } from '../documents/policy/pins.js';
import { openYaml } from '../documents/policy/read.js';
import { digestOfPin, type Pinning } from '../documents/release/digest-of-pin.js';
import { pinsOfRelease } from '../documents/release/pins.js';
import { YamlEdits } from '../documents/yaml/edits.js';
import type { YamlSource } from '../documents/yaml/source.js';
import { ConfigError, type Problem } from '../errors.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { plural } from '../lib/text.js';
import { type Command, required } from './command.js';

export const pin: Command = {
  name: 'pin',
  does: ['fill in or refresh the sha256 pins of a policy or a release, comments kept'],
  options: {},
  argument: { name: 'FILE', expected: 'one file', example: 'gates/my-model.yml' },
  run: (values, host) => guarded(host, () => pinFile(required(values, 'argument'), host)),
};

async function pinFile(path: string, host: CommandHost): Promise<ExitStatus> {
  const { file, pins, changed } = await fillPins(resolve(path), new Workspace(host.workspace));
  host.output(`${file}: ${plural(pins, 'pin')}, ${changed} changed\n`);
  return 0;
}

/** Fills in the pins of a file at an absolute path. Returns how messages call it, its pins and those that changed. */
export async function fillPins(
  file: string,
  workspace: Workspace,
): Promise<{ readonly file: string; readonly pins: number; readonly changed: number }> {
  const source = openYaml(file, workspace, 'policy or release');
  source.problems.throwIfAny(ConfigError);
  const pinning = { source, folder: dirname(file), workspace };
  const pins = pinsOf(pinning);
  const edits = new YamlEdits(source.text);
  const problems: Problem[] = [];
  let changed = 0;
  for (const pin of pins) {
    const digest = await digestOfPin(pin, pinning, problems);
    if (digest === undefined) continue;
    if (!edits.canPin(pin.slot)) problems.push(aliasProblem(pin, source));
    else if (edits.setPin(pin.slot, digest)) changed++;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  if (changed > 0) writeFileSync(file, edits.toString());
  return { file: source.file, pins: pins.length, changed };
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

function aliasProblem({ slot }: Pin, source: YamlSource): Problem {
  const place = source.place(slot.form === 'table' ? [...slot.owner, slot.key] : slot.owner);
  return { place, found: 'an alias', expected: 'a mapping of its own, to be pinned' };
}
