/** Linear maps of vectors, by the kernel of kernels/maps.ts. */

import { loopsOver, Room } from './loops.js';

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
