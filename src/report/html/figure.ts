/** A curve with its caption. The page's own script draws by it too, where the page has no room for all of them. */

import { capital } from '../../lib/text.js';
import { decisionChart, type Layout, NARROW, WIDE } from '../charts/decision.js';
import { escapeHtml } from '../html-text.js';
import { askedInWords } from '../view/asked.js';
import { ICONS } from '../view/icons.js';
import type { Chart, Tier } from '../view/model.js';
import { tiersOf } from '../view/tiers.js';

/** Empty where there is no line to draw. */
export function figureOf(chart: Chart, tiers: readonly Tier[]): string {
  const own = tiersOf(chart, tiers);
  const draw = (layout: Layout, name: string) =>
    decisionChart(chart, own, layout).replace('<svg ', `<svg class="${name}" `);
  const wide = draw(WIDE, 'large');
  if (wide === '') return '';
  const { metric, slice, what, mark, margins } = chart;
  const asked = margins.map((margin) => `${capital(askedInWords(margin))}.`).join(' ');
  return (
    `<figure data-m="${escapeHtml(metric)}" data-s="${escapeHtml(slice)}" data-k="${iconOf(chart)}">` +
    `<figcaption><strong class="c-${mark ?? 'none'}">${iconOf(chart)}${escapeHtml(metric)}, ${escapeHtml(slice)}</strong>: ${escapeHtml(what)}. ` +
    `${escapeHtml(asked)}</figcaption>${wide}${draw(NARROW, 'small')}</figure>`
  );
}

/** Before a name: the verdict's mark, where there is one. */
export function iconOf({ mark }: Pick<Chart, 'mark'>): string {
  return mark ? `${ICONS[mark]} ` : '';
}
