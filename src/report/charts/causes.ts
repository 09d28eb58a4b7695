/** Parts of a gap over time: those that add to it stand above 0, those that hide a part of it below. */

import { scaleLinear, scalePoint } from 'd3-scale';
import { runLabels, TIME_WIDTH } from './over-time.js';
import { line, rect, svg, text, widthOf } from './svg.js';

const HEIGHT = 172;
const EDGE = { top: 10, bottom: 24, right: 10 };

export interface CausesChart {
  readonly label: string;
  readonly runs: readonly string[];
  /** One entry a run: the size of each part, in the order of their colours. */
  readonly parts: readonly (readonly number[])[];
  readonly tick: (value: number) => string;
}

/** Empty where no run has a part. */
export function causesChart({ label, runs, parts, tick }: CausesChart): string {
  const sum = (own: readonly number[], sign: 1 | -1) =>
    own.filter((part) => sign * part > 0).reduce((total, part) => total + part, 0);
  const ends = [0, ...parts.flatMap((own) => [sum(own, 1), sum(own, -1)])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (!(high > low)) return '';
  const y = scaleLinear()
    .domain([low, high])
    .nice(4)
    .range([HEIGHT - EDGE.bottom, EDGE.top]);
  const ticks = y.ticks(4);
  const left = 10 + Math.max(24, ...ticks.map((one) => widthOf(tick(one))));
  const x = scalePoint<number>()
    .domain(runs.map((_, i) => i))
    .range([left, TIME_WIDTH - EDGE.right])
    .padding(0.5);
  const step = runs.length > 1 ? x.step() : TIME_WIDTH - EDGE.right - left;
  const width = Math.min(28, 0.7 * step);
  const bars = parts.flatMap((own, run) => {
    const reached = { above: 0, below: 0 };
    return own.flatMap((part, i) => {
      if (!Number.isFinite(part) || part === 0) return [];
      const side = part > 0 ? 'above' : 'below';
      const from = reached[side];
      reached[side] += part;
      const [top, bottom] = [Math.max(from, reached[side]), Math.min(from, reached[side])];
      return [rect((x(run) ?? left) - width / 2, y(top), width, y(bottom) - y(top), `tier${i}`)];
    });
  });
  return svg(TIME_WIDTH, HEIGHT, label, [
    ...ticks.map(
      (one) =>
        line(left, y(one), TIME_WIDTH - EDGE.right, y(one), one === 0 ? 'zero' : 'ax') +
        text(left - 6, y(one) + 4, tick(one), 'end'),
    ),
    ...bars,
    ...runLabels(runs, (run) => x(run) ?? left, step / 2),
  ]);
}
