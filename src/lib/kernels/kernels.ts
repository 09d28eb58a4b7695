/** The loops of kernels/, each with a memory of its own that ends with it. */
import { MODULE } from './module.js';

/** The exports of kernels/index.ts; places are bytes from the start of the memory. */
interface Loops {
  dots(
    queries: number,
    items: number,
    d: number,
    queryOf: number,
    itemOf: number,
    pairs: number,
    out: number,
  ): undefined;
  countAbove(candidates: number, rows: number, scores: number, count: number, above: number, tied: number): undefined;
  mapVectors(map: number, vectors: number, count: number, d: number, out: number): undefined;
  addMarginals(
    values: number,
    columns: number,
    rows: number,
    querySlot: number,
    itemSlot: number,
    cell: number,
    queryMarginals: number,
    itemMarginals: number,
    magnitudes: number,
  ): undefined;
  addProducts(
    triangles: number,
    columns: number,
    at: number,
    byQuery: number,
    byItem: number,
    from: number,
    to: number,
    values: number,
  ): undefined;
}

const PAGE = 65_536;
/** A memory's places are numbers of 32 bits. */
const MOST_BYTES = 2 ** 32 - PAGE;

let compiled: WebAssembly.Module | undefined;

/** Arrays that stand one after the other in a memory. */
class Room {
  private end = 0;

  /** @returns where so many bytes begin */
  take(bytes: number): number {
    const at = this.end;
    this.end += Math.ceil(bytes / 16) * 16;
    return at;
  }

  get bytes(): number {
    return this.end;
  }
}

/** @param bytes that the memory holds at least */
function loopsOver(bytes: number): { readonly loops: Loops; readonly buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(Buffer.from(MODULE, 'base64'));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return { loops: instance.exports as Loops, buffer: memory.buffer };
}

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

/** Counts of candidates that score higher than others, and as high. */
export class RankCounts {
  /** Shape (most): the candidates' scores, and those that they are held against. */
  readonly candidates: Float64Array;
  readonly scores: Float64Array;
  /** Shape (most): what `run` has counted for each score. */
  readonly above: Uint32Array;
  readonly tied: Uint32Array;
  /** Counts the first `rows` candidates for the first `count` scores. */
  readonly run: (rows: number, count: number) => void;

  /** @param most candidates, and scores likewise */
  constructor(readonly most: number) {
    const room = new Room();
    const [candidates, scores] = [room.take(8 * most), room.take(8 * most)];
    const [above, tied] = [room.take(4 * most), room.take(4 * most)];
    const { loops, buffer } = loopsOver(room.bytes);
    this.candidates = new Float64Array(buffer, candidates, most);
    this.scores = new Float64Array(buffer, scores, most);
    this.above = new Uint32Array(buffer, above, most);
    this.tied = new Uint32Array(buffer, tied, most);
    this.run = (rows, count) => loops.countAbove(candidates, rows, scores, count, above, tied);
  }
}

/** Products of vectors with a matrix, some vectors at a time. */
export class VectorMap {
  /** Shape (most, d): the vectors, and what they become. */
  readonly vectors: Float64Array;
  readonly out: Float64Array;
  /** Maps the first so many vectors. */
  readonly run: (count: number) => void;

  /**
   * @param map  shape (d, d), row after row
   * @param most vectors at a time
   */
  constructor(map: Float64Array, d: number, most: number) {
    const room = new Room();
    const [m, vectors, out] = [room.take(map.byteLength), room.take(8 * most * d), room.take(8 * most * d)];
    const { loops, buffer } = loopsOver(room.bytes);
    new Float64Array(buffer, m, map.length).set(map);
    this.vectors = new Float64Array(buffer, vectors, most * d);
    this.out = new Float64Array(buffer, out, most * d);
    this.run = (count) => loops.mapVectors(m, vectors, count, d, out);
  }
}

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
