/** A checkpoint's graph with the features of its entities: runs any stretch of them, in batches of any size. */

import { MODEL_VARIABLE, maxModelSeconds } from '../../data/artefacts/limits.js';
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { bytesToRun, refuseChanged } from '../../data/checkpoints/checkpoint-file.js';
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import type { Table } from '../../data/tables/table.js';
import { ModelError } from '../../errors.js';
import { outOfMemory } from '../../lib/memory.js';
import { list, quoted } from '../../lib/text.js';
import type { ListFeed } from './batches.js';
import { Collector } from './collector.js';
import type { Embeddings } from './embeddings.js';
import type { Entities } from './entities.js';
import { FedEntities } from './fed-entities.js';
import type { InspectedCheckpoint } from './inspect.js';
import { Graph, type RawTensor } from './runtime.js';
import { refusedByRuntime, runtimeMessage } from './runtime-refusal.js';

/** Hears how many entities are done. */
export type Told = (done: number) => void;

export class GraphRun {
  private readonly started = performance.now();
  private readonly seconds = maxModelSeconds();

  private constructor(
    private readonly graph: Graph,
    private readonly fed: FedEntities,
  ) {}

  /** Converts the features of every entity, then loads the graph. To be closed. */
  static async open(
    inspected: InspectedCheckpoint,
    table: Table,
    entities: Entities,
    severalVectors: boolean,
  ): Promise<GraphRun> {
    const fed = new FedEntities(inspected, table, entities, severalVectors);
    return new GraphRun(await openGraph(inspected.checkpoint), fed);
  }

  /** The same graph with some of the entities, in the order that is given; it is closed with this one. */
  among(chosen: readonly number[]): GraphRun {
    return new GraphRun(this.graph, this.fed.among(chosen));
  }

  /** True where an entity may have several vectors. */
  get severalVectors(): boolean {
    return this.fed.severalVectors;
  }

  get lists(): readonly ListFeed[] {
    return this.fed.lists;
  }

  idOf(entity: number): string {
    return this.fed.entities.idOf(entity);
  }

  key(from: number, to: number, size: number): string {
    return this.fed.key(from, to, size);
  }

  /** Embeds the entities from … to-1, `size` at a time. @param told hears how many of them are done, batch by batch */
  async embed(from: number, to: number, size: number, told: Told = () => undefined): Promise<Embeddings> {
    const { fed } = this;
    const collector = this.collector(to - from);
    for (let start = from; start < to; start += size) {
      this.refuseLate(start - from, to - from);
      const end = Math.min(start + size, to);
      const output = await this.batch(start, end);
      collector.add(output, end - start, fed.padOf(start, end), fed.maskOf(start, end));
      told(end - from);
    }
    return collector.done();
  }

  /** For the vectors of so many entities. */
  collector(count: number): Collector {
    const { checkpoint, output } = this.fed.inspected;
    return new Collector(checkpoint, output, count, this.severalVectors);
  }

  private async batch(from: number, to: number): Promise<RawTensor> {
    const { checkpoint, inputs, output } = this.fed.inspected;
    const { idOf } = this.fed.entities;
    const tensors = this.fed.tensors(from, to);
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
    const { checkpoint } = this.fed.inspected;
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
