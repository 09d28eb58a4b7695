/** Every metric of the policy in every slice, without a map and with it. */
import { ALL_ROWS } from '../checks/version-skew/cell-names.js';
import { unitOf } from '../checks/version-skew/curve.js';
import type { Cells, Slice } from '../data/evalset/cells.js';
import type { Metric } from '../estimation/metrics/metric.js';
import type { ChangeUnit } from '../estimation/metrics/scale.js';
import { type Estimate, interval } from '../estimation/statistics/noninferiority.js';
import { type Share, shareOf } from '../estimation/statistics/share.js';
import type { Term } from '../estimation/tabulation/tabulate.js';
import { lookUp } from '../lib/lookup.js';
import type { Rung } from '../models/drift/maps.js';
import type { MeasuredMaps } from './measure.js';

/** A difference with its one-sided bounds at the policy's confidence. */
export interface Difference {
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
}

export interface RepairEntry {
  readonly metric: string;
  readonly better: Metric['better'];
  readonly slice: Slice;
  readonly unit: ChangeUnit;
  readonly rows: number;
  readonly positives: number;
  /** The metric with both towers live. */
  readonly atZero: number;
  /** Changes against that: live queries with the older index as they are, and mapped. */
  readonly unmapped: Difference;
  readonly mapped: Difference;
  /** `mapped` less `unmapped`. */
  readonly won: Difference;
  /** The whole interval is worse with the map than without: farther from distance 0, where no direction is better. */
  readonly worse: boolean;
  /** Share of the loss that is won back; undefined where there is no clear loss, or no better direction. */
  readonly ofLoss?: Share;
  /** Share of the part of it that is incompatibility; undefined where that is not known, or no clear loss. */
  readonly ofIncompatible?: Share;
}

/** A map's effect on one metric in one cell; losses and gains are positive for worse and for better. */
export interface Repaired {
  readonly loss: Estimate;
  /** The part of the loss that the older pair of towers has not; undefined without its query checkpoint. */
  readonly incompatible?: Estimate;
  readonly won: Estimate;
  readonly ofLoss?: Share;
  readonly ofIncompatible?: Share;
}

/** Every metric in every cell, in the order of the policy. */
export function repairsOf(measured: MeasuredMaps, kind: Rung): RepairEntry[] {
  return measured.plan.metrics.flatMap(({ id, metric }) =>
    [...allSlices(measured.cells)].map(([cell, slice]) => entryOf(measured, kind, id, metric, cell, slice)),
  );
}

function entryOf(
  measured: MeasuredMaps,
  kind: Rung,
  id: string,
  metric: Metric,
  cell: number,
  slice: Slice,
): RepairEntry {
  const { policy, tabulation, states } = measured;
  const { confidence } = policy.versionSkew;
  const unit = unitOf(policy, id);
  const relative = unit === 'relative';
  const as = relative ? 'relative' : 'absolute';
  const mapped = lookUp(states.mapped, kind, 'state');
  const bounded = (estimate: Estimate): Difference => {
    const { lower, upper } = interval(estimate, confidence);
    return { change: estimate.value, lower, upper };
  };
  const { rows, positives } = tabulation.countsOf(cell);
  const unmapped = bounded(tabulation.change(id, cell, states.skewed, relative));
  const after = bounded(tabulation.change(id, cell, mapped, relative));
  const difference = (withMap: number, without: number) =>
    bounded(
      tabulation.contrast(id, cell, [
        { state: mapped, weight: withMap, as },
        { state: states.skewed, weight: -without, as },
      ]),
    );
  const farther = {
    lower: difference(1, 1),
    higher: difference(-1, -1),
    neither: difference(Math.sign(after.change), Math.sign(unmapped.change)),
  };
  const repaired = metric.better === 'neither' ? undefined : repairedBy(measured, kind, id, metric.better, cell);
  return {
    metric: id,
    better: metric.better,
    slice,
    unit,
    rows,
    positives,
    atZero: tabulation.value(id, cell, states.aligned),
    unmapped,
    mapped: after,
    won: farther.lower,
    worse: farther[metric.better].lower > 0,
    ...(repaired?.ofLoss ? { ofLoss: repaired.ofLoss } : {}),
    ...(repaired?.ofIncompatible ? { ofIncompatible: repaired.ofIncompatible } : {}),
  };
}

/** The part of the loss of one metric in one cell that a map wins back, in the metric's own unit. */
export function repairedBy(
  { policy, tabulation, states }: MeasuredMaps,
  kind: Rung,
  id: string,
  better: 'lower' | 'higher',
  cell: number = ALL_ROWS,
): Repaired {
  const { confidence } = policy.versionSkew;
  const sign = better === 'lower' ? 1 : -1;
  const { aligned, skewed, old } = states;
  const mapped = lookUp(states.mapped, kind, 'state');
  const value = (state: number, weight: number): Term => ({ state, weight: sign * weight, as: 'value' });
  const contrast = (...terms: Term[]) => tabulation.contrast(id, cell, terms);
  const won = contrast(value(skewed, 1), value(mapped, -1));
  const share = (against: number): { whole: Estimate; share?: Share } => {
    const whole = contrast(value(skewed, 1), value(against, -1));
    if (!(interval(whole, confidence).lower > 0)) return { whole };
    const rest = (rho: number) => contrast(value(skewed, 1 - rho), value(mapped, -1), value(against, rho));
    return { whole, share: shareOf(won, whole, rest, confidence) };
  };
  const ofLoss = share(aligned);
  const ofIncompatible = old === undefined ? undefined : share(old);
  return {
    loss: ofLoss.whole,
    won,
    ...(ofIncompatible ? { incompatible: ofIncompatible.whole } : {}),
    ...(ofLoss.share ? { ofLoss: ofLoss.share } : {}),
    ...(ofIncompatible?.share ? { ofIncompatible: ofIncompatible.share } : {}),
  };
}

function* allSlices(cells: Cells): Generator<[number, Slice]> {
  for (const cut of cells.cuts) for (const [i, slice] of cut.slices.entries()) yield [cut.first + i, slice];
}
