/** A waterfall of the view in characters: each bar stands where it starts, so that the way down can be followed. */

import { inert } from '../lib/text.js';
import { pad, widthOf, wrap } from './columns.js';
import type { Paint } from './paint.js';
import type { WaterfallBarView, WaterfallChart } from './view/model.js';

/** Columns of all bars at most; where fewer than these are left beside the labels, bars stand beneath them. */
const MOST = 30;
const LEAST = 12;
/** Room before a bar that stands beneath its label. */
const INDENT = 4;
const FILL: Readonly<Record<WaterfallBarView['tone'], string>> = { level: '█', loss: '▓', gain: '▒', unexplained: '░' };

/**
 * Lines of text, one a bar, or two where there is no room for one.
 *
 * @param width columns of the terminal
 */
export function waterfallLines(
  { bars }: WaterfallChart,
  paint: Paint,
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const ends = bars.flatMap(({ from, to }) => [from, to, 0]).filter(Number.isFinite);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const labels = Math.max(...bars.map(({ label }) => widthOf(inert(label))));
  const figures = Math.max(...bars.map(({ text }) => widthOf(text)));
  const left = width - labels - figures - 6;
  const beside = left >= LEAST;
  const room = Math.min(MOST, beside ? left : width - INDENT);
  const column = (value: number) => (high > low ? Math.round((room * (value - low)) / (high - low)) : 0);
  return bars.flatMap(({ label, text, from, to, tone }) => {
    // A bar of nothing has a column, also at the end.
    const drawn = Number.isFinite(to) ? barBetween(column(from), column(to), room, FILL[tone]) : '';
    const colour = { level: (x: string) => x, loss: paint.red, gain: paint.green, unexplained: paint.dim }[tone];
    const figure = pad(text, figures, 'left');
    if (beside) return [`  ${pad(inert(label), labels)}  ${figure}  ${colour(drawn)}`.trimEnd()];
    const named = wrap(`  ${pad(inert(label), Math.min(labels, width - figures - 4))}  ${figure}`, width, '  ');
    return drawn === '' ? named : [...named, `${' '.repeat(INDENT)}${colour(drawn)}`];
  });
}

function barBetween(from: number, to: number, room: number, fill: string): string {
  const left = Math.min(from, to, room - 1);
  return ' '.repeat(left) + fill.repeat(Math.max(Math.max(from, to) - left, 1));
}
