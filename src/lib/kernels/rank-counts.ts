/** Positions of scores among candidates, by the kernel of kernels/counts.ts. */

import { loopsOver, Room } from './loops.js';

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
