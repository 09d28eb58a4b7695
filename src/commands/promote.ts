/**
 * `skewgate promote VERSION --release R`: makes a version the live one. `live`, `versions`, scales, biases and pins are
 * shifted; comments and layout are kept.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { pinned, promoted } from '../documents/release/promote.js';
import { openRelease } from '../documents/release/read-head.js';
import { ConfigError } from '../errors.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { quoted } from '../lib/text.js';
import { type Command, optional, required, type Values } from './command.js';

export const promote: Command = {
  name: 'promote',
  does: ['make a version the live one of a release: live, versions, scales and pins, comments kept'],
  options: {
    release: { value: 'R', required: true, expected: 'a release', example: 'models/my-model.yml' },
    scale: { value: 'S', expected: 'the scale of the version', example: '14.2' },
    bias: { value: 'B', expected: 'the bias of the version', example: '-3.1' },
    keep: { value: 'N', expected: 'how many versions the release lists', example: '7' },
  },
  argument: { name: 'VERSION', expected: 'one version', example: 'v44' },
  run: (values, host) => guarded(host, () => promoteVersion(values, host)),
};

async function promoteVersion(values: Values, host: CommandHost): Promise<ExitStatus> {
  const workspace = new Workspace(host.workspace);
  const file = resolve(required(values, 'release'));
  const source = openRelease(file, workspace);
  const version = required(values, 'argument');
  const keep = numberOf(values, 'keep', (n) => Number.isInteger(n) && n >= 1, 'a whole number of 1 or above');
  const change = promoted(source, {
    version,
    scale: numberOf(values, 'scale', Number.isFinite, 'a finite number'),
    bias: numberOf(values, 'bias', Number.isFinite, 'a finite number'),
    keep,
  });
  const pins = await pinned(change, file, workspace);
  writeFileSync(file, change.edits.toString());
  host.output([`${source.file}: ${change.said.join('; ')}`, ...pins].map((line) => `${line}\n`).join(''));
  return 0;
}

/** The number that an option holds; undefined where it is left out. */
function numberOf(
  values: Values,
  name: string,
  valid: (value: number) => boolean,
  expected: string,
): number | undefined {
  const text = optional(values, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && valid(value)) return value;
  throw new ConfigError([{ found: `--${name} ${quoted(text)}`, expected }]);
}
