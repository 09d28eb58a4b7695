import { entropy } from './entropy.js';
import type { SumMetric } from './metric.js';

/** L = Σw·[-y ln p - (1-y) ln(1-p)] / Σw, natural logarithms (nats a row). */
export const logLoss: SumMetric = {
  id: 'log_loss',
  kind: 'sums',
  title: 'log loss',
  better: 'lower',
  unit: 'nats',
  source: 'Good 1952; scikit-learn log_loss',
  merges: 'sums',
  probabilities: true,
  skill: 'entropy',
  // The entropy of a base rate is at most ln 2; a prediction that is cut off costs no more than -ln 1e-7.
  limits: { change: Math.LN2, relative: 1, floor: 0, attained: true, ceiling: -Math.log(1e-7) },
  chance: entropy,
  quantity: 'loss',
  denominator: 'aligned',
  evaluate: ({ w, current }) => ({ value: current / w, w: -current / (w * w), current: 1 / w }),
};
