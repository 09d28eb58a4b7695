import type { SumMetric } from './metric.js';
import { SQUARED_ERROR } from './quantity.js';
import { LINEAR } from './scale.js';

/** Σw(p - y)² / Σw. */
export const brier: SumMetric = {
  id: 'brier',
  kind: 'sums',
  title: 'Brier score',
  better: 'lower',
  unit: 'squared probability',
  scale: LINEAR,
  source: 'Brier 1950 (binary form); scikit-learn brier_score_loss',
  merges: 'sums',
  probabilities: true,
  skill: 'entropy',
  // A base rate p costs p(1 - p).
  limits: { change: 0.25, relative: 1, floor: 0, attained: true, ceiling: 1 },
  chance: (rate) => rate * (1 - rate),
  quantity: SQUARED_ERROR,
  denominator: 'aligned',
  evaluate: ({ w, current }) => ({ value: current / w, w: -current / (w * w), current: 1 / w }),
};
