/** Margins that are used, with their intervals, on one scale for all rows: each row is a picture of its own. */

import { scaleSymlog } from 'd3-scale';
import type { Verdict } from '../../checks/check-report.js';
import type { MarginUsed } from '../../checks/margin-used.js';
import { UNIT_SPACE } from '../view/typography.js';
import { dots, line, rect, svg, text } from './svg.js';

const HEIGHT = 24;
/** Margins beyond which the axis ends, and those that it shows. */
const LEAST = -3;
const MOST = 100;
const TICKS = [-3, -1, 0, 1, 3, 10, 30, 100] as const;

export interface ForestScale {
  readonly x: (margins: number) => number;
  readonly width: number;
  readonly ticks: readonly number[];
}

/** From a little below what is used least to a little above what is used most; 0 and the margin are always there. */
export function forestScale(used: readonly MarginUsed[], width: number): ForestScale {
  const values = used.flatMap(({ value, least, most }) => [value, least, most]).filter(Number.isFinite);
  const low = Math.max(LEAST, Math.min(-0.15, ...values));
  const high = Math.min(MOST, Math.max(1.5, ...values));
  const scale = scaleSymlog()
    .constant(1)
    .domain([low, high])
    .range([8, width - 8]);
  return {
    x: (margins) => scale(Math.min(high, Math.max(low, margins))),
    width,
    ticks: TICKS.filter((tick) => tick >= low && tick <= high),
  };
}

/** The margin itself, what lies beyond it, and the interval with its estimate. An end beyond the axis is open. */
export function forestRow(used: MarginUsed, mark: Verdict, label: string, { x, width, ticks }: ForestScale): string {
  const middle = HEIGHT / 2;
  const { value, least, most } = used;
  const known = Number.isFinite(least) && Number.isFinite(most);
  return svg(width, HEIGHT, label, [
    rect(x(1), 0, width - x(1), HEIGHT, 'zone'),
    ...ticks.map((tick) => line(x(tick), 0, x(tick), HEIGHT, tick === 1 ? 'margin' : tick === 0 ? 'zero' : 'ax')),
    ...(known ? [line(x(least), middle, x(most), middle, `whisker k-${mark}`)] : []),
    ...(Number.isFinite(value) ? [dots([[x(value), middle]], `k-${mark}`)] : []),
  ]);
}

export function forestAxis({ x, width, ticks }: ForestScale): string {
  const words = (tick: number) => (tick === 1 ? 'margin' : `${String(tick).replace('-', '−')}${UNIT_SPACE}×`);
  return svg(
    width,
    18,
    'margins used: 1 is at the margin',
    ticks
      .filter((tick) => tick >= 0 || x(0) - x(tick) > 30)
      .map((tick) =>
        text(Math.min(width - 14, Math.max(14, x(tick))), 13, words(tick), 'middle', tick === 1 ? 't-fail' : 'soft'),
      ),
  );
}
