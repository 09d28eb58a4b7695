/**
 * Computes what a candidate's rank is worth on average in a mixed index whose items have versions independently of each
 * other.
 */

import { gaussLegendre } from '../statistics/gauss-legendre.js';
import type { CandidateList } from './candidate-lists.js';

/** With less probability than this left among the first places, what is still to be compared cannot matter. */
const NEGLIGIBLE = 1e-15;
/** Nodes that integrate exactly over up to 63 tied candidates. */
const MAX_NODES = 32;

/**
 * The others beside one candidate at one version: the probabilities that they beat it, and that they tie with it.
 */
interface Rivals {
  /** Shape (at least count): of those that may do either. */
  readonly win: Float64Array;
  readonly tie: Float64Array;
  readonly count: number;
  /** The number of them that may tie. */
  readonly tied: number;
}

/**
 * E[weight(rank)] of one candidate: with it at version v, another one beats it with probability π_i, so the number
 * that do is Poisson-binomial (π). A tie is broken at random: given its own draw u it is beaten by a tied one with
 * probability u, a polynomial in u that Gauss–Legendre integrates exactly.
 *
 * @param own the candidate, by its place in the list
 * @param k   ranks beyond it weigh nothing
 */
export function expectedWeight(list: CandidateList, own: number, k: number, weight: (rank: number) => number): number {
  const room = { win: new Float64Array(list.count), tie: new Float64Array(list.count) };
  const above = new Float64Array(Math.min(k, list.count));
  let total = 0;
  for (let v = 0; v < list.scores.length; v++) {
    const mass = list.mass(v, own);
    if (mass === 0) continue;
    const rivals = rivalsOf(list, own, list.scores[v]![own]!, room);
    const nodes = gaussLegendre(Math.min(MAX_NODES, Math.ceil((rivals.tied + 1) / 2)));
    for (const [u, share] of nodes) {
      countBeaten(rivals, u, above);
      for (let c = 0; c < above.length; c++) total += mass * share * above[c]! * weight(c + 1);
    }
  }
  return total;
}

/** Compares every other candidate, at each of its versions, with a score. `room` is written into. */
function rivalsOf(
  { count: n, scores, mass }: CandidateList,
  own: number,
  score: number,
  room: Pick<Rivals, 'win' | 'tie'>,
): Rivals {
  let count = 0;
  let tied = 0;
  for (let c = 0; c < n; c++) {
    if (c === own) continue;
    let win = 0;
    let tie = 0;
    for (let l = 0; l < scores.length; l++) {
      const other = scores[l]![c]!;
      if (other > score) win += mass(l, c);
      else if (other === score) tie += mass(l, c);
    }
    if (win === 0 && tie === 0) continue;
    room.win[count] = win;
    room.tie[count++] = tie;
    if (tie > 0) tied++;
  }
  return { ...room, count, tied };
}

/**
 * The probabilities that exactly 0, 1, … of the rivals beat the candidate, one rival after the other, for as many as
 * `above` has places.
 *
 * @param u the share of ties that are lost
 */
function countBeaten({ win, tie, count }: Rivals, u: number, above: Float64Array): void {
  above.fill(0);
  above[0] = 1;
  let left = 1;
  for (let i = 0; i < count && left > NEGLIGIBLE; i++) {
    const p = win[i]! + u * tie[i]!;
    const last = Math.min(above.length - 1, i + 1);
    // A candidate that is beaten once more in the last place falls out of the list.
    if (last === above.length - 1) left -= above[last]! * p;
    for (let c = last; c > 0; c--) above[c] = above[c]! * (1 - p) + above[c - 1]! * p;
    above[0]! *= 1 - p;
  }
}
