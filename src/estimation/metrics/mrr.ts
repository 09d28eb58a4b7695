import { type PositionMetric, type RelevantItems, SHARE_LIMITS } from './metric.js';
import { LINEAR } from './scale.js';
import { tieGroups } from './ties.js';

/**
 * Reciprocal rank of the first relevant item (Voorhees 1999). Where r of n tied candidates are relevant, the first of
 * them stands at place j of the tie with probability C(n-j, r-1) / C(n, r).
 */
export const mrr: PositionMetric = {
  id: 'mrr',
  kind: 'positions',
  title: 'mean reciprocal rank',
  better: 'higher',
  unit: '1 / rank',
  scale: LINEAR,
  source: 'Voorhees 1999; ties by expected value',
  merges: 'queries',
  probabilities: false,
  skill: 'own',
  limits: SHARE_LIMITS,
  cutoff: false,
  evaluate: (relevant) => {
    const { above, size, relevant: r } = tieGroups(relevant)[0]!;
    let expected = 0;
    // P(first at place 1) = r/n; P(j+1)/P(j) = (n-j-r+1)/(n-j).
    let probability = r / size;
    for (let j = 1; j <= size - r + 1; j++) {
      expected += probability / (above + j);
      probability *= (size - j - r + 1) / (size - j);
    }
    return expected;
  },
  share: shareOfFirst,
  canMove: (gains, candidates) => candidates > gains.length,
};

/** The reciprocal rank belongs to the first relevant item of the aligned ranking, or to those that are tied for it. */
function shareOfFirst(relevant: RelevantItems): Float64Array {
  const { relevant: r } = tieGroups(relevant)[0]!;
  return Float64Array.from({ length: relevant.count }, (_, i) => (i < r ? 1 / r : 0));
}
