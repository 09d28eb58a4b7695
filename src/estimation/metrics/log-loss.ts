import { entropy } from './entropy.js';
import type { SumMetric } from './metric.js';
import { LOSS } from './quantity.js';
import { LINEAR } from './scale.js';

/** The id of the log loss, in which gaps and what explains them are measured too. */
export const LOG_LOSS = 'log_loss';

/** L = Σw·[-y ln p - (1-y) ln(1-p)] / Σw, natural logarithms (nats a row). */
export const logLoss: SumMetric = {
  id: LOG_LOSS,
  kind: 'sums',
  title: 'log loss',
  better: 'lower',
  unit: 'nats',
  scale: LINEAR,
  source: 'Good 1952; scikit-learn log_loss',
  merges: 'sums',
  probabilities: true,
  skill: 'entropy',
  // The entropy of a base rate is at most ln 2; a prediction that is cut off costs no more than -ln 1e-7.
  limits: { change: Math.LN2, relative: 1, floor: 0, attained: true, ceiling: -Math.log(1e-7) },
  chance: entropy,
  quantity: LOSS,
  denominator: 'aligned',
  evaluate: ({ w, current }) => ({ value: current / w, w: -current / (w * w), current: 1 / w }),
};
