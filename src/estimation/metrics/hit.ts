import { type PositionMetric, SHARE_LIMITS } from './metric.js';
import { LINEAR } from './scale.js';
import { noneWithin, placesWithin, shareByGain, tieGroups } from './ties.js';

/** 1 where at least one relevant item is among a query's first K, else 0; with ties, the probability of it. */
export const hit: PositionMetric = {
  id: 'hit',
  kind: 'positions',
  title: 'hit rate',
  better: 'higher',
  unit: 'probability',
  scale: LINEAR,
  source: 'success@K of TREC; ties by expected value',
  merges: 'queries',
  probabilities: false,
  skill: 'own',
  limits: SHARE_LIMITS,
  cutoff: true,
  evaluate: (relevant, k) => {
    const first = tieGroups(relevant)[0]!;
    return 1 - noneWithin(first.size, first.relevant, placesWithin(first, k));
  },
  share: shareByGain,
  // Some order must fill the first K places with others.
  canMove: (gains, candidates, k) => candidates - gains.length >= k,
};
