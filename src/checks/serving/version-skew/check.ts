/** The version-skew check: a sweep's scores against the policy's rules, in every slice, at every distance. */
import type { EvalSet } from '../../../evalset/evalset.js';
import type { Metric } from '../../../metrics/metric.js';
import type { Policy } from '../../../policy/policy.js';
import type { ResolvedDistances } from '../../../production/distances.js';
import { type CellMix, cellMixes, type ProductionMix, productionMix } from '../../../production/mix.js';
import type { Release } from '../../../release/release.js';
import type { Sweep } from '../../../scores/sweep.js';
import { buildCells, type Cells, type Slice } from '../../../statistics/cells.js';
import { interval } from '../../../statistics/noninferiority.js';
import { Tabulation } from '../../../statistics/tabulate.js';
import { type CheckReport, type CurvePoint, type ProductionEntry, verdictOf } from '../../check.js';
import { judgeRules, type Measured } from './judge.js';
import { fewItemsNotice, mixedIndexAlarm, ruleNotices, sweepNotices } from './notices.js';
import { isRanking, type MetricPlan, planStates } from './plan.js';
import { remediesOf } from './remedies.js';

export interface VersionSkewEvidence {
  readonly policy: Policy;
  readonly release: Release;
  readonly evalSet: EvalSet;
  readonly sweep: Sweep;
  /** Undefined without `production`. */
  readonly distances: ResolvedDistances | undefined;
  readonly plan: MetricPlan;
}

export function checkVersionSkew({
  policy,
  release,
  evalSet,
  sweep,
  distances,
  plan,
}: VersionSkewEvidence): CheckReport {
  const mix = distances ? productionMix(distances, policy, evalSet) : undefined;
  const cells = buildCells(evalSet, plan.crosses, (column) => policy.evalSet.columnPlaces.get(`slices.${column}`));
  const { states, aligned, current, alignedOld } = planStates(sweep, mix, policy.production?.mix === 'per_item');
  const tabulation = new Tabulation({
    evalSet,
    sweep,
    scorePlace: release.score.place,
    cells,
    metrics: plan.metrics,
    states,
    aligned,
    weightQueries: policy.evalSet.weightQueries,
    distinctItems: policy.evalSet.candidates === 'full',
  });
  const mixes = mix
    ? cells.cuts.flatMap((cut) => cellMixes(mix, cut.cell, cut.slices.length, evalSet.weight))
    : undefined;
  const measured: Measured = { policy, plan, cells, tabulation, current, alignedOld, mixes };
  const findings = judgeRules(measured);
  return {
    check: 'version-skew',
    layer: 2,
    verdict: verdictOf(findings),
    rules: policy.versionSkew.rules.length,
    curve: curveOf(measured),
    production: mix ? productionEntries(mix) : [],
    findings,
    remedies: remediesOf(measured, findings),
    notices: [
      ...plan.notices,
      ...(distances?.notices ?? []),
      ...sweepNotices(evalSet, sweep, release),
      ...ruleNotices(measured),
      ...fewItemsNotice(measured, findings),
      ...(mixes && ranksVersionsTogether(policy, plan)
        ? mixedIndexAlarm(evalSet, sweep, [...mixes[0]!.histogram.keys()])
        : []),
    ],
  };
}

/** Whether a rule is about rankings in which items of different versions meet. */
function ranksVersionsTogether({ production }: Policy, { metrics }: MetricPlan): boolean {
  const mixed = production?.mix === 'per_item' || production?.mix === 'per_shard';
  return mixed && metrics.some(({ metric }) => isRanking(metric));
}

/** Every metric that a rule names, in every cell, at every swept distance and at production. */
function curveOf(measured: Measured): CurvePoint[] {
  const { policy, plan, cells, tabulation, current, alignedOld, mixes } = measured;
  const { confidence } = policy.versionSkew;
  const points: CurvePoint[] = [];
  for (const { id, metric } of plan.metrics) {
    const relative = unitOf(policy, id) === 'relative';
    for (const [cell, slice] of allSlices(cells)) {
      const atZero = tabulation.value(id, cell, current.get(0)!);
      const scale = relative ? atZero : 1;
      for (const [distance, state] of current) {
        if (distance === 'production' && isRanking(metric) && !expectable(policy, metric)) continue;
        const mixed = distance === 'production' && isRanking(metric) && policy.production?.mix === 'per_item';
        const realisationSd = mixed ? tabulation.realisation(id, cell, state) : undefined;
        const estimate = tabulation.change(id, cell, state, relative);
        const value = tabulation.value(id, cell, state);
        const oldState = alignedOld.get(distance);
        const old = oldState === undefined ? undefined : tabulation.value(id, cell, oldState);
        points.push({
          metric: id,
          slice,
          distance,
          value,
          atZero,
          change: estimate.value,
          unit: relative ? 'relative' : 'absolute',
          ...interval(estimate, confidence),
          stale: old === undefined ? null : (old - atZero) / scale,
          incompatible: old === undefined ? null : (value - old) / scale,
          rows: tabulation.countsOf(cell).rows,
          positives: tabulation.countsOf(cell).positives,
          ...(mixed ? { mixed } : {}),
          ...(realisationSd === undefined ? {} : { realisationSd }),
          ...(distance === 'production' ? { averageOfPure: averageOfPure(measured, id, cell, mixes![cell]!) } : {}),
        });
      }
    }
  }
  return points;
}

/** Whether a ranking metric's value at production is known under the policy's mix. */
function expectable({ production, evalSet }: Policy, metric: Metric): boolean {
  if (production?.mix === 'per_item') return metric.kind === 'groups' || evalSet.candidates !== 'full';
  return production?.mix === 'per_request';
}

/** A percentage in the first rule that limits the metric's change makes its curve relative. */
function unitOf(policy: Policy, metric: string): 'relative' | 'absolute' {
  if (metric === 'calibration_shift') return 'absolute';
  const rule = policy.versionSkew.rules.find(
    (r) => r.metric === metric && r.operator !== 'min' && r.operator !== 'max',
  );
  return rule?.relative ? 'relative' : 'absolute';
}

function averageOfPure({ tabulation, current }: Measured, metric: string, cell: number, mix: CellMix): number {
  if (mix.histogram.size === 0) return Number.NaN;
  let sum = 0;
  for (const [distance, mass] of mix.histogram) sum += mass * tabulation.value(metric, cell, current.get(distance)!);
  return sum;
}

function* allSlices(cells: Cells): Generator<[number, Slice]> {
  for (const cut of cells.cuts) for (const [i, slice] of cut.slices.entries()) yield [cut.first + i, slice];
}

function productionEntries(mix: ProductionMix): ProductionEntry[] {
  return mix.histograms.map(({ slice, written, source, uncovered }) => ({
    slice,
    histogram: written,
    source,
    uncoveredMass: uncovered,
  }));
}
