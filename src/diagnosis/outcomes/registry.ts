/** Every hypothesis with a table of its own, one line each, in the order of the layers. */
import { auctionFiltering } from './auction-filtering.js';
import { evalSetConstruction } from './eval-set-construction.js';
import { exposureBias } from './exposure-bias.js';
import { metricMismatch } from './metric-mismatch.js';
import type { OutcomeHypothesis } from './outcome.js';
import { recallSaturation } from './recall-saturation.js';
import { servingHealth } from './serving-health.js';

export const OUTCOMES: readonly OutcomeHypothesis[] = [
  evalSetConstruction,
  exposureBias,
  servingHealth,
  recallSaturation,
  metricMismatch,
  auctionFiltering,
];
