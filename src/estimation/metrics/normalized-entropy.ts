import { entropy, entropySlope } from './entropy.js';
import type { SumMetric } from './metric.js';
import { LOSS } from './quantity.js';
import { LINEAR } from './scale.js';

/**
 * NE = L / H(p̄): log loss over the entropy of the base rate p̄ = Σwy / Σw (He et al. 2014, "Practical Lessons from
 * Predicting Clicks on Ads at Facebook", §3). p̄ is the base rate of the eval labels, the same rows for all versions,
 * so that a relative change of NE is the relative change of the log loss.
 */
export const normalizedEntropy: SumMetric = {
  id: 'normalized_entropy',
  kind: 'sums',
  title: 'normalized entropy',
  better: 'lower',
  unit: 'ratio',
  scale: LINEAR,
  source: 'He et al. 2014, with the base rate of the eval labels',
  merges: 'sums',
  probabilities: true,
  skill: 'entropy',
  // The base rate alone gives 1; ten times its loss is no bound. Judgement of this project.
  limits: { change: 1, relative: 1, floor: 0, attained: true, ceiling: 10 },
  chance: () => 1,
  quantity: LOSS,
  denominator: 'aligned',
  evaluate: ({ w, wy, current }) => {
    const rate = wy / w;
    const h = entropy(rate);
    const loss = current / w;
    const byRate = (-loss * entropySlope(rate)) / (h * h);
    return {
      value: loss / h,
      w: -loss / (h * w) - (byRate * rate) / w,
      wy: byRate / w,
      current: 1 / (h * w),
    };
  },
};
