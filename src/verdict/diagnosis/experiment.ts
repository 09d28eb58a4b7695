/**
 * The A/B of this release, read off the table `outcome`: what it measured, and, where past arms translate, what the
 * gain offline promised of it.
 */

import type { Evidence } from '../../checks/evidence.js';
import { ARMS, lineOn, OUTCOME, readArms, readOutcome } from '../../checks/past-arms.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { normalQuantile } from '../../estimation/statistics/student-t.js';
import { type Bounded, bounded, type Experiment } from './diagnosis.js';

/** An experiment sees what it was made for with this chance, where power is spoken of. */
const POWER = 0.8;
/** Of the promise at most this share may be missing before something is lost: as of the ledger's gain. */
const NO_LOSS = 0.2;

/** The online delta of this release's arm. */
export function onlineDelta(evidence: Evidence): Estimate | undefined {
  const table = evidence.table(OUTCOME);
  return table && readOutcome(table).observed;
}

/** Undefined where the release has no outcome. */
export function readExperiment(evidence: Evidence, confidence: number): Experiment | undefined {
  const observed = onlineDelta(evidence);
  if (!observed) return undefined;
  const own = { observed: bounded(observed, confidence), standardError: observed.standardError };
  const promised = promiseOf(evidence, confidence);
  return promised ? { ...own, promise: { ...against(promised, observed, confidence), ...promised.of } } : own;
}

interface Promised {
  readonly estimate: Estimate;
  readonly of: { readonly arms: number; readonly from: 'ledger' | 'outcome' };
}

/** The line of past arms at the gain offline: of the ledger, or of the outcome's own offline_delta. */
function promiseOf(evidence: Evidence, confidence: number): Promised | undefined {
  const table = evidence.table(ARMS);
  const gain = offlineGain(evidence);
  if (!table || !gain) return undefined;
  const arms = readArms(table);
  const line = lineOn(arms.offline, arms, confidence);
  if (typeof line === 'string' || Math.abs(gain.estimate.value) > line.beyond) return undefined;
  return { estimate: line.at(gain.estimate), of: { arms: arms.arms, from: gain.from } };
}

function offlineGain(evidence: Evidence): { estimate: Estimate; from: 'ledger' | 'outcome' } | undefined {
  const { sums } = evidence;
  if (sums) return sums.open === undefined ? { estimate: sums.estimate(sums.gainOffline), from: 'ledger' } : undefined;
  const table = evidence.table(OUTCOME);
  const offline = table && readOutcome(table).offline;
  return offline && { estimate: offline, from: 'outcome' };
}

/** The promise less what was observed; and the standard error at which an experiment would see the promise. */
function against(promised: Promised, observed: Estimate, confidence: number) {
  const { estimate } = promised;
  const less = (share: number): Bounded =>
    bounded(
      {
        value: (1 - share) * estimate.value - observed.value,
        standardError: Math.hypot((1 - share) * estimate.standardError, observed.standardError),
        df: Math.min(estimate.df, observed.df),
      },
      confidence,
    );
  return {
    value: bounded(estimate, confidence),
    missing: less(0),
    lost: less(NO_LOSS),
    neededError: Math.max(estimate.value, 0) / (normalQuantile(confidence) + normalQuantile(POWER)),
  };
}
