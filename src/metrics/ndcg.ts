import type { PositionMetric } from './metric.js';

/**
 * NDCG@K with gain = label and discount 1 / log2(1 + rank) (Järvelin & Kekäläinen 2002; scikit-learn ndcg_score). Tied candidates
 * share the mean of their gains, which is the expected value under random tie-breaking (McSherry & Najork 2008).
 */
export const ndcg: PositionMetric = {
  id: 'ndcg',
  kind: 'positions',
  title: 'NDCG',
  better: 'higher',
  unit: 'share of the ideal',
  source: 'Järvelin & Kekäläinen 2002; scikit-learn ndcg_score',
  merges: 'queries',
  probabilities: false,
  cutoff: true,
  additive: { gain: (label) => label, weight: (rank) => 1 / Math.log2(1 + rank), normaliser: idealGain },
  evaluate: ({ count, above, tied, gain }, k) => {
    let dcg = 0;
    let equal = true;
    for (let i = 0; i < count; ) {
      let j = i;
      let sum = 0;
      while (j < count && above[j] === above[i]) {
        if (gain[j] !== gain[0]) equal = false;
        sum += gain[j++]!;
      }
      const from = above[i]!;
      const to = Math.min(k, from + tied[i]!);
      if (to > from) dcg += (sum / tied[i]!) * (discounts(to) - discounts(from));
      i = j;
    }
    if (equal) return dcg / (gain[0]! * discounts(Math.min(k, count)));
    return (
      dcg /
      idealGain(
        Array.from({ length: count }, (_, i) => gain[i]!),
        k,
      )
    );
  },
};

/** The discounted gain of the best ranking. */
function idealGain(gains: readonly number[], k: number): number {
  const best = [...gains].sort((a, b) => b - a).slice(0, Math.min(k, gains.length));
  return best.reduce((sum, gain, i) => sum + gain / Math.log2(2 + i), 0);
}

/** Σ over ranks 1 … n of 1 / log2(1 + rank), kept. */
let summed = Float64Array.of(0);
function discounts(n: number): number {
  if (n >= summed.length) {
    const longer = new Float64Array(Math.max(2 * summed.length, n + 1));
    longer.set(summed);
    for (let rank = summed.length; rank < longer.length; rank++)
      longer[rank] = longer[rank - 1]! + 1 / Math.log2(1 + rank);
    summed = longer;
  }
  return summed[n]!;
}
