/**
 * The outcome ledger: the gap in the online metric, by the line of past arms there (methodology 6.1).
 *
 *     G = (a + b·gain_online) − Δ_online,   C = predicted·(a + b·gain_online) + own
 *
 * a + b·gain_online is what one more arm of this gain is to win, with the errors of a and b together and the arms'
 * scatter in its own. Its terms come from different data, so that variances add up; but for the two lines of one set
 * of arms, offline and recall, whose errors go together: their difference is known better than is said.
 */

import type { Evidence } from '../../checks/evidence.js';
import type { Effect } from '../../checks/evidence-check.js';
import { figure } from '../../checks/measurement.js';
import { ARMS, type ArmsLine, lineOn, readArms } from '../../checks/past-arms.js';
import { spelled } from '../../checks/reason-words.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { bounded, type OutcomeGap } from './diagnosis.js';
import { onlineDelta } from './experiment.js';
import type { GapPart, Whole } from './sufficiency.js';

type OutcomePart = NonNullable<Extract<Effect, { kind: 'outcome' }>['part']>;

export interface OutcomeLedger {
  readonly whole: Whole;
  /** a + b·gain_online, and Δ_online. */
  readonly predicted: Estimate;
  readonly observed: Estimate;
  readonly line: ArmsLine;
  readonly arms: number;
}

/** A text says why there is none; undefined where nobody asks. */
export function readOutcomeLedger(evidence: Evidence, confidence: number): OutcomeLedger | string | undefined {
  const observed = onlineDelta(evidence);
  if (!observed) return undefined;
  const table = evidence.table(ARMS);
  const { sums } = evidence;
  if (!table) return 'the release has no evidence arms';
  if (!sums?.gainOnline) return 'the release has no ledger with s5';
  if (sums.open !== undefined) return spelled(sums.open);
  const arms = readArms(table);
  const line = lineOn(arms.offline, arms, confidence);
  if (typeof line === 'string') return line;
  const gain = sums.estimate(sums.gainOnline);
  if (Math.abs(gain.value) > line.beyond)
    return (
      `its gain of ${figure(gain.value)} is beyond the past arms, of at most ${figure(line.reach)}: are their ` +
      `offline deltas ${sums.metric.words} too?`
    );
  const predicted = line.at(gain);
  return {
    whole: { ledger: 'outcome', estimate: sumOf([1, predicted], [-1, observed]), open: undefined },
    predicted,
    observed,
    line,
    arms: arms.arms,
  };
}

/** A hypothesis against the outcome's gap. */
export function outcomePart(id: CheckId, { predicted, own }: OutcomePart, ledger: OutcomeLedger): GapPart {
  return {
    id,
    whole: ledger.whole,
    contrast: (rho) => sumOf([predicted - rho, ledger.predicted], [rho, ledger.observed], [1, own]),
    settle: 'a longer experiment, more past arms, or more requests with all candidates logged',
  };
}

export function outcomeGap(ledger: OutcomeLedger, parts: readonly OutcomePart[], confidence: number): OutcomeGap {
  const explained = parts.reduce((sum, { predicted }) => sum + predicted, 0);
  const residual = sumOf(
    [1 - explained, ledger.predicted],
    [-1, ledger.observed],
    ...parts.map(({ own }) => [-1, own] as const),
  );
  return {
    ledger: 'outcome',
    metric: 'online_delta',
    ...bounded(ledger.whole.estimate, confidence),
    predicted: bounded(ledger.predicted, confidence),
    observed: bounded(ledger.observed, confidence),
    slope: bounded(ledger.line.slope, confidence),
    arms: ledger.arms,
    residual: bounded(residual, confidence),
  };
}

/** Σ a·x of independent estimates. */
export function sumOf(...terms: readonly (readonly [number, Estimate])[]): Estimate {
  const used = terms.filter(([a]) => a !== 0);
  return {
    value: used.reduce((sum, [a, x]) => sum + a * x.value, 0),
    standardError: Math.hypot(...used.map(([a, x]) => a * x.standardError)),
    df: Math.min(...used.map(([, x]) => x.df)),
  };
}
