/** The outputs of a graph's batches, put together into embeddings. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { ModelError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Embeddings, fromFloat16 } from './embeddings.js';
import type { RawTensor } from './runtime.js';

export class Collector {
  private dimension = 0;
  private data: Float32Array | Float64Array = new Float32Array(0);
  /** Numbers that are in `data`, which grows ahead of them. */
  private length = 0;
  private added = 0;
  private readonly offsets: Int32Array;

  /** @param count entities that will be added, in order */
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
        found:
          `output ${quoted(this.output)} of ${this.checkpoint.side} checkpoint ` +
          `${quoted(this.checkpoint.version)} with ${found}`,
        expected,
        ...(mend ? { mend } : {}),
      },
    ]);
  }

  /** The output of the next `entities` entities; `pad` more rows are left out. */
  add({ type, data, shape }: RawTensor, entities: number, pad: number): void {
    const values = this.numbers(type, data);
    const axes = this.multiVector ? [2, 3] : [2];
    if (!axes.includes(shape.length))
      this.refuse(
        `shape [${shape.join(', ')}]`,
        this.multiVector ? '[batch, dimension] or [batch, tokens, dimension]' : '[batch, dimension]',
        shape.length === 3 ? 'For several vectors an item write: score: {similarity: max_sim}' : undefined,
      );
    if (shape[0] !== entities + pad)
      this.refuse(`${shape[0]} rows for a batch of ${entities + pad}`, 'one row for each');
    const dimension = shape[shape.length - 1]!;
    if (dimension === 0) this.refuse('dimension 0', 'at least one number an embedding');
    if (this.added === 0) this.dimension = dimension;
    if (dimension !== this.dimension)
      this.refuse(`dimension ${dimension} in one batch and ${this.dimension} in another`, 'one dimension');
    const vectors = shape.length === 3 ? shape[1]! : 1;
    for (let e = this.added; e < this.added + entities; e++) this.offsets[e + 1] = this.offsets[e]! + vectors;
    this.append(values.subarray(0, entities * vectors * dimension));
    this.added += entities;
  }

  private append(values: Float32Array | Float64Array): void {
    const wide = values instanceof Float64Array || this.data instanceof Float64Array;
    const needed = this.length + values.length;
    if (this.data.length < needed || wide !== this.data instanceof Float64Array) {
      // At first for all entities, if they have as many vectors each as these have; then twice as much.
      const size =
        this.added === 0 ? Math.max(needed, this.count * this.dimension) : Math.max(needed, 2 * this.data.length);
      const grown = wide ? new Float64Array(size) : new Float32Array(size);
      grown.set(this.data.subarray(0, this.length));
      this.data = grown;
    }
    this.data.set(values, this.length);
    this.length = needed;
  }

  done(): Embeddings {
    return {
      count: this.count,
      dimension: this.dimension,
      data: this.data.length === this.length ? this.data : this.data.slice(0, this.length),
      ...(this.multiVector ? { offsets: this.offsets } : {}),
    };
  }

  private numbers(type: string, data: RawTensor['data']): Float32Array | Float64Array {
    if (type === 'float32' && data instanceof Float32Array) return data;
    if (type === 'float64' && data instanceof Float64Array) return data;
    if (type === 'float16')
      return data instanceof Uint16Array
        ? Float32Array.from(data, fromFloat16)
        : Float32Array.from<number | bigint | string>(data, Number);
    return this.refuse(`type ${type}`, 'float32, float64 or float16', 'Cast the embedding to float inside the graph.');
  }
}
