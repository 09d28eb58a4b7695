import type { SumMetric } from './metric.js';
import { PREDICTION } from './quantity.js';
import { LOG_RATIO } from './scale.js';

/**
 * ln(Σwp_k / Σwp_0): how far the mean prediction moves when the item side is k versions away. Needs no labels, so that
 * its interval is far tighter than that of calibration. 0 at distance 0 by definition.
 */
export const calibrationShift: SumMetric = {
  id: 'calibration_shift',
  kind: 'sums',
  title: 'calibration shift',
  better: 'neither',
  unit: 'ln ratio',
  scale: LOG_RATIO,
  atZero: 0,
  // The sum of the predictions is then the number of queries.
  fixedUnder: 'softmax',
  source: 'log ratio of mean predictions; our definition',
  merges: 'sums',
  probabilities: false,
  skill: 'entropy',
  // Predictions that treble. Judgement of this project.
  limits: { change: Math.log(3), relative: 2, floor: Number.NEGATIVE_INFINITY, attained: false, ceiling: Math.log(3) },
  quantity: PREDICTION,
  denominator: 'aligned',
  evaluate: ({ current, aligned }) => ({
    value: current > 0 && aligned > 0 ? Math.log(current / aligned) : Number.NaN,
    current: 1 / current,
    aligned: -1 / aligned,
  }),
};
