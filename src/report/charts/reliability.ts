/** A reliability diagram: mean label over mean prediction, a dot a bin, its area by the bin's share of the weight. */

import { scaleLinear } from 'd3-scale';
import type { Reliability } from '../view/model.js';
import { line, px, svg, text } from './svg.js';

const SIZE = 168;
const EDGE = { left: 34, bottom: 30, top: 8, right: 8 };

/** @param most the end of both axes, which all diagrams share */
export function reliabilityDiagram(
  { distance, bins }: Reliability['points'][number],
  slice: string,
  most: number,
): string {
  const x = scaleLinear()
    .domain([0, most])
    .range([EDGE.left, SIZE - EDGE.right]);
  const y = scaleLinear()
    .domain([0, most])
    .range([SIZE - EDGE.bottom, EDGE.top]);
  const tick = Number(most.toPrecision(2));
  const points = bins.map(
    ({ share, predicted, actual }) =>
      `<circle class="bin" cx="${px(x(predicted))}" cy="${px(y(actual))}" r="${px(2 + 12 * Math.sqrt(share))}"/>`,
  );
  return svg(SIZE, SIZE, `reliability at ${distance} on ${slice}: mean label by mean prediction`, [
    line(x(0), y(0), x(most), y(0), 'zero'),
    line(x(0), y(0), x(0), y(most), 'zero'),
    line(x(0), y(0), x(most), y(most), 'faint'),
    ...points,
    text(x(0), SIZE - 16, '0', 'middle', 'soft'),
    text(x(most), SIZE - 16, String(tick), 'end', 'soft'),
    text(x(0) - 5, y(most) + 9, String(tick), 'end', 'soft'),
    text((x(0) + x(most)) / 2, SIZE - 3, 'predicted → actual ↑', 'middle', 'soft'),
  ]);
}

export function endOfAxes(diagrams: readonly Reliability[]): number {
  const values = diagrams.flatMap(({ points }) =>
    points.flatMap(({ bins }) => bins.flatMap((b) => [b.predicted, b.actual])),
  );
  return Math.min(1, 1.05 * Math.max(...values, 1e-6));
}
