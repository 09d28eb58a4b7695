/** A checkpoint's graph with the features of its entities: runs any stretch of them, in batches of any size. */

import { MODEL_VARIABLE, maxModelSeconds } from '../../data/artefacts/limits.js';
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { bytesToRun, refuseChanged } from '../../data/checkpoints/checkpoint-file.js';
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import type { Table } from '../../data/tables/table.js';
import { ModelError } from '../../errors.js';
import { outOfMemory } from '../../lib/memory.js';
import { list, quoted } from '../../lib/text.js';
import { batchKey, type FedBatch } from './batch-key.js';
import { type Feed, ListFeed, MaskFeed } from './batches.js';
import { Collector, type TokenMask } from './collector.js';
import type { Embeddings } from './embeddings.js';
import { type Entities, subset } from './entities.js';
import { buildFeeds } from './feeds.js';
import type { InspectedCheckpoint } from './inspect.js';
import { Graph, type RawTensor } from './runtime.js';
import { refusedByRuntime, runtimeMessage } from './runtime-refusal.js';

export class GraphRun {
  private readonly started = performance.now();
  private readonly seconds = maxModelSeconds();

  private constructor(
    private readonly graph: Graph,
    private readonly inspected: InspectedCheckpoint,
    private readonly feeds: ReturnType<typeof buildFeeds>,
    private readonly table: Table,
    private readonly entities: Entities,
    readonly severalVectors: boolean,
  ) {}

  /** Converts the features of every entity, then loads the graph. To be closed. */
  static async open(
    inspected: InspectedCheckpoint,
    table: Table,
    entities: Entities,
    multiVector: boolean,
  ): Promise<GraphRun> {
    const feeds = buildFeeds(inspected.inputs, table, entities, inspected.checkpoint);
    return new GraphRun(await openGraph(inspected.checkpoint), inspected, feeds, table, entities, multiVector);
  }

  /** The same graph with some of the entities, in the order that is given; it is closed with this one. */
  among(chosen: readonly number[]): GraphRun {
    const { graph, inspected, table, severalVectors } = this;
    const entities = subset(this.entities, chosen);
    const feeds = buildFeeds(inspected.inputs, table, entities, inspected.checkpoint);
    return new GraphRun(graph, inspected, feeds, table, entities, severalVectors);
  }

  idOf(entity: number): string {
    return this.entities.idOf(entity);
  }

  /** Lists whose padding a batch decides. */
  get lists(): readonly ListFeed[] {
    return this.feeds.filter((feed): feed is ListFeed => feed instanceof ListFeed);
  }

  /**
   * Embeds the entities from … to-1, `size` at a time; a graph that fixes its batch gets the last of them again in the
   * rows that are left.
   */
  async embed(from: number, to: number, size: number): Promise<Embeddings> {
    const collector = this.collector(to - from);
    for (let start = from; start < to; start += size) {
      this.refuseLate(start - from, to - from);
      const end = Math.min(start + size, to);
      const pad = this.padOf(start, end);
      collector.add(await this.batch(start, end, pad), end - start, pad, this.maskOf(start, end));
    }
    return collector.done();
  }

  /** For the vectors of so many entities. */
  collector(count: number): Collector {
    const { checkpoint, output } = this.inspected;
    return new Collector(checkpoint, output, count, this.severalVectors);
  }

  /** The digest of all that the vectors of entities from … to-1 depend on, embedded `size` at a time. */
  key(from: number, to: number, size: number): string {
    return batchKey(this.inspected, this.fed(from, to, size), this.severalVectors);
  }

  private *fed(from: number, to: number, size: number): Generator<FedBatch> {
    for (let start = from; start < to; start += size) {
      const end = Math.min(start + size, to);
      const mask = this.severalVectors ? this.maskOf(start, end) : undefined;
      const entities = end - start;
      const kept = mask && Array.from({ length: entities }, (_, place) => mask.keptOf(place));
      yield { tensors: this.tensors(start, end, this.padOf(start, end)), entities, ...(kept ? { kept } : {}) };
    }
  }

  private padOf(from: number, to: number): number {
    const { fixedBatch } = this.inspected;
    return fixedBatch === undefined ? 0 : fixedBatch - (to - from);
  }

  private tensors(from: number, to: number, pad: number): Record<string, Feed> {
    return Object.fromEntries(this.feeds.map((feed) => [feed.name, feed.batch(from, to, pad)]));
  }

  /** The declared mask of the one list that has one; undefined where none has, or several have. */
  private maskOf(from: number, to: number): TokenMask | undefined {
    const masked = new Set(this.feeds.flatMap((feed) => (feed instanceof MaskFeed ? [feed.of] : [])));
    const [list] = masked;
    if (!list || masked.size > 1) return undefined;
    const tokens = list.lengthOf(from, to);
    return { tokens, keptOf: (place) => list.keptOf(from + place, tokens) };
  }

  private async batch(from: number, to: number, pad: number): Promise<RawTensor> {
    const { checkpoint, inputs, output } = this.inspected;
    const { idOf } = this.entities;
    const tensors = this.tensors(from, to, pad);
    try {
      return await this.graph.run(tensors, output);
    } catch (error) {
      // The machine's, not the model's.
      if (outOfMemory(error)) throw error;
      throw new ModelError([
        {
          place: { file: checkpoint.shown },
          found:
            `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that fails on ${checkpoint.side} ` +
            `${quoted(idOf(from))}${to - from > 1 ? ` … ${quoted(idOf(to - 1))}` : ''} ` +
            `(${runtimeMessage((error as Error).message)})`,
          expected: `inputs that it takes: ${list(inputs.map(({ info }) => signatureOf(info)))}`,
        },
      ]);
    }
  }

  /** Between two batches: a graph that takes for ever is said, not waited for. */
  private refuseLate(done: number, all: number): void {
    if (performance.now() - this.started <= 1000 * this.seconds) return;
    const { checkpoint } = this.inspected;
    throw new ModelError([
      {
        place: { file: checkpoint.shown },
        found:
          `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that has embedded ` +
          `${done.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} after ` +
          `${this.seconds.toLocaleString('en-US')} seconds`,
        expected: 'a model that is done by then',
        mend: `Set the environment variable ${MODEL_VARIABLE}=${10 * this.seconds}, or give precomputed embeddings.`,
      },
    ]);
  }

  close(): Promise<void> {
    return this.graph.close();
  }
}

/** Loads a checkpoint's graph, from the bytes that were digested; what the runtime says becomes one clear error. */
export async function openGraph(checkpoint: Checkpoint): Promise<Graph> {
  const bytes = bytesToRun(checkpoint);
  let graph: Graph;
  try {
    graph = await Graph.open(bytes ?? checkpoint.path);
  } catch (error) {
    if (error instanceof ModelError || outOfMemory(error)) throw error;
    throw refusedByRuntime(checkpoint, (error as Error).message);
  }
  if (bytes) return graph;
  try {
    await refuseChanged(checkpoint);
  } catch (error) {
    await graph.close();
    throw error;
  }
  return graph;
}

/** An input by its name, type and shape. */
function signatureOf({ name, type, shape }: TensorInfo): string {
  return `${quoted(name)} ${type}${shape ? ` [${shape.join(', ')}]` : ''}`;
}
