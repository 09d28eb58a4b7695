/**
 * The decision chart: the change of a metric by version distance with its bounds, the part of it that is age beside the
 * part that is incompatibility, the limits of the rules where they are asked, production's point, the family that
 * serves today, and beneath the same axis where production is.
 */

import { scaleLinear, scalePoint } from 'd3-scale';
import { area, line as lineOf } from 'd3-shape';
import type { Chart, ChartPoint, MarginLine } from '../view/model.js';
import type { PlacedTier } from '../view/tiers.js';
import { signedTick } from './figures.js';
import { histogram } from './histogram.js';
import { cut, diamond, dots, line, path, rect, svg, text, widthOf } from './svg.js';

/** Room around the plot, and its size, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
}

export const WIDE: Layout = { width: 760, height: 300, left: 64, right: 158 };
export const NARROW: Layout = { width: 344, height: 240, left: 52, right: 12 };

const TOP = 26;
const HISTOGRAM = 84;
const AXIS = 40;

/** The places of a chart: pixels of distances and of changes. */
interface Places {
  readonly layout: Layout;
  readonly narrow: boolean;
  readonly pure: readonly ChartPoint[];
  readonly production: ChartPoint | undefined;
  readonly x: (distance: string) => number;
  readonly y: (change: number) => number;
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
  /** Half of the way from one distance to the next. */
  readonly half: number;
  readonly bottom: number;
  readonly end: number;
}

/** Empty where there is no line to draw. */
export function decisionChart(chart: Chart, tiers: readonly PlacedTier[], wanted: Layout): string {
  const pure = pureOf(chart);
  if (pure.length < 2) return '';
  const places = placesOf(chart, pure, wanted);
  const { bottom, end, layout } = places;
  const shown = tiers.length > 0;
  const height = bottom + (shown ? HISTOGRAM : 0) + AXIS;
  const asked = chart.margins.map(({ allowed }) => allowed).join(', ');
  const label = `${chart.metric} on ${chart.slice} by version distance: ${chart.what}${asked === '' ? '' : `; ${asked}`}`;
  return svg(layout.width, height, label, [
    ...chart.margins.flatMap((margin) => zones(margin, places)),
    ...places.ticks.map((tick) => grid(tick, chart.percent, places)),
    ...pure.map((point) => parts(point, places)),
    ...(places.production ? [parts(places.production, places)] : []),
    path(band(pure, places), 'band'),
    path(
      curve(pure, places, ({ today }) => today),
      'today',
    ),
    path(
      curve(pure, places, ({ change }) => change),
      'curve',
    ),
    dots(
      pure.map(({ distance, change }) => [places.x(distance), places.y(change)]),
      'cs',
    ),
    ...(places.production ? [productionPoint(places.production, chart, places)] : []),
    ...marginLabels(chart.margins, places),
    ...(shown ? [histogram(tiers, { ...places, top: bottom + 8, height: HISTOGRAM - 12 }, layout)] : []),
    ...distances(places, height - AXIS + 16),
    text(
      (layout.left + end) / 2,
      height - 6,
      places.narrow ? 'version distance' : 'version distance: checkpoints that the index is behind',
      'middle',
      'soft',
    ),
  ]);
}

/** Tells whether there is a line to draw. */
export function hasLine(chart: Chart): boolean {
  return pureOf(chart).length >= 2;
}

function pureOf({ points }: Chart): ChartPoint[] {
  return points.filter(({ pure, change }) => pure && Number.isFinite(change));
}

function placesOf(chart: Chart, pure: readonly ChartPoint[], wanted: Layout): Places {
  const production = chart.points.find((point) => !point.pure && Number.isFinite(point.change));
  const bottom = TOP + wanted.height;
  const linear = scaleLinear().domain(domainOf(chart)).nice(5).range([bottom, TOP]);
  const ticks = linear.ticks(5);
  const room = 10 + Math.max(...ticks.map((tick) => widthOf(signedTick(tick, chart.percent))));
  const layout = { ...wanted, left: Math.max(wanted.left, room) };
  const end = layout.width - layout.right;
  const columns = production ? [...pure.map(({ distance }) => distance), 'production'] : pure.map((p) => p.distance);
  const point = scalePoint<string>().domain(columns).range([layout.left, end]).padding(0.6);
  const [low = 0, high = 1] = linear.domain();
  return {
    layout,
    narrow: layout.width < WIDE.width,
    pure,
    production,
    x: (distance) => point(distance) ?? end,
    // Figures beyond the axis end at it.
    y: (change) => linear(Math.min(high, Math.max(low, change))),
    ticks,
    low,
    high,
    half: point.step() / 2,
    bottom,
    end,
  };
}

/** Changes, the limits that are not far beyond them, and of bounds as much as leaves the rest readable. */
function domainOf({ points, margins }: Chart): [number, number] {
  const changes = known([
    0,
    ...points.flatMap(({ change, age, incompatibility, today }) => [change, age, incompatibility, today]),
  ]);
  const limits = known(margins.flatMap(({ upper, lower }) => [upper, lower]));
  const nearest = Math.min(...limits.map(Math.abs));
  const size = Math.max(...changes.map(Math.abs), Number.isFinite(nearest) ? nearest : 0, Number.MIN_VALUE);
  const near = limits.filter((limit) => Math.abs(limit) <= FAR * size).map((limit) => 1.15 * limit);
  const most = 1.5 * Math.max(size, ...near.map(Math.abs));
  const bounds = known(points.flatMap(({ lower, upper }) => [lower, upper])).map((bound) =>
    Math.max(-most, Math.min(most, bound)),
  );
  const all = [...changes, ...bounds, ...near];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low < high ? [low, high] : [-1, 1];
}

/** A limit as many times beyond all changes is not drawn: the caption has it. */
const FAR = 4;

function known(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

function grid(tick: number, percent: boolean, { layout, y, end }: Places): string {
  return (
    line(layout.left, y(tick), end, y(tick), tick === 0 ? 'zero' : 'ax') +
    text(layout.left - 6, y(tick) + 4, signedTick(tick, percent), 'end')
  );
}

/** The changes that a rule forbids, where it is asked; elsewhere its limit is a faint line. */
function zones(
  { upper, lower, at }: MarginLine,
  { x, y, half, pure, production, bottom, layout, end, low, high }: Places,
): string[] {
  const columns = [...pure, ...(production ? [production] : [])].map(({ distance }) => distance);
  const asked = columns.filter((distance) => at.includes(distance));
  const sides = [
    ...(upper === undefined || upper > high ? [] : [{ limit: upper, from: TOP, to: y(upper) }]),
    ...(lower === undefined || lower < low ? [] : [{ limit: lower, from: y(lower), to: bottom }]),
  ];
  return sides.flatMap(({ limit, from, to }) => [
    line(layout.left, y(limit), end, y(limit), 'faint'),
    ...asked.flatMap((distance) => [
      rect(x(distance) - half, from, 2 * half, to - from, 'zone'),
      line(x(distance) - half, y(limit), x(distance) + half, y(limit), 'margin'),
    ]),
  ]);
}

/** Two slender bars: age beside incompatibility. */
function parts({ distance, age, incompatibility }: ChartPoint, { x, y, half }: Places): string {
  const width = Math.min(9, half / 3);
  const bar = (value: number | null, at: number, own: string) =>
    value === null || value === 0 ? '' : rect(at, Math.min(y(0), y(value)), width, Math.abs(y(value) - y(0)), own);
  return bar(age, x(distance) - width - 1, 'age') + bar(incompatibility, x(distance) + 1, 'inc');
}

function band(pure: readonly ChartPoint[], { x, y }: Places): string | null {
  const known = ({ lower, upper }: ChartPoint) => Number.isFinite(lower) && Number.isFinite(upper);
  return area<ChartPoint>()
    .defined(known)
    .x(({ distance }) => x(distance))
    .y0(({ lower }) => y(lower))
    .y1(({ upper }) => y(upper))
    .digits(1)([...pure]);
}

function curve(pure: readonly ChartPoint[], { x, y }: Places, of: (point: ChartPoint) => number | null): string | null {
  if (pure.filter((point) => of(point) !== null).length < 2) return null;
  return lineOf<ChartPoint>()
    .defined((point) => of(point) !== null)
    .x(({ distance }) => x(distance))
    .y((point) => y(of(point) ?? 0))
    .digits(1)([...pure]);
}

function productionPoint(point: ChartPoint, { mark }: Chart, { x, y, layout, bottom }: Places): string {
  const [at, height] = [x(point.distance), y(point.change)];
  const colour = mark ?? 'none';
  const whisker =
    Number.isFinite(point.lower) && Number.isFinite(point.upper)
      ? line(at, y(point.lower), at, y(point.upper), `whisker k-${colour}`)
      : '';
  const label = text(
    Math.min(at, layout.width - widthOf(point.label) / 2 - 2),
    // The bars of its parts lie between it and 0: beyond it there is room.
    point.change < 0
      ? Math.min(bottom - 4, y(Math.min(point.change, finite(point.lower, 1))) + 18)
      : Math.max(TOP - 4, y(Math.max(point.change, finite(point.upper, -1))) - 9),
    point.label,
    'middle',
    `halo t-${colour}`,
  );
  const today = point.today === null ? '' : line(at - 8, y(point.today), at + 8, y(point.today), 'today');
  return whisker + today + diamond(at, height, 6, `f-${colour}`) + label;
}

/** A bound, or where it is not known an infinity of the given sign. */
function finite(value: number, sign: 1 | -1): number {
  return Number.isFinite(value) ? value : sign * Number.POSITIVE_INFINITY;
}

/** At the right of the plot, one beneath the other where they would touch; on a narrow chart above it. */
function marginLabels(margins: readonly MarginLine[], { y, end, narrow, layout, bottom, low, high }: Places): string[] {
  const drawn = margins.flatMap(({ allowed, line: at, upper, lower }) => {
    const limit = [upper, lower].find((one) => one !== undefined && one >= low && one <= high);
    return limit === undefined ? [] : [{ allowed, at, height: Math.min(bottom - 10, y(limit)) }];
  });
  if (narrow)
    return drawn.slice(0, 1).map(({ allowed }) => text(layout.width - layout.right, 12, allowed, 'end', 't-fail'));
  const wanted = drawn.sort((a, b) => a.height - b.height);
  let free = TOP;
  return wanted.flatMap(({ allowed, at, height }) => {
    const place = Math.max(free, height + 4);
    free = place + 32;
    const words = allowed.split(' ');
    return [
      text(end + 8, place - 7, cut(words[0] ?? '', layout.right - 8), 'start', 't-fail'),
      text(end + 8, place + 7, cut(`${words.slice(1).join(' ')}, ${at}`, layout.right - 8), 'start', 'soft'),
    ];
  });
}

/** As many as fit. */
function distances({ pure, production, x, half, narrow }: Places, height: number): string[] {
  const every = Math.max(1, Math.ceil(22 / (2 * half)));
  return [
    ...pure.filter((_, i) => i % every === 0).map(({ distance }) => text(x(distance), height, distance, 'middle')),
    ...(production ? [text(x('production'), height, narrow ? 'prod.' : 'production', 'middle', 'strong')] : []),
  ];
}
