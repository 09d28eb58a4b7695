/** Checks on evidence as gates: rules on what they measure, judged by the same non-inferiority as a sweep's. */

import type { Slice } from '../data/evalset/cells.js';
import type { CheckId, DiagnosisCheck, EvidenceRule, Policy } from '../documents/policy/policy.js';
import { ConfigError, type Problem } from '../errors.js';
import { type Claim, UNKNOWN, verdictOn } from '../estimation/statistics/claims.js';
import { type Interval, interval, violationInterval } from '../estimation/statistics/noninferiority.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import { type EvidenceReport, type Finding, verdictOf } from './check.js';
import type { EvidenceCheck, EvidenceMetric, EvidenceOperator, Examined } from './evidence-check.js';
import type { OpenReason } from './reason.js';

/** Refuses rules that cannot be judged, before anything is read. */
export function planGates({ diagnosis, skew }: Policy, checkOf: (id: CheckId) => EvidenceCheck): void {
  const rules = diagnosis.flatMap((check) => check.rules);
  const gatesAlone = !skew && rules.length > 0 && diagnosis.every((check) => check.rules.length > 0);
  const vain: Problem[] =
    gatesAlone && rules.every((rule) => rule.level === 'warn')
      ? [
          {
            place: rules[0]!.place,
            found: 'rules that only warn',
            expected: 'at least one rule that can fail',
            mend: 'Remove `level: warn` from one of them.',
          },
        ]
      : [];
  const problems: Problem[] = diagnosis.flatMap(({ id, rules }): Problem[] => {
    const { metrics } = checkOf(id);
    return rules.flatMap((rule) => {
      const metric = metrics.find((one) => one.id === rule.metric);
      return metric ? operatorProblems(rule, metric, id) : [unknownMetric(rule, metrics, id)];
    });
  });
  if (problems.length + vain.length > 0) throw new ConfigError([...vain, ...problems]);
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
  const { operator, place, relative, threshold, thresholdText } = rule;
  const mend = `Write: ${exampleOf(metric)}`;
  if (!(metric.operators as readonly string[]).includes(operator))
    return [{ place, found: `${operator} of ${metric.id} of ${id}`, expected: list(metric.operators), mend }];
  if (!Number.isFinite(threshold))
    return [{ place, found: `${operator} is ${thresholdText}`, expected: 'a finite number or a percentage', mend }];
  const level = operator === 'min' || operator === 'max';
  if (relative && !metric.share && level)
    return [
      { place, found: `a percentage of ${metric.id}, which is no share`, expected: 'a number in its own unit', mend },
    ];
  const range = rangeOf(metric);
  const [low, high] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const vain = {
    max: threshold >= high,
    min: threshold <= low,
    max_increase: range !== undefined && !relative && threshold >= high - low,
    // What is counted from 0 falls by all of it at most.
    max_decrease: range !== undefined && threshold >= (relative ? 1 : high - low),
  }[operator as EvidenceOperator];
  if (vain || (level && (threshold < low || threshold > high)))
    return [
      {
        place,
        found: `${operator} ${thresholdText} of ${metric.id}, which lies between ${low} and ${high}`,
        expected: 'a bound that can be kept and can be broken',
        mend,
      },
    ];
  return [];
}

function rangeOf({ share, range }: EvidenceMetric): readonly [number, number] | undefined {
  return range ?? (share ? [0, 1] : undefined);
}

function exampleOf({ id, operators, share, example }: EvidenceMetric): string {
  const operator = operators[0]!;
  const threshold = share ? (operator === 'min' ? '90%' : '1%') : operator.startsWith('max_') ? '1%' : '0.01';
  return example ?? `{metric: ${id}, ${operator}: ${threshold}}`;
}

/** One rule on one thing that a check measures. */
export interface EvidenceClaim extends Claim<OpenReason> {
  readonly check: CheckId;
  readonly rule: EvidenceRule;
  readonly slice: Slice;
  readonly value: number;
}

/** Every rule on everything that its check measures. What was not measured is a claim that stays open. */
export function evidenceClaims(
  asked: readonly DiagnosisCheck[],
  examined: ReadonlyMap<CheckId, Examined>,
  checkOf: (id: CheckId) => EvidenceCheck,
): EvidenceClaim[] {
  return asked.flatMap(({ id, rules }) => rules.flatMap((rule) => claimsOf(checkOf(id), rule, examined.get(id)!)));
}

function claimsOf(
  { id: check, metrics }: EvidenceCheck,
  rule: EvidenceRule,
  { measurements }: Examined,
): EvidenceClaim[] {
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
    const { needs } = metrics.find(({ id }) => id === rule.metric)!;
    return [
      {
        check,
        rule,
        slice: {},
        estimate: UNKNOWN,
        bounds,
        open: { kind: 'not_tested', by: 'evidence', check, needs },
        value: Number.NaN,
      },
    ];
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
      open: open ?? (known ? undefined : { kind: 'share_of_nothing' }),
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
): EvidenceReport[] {
  return asked
    .filter(({ rules }) => rules.length > 0)
    .map(({ id, rules }): EvidenceReport => {
      const range = (metric: string) => rangeOf(checkOf(id).metrics.find((one) => one.id === metric)!);
      const findings = claims
        .filter(({ check }) => check === id)
        .map((claim) => findingOf(claim, range(claim.rule.metric), rejected.has(claim), confidence));
      return {
        kind: 'evidence',
        check: id,
        layer: checkOf(id).layer,
        verdict: verdictOf(findings),
        rules: rules.length,
        findings,
        notices: said ? [] : examined.get(id)!.facts.map((fact) => `${id}: ${fact}.`),
      };
    });
}

/** A share is never below 0 or above 1, whatever its interval says. */
function within({ lower, upper, mde }: Interval, [low, high]: readonly [number, number]): Interval {
  return { lower: Math.max(low, lower), upper: Math.min(high, upper), mde };
}

function findingOf(
  claim: EvidenceClaim,
  range: readonly [number, number] | undefined,
  rejected: boolean,
  confidence: number,
): Finding {
  const { rule, estimate, value, slice } = claim;
  const { verdict, reason } = verdictOn(claim, confidence, rejected);
  const level = rule.operator === 'min' || rule.operator === 'max';
  const shown = (verdict === 'fail' ? violationInterval : interval)(estimate, confidence);
  return {
    check: claim.check,
    rule: rule.index,
    metric: rule.metric,
    slice,
    at: 'production',
    operator: rule.operator,
    value,
    change: estimate.value,
    unit: rule.relative && !level ? 'relative' : 'absolute',
    judged: level ? 'value' : 'change',
    ...(level && range ? within(shown, range) : shown),
    margin: rule.threshold,
    verdict,
    reason,
    level: rule.level,
    place: rule.place,
    threshold: rule.thresholdText,
  };
}
