import type { PositionMetric } from './metric.js';
import { placesWithin, tieGroups } from './ties.js';

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
  evaluate: (relevant, k) => {
    let dcg = 0;
    for (const group of tieGroups(relevant)) {
      let discounts = 0;
      for (let place = 1; place <= placesWithin(group, k); place++) discounts += 1 / Math.log2(1 + group.above + place);
      dcg += (group.gain / group.size) * discounts;
    }
    const gains = Array.from({ length: relevant.count }, (_, i) => relevant.gain[i]!).sort((a, b) => b - a);
    let ideal = 0;
    for (const [i, gain] of gains.slice(0, Math.min(k, gains.length)).entries()) ideal += gain / Math.log2(2 + i);
    return dcg / ideal;
  },
};
