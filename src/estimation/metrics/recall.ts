import { type PositionMetric, SHARE_LIMITS } from './metric.js';
import { LINEAR } from './scale.js';
import { placesWithin, tieGroups } from './ties.js';

/** Share of a query's relevant items among its first K; a tied item counts by its chance of standing there. */
export const recall: PositionMetric = {
  id: 'recall',
  kind: 'positions',
  title: 'recall',
  better: 'higher',
  unit: 'share',
  scale: LINEAR,
  source: 'Manning et al. 2008, ch. 8; ties by expected value',
  merges: 'queries',
  probabilities: false,
  skill: 'own',
  limits: SHARE_LIMITS,
  cutoff: true,
  additive: { gain: () => 1, weight: () => 1, normaliser: (gains) => gains.length },
  evaluate: (relevant, k) => {
    let found = 0;
    for (const group of tieGroups(relevant)) found += (group.relevant * placesWithin(group, k)) / group.size;
    return found / relevant.count;
  },
  credit: (relevant, k) => {
    const credit = new Float64Array(relevant.count);
    let i = 0;
    for (const group of tieGroups(relevant))
      for (const to = i + group.relevant; i < to; i++) credit[i] = placesWithin(group, k) / group.size / relevant.count;
    return credit;
  },
  share: ({ count }) => new Float64Array(count).fill(1 / count),
  canMove: (gains, candidates, k) => candidates > k && candidates > gains.length,
};
