/** Diagnosis → verdict: a gap is no readiness, and that there is none to speak of has to be shown. */

import type { OpenReason } from '../checks/reason.js';
import { spelled } from '../checks/reason-words.js';
import type { Cure } from './cures/cure.js';
import { optionOf } from './cures/cure-words.js';
import type { Diagnosis, Hypothesis, PredictionGap } from './diagnosis/diagnosis.js';
import { formatDelta } from './format.js';
import { hypothesesInWords, isFound } from './gap-words.js';
import type { Action, Decision, OverallVerdict } from './report-object.js';

/** A ledger's answer to whether the gain is kept. */
type Reading =
  /** The ledger can judge nothing. */
  | { readonly kind: 'unjudgeable'; readonly open: OpenReason }
  /** At most a fifth of a clear gain is lost. */
  | { readonly kind: 'kept' }
  /** More than a fifth of a clear gain is lost, and clearly so. */
  | { readonly kind: 'lost' }
  /** There is no clear gain offline that could be lost; `gap` tells whether there is a clear gap all the same. */
  | { readonly kind: 'no_gain'; readonly gap: boolean }
  | { readonly kind: 'unclear' };

/** Comparisons are written so that NaN is never ready. */
function readingOf({ open, offline, lost, lower }: PredictionGap): Reading {
  if (open !== undefined) return { kind: 'unjudgeable', open };
  const gap = lower > 0;
  if (!(offline.lower > 0)) return { kind: 'no_gain', gap };
  if (lost.upper <= 0) return { kind: 'kept' };
  return gap && lost.lower > 0 ? { kind: 'lost' } : { kind: 'unclear' };
}

function verdictBy(reading: Reading): OverallVerdict {
  if (reading.kind === 'kept') return 'ready';
  const loses = reading.kind === 'lost' || (reading.kind === 'no_gain' && reading.gap);
  return loses ? 'not_ready' : 'inconclusive';
}

function inWords(reading: Reading, live: string, { value, offline }: PredictionGap): string {
  const part = `${Math.round((100 * value) / offline.value)} %`;
  switch (reading.kind) {
    case 'unjudgeable':
      return `${live} is not shown to be ready: ${spelled(reading.open)}`;
    case 'kept':
      return `${live} keeps its gain online (loses ${part})`;
    case 'lost':
      return value >= offline.value
        ? `${live} loses all of its gain online (${part})`
        : `${live} loses ${part} of its gain online`;
    case 'no_gain':
      return `${live} has no clear gain offline that could be lost`;
    case 'unclear':
      return `${live}: how much of the gain is lost online cannot be told`;
  }
}

export function decideByDiagnosis({ gap, hypotheses, unknown }: Diagnosis, live: string): Decision {
  if (!gap) return withoutGap(hypotheses, live, unknown ?? 'ledger');
  const reading = readingOf(gap);
  const verdict = verdictBy(reading);
  const lead = inWords(reading, live, gap);
  const figures =
    `log loss gained over production’s model: ${formatDelta(gap.offline.value, 'absolute')} offline, ` +
    `${formatDelta(gap.online.value, 'absolute')} online`;
  const explains = verdict === 'not_ready' ? `; ${hypothesesInWords(hypotheses)}` : '';
  return {
    verdict,
    headline: `${lead}: ${figures}${explains}.`,
    recommendation: {
      action: actionOn(reading, hypotheses),
      why: `${lead}${explains}`,
      options: gapCures(hypotheses, verdict).map(optionOf),
    },
  };
}

/** Serving is changed where a cause in serving is found of what is lost. */
function actionOn({ kind }: Reading, hypotheses: readonly Hypothesis[]): Action {
  if (kind === 'kept') return 'ship';
  const inServing = hypotheses.some((hypothesis) => isFound(hypothesis) && hypothesis.layer === 2);
  return kind === 'lost' && inServing ? 'serving_change' : 'gather_evidence';
}

/** The causes that are found, by their share; then what would test the others. */
function gapCures(hypotheses: readonly Hypothesis[], verdict: OverallVerdict): Cure[] {
  const found = hypotheses
    .filter(isFound)
    // Shares of two gaps are not compared.
    .toSorted((a, b) => rank(a) - rank(b) || (b.share ?? 0) - (a.share ?? 0));
  const untested = hypotheses.filter((h) => h.verdict === 'not_tested').map(({ id }) => id);
  return [
    ...found.map((hypothesis): Cure => ({ kind: 'cause', hypothesis })),
    ...(verdict !== 'ready' && untested.length > 0 ? [{ kind: 'test_hypotheses' as const, ids: untested }] : []),
  ];
}

/** Shares of the gap in log loss, then of the online metric's, then what has none. */
function rank({ ledger }: Hypothesis): number {
  return ledger === 'prediction' ? 0 : ledger === 'outcome' ? 1 : 2;
}

const UNKNOWN = {
  s5: 'the ledger has no column s5 (the score that was logged online)',
  ledger: 'there is no ledger of scores offline and online',
} as const;

/** Hypotheses alone, with no ledger to hold them against: they may be found, and nothing is ready by them. */
function withoutGap(
  hypotheses: readonly Hypothesis[],
  live: string,
  lacks: NonNullable<Diagnosis['unknown']>,
): Decision {
  const option = optionOf({ kind: 'ledger', lacks });
  return {
    verdict: 'inconclusive',
    headline:
      `${live} is not shown to be ready: how much of its gain is lost online is not known, as ${UNKNOWN[lacks]}; ` +
      `${hypothesesInWords(hypotheses)}.`,
    recommendation: { action: option.action, why: option.why, options: [option] },
  };
}
