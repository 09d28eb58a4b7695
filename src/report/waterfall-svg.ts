/** A waterfall of the view as SVG: one line a bar, from above, each with its label, its figure and its bounds. */

import { escapeHtml } from './html-text.js';
import type { WaterfallBarView, WaterfallChart } from './view/model.js';

const WIDTH = 720;
const ROW = 30;
const EDGE = { left: 230, right: 90, top: 8 };
const COLOURS: Readonly<Record<WaterfallBarView['tone'], string>> = {
  level: 'var(--faint)',
  loss: 'var(--bad)',
  gain: 'var(--good)',
  unexplained: 'var(--soft)',
};

/** Empty where there is nothing to draw. */
export function svgWaterfall({ what, bars }: WaterfallChart): string {
  const ends = bars.flatMap(({ from, to, lower, upper }) => [from, to, lower, upper, 0]).filter(Number.isFinite);
  if (bars.length === 0 || ends.length === 0) return '';
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high > low ? high - low : 1;
  const x = (value: number) => round(EDGE.left + ((value - low) * (WIDTH - EDGE.left - EDGE.right)) / span);
  const height = EDGE.top + ROW * bars.length + 8;
  const said = bars.map(({ label, text }) => `${label} ${text}`).join('; ');
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${what}: ${said}`)}">`,
    `<line x1="${x(0)}" x2="${x(0)}" y1="${EDGE.top}" y2="${height - 8}" stroke="var(--line)"/>`,
    ...bars.map((bar, i) => barPart(bar, EDGE.top + i * ROW, x)),
    ...bars.slice(1).map((_, i) => joint(bars[i]!, EDGE.top + i * ROW, x)),
    '</svg>',
    `<p class="soft">In ${escapeHtml(what)}; thin lines are the one-sided bounds.</p>`,
  ].join('');
}

function barPart(
  { label, text, from, to, lower, upper, tone }: WaterfallBarView,
  top: number,
  x: (v: number) => number,
) {
  if (!Number.isFinite(to)) return textPart(EDGE.left - 10, top, 'end', `${label} –`);
  const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
  const middle = top + ROW / 2 - 2;
  const dashes = tone === 'unexplained' ? ' stroke="var(--soft)" stroke-dasharray="3 3" fill-opacity=".3"' : '';
  const bounds =
    Number.isFinite(lower) && Number.isFinite(upper)
      ? `<line x1="${x(lower)}" x2="${x(upper)}" y1="${middle}" y2="${middle}" stroke="currentColor"/>`
      : '';
  return [
    textPart(EDGE.left - 10, top, 'end', label),
    `<rect x="${left}" y="${top + 4}" width="${Math.max(right - left, 1)}" height="${ROW - 12}" `,
    `fill="${COLOURS[tone]}"${dashes}/>`,
    bounds,
    textPart(WIDTH - EDGE.right + 84, top, 'end', text),
  ].join('');
}

/** The thin line from the end of a bar to the start of the next. */
function joint({ to }: WaterfallBarView, top: number, x: (v: number) => number): string {
  if (!Number.isFinite(to)) return '';
  return `<line x1="${x(to)}" x2="${x(to)}" y1="${top + ROW - 8}" y2="${top + ROW + 4}" stroke="var(--soft)"/>`;
}

function textPart(x: number, top: number, anchor: 'start' | 'end', text: string): string {
  return `<text x="${x}" y="${top + ROW / 2 + 2}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
