import type { SumMetric } from './metric.js';

/** Σw(p - y)² / Σw. */
export const brier: SumMetric = {
  id: 'brier',
  kind: 'sums',
  title: 'Brier score',
  better: 'lower',
  unit: 'squared probability',
  source: 'Brier 1950 (binary form); scikit-learn brier_score_loss',
  merges: 'sums',
  probabilities: true,
  quantity: 'squared_error',
  denominator: 'aligned',
  evaluate: ({ w, current }) => ({ value: current / w, w: -current / (w * w), current: 1 / w }),
};
