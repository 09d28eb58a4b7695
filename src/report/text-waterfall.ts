/** A waterfall of the view in characters: each bar stands where it starts, so that the way down can be followed. */

import { inert } from '../lib/text.js';
import type { Paint } from './paint.js';
import type { WaterfallBarView, WaterfallChart } from './view/model.js';

const BAR = 30;
const FILL: Readonly<Record<WaterfallBarView['tone'], string>> = { level: '█', loss: '▓', gain: '▒', unexplained: '░' };

/** Lines of text, one a bar. */
export function waterfallLines({ bars }: WaterfallChart, paint: Paint): string[] {
  const ends = bars.flatMap(({ from, to }) => [from, to, 0]).filter(Number.isFinite);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const column = (value: number) => (high > low ? Math.round((BAR * (value - low)) / (high - low)) : 0);
  const width = Math.max(...bars.map(({ label }) => inert(label).length));
  const figures = Math.max(...bars.map(({ text }) => text.length));
  return bars.map(({ label, text, from, to, tone }) => {
    const drawn = Number.isFinite(to) ? barBetween(column(from), column(to), FILL[tone]) : '';
    const colour = { level: (x: string) => x, loss: paint.red, gain: paint.green, unexplained: paint.dim }[tone];
    return `  ${inert(label).padEnd(width)}  ${text.padStart(figures)}  ${colour(drawn)}`.trimEnd();
  });
}

function barBetween(from: number, to: number, fill: string): string {
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  return ' '.repeat(left) + fill.repeat(Math.max(right - left, 1));
}
