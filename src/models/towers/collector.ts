/** The outputs of a graph's batches, put together into embeddings. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { ModelError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Embeddings } from './embeddings.js';
import { fromFloat16 } from './float16.js';
import { POOL, SQUEEZE } from './outputs.js';
import type { RawTensor } from './runtime.js';

/**
 * The values of a batch's lists that a declared mask marks: where an output has a vector a value, those alone count.
 */
export interface TokenMask {
  /** The length that the lists of the batch are padded to. */
  readonly tokens: number;
  /** The number of values that the list of the entity at a place of the batch has. */
  readonly keptOf: (place: number) => number;
}

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

  /**
   * Adds the output of the next `entities` entities; `pad` more rows are left out.
   *
   * @param mask left out where none is declared; of an output that has no vector a value all vectors count
   */
  add({ type, data, shape }: RawTensor, entities: number, pad: number, mask?: TokenMask): void {
    const values = this.numbers(type, data);
    const dimension = this.dimensionOf(shape, entities + pad);
    const vectors = shape.length === 3 ? shape[1]! : 1;
    const masked = shape.length === 3 && mask?.tokens === vectors ? mask : undefined;
    for (let b = 0; b < entities; b++) {
      const kept = masked ? masked.keptOf(b) : vectors;
      this.offsets[this.added + b + 1] = this.offsets[this.added + b]! + kept;
      if (masked) this.append(values.subarray(b * vectors * dimension, (b * vectors + kept) * dimension));
    }
    if (!masked) this.append(values.subarray(0, entities * vectors * dimension));
    this.added += entities;
  }

  /** Adds entities whose embeddings are known; of other dimensions they are refused as those of a batch are. */
  take({ count, dimension, data, offsets }: Embeddings): void {
    this.refuseOther(dimension);
    for (let e = 0; e < count; e++)
      this.offsets[this.added + e + 1] = this.offsets[this.added]! + (offsets ? offsets[e + 1]! : e + 1);
    this.append(data);
    this.added += count;
  }

  /** The dimension of a batch's embeddings, which all batches have. @param rows of the batch, padding included */
  private dimensionOf(shape: readonly number[], rows: number): number {
    const axes = this.multiVector ? [2, 3] : [2];
    if (!axes.includes(shape.length))
      this.refuse(
        `shape [${shape.join(', ')}]`,
        this.multiVector ? '[batch, dimension] or [batch, tokens, dimension]' : '[batch, dimension]',
        shape.length === 3 ? (shape[1] === 1 ? SQUEEZE : POOL) : undefined,
      );
    if (shape[0] !== rows) this.refuse(`${shape[0]} rows for a batch of ${rows}`, 'one row for each');
    const dimension = shape[shape.length - 1]!;
    if (dimension === 0) this.refuse('dimension 0', 'at least one number an embedding');
    this.refuseOther(dimension);
    return dimension;
  }

  private refuseOther(dimension: number): void {
    if (this.added === 0) this.dimension = dimension;
    if (dimension !== this.dimension)
      this.refuse(`dimension ${dimension} in one batch and ${this.dimension} in another`, 'one dimension');
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
