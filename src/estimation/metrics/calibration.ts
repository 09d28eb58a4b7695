import type { SumMetric } from './metric.js';
import { PREDICTION } from './quantity.js';
import { LINEAR } from './scale.js';

export const CALIBRATION = 'calibration';

/** Σwp / Σwy: predicted over actual. 1 is calibrated, above 1 over-predicts. Undefined without positives. */
export const calibration: SumMetric = {
  id: CALIBRATION,
  kind: 'sums',
  title: 'calibration',
  better: 'neither',
  unit: 'predicted / actual',
  scale: LINEAR,
  // The sum of the predictions is then the number of queries.
  fixedUnder: 'softmax',
  source: 'He et al. 2014, §3 (average estimated over empirical rate)',
  merges: 'sums',
  probabilities: false,
  skill: 'entropy',
  // Predictions that treble are no calibration. Judgement of this project.
  limits: { change: 2, relative: 2, floor: 0, attained: true, ceiling: 10 },
  quantity: PREDICTION,
  denominator: 'wy',
  evaluate: ({ wy, current }) => ({
    value: wy > 0 ? current / wy : Number.NaN,
    wy: -current / (wy * wy),
    current: 1 / wy,
  }),
};
