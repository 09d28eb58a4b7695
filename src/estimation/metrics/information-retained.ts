import { entropy, entropySlope } from './entropy.js';
import type { SumMetric } from './metric.js';
import { LOSS } from './quantity.js';
import { LINEAR } from './scale.js';

/**
 * (H - L_k) / (H - L_0): the share of what the aligned model knows beyond the base rate that is left at distance k.
 * H is the entropy of the base rate, L the log loss; 1 at distance 0. Where the aligned model is no better than the
 * base rate, the ratio is computed but judges nothing: losing more would look like keeping more.
 */
export const informationRetained: SumMetric = {
  id: 'information_retained',
  kind: 'sums',
  title: 'information retained',
  better: 'higher',
  unit: 'share',
  scale: LINEAR,
  atZero: 1,
  source: 'ratio of relative information gains (1 - NE); our definition',
  merges: 'sums',
  probabilities: true,
  skill: 'entropy',
  // Without skill nothing is retained.
  limits: { change: 1, relative: 1, floor: 0, attained: true, ceiling: Number.POSITIVE_INFINITY },
  chance: () => 0,
  quantity: LOSS,
  denominator: 'aligned',
  evaluate: ({ w, wy, current, aligned }) => {
    const rate = wy / w;
    const h = entropy(rate);
    const known = h - aligned / w;
    const kept = h - current / w;
    const value = kept / known;
    const byH = (1 - value) / known;
    const byLoss = -1 / known;
    const byAligned = value / known;
    const slope = entropySlope(rate);
    return {
      value,
      ...(known > 0
        ? {}
        : { meaningless: 'the aligned model knows no more than the base rate, so there is nothing to retain' }),
      w: (-byH * slope * rate - byLoss * (current / w) - byAligned * (aligned / w)) / w,
      wy: (byH * slope) / w,
      current: byLoss / w,
      aligned: byAligned / w,
    };
  },
};
