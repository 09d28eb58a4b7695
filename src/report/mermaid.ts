/** A chart of the view for Mermaid, which GitHub draws. */
import { escapeMarkdown } from './markdown.js';
import type { Chart } from './view/model.js';

/** Figures of an axis: six significant digits. */
function figure(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * The change over pure versions, and the bound on the side that the metric may not move to. Empty where there is no
 * line to draw.
 */
export function mermaidChart({ metric, what, slice, percent, points, bound }: Chart): string {
  const shown = points.filter(({ pure, change }) => pure && Number.isFinite(change));
  if (shown.length < 2) return '';
  const changes = shown.map(({ change }) => figure(change));
  const bounds = shown.map((point) => figure(point[bound]));
  // A bound that is not known is no line.
  const known = bounds.every(Number.isFinite);
  const drawn = known ? [...changes, ...bounds] : changes;
  const [low, high] = [Math.min(0, ...drawn), Math.max(0, ...drawn)];
  return [
    '```mermaid',
    '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#cf222e, #8c959f"}}}}%%',
    'xychart-beta',
    `  title "${metric}: change by version distance"`,
    `  x-axis "version distance" [${shown.map(({ distance }) => `"${distance}"`).join(', ')}]`,
    `  y-axis "change${percent ? ' (%)' : ''}" ${low} --> ${high > low ? high : low + 1}`,
    `  line [${changes.join(', ')}]`,
    ...(known ? [`  line [${bounds.join(', ')}]`] : []),
    '```',
    '',
    `Red: the ${escapeMarkdown(what)} on ${escapeMarkdown(slice)}.${known ? ` Grey: its ${bound} bound.` : ''}`,
  ].join('\n');
}
