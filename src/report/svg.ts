/** A chart of the view as SVG for the page, which may load nothing and run no script. */
import { escapeHtml } from './html-text.js';
import type { Chart, ChartPoint } from './view/model.js';

const WIDTH = 720;
const HEIGHT = 260;
const BAR = 'stroke="var(--bar)" stroke-width="6" opacity=".5"';
const EDGE = { left: 70, right: 20, top: 15, bottom: 35 };

/**
 * The change over pure versions with its bounds, and what age alone would cost. Empty where there is no line to draw.
 */
export function svgChart(chart: Chart): string {
  const shown = chart.points.filter(({ pure, change }) => pure && Number.isFinite(change));
  if (shown.length < 2) return '';
  const heights = chart.ticks.map(({ value }) => value);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const x = (i: number) => round(EDGE.left + (i * (WIDTH - EDGE.left - EDGE.right)) / (shown.length - 1));
  const y = (value: number) =>
    EDGE.top + ((high - value) * (HEIGHT - EDGE.top - EDGE.bottom)) / Math.max(high - low, Number.MIN_VALUE);
  const line = (of: (point: ChartPoint) => number | null, style: string) => {
    const at = shown.flatMap((point, i) => {
      const value = of(point);
      return value === null || !Number.isFinite(value) ? [] : [`${x(i)},${round(y(value))}`];
    });
    return at.length < 2 ? '' : `<polyline fill="none" ${style} points="${at.join(' ')}"/>`;
  };
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(chart.metric)} by version distance">`,
    ...chart.ticks.map(({ value, label }) => axis(y(value), label)),
    ...shown.map((point, i) => interval(point, x(i), y)),
    line(({ age }) => age, 'stroke="var(--soft)" stroke-width="2" stroke-dasharray="5 4"'),
    line(({ change }) => change, 'stroke="var(--bad)" stroke-width="2.5"'),
    '</svg>',
    `<p class="soft">Red: the ${escapeHtml(chart.what)}, with its one-sided bounds. `,
    `Dashed: the part that is ${chart.parts.age}.</p>`,
  ].join('');
}

function axis(y: number, label: string): string {
  return [
    `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${round(y)}" y2="${round(y)}" stroke="var(--line)"/>`,
    `<text x="${EDGE.left - 8}" y="${round(y + 4)}" text-anchor="end">${escapeHtml(label)}</text>`,
  ].join('');
}

function interval({ distance, lower, upper }: ChartPoint, x: number, y: (value: number) => number): string {
  const bar =
    Number.isFinite(lower) && Number.isFinite(upper)
      ? `<line x1="${x}" x2="${x}" y1="${round(y(lower))}" y2="${round(y(upper))}" ${BAR}/>`
      : '';
  return `${bar}<text x="${x}" y="${HEIGHT - 12}" text-anchor="middle">${escapeHtml(distance)}</text>`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
