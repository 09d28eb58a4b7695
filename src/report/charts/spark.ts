/** Small multiples: a curve with its bounds and limits, without axes. All of a row share one scale. */

import { scaleLinear, scalePoint } from 'd3-scale';
import { area, line as lineOf } from 'd3-shape';
import type { Chart, ChartPoint, MarginLine } from '../view/model.js';
import { diamond, line, path, rect, svg } from './svg.js';

const WIDTH = 168;
const HEIGHT = 78;

/** @param domain the changes that all of them share */
export function spark(chart: Chart, domain: readonly [number, number]): string {
  const pure = chart.points.filter((point) => point.pure && Number.isFinite(point.change));
  if (pure.length < 2) return '';
  const production = chart.points.find((point) => !point.pure && Number.isFinite(point.change));
  const columns = [...pure.map(({ distance }) => distance), ...(production ? ['production'] : [])];
  const point = scalePoint<string>()
    .domain(columns)
    .range([4, WIDTH - 4])
    .padding(0.4);
  const linear = scaleLinear()
    .domain(domain)
    .range([HEIGHT - 4, 4]);
  const x = (distance: string) => point(distance) ?? 0;
  const y = (change: number) => linear(Math.max(domain[0], Math.min(domain[1], change)));
  const limits = limitOf(chart).flatMap(({ upper, lower }) => [
    ...(upper === undefined || upper > domain[1]
      ? []
      : [rect(0, 0, WIDTH, y(upper), 'zone'), line(0, y(upper), WIDTH, y(upper), 'margin')]),
    ...(lower === undefined || lower < domain[0]
      ? []
      : [rect(0, y(lower), WIDTH, HEIGHT - y(lower), 'zone'), line(0, y(lower), WIDTH, y(lower), 'margin')]),
  ]);
  return svg(WIDTH, HEIGHT, `${chart.metric} on ${chart.slice} by version distance`, [
    ...limits,
    line(0, y(0), WIDTH, y(0), 'zero'),
    path(band(pure, x, y), 'band'),
    path(
      lineOf<ChartPoint>()
        .x(({ distance }) => x(distance))
        .y(({ change }) => y(change))
        .digits(1)(pure),
      'curve',
    ),
    ...(production ? [diamond(x('production'), y(production.change), 5, `f-${chart.mark ?? 'none'}`)] : []),
  ]);
}

function band(pure: ChartPoint[], x: (distance: string) => number, y: (change: number) => number): string | null {
  return area<ChartPoint>()
    .defined(({ lower, upper }) => Number.isFinite(lower) && Number.isFinite(upper))
    .x(({ distance }) => x(distance))
    .y0(({ lower }) => y(lower))
    .y1(({ upper }) => y(upper))
    .digits(1)(pure);
}

/** The limit that a small picture has room for: that of production, else that of the most urgent cell. */
function limitOf({ margins }: Chart): MarginLine[] {
  const [first] = margins;
  const limit = margins.find(({ at }) => at.includes('production')) ?? first;
  return limit ? [limit] : [];
}

/** A limit as many times beyond all changes is not drawn: it would leave no room to tell these apart. */
const FAR = 4;

/** The changes of all curves and the limits that are not far beyond them, so that heights compare. */
export function sharedDomain(charts: readonly Chart[]): [number, number] {
  const changes = charts.flatMap(({ points }) => points.map(({ change }) => change)).filter(Number.isFinite);
  const limits = charts.flatMap(limitOf).flatMap(({ upper, lower }) => [upper ?? 0, lower ?? 0]);
  const nearest = Math.min(...limits.map(Math.abs).filter((limit) => limit > 0));
  const size = Math.max(...changes.map(Math.abs), Number.isFinite(nearest) ? nearest : 0);
  const near = limits.filter((limit) => Math.abs(limit) <= FAR * size);
  const known = [0, ...changes, ...near.map((limit) => 1.3 * limit)];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = 0.08 * (high - low || 1);
  return [low - room, high + room];
}
