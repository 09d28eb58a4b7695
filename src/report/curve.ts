/** Which of a check's curves to draw: the one that decided. */
import type { CurvePoint, Distance, DriftEntry, SweepReport } from '../checks/check.js';
import { byUrgency } from '../verdict/decide.js';
import { formatTonight, formatValue } from '../verdict/format.js';

/** The curve of the most urgent finding's metric and slice, by distance, production last. */
export function curveToShow(check: SweepReport): readonly CurvePoint[] {
  const finding = byUrgency(check.findings)[0];
  if (!finding) return [];
  const key = sliceKey(finding.slice);
  return check.curve.filter((point) => point.metric === finding.metric && sliceKey(point.slice) === key);
}

export function sliceKey(slice: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(slice).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The drift that production meets most; of several the nearest, and where production is not known the nearest of all. */
export function driftToShow(check: SweepReport): DriftEntry | undefined {
  const mass = (distance: number) =>
    check.production.reduce((most, { histogram }) => Math.max(most, histogram.get(distance) ?? 0), 0);
  return check.drift.toSorted((a, b) => mass(b.distance) - mass(a.distance) || a.distance - b.distance)[0];
}

/** Rows of a table: the promoted version against what serves tonight, and what not promoting forgoes. */
export function tonightRows({ tonight }: SweepReport): readonly (readonly string[])[] {
  return (tonight?.entries ?? []).map((entry) => {
    const { now, own } = formatTonight(entry);
    return [entry.metric, formatValue(entry.served), now, own];
  });
}

export function tonightHeader({ tonight }: SweepReport, live: string): readonly string[] {
  const where = tonight?.at === 'production' ? 'production’s index' : 'an index one version older';
  return ['metric', 'tonight', `${live} with ${where}`, `${live} with its own: forgone by not promoting`];
}

/** The candidate at production (without it: at distance 1) beside the family that serves today, over all rows: one entry a metric. */
export function besideToday(check: SweepReport): readonly { own: CurvePoint; today: CurvePoint }[] {
  const { compared } = check;
  if (!compared) return [];
  const at: Distance = check.production.length > 0 ? 'production' : 1;
  const here = (point: CurvePoint) => point.distance === at && Object.keys(point.slice).length === 0;
  return check.curve.filter(here).flatMap((own) => {
    const today = compared.curve.find((point) => here(point) && point.metric === own.metric);
    return today ? [{ own, today }] : [];
  });
}
