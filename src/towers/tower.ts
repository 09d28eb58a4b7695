/** A tower: its checkpoints inspected, and each one turned into embeddings. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { ModelError, type Place, type Problem } from '../errors.js';
import type { EvalSet } from '../evalset/evalset.js';
import type { Table } from '../evalset/table.js';
import { isFile, isInside, MAX_BUFFER, sizeOf } from '../lib/files.js';
import { didYouMean, list, printable, quoted } from '../lib/text.js';
import type { Checkpoint, InputSource, Release, Side, Tower } from '../release/release.js';
import { checked, type Embeddings, fromFloat16 } from './embeddings.js';
import { type Entities, entities } from './entities.js';
import { buildFeeds, type PlannedInput } from './feeds.js';
import { NotOnnx, type OnnxInfo, readOnnx, type TensorInfo } from './onnx-file.js';
import { readEmbeddings } from './precomputed.js';
import { Graph, type RawTensor } from './runtime.js';

/** Entities embedded at a time: large enough to keep both cores busy, small enough for a few MB a tensor. */
export const BATCH = 1024;
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

/** Entities that `tryTowers` embeds with every checkpoint. */
const TRIED = 4;

/**
 * Loads every graph, converts the whole eval set to its inputs, and embeds a few entities: what would stop a run is found without running it. Refuses dimensions
 * that differ between towers or versions.
 */
export async function tryTowers(towers: InspectedTowers, evalSet: EvalSet, multiVector: boolean): Promise<void> {
  let first: { checkpoint: Checkpoint; dimension: number } | undefined;
  for (const side of ['query', 'item'] as const) {
    const { table } = evalSet.features[side];
    const all = entities(evalSet.features[side], towers[side].columns, false);
    const few = { ...all, count: Math.min(TRIED, all.count) };
    for (const inspected of towers[side].checkpoints.values()) {
      const { checkpoint, inputs } = inspected;
      if (checkpoint.kind === 'onnx') buildFeeds(inputs, table, all, checkpoint);
      const { dimension } = await embed(inspected, table, checkpoint.kind === 'onnx' ? few : all, multiVector);
      first ??= { checkpoint, dimension };
      if (dimension !== first.dimension)
        throw differentDimensions(checkpoint, dimension, first.checkpoint, first.dimension);
    }
  }
}

/** Embeddings that cannot be compared. */
export function differentDimensions(
  checkpoint: Checkpoint,
  dimension: number,
  other: Checkpoint,
  otherDimension: number,
): ModelError {
  const name = ({ side, version }: Checkpoint) => `${side} checkpoint ${quoted(version)}`;
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found: `embeddings of ${dimension} numbers from ${name(checkpoint)}, against ${otherDimension} from ${name(other)} (${other.shown})`,
      expected: 'one dimension in both towers and all versions',
      mend: 'Versions of different dimensions cannot be served together.',
    },
  ]);
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

/** Embeds every entity once with one checkpoint. */
export async function embed(
  inspected: InspectedCheckpoint,
  table: Table,
  entities: Entities,
  multiVector: boolean,
): Promise<Embeddings> {
  const { checkpoint } = inspected;
  const embeddings =
    checkpoint.kind === 'embeddings'
      ? await readEmbeddings(checkpoint, entities, multiVector)
      : await runGraph(inspected, table, entities, multiVector);
  return checked(embeddings, checkpoint, entities.idOf);
}

/** What the runtime says, without its own paths and C++ signatures; of a long text the end, where the limits stand. */
function runtimeMessage(message: string): string {
  const plain = message
    .replace(/^Load model from .*? failed:/s, '')
    .replace(/\/onnxruntime_src\/\S+ .*?\)(?= [A-Z])/s, '')
    .trim();
  return plain.length > 400
    ? `${printable(plain.slice(0, 150), 200)} … ${printable(plain.slice(-200), 220)}`
    : printable(plain, 420);
}

/** Loads a checkpoint's graph; what the runtime says becomes one clear error. */
export async function openGraph(checkpoint: Checkpoint): Promise<Graph> {
  try {
    return await Graph.open(checkpoint.path);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const message = (error as Error).message;
    const custom =
      /([\w.]+:[\w.]+)\(-?\d+\) is not a registered function\/op/.exec(message) ??
      /No Op registered for (\S+)/.exec(message);
    throw new ModelError([
      {
        place: { file: checkpoint.shown },
        found: custom
          ? `operator ${quoted(custom[1])} in ${checkpoint.side} checkpoint ${quoted(checkpoint.version)}, which ONNX does not define`
          : `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that the ONNX runtime refuses (${runtimeMessage(message)})`,
        expected: custom ? 'standard operators' : 'a model that it loads',
        mend: custom
          ? 'Export without custom operators, or give precomputed embeddings: `embeddings: item/{version}.parquet`'
          : 'Check it with onnx.checker.check_model.',
      },
    ]);
  }
}

async function runGraph(
  inspected: InspectedCheckpoint,
  table: Table,
  entities: Entities,
  multiVector: boolean,
): Promise<Embeddings> {
  const { checkpoint, inputs, output, fixedBatch } = inspected;
  const feeds = buildFeeds(inputs, table, entities, checkpoint);
  const graph = await openGraph(checkpoint);
  try {
    const collector = new Collector(checkpoint, output, entities.count, multiVector);
    const size = fixedBatch ?? BATCH;
    for (let from = 0; from < entities.count; from += size) {
      const to = Math.min(from + size, entities.count);
      const pad = fixedBatch === undefined ? 0 : size - (to - from);
      const batch = Object.fromEntries(feeds.map((feed) => [feed.name, feed.batch(from, to, pad)]));
      let result: RawTensor;
      try {
        result = await graph.run(batch, output);
      } catch (error) {
        throw new ModelError([
          {
            place: { file: checkpoint.shown },
            found: `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that fails on ${checkpoint.side} ${quoted(entities.idOf(from))}${to - from > 1 ? ` … ${quoted(entities.idOf(to - 1))}` : ''} (${runtimeMessage((error as Error).message)})`,
            expected: `inputs that it takes: ${list(inputs.map(({ info }) => `${quoted(info.name)} ${info.type}${info.shape ? ` [${info.shape.join(', ')}]` : ''}`))}`,
          },
        ]);
      }
      collector.add(result, from, to, pad);
    }
    return collector.done();
  } finally {
    await graph.close();
  }
}

/** Puts the outputs of the batches together. */
class Collector {
  private dimension = 0;
  private data: Float32Array | Float64Array = new Float32Array(0);
  private readonly parts: (Float32Array | Float64Array)[] = [];
  private readonly offsets: Int32Array;

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly output: string,
    private readonly count: number,
    private readonly multiVector: boolean,
  ) {
    this.offsets = new Int32Array(count + 1);
  }

  private refuse(found: string, expected: string, mend?: string): never {
    throw new ModelError([
      {
        place: { file: this.checkpoint.shown },
        found: `output ${quoted(this.output)} of ${this.checkpoint.side} checkpoint ${quoted(this.checkpoint.version)} with ${found}`,
        expected,
        ...(mend ? { mend } : {}),
      },
    ]);
  }

  add({ type, data, shape }: RawTensor, from: number, to: number, pad: number): void {
    const values = this.numbers(type, data);
    const axes = this.multiVector ? [2, 3] : [2];
    if (!axes.includes(shape.length))
      this.refuse(
        `shape [${shape.join(', ')}]`,
        this.multiVector ? '[batch, dimension] or [batch, tokens, dimension]' : '[batch, dimension]',
        shape.length === 3 ? 'For several vectors an item write: score: {similarity: max_sim}' : undefined,
      );
    if (shape[0] !== to - from + pad)
      this.refuse(`${shape[0]} rows for a batch of ${to - from + pad}`, 'one row for each');
    const dimension = shape[shape.length - 1]!;
    if (dimension === 0) this.refuse('dimension 0', 'at least one number an embedding');
    if (from === 0) this.dimension = dimension;
    if (dimension !== this.dimension)
      this.refuse(`dimension ${dimension} in one batch and ${this.dimension} in another`, 'one dimension');
    const vectors = shape.length === 3 ? shape[1]! : 1;
    for (let e = from; e < to; e++) this.offsets[e + 1] = this.offsets[e]! + vectors;
    this.parts.push(values.subarray(0, (to - from) * vectors * dimension));
  }

  done(): Embeddings {
    const length = this.offsets[this.count]! * this.dimension;
    const wide = this.parts[0] instanceof Float64Array;
    this.data = wide ? new Float64Array(length) : new Float32Array(length);
    let at = 0;
    for (const part of this.parts) {
      this.data.set(part, at);
      at += part.length;
    }
    return {
      count: this.count,
      dimension: this.dimension,
      data: this.data,
      ...(this.multiVector ? { offsets: this.offsets } : {}),
    };
  }

  private numbers(type: string, data: RawTensor['data']): Float32Array | Float64Array {
    if (type === 'float32' && data instanceof Float32Array) return data;
    if (type === 'float64' && data instanceof Float64Array) return data;
    if (type === 'float16')
      return data instanceof Uint16Array
        ? Float32Array.from(data, fromFloat16)
        : Float32Array.from(data as unknown as ArrayLike<number>);
    return this.refuse(`type ${type}`, 'float32, float64 or float16', 'Cast the embedding to float inside the graph.');
  }
}
