/** The curve: what every metric is at every distance, and how far from distance 0; shown, not judged. */

import type { Cells, Slice } from '../../data/evalset/cells.js';
import type { CellMix } from '../../data/production/mix.js';
import type { SkewPolicy } from '../../documents/policy/policy.js';
import { isRanking, type Metric } from '../../estimation/metrics/metric.js';
import { scaleOf } from '../../estimation/metrics/registry.js';
import type { ChangeUnit } from '../../estimation/metrics/scale.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import type { Estimates } from '../../estimation/tabulation/tabulate.js';
import type { CurvePoint, Distance } from '../check-report.js';
import { familyChange, Gain, retainedGain } from './families.js';
import type { Measured } from './judge.js';
import { judgesLevel } from './merit.js';
import { mixedIndexOf } from './plan.js';
import { type FamilyStates, stateAt } from './states.js';

/** The value and the change of every metric in every cell at every distance of a family. */
export function curveOf(measured: Measured, family: FamilyStates): CurvePoint[] {
  const { policy, plan, cells } = measured;
  const points: CurvePoint[] = [];
  for (const { id, metric } of plan.metrics)
    for (const [cell, slice] of allSlices(cells))
      for (const distance of family.current.keys()) {
        // Without a mix the value of a ranking at production is not known.
        if (distance === 'production' && isRanking(metric) && policy.production?.mix === undefined) continue;
        points.push(pointOf(measured, family, id, metric, cell, slice, distance));
      }
  return points;
}

function pointOf(
  measured: Measured,
  { current, alignedOld, anchors }: FamilyStates,
  id: string,
  metric: Metric,
  cell: number,
  slice: Slice,
  distance: Distance,
): CurvePoint {
  const { policy, tabulation, families, mixes } = measured;
  const { confidence } = policy.versionSkew;
  const state = stateAt(current, distance);
  const relative = unitOf(policy, id) === 'relative';
  const atZero = tabulation.value(id, cell, stateAt(current, 0));
  const scale = relative ? atZero : 1;
  const mixed = distance === 'production' && isRanking(metric) && mixedIndexOf(policy) !== undefined;
  const realisationSd = mixed ? tabulation.realisation(id, cell, state) : undefined;
  const estimate = tabulation.change(id, cell, state, relative);
  const ranking = tabulation.ranking(id, cell);
  const value = tabulation.value(id, cell, state);
  const oldState = alignedOld.get(distance);
  const old = oldState === undefined ? undefined : tabulation.value(id, cell, oldState);
  const family = familyChange(tabulation, anchors, { metric: id, cell, at: distance }, relative, confidence);
  const gain =
    families.compared && current === families.candidate.current && metric.better !== 'neither'
      ? new Gain(
          tabulation,
          families.candidate,
          families.compared,
          { metric: id, cell, at: distance },
          metric.better === 'lower',
        )
      : undefined;
  const bins = tabulation.reliability?.bins(id, cell, state);
  return {
    metric: id,
    slice,
    distance,
    value,
    atZero,
    change: estimate.value,
    unit: relative ? 'relative' : 'absolute',
    ...interval(estimate, confidence),
    stale: old === undefined ? null : known((old - atZero) / scale),
    incompatible: old === undefined ? null : known((value - old) / scale),
    rows: tabulation.countsOf(cell).rows,
    positives: tabulation.countsOf(cell).positives,
    ...(ranking ? { queries: ranking.queries } : {}),
    ...(mixed ? { mixed } : {}),
    ...(realisationSd === undefined ? {} : { realisationSd }),
    ...(distance === 'production' && mixes
      ? { averageOfPure: averageOfPure(tabulation, current, id, cell, mixes[cell]!) }
      : {}),
    ...(family ? { family } : {}),
    ...(gain ? { retainedGain: retainedGain(gain, confidence) } : {}),
    ...(bins ? { bins } : {}),
  };
}

/** A percentage in the first rule that limits the metric's change makes its curve relative. */
export function unitOf(policy: SkewPolicy, metric: string): ChangeUnit {
  const rule = policy.versionSkew.rules.find(
    (r) => r.metric === metric && !judgesLevel(r) && r.operator !== 'min_retained_gain',
  );
  return scaleOf(metric).unit(rule?.relative ?? false);
}

function averageOfPure(
  tabulation: Estimates,
  current: FamilyStates['current'],
  metric: string,
  cell: number,
  mix: CellMix,
): number {
  if (mix.histogram.size === 0) return Number.NaN;
  let sum = 0;
  for (const [distance, mass] of mix.histogram)
    sum += mass * tabulation.value(metric, cell, stateAt(current, distance));
  return sum;
}

function* allSlices(cells: Cells): Generator<[number, Slice]> {
  for (const cut of cells.cuts) for (const [i, slice] of cut.slices.entries()) yield [cut.first + i, slice];
}

/** Null where there is no number: one way to say that a part is not known. */
function known(part: number): number | null {
  return Number.isFinite(part) ? part : null;
}
