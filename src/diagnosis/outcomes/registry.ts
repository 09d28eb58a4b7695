/** Every hypothesis with a table of its own, one line each. */
import type { OutcomeHypothesis } from './outcome.js';
import { recallSaturation } from './recall-saturation.js';
import { servingHealth } from './serving-health.js';

export const OUTCOMES: readonly OutcomeHypothesis[] = [servingHealth, recallSaturation];
