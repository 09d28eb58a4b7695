/** Policy rules → what has to be measured: metrics, states, cells. Impossible combinations are refused here. */

import { comparesFamilies, type Rule, type SkewPolicy, type SliceColumns } from '../../documents/policy/policy.js';
import { ConfigError, type Problem } from '../../errors.js';
import { isRanking, type Metric } from '../../estimation/metrics/metric.js';
import { findMetric, METRICS, type MetricRef, takesCutoff, withGain } from '../../estimation/metrics/registry.js';
import type { State } from '../../estimation/tabulation/tabulate.js';
import { list, quoted } from '../../lib/text.js';
import { boundlessMargin } from './margins.js';

/** The metrics that rules name, in the order of the policy. */
export interface MetricPlan {
  readonly metrics: readonly MetricRef[];
  /** Positions of relevant items are needed. */
  readonly positions: boolean;
  /** The metric by which maps between versions are judged: the first one that gates and has a better direction. */
  readonly alignment?: MetricRef;
  readonly crosses: readonly SliceColumns[];
  readonly notices: readonly string[];
}

/** Finds the metrics of a policy. Needs no data, so that `validate` and `run` refuse the same things. */
export function planMetrics(policy: SkewPolicy): MetricPlan {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const metrics = new Map<string, MetricRef>();
  for (const rule of policy.versionSkew.rules) {
    const named = findMetric(rule.metric);
    if (!named) {
      problems.push({
        place: rule.metricPlace,
        found: `metric ${quoted(rule.metric)}`,
        expected: `one of ${list(
          METRICS.map((m) => (takesCutoff(m) ? `${m.id}@K` : m.id)),
          30,
        )}`,
      });
      continue;
    }
    const ref = gainAsked(rule, named, metrics.get(named.id), problems);
    metrics.set(ref.id, ref);
    problems.push(...impossible(rule, ref.metric, policy));
    const boundless = boundlessMargin(rule, ref);
    if (boundless) problems.push(boundless);
    const { better } = ref.metric;
    if (
      (better === 'higher' && rule.operator === 'max_increase') ||
      (better === 'lower' && rule.operator === 'max_decrease')
    )
      notices.push(
        `${policy.path}:${rule.place.line}: ${ref.id} is better when ${better}, so ${rule.operator} lets any ` +
          'degradation pass.',
      );
    if (policy.evalSet.candidates === 'sampled' && isRanking(ref.metric) && rule.level === 'fail')
      notices.push(
        `${policy.path}:${rule.place.line}: ${ref.id} over sampled candidates warns and never gates (Krichene ` +
          '& Rendle 2020).',
      );
  }
  const refs = [...metrics.values()];
  if (problems.length === 0 && requiredRules(policy, { metrics: refs }).length === 0)
    problems.push({
      place: policy.versionSkew.rules[0]!.metricPlace,
      found: 'rules that only warn',
      expected: 'at least one rule that can fail the check (level: fail, and no ranking over sampled candidates)',
    });
  if (problems.length > 0) throw new ConfigError(problems);
  for (const { id, metric } of refs)
    if (metric.kind === 'positions' && metric.gainOf)
      notices.push(`${id} has exponential gain: 2^grade − 1, of grades up to ${policy.evalSet.grades}.`);
  return {
    metrics: refs,
    positions: refs.some(({ metric }) => metric.kind === 'positions'),
    ...alignmentMetric(policy, { metrics: refs }),
    crosses: policy.versionSkew.rules.flatMap((rule) => rule.slices.filter((columns) => columns.length > 1)),
    notices,
  };
}

/** The metric with the gain that a rule asks for: one gain for a metric, as the curve has one of its values. */
function gainAsked(rule: Rule, named: MetricRef, before: MetricRef | undefined, problems: Problem[]): MetricRef {
  const place = rule.gainPlace ?? rule.metricPlace;
  const ref = rule.gain ? withGain(named, rule.gain) : named;
  if (!ref || (rule.gainPlace && !withGain(named, 'exponential')))
    problems.push({
      place,
      found: `a gain beside ${quoted(rule.metric)}`,
      expected: 'a gain only with ndcg@K',
      mend: 'Leave it out.',
    });
  else if (before && before.metric !== ref.metric)
    problems.push({
      place,
      found: `${quoted(rule.metric)} with linear and with exponential gain`,
      expected: 'one gain for all rules of a metric',
      mend: `Write: {metric: ${rule.metric}, gain: exponential} in each of its rules, or in none.`,
    });
  return ref ?? named;
}

function alignmentMetric(policy: SkewPolicy, plan: Pick<MetricPlan, 'metrics'>): { alignment?: MetricRef } {
  const directed = policy.versionSkew.rules.filter((rule) => metricOf(plan, rule.metric).metric.better !== 'neither');
  const rule = directed.find((one) => gates(one, metricOf(plan, one.metric).metric, policy)) ?? directed[0];
  return rule ? { alignment: metricOf(plan, rule.metric) } : {};
}

/** Tells whether a rule can fail the check: rankings over sampled candidates never do. */
export function gates(rule: Rule, metric: Metric, policy: SkewPolicy): boolean {
  return rule.level === 'fail' && !(policy.evalSet.candidates === 'sampled' && isRanking(metric));
}

/** The rules that block. */
export function requiredRules(policy: SkewPolicy, plan: Pick<MetricPlan, 'metrics'>): Rule[] {
  return policy.versionSkew.rules.filter((rule) => gates(rule, metricOf(plan, rule.metric).metric, policy));
}

/** The metric of the plan that a rule names; none other is ever asked for. */
export function metricOf({ metrics }: Pick<MetricPlan, 'metrics'>, id: string): MetricRef {
  const ref = metrics.find((one) => one.id === id);
  if (!ref) throw new Error(`no rule names the metric ${id}`);
  return ref;
}

function impossible(rule: Rule, metric: Metric, policy: SkewPolicy): Problem[] {
  const problems: Problem[] = [];
  if (metric.kind === 'positions' && policy.evalSet.candidates === 'full' && !policy.evalSet.files.items)
    problems.push({
      place: rule.metricPlace,
      found: `${quoted(rule.metric)} over the full catalogue, without an items table`,
      expected: 'eval_set.items, the catalogue',
      mend: 'Add items: ../eval/items.parquet, or write candidates: logged',
    });
  if (comparesFamilies(rule.operator) && metric.better === 'neither')
    problems.push({
      place: rule.metricPlace,
      found: `${rule.operator} of ${quoted(rule.metric)}, of which neither more nor less is better`,
      expected: 'a metric with a better direction, such as log_loss',
      mend: 'For a shift write max_change.',
    });
  if (isRanking(metric) && rule.at === 'production') {
    const mix = policy.production?.mix;
    if (mix === undefined)
      problems.push({
        place: policy.production?.place ?? rule.atPlace,
        found: `no mix, for ${quoted(rule.metric)} at production`,
        expected: 'which items of different versions meet in one ranking',
        mend: 'Write: mix: per_request, if every request meets an index of one version',
      });
  }
  if (rule.at === 'each' || rule.at === 'production') return problems;
  const change = rule.operator !== 'min' && rule.operator !== 'max' && rule.operator !== 'min_retained_gain';
  if (change && rule.at.every((distance) => distance === 0))
    problems.push({
      place: rule.atPlace,
      found: `${rule.operator} at distance 0`,
      expected: 'another distance, as nothing changes against distance 0 there',
    });
  return problems;
}

/** The way in which items of different versions meet in a ranking; undefined where they do not. */
export type MixedIndex = State['mixedIndex'];

/** The mixed index that the policy declares. */
export function mixedIndexOf({ production }: SkewPolicy): MixedIndex {
  if (production?.mix === 'per_item') return {};
  return production?.mix === 'per_shard' ? { shards: production.shards } : undefined;
}
