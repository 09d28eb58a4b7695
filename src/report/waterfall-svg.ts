/** A waterfall of the view as SVG: one line a bar, from above, each with its label, its figure and its bounds. */

import { widthOf } from './charts/svg.js';
import { escapeHtml } from './html-text.js';
import type { WaterfallBarView, WaterfallChart } from './view/model.js';

/** Pixels of the picture: its width, those of a row, and the edges; `above`: labels stand above their bars. */
interface Layout {
  readonly name: 'large' | 'small';
  readonly width: number;
  readonly row: number;
  readonly left: number;
  readonly right: number;
  readonly above: boolean;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'large', width: 760, row: 28, left: 240, right: 90, above: false },
  { name: 'small', width: 344, row: 42, left: 6, right: 84, above: true },
];
const TOP = 8;
/** Height of a bar, and of the line above it. */
const BAR = 18;
const ABOVE = 16;
const COLOURS: Readonly<Record<WaterfallBarView['tone'], string>> = {
  level: 'var(--faint)',
  loss: 'var(--bad)',
  gain: 'var(--good)',
  unexplained: 'var(--soft)',
};

/** Once for each width of a screen; empty where there is nothing to draw. */
export function svgWaterfall(chart: WaterfallChart): string {
  const drawn = LAYOUTS.map((layout) => drawnIn(chart, layout)).join('');
  if (drawn === '') return '';
  return `${drawn}<p class="soft">In ${escapeHtml(chart.what)}; thin lines are the one-sided bounds.</p>`;
}

function drawnIn({ what, bars }: WaterfallChart, layout: Layout): string {
  const ends = bars.flatMap(({ from, to, lower, upper }) => [from, to, lower, upper, 0]).filter(Number.isFinite);
  if (bars.length === 0 || ends.length === 0) return '';
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high > low ? high - low : 1;
  const { name, width, row, left, right } = layout;
  const x = (value: number) => round(left + ((value - low) * (width - left - right)) / span);
  const height = TOP + row * bars.length + 8;
  const said = bars.map(({ label, text }) => `${label} ${text}`).join('; ');
  return [
    `<svg class="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(`${what}: ${said}`)}">`,
    ...bars.map((bar, i) => zero(bar, TOP + i * row, x(0), layout)),
    ...bars.slice(1).map((next, i) => joint(bars[i]!, next, TOP + i * row, x, layout)),
    ...bars.map((bar, i) => barPart(bar, TOP + i * row, x, layout)),
    '</svg>',
  ].join('');
}

function barPart(
  { label, text, from, to, lower, upper, tone }: WaterfallBarView,
  top: number,
  x: (v: number) => number,
  { width, left: edge, above }: Layout,
) {
  const bar = above ? top + ABOVE : top;
  const named = (words: string) =>
    above ? textPart(edge, top + 11, 'start', words) : textPart(edge - 10, bar + 13, 'end', words);
  if (!Number.isFinite(to)) return named(`${label} –`);
  const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
  const middle = bar + BAR / 2;
  const dashes = tone === 'unexplained' ? ' stroke="var(--soft)" stroke-dasharray="3 3" fill-opacity=".3"' : '';
  const bounds =
    Number.isFinite(lower) && Number.isFinite(upper)
      ? `<line x1="${x(lower)}" x2="${x(upper)}" y1="${middle}" y2="${middle}" stroke="currentColor"/>`
      : '';
  return [
    named(label),
    `<rect x="${left}" y="${bar}" width="${Math.max(right - left, 1)}" height="${BAR}" `,
    `fill="${COLOURS[tone]}"${dashes}/>`,
    bounds,
    textPart(width - 2, bar + 13, 'end', text),
  ].join('');
}

/** The thin line from the end of a bar to the start of the next, which ends above the name that is in its way. */
function joint(
  { to }: WaterfallBarView,
  next: WaterfallBarView,
  top: number,
  x: (v: number) => number,
  layout: Layout,
): string {
  if (!Number.isFinite(to)) return '';
  const { row, above } = layout;
  const start = top + (above ? ABOVE : 0);
  return upright(x(to), start + BAR, isNamedAt(next, x(to), layout) ? top + row : start + row, 'var(--soft)');
}

/** The part of the line of 0 that a bar's row has: beneath the bar's name where that is in its way. */
function zero(bar: WaterfallBarView, top: number, at: number, layout: Layout): string {
  return upright(at, isNamedAt(bar, at, layout) ? top + ABOVE : top, top + layout.row, 'var(--line)');
}

/** True where a bar's name stands above it, and reaches to `at`. */
function isNamedAt({ label }: WaterfallBarView, at: number, { above, left }: Layout): boolean {
  return above && at <= left + widthOf(label);
}

function upright(x: number, from: number, to: number, colour: string): string {
  return `<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" stroke="${colour}"/>`;
}

function textPart(x: number, y: number, anchor: 'start' | 'end', text: string): string {
  return `<text class="halo" x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
