/** Claims of the sweep → findings: what is shown of them, and the rows that would settle what is open. */

import { type Claim, verdictOn } from '../../estimation/statistics/claims.js';
import {
  type Bounds,
  type Estimate,
  interval,
  rowsFactorToSettle,
  violationInterval,
  violationPValue,
} from '../../estimation/statistics/noninferiority.js';
import type { Finding } from '../check-report.js';
import { sliceOf } from './cell-names.js';
import { isRelative } from './families.js';
import { hypothesis } from './hypothesis.js';
import type { CellClaim, Measured } from './judge.js';
import { marginOf } from './margins.js';
import { judgesLevel } from './merit.js';
import { gates, metricOf } from './plan.js';

/** @param rejected claims that Holm's procedure over the whole run lets be called violated */
export function findingsOf(claims: readonly CellClaim[], rejected: ReadonlySet<Claim>, measured: Measured): Finding[] {
  return claims.map((claim) => finding(claim, rejected.has(claim), measured));
}

function finding(made: CellClaim, rejected: boolean, measured: Measured): Finding {
  const { rule, cell, at, estimate, bounds } = made;
  const { policy, plan, tabulation, families, cells } = measured;
  const { confidence } = policy.versionSkew;
  const { verdict, reason } = verdictOn(made, confidence, rejected);
  const state = families.candidate.current.get(at);
  const value = state === undefined ? Number.NaN : tabulation.value(rule.metric, cell, state);
  const level = judgesLevel(rule);
  const shownInterval = verdict === 'fail' ? violationInterval : interval;
  const judged = level ? 'value' : made.shown ? 'share' : 'change';
  const change =
    level && state !== undefined
      ? tabulation.change(rule.metric, cell, state, false).value
      : (made.shown?.share ?? estimate.value);
  const settle = verdict === 'inconclusive' ? settlingFactor(made, estimate, bounds, confidence) : undefined;
  const ref = metricOf(plan, rule.metric);
  const ranking = tabulation.ranking(rule.metric, cell);
  return {
    check: hypothesis.id,
    rule: rule.index,
    metric: rule.metric,
    slice: sliceOf(cells, cell),
    at,
    operator: rule.operator,
    value,
    change,
    unit: judged === 'share' || (judged === 'change' && isRelative(rule)) ? 'relative' : 'absolute',
    judged,
    ...shownInterval(estimate, confidence),
    ...(made.shown ? { lower: made.shown.lower, upper: made.shown.upper } : {}),
    margin: marginOf(rule),
    verdict,
    reason,
    ...(settle === undefined ? {} : { rowsToSettle: rounded(settle * tabulation.countsOf(cell).rows) }),
    ...(settle === undefined || !ranking ? {} : { queriesToSettle: rounded(settle * ranking.queries) }),
    level: gates(rule, ref.metric, policy) && !made.thin ? 'fail' : 'warn',
    ...(ranking ? { queries: ranking.queries } : {}),
    ...(made.unskilled ? { unskilled: true } : {}),
    place: rule.place,
    threshold: rule.thresholdText,
  };
}

/**
 * The factor of rows like these that would settle an open finding: intervals shrink with the square
 * root.
 */
function settlingFactor({ open }: Claim, estimate: Estimate, bounds: Bounds, confidence: number): number | undefined {
  // Beyond the margin alone, but not after Holm: more rows would help, but how many depends on the other cells.
  if (open !== undefined || violationPValue(estimate, bounds) <= 1 - confidence) return undefined;
  const factor = rowsFactorToSettle(estimate, bounds, confidence);
  return factor === undefined || factor > 1e6 ? undefined : Math.max(1, factor);
}

/** Two significant digits, rounded up. */
function rounded(exact: number): number {
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
  return Math.ceil(exact / magnitude) * magnitude;
}
