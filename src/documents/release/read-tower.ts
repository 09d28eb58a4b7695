/** One tower of a release: where its files are named, what feeds it, and how serving batches it. */
import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { Place } from '../../errors.js';
import { present } from '../../lib/lookup.js';
import { list, quoted } from '../../lib/text.js';
import type { Path, YamlSource } from '../yaml/source.js';
import type { InputSource, Tower } from './release.js';
import type { WrittenInput, WrittenServed, WrittenTower } from './release-file.js';

export function readTower(side: Side, raw: WrittenTower, source: YamlSource): Tower {
  const at: Path = [`${side}_tower`];
  templateProblems(side, raw, at, source);
  return {
    side,
    ...readInputs(raw.inputs ?? {}, at, source),
    ...(raw.output === undefined ? {} : { output: raw.output }),
    place: source.keyPlace(at),
    outputPlace: source.place([...at, 'output']),
    ...(raw.batch === undefined ? {} : { batch: raw.batch }),
    batchPlace: source.place([...at, 'batch']),
  };
}

/** The path of a version's file, with `{version}` in it, and the key that it stands under. */
export function templateOf({ onnx, embeddings }: WrittenTower): {
  readonly kind: 'onnx' | 'embeddings';
  readonly template: string;
} {
  return onnx === undefined
    ? { kind: 'embeddings', template: present(embeddings, 'path of a tower, which is refused without one') }
    : { kind: 'onnx', template: onnx };
}

/** A tower is either a graph or precomputed vectors, of which nothing says how they are made. */
function templateProblems(side: Side, raw: WrittenTower, at: Path, source: YamlSource): void {
  if ((raw.onnx === undefined) === (raw.embeddings === undefined))
    source.problem(
      source.keyPlace(at),
      `${side}_tower with ${raw.onnx === undefined ? 'neither onnx nor embeddings' : 'both onnx and embeddings'}`,
      'exactly one of the two',
      `Write: onnx: checkpoints/${side}/{version}.onnx`,
    );
  if (raw.embeddings !== undefined)
    for (const key of ['inputs', 'output', 'batch'] as const)
      if (raw[key] !== undefined)
        source.problem(
          source.keyPlace([...at, key]),
          `${key} of precomputed embeddings`,
          `${key} only with onnx`,
          'Remove it.',
        );
  if (raw.onnx !== undefined && raw.columns !== undefined)
    source.problem(
      source.keyPlace([...at, 'columns']),
      'columns of an ONNX tower',
      'columns only with embeddings',
      'Write: inputs: {…}',
    );
  if (raw.onnx === undefined && raw.embeddings === undefined) return;
  const { kind, template } = templateOf(raw);
  if (side === 'item' && !template.includes('{version}'))
    source.problem(
      source.place([...at, kind]),
      `a path without {version}: ${quoted(template)}`,
      'one file per version',
      `Write: checkpoints/${side}/{version}.onnx`,
    );
}

/** Reads what feeds each input, and the place where that is written; a mask stands where the list names it. */
function readInputs(
  written: Readonly<Record<string, WrittenInput>>,
  at: Path,
  source: YamlSource,
): Pick<Tower, 'inputs' | 'inputPlaces'> {
  const inputs = new Map<string, InputSource>();
  const inputPlaces = new Map<string, Place>();
  const masks = new Set<string>();
  for (const [name, input] of Object.entries(written)) {
    const path = [...at, 'inputs', name];
    inputPlaces.set(name, source.keyPlace(path));
    const read = inputOf(input, path, source);
    if (read) inputs.set(name, read);
    if (typeof input === 'string' || Array.isArray(input) || input.mask === undefined) continue;
    masks.add(input.mask);
    inputPlaces.set(input.mask, source.place([...path, 'mask']));
    if (input.pad === undefined)
      source.problem(
        source.keyPlace([...path, 'mask']),
        'a mask without a pad value',
        'pad beside mask',
        'Write: pad: 0',
      );
  }
  for (const mask of masks)
    if (inputs.has(mask))
      source.problem(
        source.keyPlace([...at, 'inputs', mask]),
        `input ${quoted(mask)} both as a mask and with a column`,
        'one of the two',
      );
  return { inputs, inputPlaces };
}

/** One input of a graph; undefined, with a problem noted, where nothing or two things feed it. */
function inputOf(written: WrittenInput, path: Path, source: YamlSource): InputSource | undefined {
  if (typeof written === 'string') return { kind: 'column', column: written };
  if (Array.isArray(written)) return { kind: 'gather', columns: written };
  const { constant, column, ...options } = written;
  const beside = Object.keys(written).filter((key) => key !== 'constant');
  if (constant !== undefined && beside.length > 0)
    return source.problem(
      source.keyPlace([...path, 'constant']),
      `a constant beside ${list(beside)}`,
      'a constant alone, as it is read from no column',
      `Write: {constant: ${JSON.stringify(constant)}}`,
    );
  if (constant !== undefined) return { kind: 'constant', value: constant };
  if (column !== undefined) return { kind: 'list', column, ...options };
  return source.problem(
    source.place(path),
    'an input with neither column nor constant',
    'one of the two',
    'Write: {column: title_tokens, pad: 0}',
  );
}

/** The tower as its served file is embedded: in batches of its own, where it names a size, else in the tower's. */
export function servedTower(tower: Tower, served: WrittenServed | undefined, source: YamlSource): Tower {
  if (served?.batch === undefined) return tower;
  return { ...tower, batch: served.batch, batchPlace: source.place([`${tower.side}_tower`, 'served', 'batch']) };
}
