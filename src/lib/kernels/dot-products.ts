/** Dot products of pairs of vectors, by the kernel of kernels/dots.ts. */

import { loopsOver, MOST_BYTES, Room } from './loops.js';

/** Dot products of float32 query vectors with float64 item vectors, some pairs at a time. */
export class DotProducts {
  /** Shape (pairs): the query of each, and its item among those that were put in last. */
  readonly queryOf: Uint32Array;
  readonly itemOf: Uint32Array;
  /** Shape (pairs): what `run` has computed. */
  readonly out: Float64Array;
  private readonly items: Float64Array;
  /** Computes the first so many pairs. */
  readonly run: (pairs: number) => void;

  /**
   * @param queries shape (queries, dimension)
   * @param items   that are put in at a time, at most
   * @param pairs   that are computed at a time, at most
   */
  constructor(queries: Float32Array, dimension: number, items: number, pairs: number) {
    const room = new Room();
    const { q, i, queryOf, itemOf, out } = DotProducts.places(room, queries, dimension, items, pairs);
    const { loops, buffer } = loopsOver(room.bytes);
    new Float32Array(buffer, q, queries.length).set(queries);
    this.items = new Float64Array(buffer, i, items * dimension);
    this.queryOf = new Uint32Array(buffer, queryOf, pairs);
    this.itemOf = new Uint32Array(buffer, itemOf, pairs);
    this.out = new Float64Array(buffer, out, pairs);
    this.run = (count) => loops.dots(q, i, dimension, queryOf, itemOf, count, out);
  }

  /** Says whether so many vectors have room in one memory. */
  static fits(queries: Float32Array, dimension: number, items: number, pairs: number): boolean {
    const room = new Room();
    DotProducts.places(room, queries, dimension, items, pairs);
    return room.bytes <= MOST_BYTES;
  }

  private static places(room: Room, queries: Float32Array, dimension: number, items: number, pairs: number) {
    return {
      q: room.take(queries.byteLength),
      i: room.take(8 * items * dimension),
      queryOf: room.take(4 * pairs),
      itemOf: room.take(4 * pairs),
      out: room.take(8 * pairs),
    };
  }

  /** @param vectors shape (items, dimension) */
  put(vectors: ArrayLike<number>): void {
    this.items.set(vectors);
  }
}
