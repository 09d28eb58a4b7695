/** Losses of one request, from the scores and labels of its rows. Ties count as their mean under random order. */

import { countBelow, countThrough } from '../../lib/ordered.js';
import { ndcg } from '../metrics/ndcg.js';

/** The rows of one request. */
export type RequestRows = readonly number[];

/**
 * 1 - the share of the pairs of a positive and a negative that stand in the right order; a label between 0 and 1 is
 * that much of a positive. NaN where either is missing.
 */
export function separationLoss(score: Float64Array, label: Float64Array, rows: RequestRows): number {
  const sorted = rows.toSorted((a, b) => score[a]! - score[b]!);
  let [positives, negatives, right] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    let [up, down, j] = [0, 0, i];
    for (; j < sorted.length && score[sorted[j]!] === score[sorted[i]!]; j++) {
      up += label[sorted[j]!]!;
      down += 1 - label[sorted[j]!]!;
    }
    right += up * (negatives + down / 2);
    positives += up;
    negatives += down;
    i = j;
  }
  return positives > 0 && negatives > 0 ? 1 - right / (positives * negatives) : Number.NaN;
}

/** 1 - NDCG@K; NaN where no row is relevant, or where no order could be better than another. */
export function rankedLoss(k: number, gainOf: (grade: number) => number) {
  return (score: Float64Array, label: Float64Array, rows: RequestRows): number => {
    const relevant = rows.filter((r) => label[r]! > 0).toSorted((a, b) => score[b]! - score[a]!);
    const gain = relevant.map((r) => gainOf(label[r]!));
    if (relevant.length === 0 || !ndcg.canMove(gain, rows.length, k)) return Number.NaN;
    const sorted = Float64Array.from(rows, (r) => -score[r]!).sort();
    const above = relevant.map((r) => countBelow(sorted, -score[r]!));
    const tied = relevant.map((r, i) => countThrough(sorted, -score[r]!) - above[i]!);
    return 1 - ndcg.evaluate({ count: relevant.length, above, tied, gain }, k);
  };
}
