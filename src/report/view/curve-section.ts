/** The curve that decided, as a chart and as a table. */

import type { CurvePoint, SweepReport } from '../../checks/check-report.js';
import type { ChangeUnit } from '../../estimation/metrics/scale.js';
import {
  formatBounds,
  formatDistance,
  formatMetricDelta,
  formatMetricSize,
  formatSlice,
  formatValue,
  shownChange,
} from '../../verdict/format.js';
import { byUrgency } from '../../verdict/urgency.js';
import type { Chart, ChartPoint, ViewSection, ViewTable } from './model.js';
import { ABSENT, PARTS } from './words.js';

export function sliceKey(slice: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(slice).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The curve of the most urgent finding's metric and slice, by distance, production last. */
function curveToShow(check: SweepReport): readonly CurvePoint[] {
  const finding = byUrgency(check.findings)[0];
  if (!finding) return [];
  const key = sliceKey(finding.slice);
  return check.curve.filter((point) => point.metric === finding.metric && sliceKey(point.slice) === key);
}

export function curveSection(check: SweepReport): ViewSection[] {
  const points = curveToShow(check);
  const first = points[0];
  if (!first) return [];
  return [
    {
      kind: 'curve',
      title: `${first.metric}, ${formatSlice(first.slice)}`,
      blocks: [{ kind: 'chart', chart: chartOf(first, points), table: tableOf(points) }],
    },
  ];
}

function chartOf(first: CurvePoint, points: readonly CurvePoint[]): Chart {
  const { metric, unit, slice, atZero } = first;
  const pure = points.filter((p) => p.distance !== 'production' && Number.isFinite(p.change));
  return {
    metric,
    what: `change against distance 0 (${formatValue(atZero)})`,
    slice: formatSlice(slice),
    percent: shownChange(metric, 0, unit).unit === 'relative',
    points: points.map(pointOf),
    bound: pure.reduce((sum, { change }) => sum + change, 0) < 0 ? 'lower' : 'upper',
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

function ticksOf(pure: readonly CurvePoint[]): number[] {
  const values = pure.flatMap((p) => [p.change, p.lower, p.upper, p.stale ?? 0]).filter(Number.isFinite);
  return [...new Set([Math.min(0, ...values), 0, Math.max(0, ...values)])];
}

function pointOf({ metric, unit, distance, change, lower, upper, stale, incompatible }: CurvePoint): ChartPoint {
  const shown = (value: number) => drawn(metric, value, unit);
  const written = (value: number) => formatMetricDelta(metric, value, unit);
  const split =
    stale === null || incompatible === null || distance === 0
      ? ''
      : `${PARTS.age} ${written(stale)}, ${PARTS.incompatibility} ${written(incompatible)}`;
  // A version against itself is no older than itself.
  const age = stale ?? (distance === 0 ? 0 : null);
  return {
    distance: formatDistance(distance),
    pure: distance !== 'production',
    change: shown(change),
    lower: shown(lower),
    upper: shown(upper),
    age: age === null ? null : shown(age),
    label: written(change),
    split,
  };
}

function tableOf(points: readonly CurvePoint[]): ViewTable {
  const titles = ['distance', 'value', 'change', 'bounds', PARTS.age, PARTS.incompatibility, 'detectable'];
  return {
    columns: titles.map((title) => ({ title })),
    rows: points.map((p) => {
      const part = (value: number | null) => (value === null ? ABSENT : formatMetricDelta(p.metric, value, p.unit));
      const cells = [
        formatDistance(p.distance),
        formatValue(p.value),
        formatMetricDelta(p.metric, p.change, p.unit),
        formatBounds(p),
        part(p.stale),
        part(p.incompatible),
        Number.isFinite(p.mde) ? formatMetricSize(p.metric, p.mde, p.unit) : ABSENT,
      ];
      return { cells };
    }),
  };
}
