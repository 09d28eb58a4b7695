/** Checks on evidence as gates: rules on what they measure, judged by the same non-inferiority as a sweep's. */
import { ConfigError, type Problem } from '../errors.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import type { CheckId, DiagnosisCheck, EvidenceRule, Policy } from '../policy/policy.js';
import type { Slice } from '../statistics/cells.js';
import { type Claim, UNKNOWN, verdictOn } from '../statistics/claims.js';
import { type Interval, interval } from '../statistics/noninferiority.js';
import { type CheckReport, type Finding, verdictOf } from './check.js';
import type { EvidenceCheck, EvidenceMetric, Examined } from './evidence-check.js';

/** Refuses rules that cannot be judged, before anything is read. */
export function planGates({ diagnosis }: Policy, checkOf: (id: CheckId) => EvidenceCheck): void {
  const problems: Problem[] = diagnosis.flatMap(({ id, rules }): Problem[] => {
    const { metrics } = checkOf(id);
    return rules.flatMap((rule) => {
      const metric = metrics.find((one) => one.id === rule.metric);
      return metric ? operatorProblems(rule, metric, id) : [unknownMetric(rule, metrics, id)];
    });
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

function unknownMetric(
  { metric, metricPlace }: EvidenceRule,
  metrics: readonly EvidenceMetric[],
  id: CheckId,
): Problem {
  const ids = metrics.map((one) => one.id);
  const near = didYouMean(metric, ids);
  return {
    place: metricPlace,
    found: `metric ${quoted(metric)} of ${id}`,
    expected: list(ids),
    ...(near ? { mend: `Did you mean "${near}"?` } : {}),
  };
}

function operatorProblems(rule: EvidenceRule, metric: EvidenceMetric, id: CheckId): Problem[] {
  const { operator, place, relative } = rule;
  const example = `{metric: ${metric.id}, ${metric.operators[0]}: ${metric.share || metric.operators[0]!.startsWith('max_') ? '1%' : '0.01'}}`;
  if (!(metric.operators as readonly string[]).includes(operator))
    return [
      {
        place,
        found: `${operator} of ${metric.id} of ${id}`,
        expected: list(metric.operators),
        mend: `Write: ${example}`,
      },
    ];
  if (relative && !metric.share && (operator === 'min' || operator === 'max'))
    return [
      {
        place,
        found: `a percentage of ${metric.id}, which is no share`,
        expected: 'a number in its own unit',
        mend: `Write: ${example}`,
      },
    ];
  return [];
}

/** One rule on one thing that a check measures. */
export interface EvidenceClaim extends Claim {
  readonly check: CheckId;
  readonly rule: EvidenceRule;
  readonly slice: Slice;
  readonly value: number;
  /** What would let it be judged, where it was not measured. */
  readonly settle?: string;
}

/** Every rule on everything that its check measures. What was not measured is a claim that stays open. */
export function evidenceClaims(
  asked: readonly DiagnosisCheck[],
  examined: ReadonlyMap<CheckId, Examined>,
): EvidenceClaim[] {
  return asked.flatMap(({ id, rules }) => rules.flatMap((rule) => claimsOf(id, rule, examined.get(id)!)));
}

function claimsOf(check: CheckId, rule: EvidenceRule, { measurements, effect }: Examined): EvidenceClaim[] {
  const { threshold, operator } = rule;
  const changes = operator === 'max_increase' || operator === 'max_decrease';
  const bounds = {
    max: { upper: threshold },
    min: { lower: threshold },
    max_increase: { upper: threshold, margin: threshold },
    max_decrease: { lower: -threshold, margin: threshold },
  }[operator as 'max'];
  const own = measurements.filter(({ metric, change }) => metric === rule.metric && (!changes || change !== undefined));
  if (own.length === 0) {
    const why = effect.kind === 'untested' ? effect.why : `the evidence does not tell ${rule.metric}`;
    return [{ check, rule, slice: {}, estimate: UNKNOWN, bounds, open: `not tested: ${why}`, value: Number.NaN }];
  }
  return own.map(({ slice, value, change, open }) => {
    const estimate = changes ? change![rule.relative ? 'relative' : 'absolute'] : value;
    const known = Number.isFinite(estimate.value) && Number.isFinite(estimate.standardError);
    return {
      check,
      rule,
      slice,
      estimate,
      bounds,
      open: open ?? (known ? undefined : 'undefined: there is nothing that it could be a share of'),
      value: value.value,
    };
  });
}

/**
 * @param rejected claims that Holm's procedure over the whole run lets be called violated
 * @param said     whether a diagnosis says the facts
 */
export function gateReports(
  asked: readonly DiagnosisCheck[],
  examined: ReadonlyMap<CheckId, Examined>,
  claims: readonly EvidenceClaim[],
  rejected: ReadonlySet<Claim>,
  checkOf: (id: CheckId) => EvidenceCheck,
  confidence: number,
  said: boolean,
): CheckReport[] {
  return asked
    .filter(({ rules }) => rules.length > 0)
    .map(({ id, rules }): CheckReport => {
      const isShare = (metric: string) => checkOf(id).metrics.find((one) => one.id === metric)?.share ?? false;
      const findings = claims
        .filter(({ check }) => check === id)
        .map((claim) => findingOf(claim, isShare(claim.rule.metric), rejected.has(claim), confidence));
      return {
        check: id,
        layer: checkOf(id).layer,
        verdict: verdictOf(findings),
        rules: rules.length,
        curve: [],
        production: [],
        drift: [],
        coverage: [],
        findings,
        notices: said ? [] : examined.get(id)!.facts.map((fact) => `${id}: ${fact}.`),
      };
    });
}

/** A share is never below 0 or above 1, whatever its interval says. */
function withinShare({ lower, upper, mde }: Interval): Interval {
  return { lower: Math.max(0, lower), upper: Math.min(1, upper), mde };
}

function findingOf(claim: EvidenceClaim, share: boolean, rejected: boolean, confidence: number): Finding {
  const { rule, estimate, value, slice } = claim;
  const { verdict, reason } = verdictOn(claim, confidence, rejected);
  const level = rule.operator === 'min' || rule.operator === 'max';
  return {
    check: claim.check,
    rule: rule.index,
    metric: rule.metric,
    slice,
    at: 'production',
    operator: rule.operator,
    value,
    change: estimate.value,
    unit: rule.relative ? 'relative' : 'absolute',
    judged: level ? 'value' : 'change',
    ...(level && share ? withinShare(interval(estimate, confidence)) : interval(estimate, confidence)),
    margin: rule.threshold,
    verdict,
    reason,
    level: rule.level,
    place: rule.place,
    threshold: rule.thresholdText,
  };
}
