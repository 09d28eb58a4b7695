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

/** Room for the columns of pairs, and the sums of their products. */
export class ColumnProducts {
  /** Values of the columns, an even number of places a vector. */
  readonly values: Float64Array;
  /** Shape (pairs): where the columns of each stand in the values, in bytes. */
  readonly at: Uint32Array;
  /** Shape (pairs): factors of the second and of the third triangle. */
  readonly byQuery: Float64Array;
  readonly byItem: Float64Array;
  private readonly triangles: Float64Array;
  private readonly add: (from: number, to: number) => void;

  /** @param values places; `pairs` at most at a time */
  constructor(
    readonly columns: number,
    values: number,
    pairs: number,
  ) {
    const room = new Room();
    const size = (columns * (columns + 1)) / 2;
    const triangles = room.take(8 * (3 * size + 1));
    const [at, byQuery, byItem] = [room.take(4 * pairs), room.take(8 * pairs), room.take(8 * pairs)];
    const first = room.take(8 * values);
    const { loops, buffer } = loopsOver(room.bytes);
    this.triangles = new Float64Array(buffer, triangles, 3 * size);
    this.at = new Uint32Array(buffer, at, pairs);
    this.byQuery = new Float64Array(buffer, byQuery, pairs);
    this.byItem = new Float64Array(buffer, byItem, pairs);
    this.values = new Float64Array(buffer, first, values);
    this.add = (from, to) => loops.addProducts(triangles, columns, at, byQuery, byItem, from, to, first);
  }

  /**
   * Adds the products of the pairs from … to-1 to the lower triangles of x·y, x·y·byQuery and x·y·byItem. Shape
   * (columns · (columns + 1) / 2) each.
   */
  addTo(sums: readonly [Float64Array, Float64Array, Float64Array], from: number, to: number): void {
    const size = this.triangles.length / 3;
    for (const [n, triangle] of sums.entries()) this.triangles.set(triangle, n * size);
    this.add(from, to);
    for (const [n, triangle] of sums.entries()) triangle.set(this.triangles.subarray(n * size, (n + 1) * size));
  }
}
