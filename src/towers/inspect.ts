/** What every checkpoint of a tower wants, read off its file before anything runs. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { ModelError, type Place, type Problem } from '../errors.js';
import { isFile, isInside, MAX_BUFFER, sizeOf } from '../lib/files.js';
import { pointerProblem } from '../lib/pointers.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import type { Checkpoint, InputSource, Release, Side, Tower } from '../release/release.js';
import type { PlannedInput } from './feeds.js';
import { NotOnnx, type OnnxInfo, readOnnx, type TensorInfo } from './onnx-file.js';

/** A graph that fixes a larger batch is refused: its padding alone would fill the memory. */
const MAX_FIXED_BATCH = 65_536;

/** A checkpoint whose inputs are known to be fed and whose output is chosen; nothing has been run. */
export interface InspectedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly inputs: readonly PlannedInput[];
  readonly output: string;
  /** The batch size that the graph fixes; undefined where it is free. */
  readonly fixedBatch?: number;
}

export interface InspectedTower {
  readonly tower: Tower;
  readonly checkpoints: ReadonlyMap<string, InspectedCheckpoint>;
  /** Every feature column that some checkpoint reads, in a stable order. */
  readonly columns: readonly string[];
  /** Who reads a column first: `input "x" of item/v41.onnx`. */
  readonly readers: ReadonlyMap<string, string>;
}

export interface InspectedTowers extends Readonly<Record<Side, InspectedTower>> {
  /** The feature columns that each side reads. */
  readonly columns: Readonly<Record<Side, readonly string[]>>;
  readonly readers: Readonly<Record<Side, ReadonlyMap<string, string>>>;
}

/** Reads what every checkpoint wants, without running it. All problems of both towers at once. */
export function inspectTowers(release: Release): InspectedTowers {
  const problems: Problem[] = [];
  const query = inspectTower(release.towers.query, release.checkpoints.query, release, problems);
  const item = inspectTower(release.towers.item, release.checkpoints.item, release, problems);
  if (problems.length > 0) throw new ModelError(problems);
  return {
    query,
    item,
    columns: { query: query.columns, item: item.columns },
    readers: { query: query.readers, item: item.readers },
  };
}

function inspectTower(
  tower: Tower,
  checkpoints: ReadonlyMap<string, Checkpoint>,
  release: Release,
  problems: Problem[],
): InspectedTower {
  const inspected = new Map<string, InspectedCheckpoint>();
  const readers = new Map<string, string>();
  for (const [version, checkpoint] of checkpoints) {
    if (checkpoint.kind === 'embeddings') {
      inspected.set(version, { checkpoint, inputs: [], output: '' });
      continue;
    }
    const info = readInfo(checkpoint, release, problems);
    if (!info) continue;
    if (info.inputs.length === 0)
      problems.push({
        place: { file: checkpoint.shown },
        found: `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} without inputs`,
        expected: 'a tower that reads features, as without them all embeddings are one',
      });
    const inputs = planInputs(tower, checkpoint, info, problems);
    const output = chooseOutput(tower, checkpoint, info, problems);
    for (const { info, source } of inputs) {
      const read = source.kind === 'gather' ? source.columns : source.kind === 'mask' ? [] : [source.column];
      for (const column of read)
        if (!readers.has(column)) readers.set(column, `input ${quoted(info.name)} of ${checkpoint.shown}`);
    }
    const fixed = info.inputs
      .map((i) => i.shape?.[0])
      .find((size): size is number => typeof size === 'number' && size > 0);
    if (fixed !== undefined && fixed > MAX_FIXED_BATCH)
      problems.push({
        place: { file: checkpoint.shown },
        found: `a batch of ${fixed.toLocaleString('en-US')} fixed in the graph`,
        expected: `a free batch axis, or at most ${MAX_FIXED_BATCH.toLocaleString('en-US')}`,
        mend: "Export with dynamic_axes={'input': {0: 'batch'}}",
      });
    if (output !== undefined)
      inspected.set(version, { checkpoint, inputs, output, ...(fixed === undefined ? {} : { fixedBatch: fixed }) });
  }
  return { tower, checkpoints: inspected, columns: [...readers.keys()], readers };
}

function readInfo(checkpoint: Checkpoint, release: Release, problems: Problem[]): OnnxInfo | undefined {
  const place: Place = { file: checkpoint.shown };
  try {
    if (sizeOf(checkpoint.path) > MAX_BUFFER)
      throw new NotOnnx('it is larger than 2 GiB, which an .onnx file cannot be');
    const info = readOnnx(readFileSync(checkpoint.path));
    for (const location of info.externalData) checkExternal(location, checkpoint, release, problems);
    return info;
  } catch (error) {
    if (!(error instanceof NotOnnx)) throw error;
    problems.push({
      place,
      found: `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that is no ONNX model (${error.message})`,
      expected: 'a whole .onnx file',
      mend: 'Export it again, or fetch it with `git lfs pull`.',
    });
    return undefined;
  }
}

/** External weights must lie beside the checkpoint or in the release's folder, after every symbolic link. */
function checkExternal(location: string, checkpoint: Checkpoint, release: Release, problems: Problem[]): void {
  const place: Place = { file: checkpoint.shown };
  if (release.requirePins) {
    problems.push({
      place,
      found: `external data at ${quoted(location)} in version ${quoted(checkpoint.version)}, which no digest covers`,
      expected: 'weights inside the .onnx file, as the policy says require_pins: true',
      mend: 'onnx.save_model(model, path, save_as_external_data=False)',
    });
    return;
  }
  const path = resolve(dirname(checkpoint.path), location);
  if (isAbsolute(location) || location.split(/[/\\]/).includes('..') || !isFile(path)) {
    problems.push({
      place,
      found: `external data at ${quoted(location)} in version ${quoted(checkpoint.version)}`,
      expected: 'the path of a file beside the checkpoint, without ".."',
      mend: 'Save the weights inside the .onnx file: onnx.save_model(model, path, save_as_external_data=False)',
    });
    return;
  }
  const pointer = pointerProblem(path, location, place);
  if (pointer) problems.push(pointer);
  const real = realpathSync(path);
  if (![dirname(realpathSync(checkpoint.path)), realpathSync(release.folder)].some((folder) => isInside(folder, real)))
    problems.push({
      place,
      found: `external data at ${quoted(location)}, a link out of the release's folder`,
      expected: 'a file inside it',
    });
}

function planInputs(tower: Tower, checkpoint: Checkpoint, info: OnnxInfo, problems: Problem[]): PlannedInput[] {
  const names = info.inputs.map((input) => input.name);
  const masks = new Map<string, string>();
  for (const [name, source] of tower.inputs) {
    const wanted = [name, ...(source.kind === 'list' && source.mask !== undefined ? [source.mask] : [])];
    if (source.kind === 'list' && source.mask !== undefined) masks.set(source.mask, name);
    for (const input of wanted) {
      if (names.includes(input)) continue;
      const near = didYouMean(input, names);
      problems.push({
        place: tower.inputPlaces.get(input) ?? tower.place,
        found: `input ${quoted(input)}, which ${checkpoint.shown} does not have`,
        expected: `one of ${list(names.map(quoted))}`,
        ...(near ? { mend: `Did you mean "${near}"?` } : {}),
      });
    }
  }
  return info.inputs.map((input: TensorInfo) => {
    const place = tower.inputPlaces.get(input.name) ?? tower.place;
    const mask = masks.get(input.name);
    const source: InputSource | { kind: 'mask'; of: string } =
      mask !== undefined
        ? { kind: 'mask', of: mask }
        : (tower.inputs.get(input.name) ?? { kind: 'column', column: input.name });
    return { info: input, source, place };
  });
}

function chooseOutput(tower: Tower, checkpoint: Checkpoint, info: OnnxInfo, problems: Problem[]): string | undefined {
  const names = info.outputs.map((output) => output.name);
  if (tower.output !== undefined) {
    if (names.includes(tower.output)) return tower.output;
    const near = didYouMean(tower.output, names);
    problems.push({
      place: tower.outputPlace,
      found: `output ${quoted(tower.output)}, which ${checkpoint.shown} does not have`,
      expected: `one of ${list(names.map(quoted))}`,
      ...(near ? { mend: `Did you mean "${near}"?` } : {}),
    });
    return undefined;
  }
  if (names.length === 1) return names[0];
  problems.push({
    place: tower.place,
    found: `${names.length} outputs in ${checkpoint.shown}: ${list(names.map(quoted))}`,
    expected: 'one, or the name of the one that is the embedding',
    mend: `Write: output: ${names[0] ?? 'embedding'}`,
  });
  return undefined;
}
