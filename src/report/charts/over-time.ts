/**
 * Figures over time: a column a run, lines with their bounds, and the limits of the policy as they were at each run.
 * One width serves every screen, as pictures stand beside each other where there is room.
 */

import { scaleLinear, scalePoint, scaleSymlog } from 'd3-scale';
import { area, line as lineOf } from 'd3-shape';
import { cut, diamond, dots, line, path, rect, svg, text, widthOf } from './svg.js';

export interface TimePoint {
  readonly value: number;
  /** NaN where unknown. */
  readonly lower: number;
  readonly upper: number;
  /** The verdict that colours the mark. */
  readonly mark?: 'pass' | 'fail' | 'inconclusive';
}

export interface TimeSeries {
  /** `main` has bounds and marks; `other` is a thin line beside it. */
  readonly kind: 'main' | 'other';
  /** One a run; undefined where it was not measured. */
  readonly points: readonly (TimePoint | undefined)[];
}

export interface TimeChart {
  readonly label: string;
  /** One a run, beneath the axis. */
  readonly runs: readonly string[];
  readonly series: readonly TimeSeries[];
  /** The most and the least that the policy allowed at each run. */
  readonly limits: readonly { readonly most?: number; readonly least?: number }[];
  /** Always on the axis, such as 0 for a change. */
  readonly base?: number;
  /** The largest figure that there can be: the axis ends there. */
  readonly largest?: number;
  /** Margins that are used several times over and not at all stand on one axis. */
  readonly compressed?: boolean;
  readonly tick: (value: number) => string;
}

export const TIME_WIDTH = 352;
const HEIGHT = 172;
const EDGE = { top: 10, bottom: 24, right: 10 };

interface Places {
  readonly x: (run: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly low: number;
  readonly high: number;
  readonly half: number;
}

/** Empty where no run has a figure. */
export function timeChart(chart: TimeChart): string {
  const values = valuesOf(chart);
  if (values.length === 0) return '';
  const places = placesOf(chart, values);
  const { x, y, left, half } = places;
  const { ticks } = places;
  return svg(TIME_WIDTH, HEIGHT, chart.label, [
    ...chart.limits.map((limit, run) => forbidden(limit, run, places)),
    ...ticks.map(
      (tick) =>
        line(left, y(tick), TIME_WIDTH - EDGE.right, y(tick), tick === chart.base ? 'zero' : 'ax') +
        text(left - 6, y(tick) + 4, chart.tick(tick), 'end'),
    ),
    ...chart.series.map((series) => seriesPart(series, places)),
    ...runLabels(chart.runs, x, half),
  ]);
}

function valuesOf({ series, limits, base }: TimeChart): number[] {
  const points = series.flatMap((one) => one.points.flatMap((point) => (point ? [point] : [])));
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  if (values.length === 0) return [];
  const set = limits
    .flatMap(({ most, least }) => [most, least])
    .filter((limit): limit is number => limit !== undefined);
  const own = [...values, ...(base === undefined ? [] : [base])];
  const span = Math.max(Math.max(...own) - Math.min(...own), Number.MIN_VALUE);
  const [low, high] = [Math.min(...own), Math.max(...own)];
  // Of bounds and limits as much as leaves the figures readable.
  const near = (value: number, times: number) => value >= low - times * span && value <= high + times * span;
  const bounds = points
    .flatMap(({ lower, upper }) => [lower, upper])
    .filter(Number.isFinite)
    .map((bound) => Math.max(low - span, Math.min(high + span, bound)));
  return [...own, ...bounds, ...set.filter((limit) => near(limit, NEAR))];
}

/** A limit as many times the span of the figures away from them is not drawn: the caption has it. */
const NEAR = 4;

function placesOf(
  { runs, tick, compressed, largest }: TimeChart,
  values: readonly number[],
): Places & { ticks: number[] } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (most - least > FINEST ? most - least : Math.max(Math.abs(most), FINEST));
  const ends = [least - room, Math.min(most + room, largest ?? Number.POSITIVE_INFINITY)];
  const range = [HEIGHT - EDGE.bottom, EDGE.top];
  const scale = compressed ? scaleSymlog().domain(ends).range(range) : scaleLinear().domain(ends).range(range);
  const [low = 0, high = 1] = scale.domain();
  const ticks = compressed ? COMPRESSED.filter((one) => one >= low && one <= high) : scale.ticks(4);
  const left = 10 + Math.max(24, ...ticks.map((one) => widthOf(tick(one))));
  const point = scalePoint<number>()
    .domain(runs.map((_, i) => i))
    .range([left, TIME_WIDTH - EDGE.right])
    .padding(0.5);
  const within = (value: number) => Math.max(low, Math.min(high, value));
  return {
    x: (run) => point(run) ?? left,
    y: (value) => scale(within(value)),
    left,
    low,
    high,
    half: runs.length > 1 ? point.step() / 2 : (TIME_WIDTH - EDGE.right - left) / 2,
    ticks,
  };
}

/** Differences below it are none: no axis can tell them apart. */
const FINEST = 1e-12;

const COMPRESSED = [-10, -3, -1, 0, 1, 3, 10, 30, 100, 1000];

/** The range that the policy forbids at a run, and its limit. */
function forbidden(
  { most, least }: TimeChart['limits'][number],
  run: number,
  { x, y, half, low, high }: Places,
): string {
  const from = x(run) - half;
  const limit = (value: number, top: number, bottom: number) =>
    rect(from, top, 2 * half, bottom - top, 'zone') + line(from, y(value), from + 2 * half, y(value), 'margin');
  return (
    (most === undefined || most > high ? '' : limit(most, EDGE.top, y(most))) +
    (least === undefined || least < low ? '' : limit(least, y(least), HEIGHT - EDGE.bottom))
  );
}

function seriesPart({ kind, points }: TimeSeries, { x, y }: Places): string {
  const known = points.map((point, run) => ({ point, run }));
  type Known = (typeof known)[number];
  const value = ({ point }: Known) => point?.value ?? Number.NaN;
  const drawn = lineOf<Known>()
    .defined((one) => Number.isFinite(value(one)))
    .x(({ run }) => x(run))
    .y((one) => y(value(one)))
    .digits(1);
  const at = known.filter((one) => Number.isFinite(value(one)));
  if (kind === 'other')
    return (
      path(drawn(known), 'beside') +
      dots(
        at.map((one) => [x(one.run), y(value(one))]),
        'bs',
      )
    );
  const bounded = ({ point }: Known) => Number.isFinite(point?.lower) && Number.isFinite(point?.upper);
  const band = area<Known>()
    .defined(bounded)
    .x(({ run }) => x(run))
    .y0(({ point }) => y(point?.lower ?? 0))
    .y1(({ point }) => y(point?.upper ?? 0))
    .digits(1);
  return [
    path(band(known), 'band'),
    // A band of one run has no width.
    ...at
      .filter(bounded)
      .map(({ point, run }) =>
        line(x(run), y(point?.lower ?? 0), x(run), y(point?.upper ?? 0), `whisker k-${point?.mark ?? 'none'}`),
      ),
    path(drawn(known), 'curve'),
    ...at.map((one) => diamond(x(one.run), y(value(one)), 4.5, `f-${one.point?.mark ?? 'none'}`)),
  ].join('');
}

/** As many as fit beside each other, the last among them. */
export function runLabels(runs: readonly string[], x: (run: number) => number, half: number): string[] {
  const shown = runs.map((run) => cut(run, 80));
  const every = Math.max(1, Math.ceil((6 + Math.max(...shown.map(widthOf))) / (2 * half)));
  return shown.flatMap((run, i) => {
    if ((shown.length - 1 - i) % every !== 0) return [];
    const room = widthOf(run) / 2;
    return [text(Math.max(room, Math.min(TIME_WIDTH - room - 2, x(i))), HEIGHT - 6, run, 'middle', 'soft')];
  });
}
