/** Sums of columns and of their products, by the kernels of kernels/marginals.ts and kernels/products.ts. */

import { loopsOver, Room } from './loops.js';

/** Sums of columns by bucket, both ways, and of their squares by cell. Shape (slots or cells, columns). */
export interface Marginals {
  readonly queryMarginals: Float64Array;
  readonly itemMarginals: Float64Array;
  readonly magnitudes: Float64Array;
}

const MARGINALS = ['queryMarginals', 'itemMarginals', 'magnitudes'] as const;

/** Bytes of marginals from which on a second copy of them is not worth it. */
const MOST_MARGINALS = 2 ** 26;

/** Room for the columns of some rows and pairs, and for the sums that they are added to. */
export class ColumnSums {
  /** Values of the columns, an even number of places a vector. */
  readonly values: Float64Array;
  /** Shape (rows): the buckets and the cell of each, for their marginals. */
  readonly querySlot: Uint32Array;
  readonly itemSlot: Uint32Array;
  readonly cell: Uint32Array;
  /** Shape (pairs): where the columns of each stand in the values, in bytes. */
  readonly at: Uint32Array;
  /** Shape (pairs): factors of the second and of the third triangle. */
  readonly byQuery: Float64Array;
  readonly byItem: Float64Array;
  /** Adds the columns of the first so many rows to the marginals that were put in; undefined where there are none. */
  readonly addMarginals: ((rows: number) => void) | undefined;
  private readonly triangles: Float64Array;
  private readonly add: (from: number, to: number) => void;
  private readonly held: Marginals | undefined;

  /**
   * @param values    places
   * @param pairs     at most at a time, and rows likewise
   * @param marginals those that rows are added to; they are held here from now on, unless they are too many
   */
  constructor(
    readonly columns: number,
    values: number,
    pairs: number,
    marginals: Marginals,
  ) {
    const size = (columns * (columns + 1)) / 2;
    const room = new Room();
    const triangles = room.take(8 * (3 * size + 1));
    const [at, byQuery, byItem] = [room.take(4 * pairs), room.take(8 * pairs), room.take(8 * pairs)];
    const [querySlot, itemSlot, cell] = [room.take(4 * pairs), room.take(4 * pairs), room.take(4 * pairs)];
    const first = room.take(8 * values);
    const hold = MARGINALS.reduce((sum, name) => sum + marginals[name].byteLength, 0) <= MOST_MARGINALS;
    const places = MARGINALS.map((name) => (hold ? room.take(marginals[name].byteLength) : 0));
    const { loops, buffer } = loopsOver(room.bytes);
    this.triangles = new Float64Array(buffer, triangles, 3 * size);
    this.at = new Uint32Array(buffer, at, pairs);
    this.byQuery = new Float64Array(buffer, byQuery, pairs);
    this.byItem = new Float64Array(buffer, byItem, pairs);
    this.querySlot = new Uint32Array(buffer, querySlot, pairs);
    this.itemSlot = new Uint32Array(buffer, itemSlot, pairs);
    this.cell = new Uint32Array(buffer, cell, pairs);
    this.values = new Float64Array(buffer, first, values);
    this.add = (from, to) => loops.addProducts(triangles, columns, at, byQuery, byItem, from, to, first);
    if (!hold) return;
    const [q, i, m] = MARGINALS.map((name, n) => {
      const held = new Float64Array(buffer, places[n], marginals[name].length);
      held.set(marginals[name]);
      return held;
    }) as [Float64Array, Float64Array, Float64Array];
    this.held = { queryMarginals: q, itemMarginals: i, magnitudes: m };
    this.addMarginals = (rows) =>
      loops.addMarginals(first, columns, rows, querySlot, itemSlot, cell, q.byteOffset, i.byteOffset, m.byteOffset);
  }

  /** Writes the marginals to where they came from. */
  giveMarginals(marginals: Marginals): void {
    if (this.held) for (const name of MARGINALS) marginals[name].set(this.held[name]);
  }

  /**
   * Adds the products of the pairs from … to-1 to the lower triangles of x·y, x·y·byQuery and x·y·byItem. Shape
   * (columns · (columns + 1) / 2) each.
   */
  addProducts(sums: readonly [Float64Array, Float64Array, Float64Array], from: number, to: number): void {
    const size = this.triangles.length / 3;
    for (const [n, triangle] of sums.entries()) this.triangles.set(triangle, n * size);
    this.add(from, to);
    for (const [n, triangle] of sums.entries()) triangle.set(this.triangles.subarray(n * size, (n + 1) * size));
  }
}
