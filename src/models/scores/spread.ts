/** The offset and the spread of a version's scores, against those of the live version. */
import type { EvalSet } from '../../data/evalset/evalset.js';

export interface Shift {
  /** Difference of the mean scores, in within-request standard deviations of the scores at distance 0. */
  readonly offset: number;
  /** Ratio of the within-request standard deviations. */
  readonly scale: number;
}

export function shiftOf(evalSet: EvalSet, scores: Float64Array, zero: Float64Array): Shift {
  const a = spreadOf(evalSet, scores);
  const b = spreadOf(evalSet, zero);
  return { offset: (a.mean - b.mean) / b.within, scale: a.within / b.within };
}

/** Mean of the scores, and the standard deviation within requests; by row weight. */
function spreadOf({ query, weight }: EvalSet, scores: Float64Array): { mean: number; within: number } {
  const sum = new Float64Array(query.names.length);
  const total = new Float64Array(query.names.length);
  for (let r = 0; r < scores.length; r++) {
    sum[query.codes[r]!]! += weight[r]! * scores[r]!;
    total[query.codes[r]!]! += weight[r]!;
  }
  let squares = 0;
  for (let r = 0; r < scores.length; r++) {
    const q = query.codes[r]!;
    if (total[q]! > 0) squares += weight[r]! * (scores[r]! - sum[q]! / total[q]!) ** 2;
  }
  const all = total.reduce((a, b) => a + b, 0);
  return { mean: sum.reduce((a, b) => a + b, 0) / all, within: Math.sqrt(squares / all) };
}
