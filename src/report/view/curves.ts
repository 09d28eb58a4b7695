/** The curves: every metric on every slice by version distance, with the limits that rules set to it. */

import type { CurvePoint, Finding, SweepReport } from '../../checks/check-report.js';
import type { ChangeUnit } from '../../estimation/metrics/scale.js';
import { grouped } from '../../lib/grouped.js';
import {
  formatBounds,
  formatDistance,
  formatMetricDelta,
  formatSlice,
  formatValue,
  shownChange,
} from '../../verdict/format.js';
import { byUrgency, isTrivial } from '../../verdict/urgency.js';
import { marginLines } from './margin-lines.js';
import type { Chart, ChartPoint, MarginLine } from './model.js';
import { PARTS } from './words.js';

/** The points of a metric on a slice by distance, production last, and the findings on them. */
export interface Curve {
  readonly points: readonly CurvePoint[];
  /** The most urgent first. */
  readonly findings: readonly Finding[];
  readonly today: readonly CurvePoint[];
}

/** All curves of a sweep: those of the most urgent findings first, then those that no rule is about. */
export function curvesOf({ curve, findings, compared }: SweepReport): Curve[] {
  const points = grouped(curve, keyOf);
  const found = grouped(byUrgency(findings.filter((finding) => !isTrivial(finding))), keyOf);
  const today = grouped(compared?.curve ?? [], keyOf);
  return [...new Set([...found.keys(), ...points.keys()])].flatMap((key) => {
    const own = points.get(key);
    return own ? [{ points: own, findings: found.get(key) ?? [], today: today.get(key) ?? [] }] : [];
  });
}

function keyOf({ metric, slice }: Pick<CurvePoint, 'metric' | 'slice'>): string {
  return `${metric} ${sliceKey(slice)}`;
}

export function sliceKey(slice: CurvePoint['slice']): string {
  return JSON.stringify(Object.entries(slice).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param today the name of the family that serves today, where one was swept */
export function chartOf({ points, findings, today }: Curve, nameOfToday: string | undefined): Chart {
  // A curve is there for its points.
  const first = points[0]!;
  const { metric, unit, slice, atZero } = first;
  const pure = points.filter((p) => p.distance !== 'production' && Number.isFinite(p.change));
  const margins = marginLines(findings, first, (change) => drawn(metric, change, unit));
  const [urgent] = findings;
  const all = points.map((point) =>
    pointOf(
      point,
      today.find(({ distance }) => distance === point.distance),
    ),
  );
  return {
    metric,
    what: `change against distance 0, where it is ${formatValue(atZero)}`,
    slice: formatSlice(slice),
    percent: shownChange(metric, 0, unit).unit === 'relative',
    points: all,
    bound: boundThatMatters(all, margins),
    ...(urgent ? { mark: urgent.verdict } : {}),
    margins,
    ...(nameOfToday === undefined ? {} : { today: nameOfToday }),
    ticks: ticksOf(pure).map((value) => ({
      value: drawn(metric, value, unit),
      label: formatMetricDelta(metric, value, unit),
    })),
    parts: PARTS,
  };
}

/** A change as the chart draws it: in percent where it is shown so. */
function drawn(metric: string, change: number, unit: ChangeUnit): number {
  const { value, unit: of } = shownChange(metric, change, unit);
  return of === 'relative' ? 100 * value : value;
}

/** The side of the limit; of two limits the one that a bound comes nearer to where it is asked. */
function boundThatMatters(points: readonly ChartPoint[], margins: readonly MarginLine[]): 'lower' | 'upper' {
  const [line] = margins;
  const asked = line ? points.filter(({ distance }) => line.at.includes(distance)) : [];
  const known = (asked.length > 0 ? asked : points).filter(({ change }) => Number.isFinite(change));
  if (line && line.lower === undefined) return 'upper';
  if (line && line.upper === undefined) return 'lower';
  const reach = (of: (point: ChartPoint) => number) =>
    Math.max(...known.map((point) => (Number.isFinite(of(point)) ? of(point) : Number.NEGATIVE_INFINITY)));
  return reach(({ upper }) => upper) < reach(({ lower }) => -lower) ? 'lower' : 'upper';
}

function ticksOf(pure: readonly CurvePoint[]): number[] {
  const values = pure.flatMap((p) => [p.change, p.lower, p.upper, p.stale ?? 0]).filter(Number.isFinite);
  return [...new Set([Math.min(0, ...values), 0, Math.max(0, ...values)])];
}

function pointOf(point: CurvePoint, today: CurvePoint | undefined): ChartPoint {
  const { metric, unit, distance, change, lower, upper, stale, incompatible } = point;
  const shown = (value: number) => drawn(metric, value, unit);
  const written = (value: number) => formatMetricDelta(metric, value, unit);
  const part = (value: number | null) => (value === null ? null : shown(value));
  const split =
    stale === null || incompatible === null || distance === 0
      ? ''
      : `${PARTS.age} ${written(stale)}, ${PARTS.incompatibility} ${written(incompatible)}`;
  // A version against itself is no older than itself.
  const atZero = distance === 0 ? 0 : null;
  return {
    distance: formatDistance(distance),
    pure: distance !== 'production',
    change: shown(change),
    lower: shown(lower),
    upper: shown(upper),
    age: part(stale ?? atZero),
    incompatibility: part(incompatible ?? atZero),
    today: today && Number.isFinite(today.change) ? shown(today.change) : null,
    label: written(change),
    bounds: formatBounds(point),
    split,
  };
}

/** True where a change is known to be two parts somewhere. */
export function isSplit({ points }: Pick<Chart, 'points'>): boolean {
  return points.some(({ age, incompatibility }) => age !== null && incompatibility !== null && age !== 0);
}
