/** The A/B in the verdict: no gain of a ledger outweighs an online metric that fell, or that stayed far behind. */

import { ARMS, OUTCOME } from '../checks/past-arms.js';
import type { Experiment } from './diagnosis/diagnosis.js';
import { formatBounded, formatDelta, formatValue } from './format.js';

/** An experiment's answer to whether what was promised was won. */
export type ExperimentReading =
  /** The release has no outcome. */
  | { readonly kind: 'not_given' }
  /** The online metric clearly fell. */
  | { readonly kind: 'fell'; readonly experiment: Experiment }
  /** It is clearly behind what the gain offline promised. */
  | { readonly kind: 'behind'; readonly experiment: Experiment }
  /** It clearly rose, and is not clearly behind. */
  | { readonly kind: 'won'; readonly experiment: Experiment }
  /** It shows neither. */
  | { readonly kind: 'unclear'; readonly experiment: Experiment };

/** Comparisons are written so that NaN never wins. */
export function readingOfExperiment(experiment: Experiment | undefined): ExperimentReading {
  if (!experiment) return { kind: 'not_given' };
  const { observed, promise } = experiment;
  if (observed.upper < 0) return { kind: 'fell', experiment };
  if (promise && promise.missing.lower > 0 && promise.lost.lower > 0) return { kind: 'behind', experiment };
  return { kind: observed.lower > 0 ? 'won' : 'unclear', experiment };
}

/** True where it speaks against the release, whatever else was found. */
export function isLost({ kind }: ExperimentReading): boolean {
  return kind === 'fell' || kind === 'behind';
}

/** `the A/B is lost: −0.4 [−0.449, −0.351] online, where +0.6 [+0.454, +0.746] was promised`. */
export function experimentInWords(reading: ExperimentReading): string {
  if (reading.kind === 'not_given') return `the A/B is not judged, as the release has no evidence ${OUTCOME.name}`;
  const { observed, promise } = reading.experiment;
  const promised = promise ? `, where ${formatBounded(promise.value)} was promised by ${promise.arms} past arms` : '';
  const figures = `${formatBounded(observed)} online${promised}`;
  switch (reading.kind) {
    case 'fell':
      return `the A/B is lost: ${figures}`;
    case 'behind':
      return `the A/B is behind what was promised: ${figures}`;
    case 'won':
      return `the A/B is won: ${figures}`;
    case 'unclear':
      return `the A/B does not tell: ${figures}${powerInWords(reading.experiment)}`;
  }
}

/** The standard error that the experiment would have needed, as the end of a sentence. */
function powerInWords({ standardError, promise }: Experiment): string {
  if (!promise) return `; past arms (a table ${ARMS.name}) would say how small its standard error must be`;
  if (!(promise.neededError > 0)) return '';
  if (standardError <= promise.neededError)
    return `; its standard error of ${formatValue(standardError)} is small enough`;
  return (
    `; its standard error is ${formatValue(standardError)}, and to see ${formatDelta(promise.value.value, 'absolute')} ` +
    `it takes at most ${formatValue(promise.neededError)}`
  );
}
