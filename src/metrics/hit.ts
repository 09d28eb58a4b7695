import type { PositionMetric } from './metric.js';
import { noneWithin, placesWithin, tieGroups } from './ties.js';

/** Whether at least one relevant item is among a query's first K; with ties, the probability of it. */
export const hit: PositionMetric = {
  id: 'hit',
  kind: 'positions',
  title: 'hit rate',
  better: 'higher',
  unit: 'probability',
  source: 'success@K of TREC; ties by expected value',
  merges: 'queries',
  probabilities: false,
  cutoff: true,
  evaluate: (relevant, k) => {
    const first = tieGroups(relevant)[0]!;
    return 1 - noneWithin(first.size, first.relevant, placesWithin(first, k));
  },
};
