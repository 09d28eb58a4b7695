/** The checks on a ledger as gates: rules on what a step costs, judged by the same non-inferiority as a sweep's. */
import { type CheckReport, type Finding, verdictOf } from '../checks/check.js';
import { ConfigError, type Problem } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import type { CheckId, DiagnosisCheck, EvidenceRule, Policy } from '../policy/policy.js';
import { type Claim, UNKNOWN, verdictOn, violated } from '../statistics/claims.js';
import { quotient } from '../statistics/clustered.js';
import { interval } from '../statistics/noninferiority.js';
import { HYPOTHESES } from './hypotheses.js';
import type { Ledger } from './ledger.js';
import type { LedgerSums, Measured } from './ledger-sums.js';

/** Checks whose step has a loss before it, which a percentage is of. */
const STEPS: readonly CheckId[] = ['label-leakage', 'feature-parity', 'precision-parity', 'checkpoint-identity'];
const METRIC = 'log_loss';

/** Refuses rules that cannot be judged, before anything is read. */
export function planGates({ diagnosis }: Policy): void {
  const problems: Problem[] = diagnosis.flatMap(({ id, rules, place }): Problem[] => {
    if (rules.length === 0) return [];
    if (!STEPS.includes(id))
      return [
        {
          place,
          found: `rules of ${quoted(id)}, which this version does not build yet`,
          expected: `rules of ${list(STEPS)}`,
          mend: `Write: ${id}: {}`,
        },
      ];
    return rules.flatMap(({ metric, metricPlace, operator, place: at }) => [
      ...(metric === METRIC
        ? []
        : [{ place: metricPlace, found: `metric ${quoted(metric)} of ${id}`, expected: METRIC }]),
      ...(operator === 'max_increase'
        ? []
        : [
            {
              place: at,
              found: `${operator} of what a step costs`,
              expected: 'max_increase',
              mend: 'Write: {metric: log_loss, max_increase: 1%}',
            },
          ]),
    ]);
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

interface StepClaim extends Claim {
  readonly rule: EvidenceRule;
  readonly value: number;
}

/** @param measured what each check measured; a text says why it was not */
export function gateReports(
  checks: readonly DiagnosisCheck[],
  measured: ReadonlyMap<CheckId, Measured | string>,
  sums: LedgerSums,
  ledger: Ledger,
  confidence: number,
  open: string | undefined,
): CheckReport[] {
  const gating = checks.filter(({ rules }) => rules.length > 0);
  const claims = new Map(
    gating.map(({ id, rules }) => [id, rules.map((rule) => claimOf(rule, measured.get(id)!, sums, open))] as const),
  );
  const rejected = violated([...claims.values()].flat(), confidence);
  return gating.map(({ id, rules }): CheckReport => {
    const findings = claims.get(id)!.map((claim) => findingOf(claim, rejected.has(claim), confidence));
    const notice = HYPOTHESES.find((h) => h.id === id)!.fact?.(ledger);
    return {
      check: id,
      layer: HYPOTHESES.find((h) => h.id === id)!.layer,
      verdict: verdictOf(findings),
      rules: rules.length,
      curve: [],
      production: [],
      drift: [],
      coverage: [],
      findings,
      notices: notice === undefined ? [] : [`${id}: ${notice}.`],
    };
  });
}

function claimOf(
  rule: EvidenceRule,
  measured: Measured | string,
  sums: LedgerSums,
  open: string | undefined,
): StepClaim {
  const bounds = { upper: rule.threshold, margin: rule.threshold };
  if (typeof measured === 'string')
    return { rule, estimate: UNKNOWN, bounds, open: `not tested: ${measured}`, value: Number.NaN };
  const { contribution, before } = measured;
  const estimate = sums.estimate(rule.relative ? quotient(contribution, before!) : contribution);
  return { rule, estimate, bounds, open, value: before!.value + contribution.value };
}

function findingOf(claim: StepClaim, rejected: boolean, confidence: number): Finding {
  const { rule, estimate, value } = claim;
  const { verdict, reason } = verdictOn(claim, confidence, rejected);
  return {
    rule: rule.index,
    metric: rule.metric,
    slice: {},
    at: 'production',
    operator: rule.operator,
    value,
    change: estimate.value,
    unit: rule.relative ? 'relative' : 'absolute',
    judged: 'change',
    ...interval(estimate, confidence),
    margin: rule.threshold,
    verdict,
    reason,
    level: rule.level,
    place: rule.place,
    threshold: rule.thresholdText,
  };
}
