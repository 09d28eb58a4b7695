/** A checkpoint turned into embeddings. */
import { ModelError } from '../errors.js';
import type { EvalSet } from '../evalset/evalset.js';
import type { Table } from '../evalset/table.js';
import { list, printable, quoted } from '../lib/text.js';
import type { Checkpoint } from '../release/release.js';
import { checked, type Embeddings, fromFloat16 } from './embeddings.js';
import { type Entities, entities } from './entities.js';
import { buildFeeds } from './feeds.js';
import type { InspectedCheckpoint, InspectedTowers } from './inspect.js';
import { readEmbeddings } from './precomputed.js';
import { Graph, type RawTensor } from './runtime.js';

/** Entities embedded at a time: large enough to keep both cores busy, small enough for a few MB a tensor. */
export const BATCH = 1024;
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
