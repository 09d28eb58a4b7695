/** Checks on evidence as gates: rules on what they measure, judged by the same non-inferiority as a sweep's. */

import type { Slice } from '../data/evalset/cells.js';
import { type CheckId, type EvidenceRule, judgesValue, type Policy } from '../documents/policy/policy.js';
import type { Problem } from '../errors.js';
import { type Claim, UNKNOWN, verdictOn } from '../estimation/statistics/claims.js';
import { type Interval, interval, violationInterval } from '../estimation/statistics/noninferiority.js';
import { metricMeant } from '../lib/metric-names.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import { type EvidenceReport, type Finding, verdictOf } from './check-report.js';
import type { EvidenceCheck, EvidenceMetric, EvidenceOperator, Examined } from './evidence-check.js';
import type { OpenReason } from './reason.js';

/** Rules that only warn, where nothing else is asked, would make a policy that judges nothing. */
export function vainRules({ diagnosis, skew }: Policy): Problem[] {
  const [first, ...others] = diagnosis.flatMap((check) => check.rules);
  const gatesAlone = !skew && diagnosis.every((check) => check.rules.length > 0);
  if (!gatesAlone || !first || [first, ...others].some((rule) => rule.level === 'fail')) return [];
  return [
    {
      place: first.place,
      found: 'rules that only warn',
      expected: 'at least one rule that can fail',
      mend: 'Remove `level: warn` from one of them.',
    },
  ];
}

/** Finds mistakes in the rules of one check, before anything is read. */
export function ruleProblems({ id, metrics }: EvidenceCheck, rules: readonly EvidenceRule[]): Problem[] {
  return rules.flatMap((rule) => {
    const metric = metrics.find((one) => one.id === rule.metric);
    return metric ? operatorProblems(rule, metric, id) : [unknownMetric(rule, metrics, id)];
  });
}

function unknownMetric(
  { metric, metricPlace }: EvidenceRule,
  metrics: readonly EvidenceMetric[],
  id: CheckId,
): Problem {
  const ids = metrics.map((one) => one.id);
  const meant = metricMeant(metric, (one) => ids.includes(one));
  const near = meant?.metric ?? didYouMean(metric, ids);
  return {
    place: metricPlace,
    found: `metric ${quoted(metric)} of ${id}`,
    expected: list(ids),
    ...(near ? { mend: `Did you mean "${near}"?${meant?.apart ? ` ${meant.apart}` : ''}` } : {}),
  };
}

function operatorProblems(rule: EvidenceRule, metric: EvidenceMetric, id: CheckId): Problem[] {
  const { operator, place, relative, threshold, thresholdText } = rule;
  const mend = `Write: ${exampleOf(metric)}`;
  if (!(metric.operators as readonly string[]).includes(operator))
    return [{ place, found: `${operator} of ${metric.id} of ${id}`, expected: list(metric.operators), mend }];
  if (!Number.isFinite(threshold))
    return [{ place, found: `${operator} is ${thresholdText}`, expected: 'a finite number or a percentage', mend }];
  const level = judgesValue(operator);
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
    // A metric that is counted from 0 falls by all of it at most.
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

/** The metric that a rule names: `ruleProblems` has refused every other one. */
function metricOf(metrics: readonly EvidenceMetric[], id: string): EvidenceMetric {
  const metric = metrics.find((one) => one.id === id);
  if (!metric) throw new Error(`no metric ${id}`);
  return metric;
}

function rangeOf({ share, range }: Pick<EvidenceMetric, 'share' | 'range'>): readonly [number, number] | undefined {
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
  check: EvidenceCheck,
  rules: readonly EvidenceRule[],
  examined: Examined,
): EvidenceClaim[] {
  return rules.flatMap((rule) => claimsOf(check, rule, examined));
}

/**
 * The ground on which a change keeps its bound whatever was measured: where it started, as a share of the baseline it
 * may have no meaning, or the rule may allow all that its metric's range leaves. Undefined where the rule can fail.
 */
function vainChange(
  { operator, threshold, relative }: EvidenceRule,
  range: readonly [number, number] | undefined,
  baseline: number,
): OpenReason | undefined {
  // Of a gain that is none a share has the other sign: a worse one would pass as a better one.
  if (relative && baseline <= 0) return { kind: 'share_of_nothing' };
  if (!range) return undefined;
  const direction = operator === 'max_increase' ? 'rise' : 'fall';
  const room = direction === 'rise' ? range[1] - baseline : baseline - range[0];
  const most = relative ? room / baseline : room;
  return threshold >= most ? { kind: 'rule_cannot_fail', direction, most, relative } : undefined;
}

function claimsOf(
  { id: check, metrics }: EvidenceCheck,
  rule: EvidenceRule,
  { measurements }: Examined,
): EvidenceClaim[] {
  const { threshold, operator } = rule;
  const changes = !judgesValue(operator);
  const bounds = {
    max: { upper: threshold },
    min: { lower: threshold },
    max_increase: { upper: threshold, margin: threshold },
    max_decrease: { lower: -threshold, margin: threshold },
  }[operator as 'max'];
  const { needs, ...named } = metricOf(metrics, rule.metric);
  const range = rangeOf(named);
  const own = measurements.flatMap(({ metric, slice, value, change, open }) => {
    const estimate = changes ? change?.[rule.relative ? 'relative' : 'absolute'] : value;
    const vain = change && changes ? vainChange(rule, range, value.value - change.absolute.value) : undefined;
    return metric === rule.metric && estimate ? [{ slice, value, estimate, open: open ?? vain }] : [];
  });
  if (own.length === 0) {
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
  return own.map(({ slice, value, estimate, open }) => {
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
 * Findings of one check's claims.
 *
 * @param rejected claims that Holm's procedure over the whole run lets be called violated
 * @param notices  what is said beside them
 */
export function gateReport(
  { id, layer, metrics }: EvidenceCheck,
  rules: readonly EvidenceRule[],
  claims: readonly EvidenceClaim[],
  rejected: ReadonlySet<Claim>,
  confidence: number,
  notices: readonly string[],
): EvidenceReport {
  const range = (metric: string) => rangeOf(metricOf(metrics, metric));
  const findings = claims.map((claim) => findingOf(claim, range(claim.rule.metric), rejected.has(claim), confidence));
  return {
    kind: 'evidence',
    check: id,
    layer,
    verdict: verdictOf(findings),
    rules: rules.length,
    findings,
    notices,
  };
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
  const level = judgesValue(rule.operator);
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
