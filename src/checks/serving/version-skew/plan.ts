/** Policy rules → what has to be measured: metrics, states, cells. Impossible combinations are refused here. */
import { ConfigError, type Problem } from '../../../errors.js';
import { list, quoted } from '../../../lib/text.js';
import type { Metric } from '../../../metrics/metric.js';
import { findMetric, METRICS, type MetricRef, takesCutoff } from '../../../metrics/registry.js';
import type { Policy, Rule, SliceColumns } from '../../../policy/policy.js';
import { massAt, type ProductionMix } from '../../../production/mix.js';
import type { Sweep } from '../../../scores/sweep.js';
import type { Mass, State } from '../../../statistics/tabulate.js';
import type { Distance } from '../../check.js';

/** The metrics that rules name, in the order of the policy. */
export interface MetricPlan {
  readonly metrics: readonly MetricRef[];
  /** Positions of relevant items are needed. */
  readonly positions: boolean;
  readonly crosses: readonly SliceColumns[];
  readonly notices: readonly string[];
}

/** Whether a metric looks at rankings within a query. */
export function isRanking(metric: Metric): boolean {
  return metric.kind === 'positions' || metric.kind === 'groups';
}

/** Finds the metrics of a policy. Needs no data, so that `validate` and `run` refuse the same things. */
export function planMetrics(policy: Policy): MetricPlan {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const metrics = new Map<string, MetricRef>();
  for (const rule of policy.versionSkew.rules) {
    const ref = findMetric(rule.metric);
    if (!ref) {
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
    metrics.set(ref.id, ref);
    problems.push(...impossible(rule, ref.metric, policy));
    const { better } = ref.metric;
    if (
      (better === 'higher' && rule.operator === 'max_increase') ||
      (better === 'lower' && rule.operator === 'max_decrease')
    )
      notices.push(
        `${policy.path}:${rule.place.line}: ${ref.id} is better when ${better}, so ${rule.operator} lets any degradation pass.`,
      );
    if (policy.evalSet.candidates === 'sampled' && isRanking(ref.metric) && rule.level === 'fail')
      notices.push(
        `${policy.path}:${rule.place.line}: ${ref.id} over sampled candidates warns and never gates (Krichene & Rendle 2020).`,
      );
  }
  if (
    problems.length === 0 &&
    !policy.versionSkew.rules.some((rule) => gates(rule, metrics.get(rule.metric)!.metric, policy))
  )
    problems.push({
      place: policy.versionSkew.rules[0]!.metricPlace,
      found: 'rules that only warn',
      expected: 'at least one rule that can fail the check (level: fail, and no ranking over sampled candidates)',
    });
  if (problems.length > 0) throw new ConfigError(problems);
  const refs = [...metrics.values()];
  return {
    metrics: refs,
    positions: refs.some(({ metric }) => metric.kind === 'positions'),
    crosses: policy.versionSkew.rules.flatMap((rule) => rule.slices.filter((columns) => columns.length > 1)),
    notices,
  };
}

/** Whether a rule can fail the check: rankings over sampled candidates never do. */
export function gates(rule: Rule, metric: Metric, policy: Policy): boolean {
  return rule.level === 'fail' && !(policy.evalSet.candidates === 'sampled' && isRanking(metric));
}

function impossible(rule: Rule, metric: Metric, policy: Policy): Problem[] {
  const problems: Problem[] = [];
  if (metric.kind === 'positions' && policy.evalSet.candidates === 'full' && !policy.evalSet.files.items)
    problems.push({
      place: rule.metricPlace,
      found: `${quoted(rule.metric)} over the full catalogue, without an items table`,
      expected: 'eval_set.items, the catalogue',
      mend: 'Add items: ../eval/items.parquet, or write candidates: logged',
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
    else if (
      mix === 'per_shard' ||
      (mix === 'per_item' && policy.evalSet.candidates === 'full' && metric.kind === 'positions')
    )
      problems.push({
        place: rule.atPlace,
        found: `${quoted(rule.metric)} at production under mix: ${mix}${mix === 'per_item' ? ' over the full catalogue' : ''}, which this version does not build yet`,
        expected: 'at: each, a list of distances, or another mix',
        mend: 'The average of pure versions would be too optimistic here, so it is not given in its place.',
      });
  }
  if (rule.at === 'each' || rule.at === 'production') return problems;
  const change = rule.operator !== 'min' && rule.operator !== 'max';
  if (change && rule.at.every((distance) => distance === 0))
    problems.push({
      place: rule.atPlace,
      found: `${rule.operator} at distance 0`,
      expected: 'another distance, as nothing changes against distance 0 there',
    });
  return problems;
}

/** Everything that is judged: each distance, production, and the aligned old pairs that split a change. */
export interface StatePlan {
  readonly states: readonly State[];
  readonly aligned: number;
  /** State of M[X, X-k] or of production. */
  readonly current: ReadonlyMap<Distance, number>;
  /** State of the aligned old pair; absent where a checkpoint is missing. */
  readonly alignedOld: ReadonlyMap<Distance, number>;
}

export function planStates(sweep: Sweep, mix: ProductionMix | undefined, mixedIndex: boolean): StatePlan {
  const states: State[] = [];
  const indexOf = new Map<number, number>();
  const pure = (column: number): number => {
    let index = indexOf.get(column);
    if (index === undefined) {
      index = states.push({ parts: [{ column }] }) - 1;
      indexOf.set(column, index);
    }
    return index;
  };
  const current = new Map<Distance, number>();
  const alignedOld = new Map<Distance, number>();
  for (const k of sweep.distances) {
    current.set(k, pure(sweep.current.get(k)!));
    const old = sweep.alignedOld.get(k);
    if (old !== undefined) alignedOld.set(k, pure(old));
  }
  if (mix) {
    const masses = new Map<number, Mass>();
    for (const k of sweep.distances) {
      const mass = massAt(mix, k);
      if (mass.some((m) => m > 0 || Number.isNaN(m))) masses.set(k, { histogram: mix.ofRow, mass });
    }
    const mixOf = (columns: ReadonlyMap<number, number>): State => ({
      parts: [...masses].map(([k, mass]) => ({ column: columns.get(k)!, mass })),
      ...(mixedIndex ? { mixedIndex } : {}),
    });
    current.set('production', states.push(mixOf(sweep.current)) - 1);
    if ([...masses.keys()].every((k) => sweep.alignedOld.has(k)))
      alignedOld.set('production', states.push({ parts: mixOf(sweep.alignedOld).parts }) - 1);
  }
  return { states, aligned: current.get(0)!, current, alignedOld };
}
