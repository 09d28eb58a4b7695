/** Findings → verdict, headline and recommendation. */

import { type CheckReport, type Finding, isRequired } from '../checks/check-report.js';
import { marginUsed } from '../checks/margin-used.js';
import type { WaiverReport } from '../checks/waivers.js';
import { plural } from '../lib/text.js';
import { decideByDiagnosis } from './decide-gap.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';
import { type ExperimentReading, experimentInWords, isLost, readingOfExperiment } from './experiment-reading.js';
import { formatBounds, formatChange, formatFinding, formatMargin, formatUsed } from './format.js';
import { recommend } from './recommend.js';
import type { Decision, OverallVerdict, Recommendation } from './report-object.js';
import { byUrgency, decisive, isTrivial } from './urgency.js';

export function decide(
  checks: readonly CheckReport[],
  diagnosis: Diagnosis | undefined,
  live: string,
  waivers: readonly WaiverReport[] = [],
): Decision {
  // A diagnosis decides only where nothing else is asked: rules that all warn stand beside a hypothesis, or are refused
  // (checks/gates.ts).
  const deciding = checks.filter(({ kind, findings }) => kind === 'sweep' || findings.some(decides));
  if (deciding.length === 0) {
    if (!diagnosis) throw new Error('a run without a rule that decides and without a diagnosis');
    return decideByDiagnosis(diagnosis, live);
  }
  const verdict = verdictOver(deciding);
  const recommendation = recommend(verdict, checks, diagnosis?.hypotheses);
  // Rules that hold do not outweigh an A/B that is lost.
  const experiment = readingOfExperiment(diagnosis?.experiment);
  if (verdict === 'ready' && isLost(experiment)) return lostAB(experiment, live);
  return { verdict, headline: headline(verdict, checks, recommendation, live, waivers), recommendation };
}

function lostAB(experiment: ExperimentReading, live: string): Decision {
  const why = `${experimentInWords(experiment)}, although every required rule passes`;
  return {
    verdict: 'not_ready',
    headline: `${live} is not ready: ${why}.`,
    recommendation: { action: 'gather_evidence', why, options: [{ action: 'gather_evidence', why: FIND_LOSS }] },
  };
}

/** A policy of rules alone says nothing of causes. */
const FIND_LOSS =
  'ask for the hypotheses of layer 3 (recall-saturation, metric-mismatch, auction-filtering) in the policy';

function decides({ level }: Finding): boolean {
  return level === 'fail';
}

function verdictOver(deciding: readonly CheckReport[]): OverallVerdict {
  if (deciding.some((check) => check.verdict === 'fail')) return 'not_ready';
  return deciding.every((check) => check.verdict === 'pass') ? 'ready' : 'inconclusive';
}

function headline(
  verdict: OverallVerdict,
  checks: readonly CheckReport[],
  { why }: Recommendation,
  live: string,
  waivers: readonly WaiverReport[],
): string {
  const used = waivers.filter(({ state }) => state === 'used').length;
  const expired = waivers.filter(({ state }) => state === 'expired').length;
  const over = expired === 0 ? '' : `; ${plural(expired, 'waiver')} ${expired === 1 ? 'has' : 'have'} expired`;
  switch (verdict) {
    case 'ready':
      return `${live} can ship${used === 0 ? '' : ` with ${plural(used, 'waiver')}`}: ${why}${nearestInWords(checks)}.`;
    case 'inconclusive':
      return `${live} is not shown to be ready: ${openInWords(checks)}${why}${over}.`;
    case 'not_ready':
      return `${live} is not ready: ${worstInWords(checks)}${over}.`;
  }
}

/** `; nearest to its margin: log_loss at production, +0.61 % (max_increase 1%), by its bound 74 % of it`. */
function nearestInWords(checks: readonly CheckReport[]): string {
  const nearest = decisive(
    checks.flatMap(({ findings }) => findings),
    'pass',
  );
  if (!nearest) return '';
  const figures = `${formatChange(nearest)} (${formatMargin(nearest)})`;
  return `; nearest to its margin: ${formatFinding(nearest)}, ${figures}, ${usedByBound(nearest)}`;
}

/** `by its bound 74 % of it`. */
function usedByBound(finding: Finding): string {
  const { most } = marginUsed(finding);
  return most > 0 ? `by its bound ${formatUsed(most)} of it` : 'by its bound none of it';
}

/** Of a change that it is one: a difference is not the value. */
function verbOf({ judged, operator }: Finding): string {
  const change = operator === 'max_increase' || operator === 'max_decrease' || operator === 'max_change';
  return judged === 'change' && change ? 'changes by' : 'is';
}

/** `log_loss at production on tier=large changes by +0.80 % [+0.20 %, +1.40 %] (max_increase 1 %); `. */
function openInWords(checks: readonly CheckReport[]): string {
  const worst = decisive(
    checks.flatMap(({ findings }) => findings),
    'inconclusive',
  );
  if (!worst) return '';
  const cell = formatFinding(worst);
  if (!Number.isFinite(judgedOf(worst))) return `nothing is known of ${cell} (${formatMargin(worst)}); `;
  return `${cell} ${verbOf(worst)} ${formatChange(worst)} ${formatBounds(worst)} (${formatMargin(worst)}); `;
}

/** The figure that a rule is held against. */
function judgedOf({ judged, value, change }: Finding): number {
  return judged === 'value' ? value : change;
}

/** `log_loss at production on tier=large changes by +3.00 % (max_increase 1%); 4 of 9 required cells fail`. */
function worstInWords(checks: readonly CheckReport[]): string {
  const required = checks.flatMap(({ findings }) => findings).filter((f) => isRequired(f) && !isTrivial(f));
  const failed = byUrgency(required.filter(({ verdict }) => verdict === 'fail'));
  const worst = failed[0]!;
  const count = `${failed.length} of ${plural(required.length, 'required cell')} ${failed.length === 1 ? 'fails' : 'fail'}`;
  return `${formatFinding(worst)} ${verbOf(worst)} ${formatChange(worst)} (${formatMargin(worst)}); ${count}`;
}
