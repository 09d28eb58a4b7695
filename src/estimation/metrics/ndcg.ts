import { type PositionMetric, type RelevantItems, SHARE_LIMITS } from './metric.js';
import { LINEAR } from './scale.js';
import { shareByGain } from './ties.js';

/**
 * NDCG@K with gain = label and discount 1 / log2(1 + rank) (Järvelin & Kekäläinen 2002; scikit-learn ndcg_score).
 * Tied candidates share the mean of their gains, which is the expected value under random tie-breaking (McSherry &
 * Najork 2008).
 */
const linear: PositionMetric = {
  id: 'ndcg',
  kind: 'positions',
  title: 'NDCG',
  better: 'higher',
  unit: 'share of the ideal',
  scale: LINEAR,
  source: 'Järvelin & Kekäläinen 2002; scikit-learn ndcg_score',
  merges: 'queries',
  probabilities: false,
  skill: 'own',
  limits: SHARE_LIMITS,
  cutoff: true,
  additive: { gain: (gain) => gain, weight: (rank) => 1 / Math.log2(1 + rank), normaliser: idealGain },
  evaluate: (relevant, k) => normalized(relevant, k).reduce((sum, x) => sum + x, 0),
  credit: normalized,
  share: shareByGain,
  canMove: (gains, candidates) => candidates > gains.length || gains.some((gain) => gain !== gains[0]),
};

/** The same with gain = 2^grade - 1, the grade being label times highest grade (Burges et al. 2005). */
const exponential: PositionMetric = {
  ...linear,
  source: 'Burges et al. 2005',
  gainOf: (label, grades) => 2 ** (label * grades) - 1,
};

export const ndcg: PositionMetric = { ...linear, gains: { exponential } };

/** Each relevant item's expected discounted gain, over that of the best ranking. */
function normalized(relevant: RelevantItems, k: number): Float64Array {
  const { count, gain } = relevant;
  const ideal = equal(relevant)
    ? gain[0]! * discounts(Math.min(k, count))
    : idealGain(
        Array.from({ length: count }, (_, i) => gain[i]!),
        k,
      );
  const found = discounted(relevant, k);
  for (let i = 0; i < found.length; i++) found[i]! /= ideal;
  return found;
}

function equal({ count, gain }: RelevantItems): boolean {
  for (let i = 1; i < count; i++) if (gain[i] !== gain[0]) return false;
  return true;
}

/** Each relevant item's expected discounted gain. */
function discounted({ count, above, tied, gain }: RelevantItems, k: number): Float64Array {
  const found = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const from = above[i]!;
    const to = Math.min(k, from + tied[i]!);
    if (to > from) found[i] = (gain[i]! / tied[i]!) * (discounts(to) - discounts(from));
  }
  return found;
}

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
