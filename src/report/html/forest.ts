/** The worst cell of each rule in margins: how near it comes, or how far it is beyond. */

import { capital } from '../../lib/text.js';
import { type ForestScale, forestAxis, forestRow, forestScale } from '../charts/forest.js';
import { countsInWords } from '../forest-text.js';
import { escapeHtml } from '../html-text.js';
import type { RuleView } from '../view/model.js';
import { ICONS } from '../view/words.js';
import type { Labels } from './labels.js';
import { cellLink } from './map.js';

const WIDTH = 340;
/** Rules shown before the rest is folded up. */
const SHOWN = 24;
const TITLES = ['rule', 'margin used', 'its worst cell', 'cells'] as const;

/** @param used how the margin that is used is reckoned */
export function forestPart(rules: readonly RuleView[], used: string, labels: Labels): string {
  if (rules.length === 0) return '';
  const scale = forestScale(
    rules.map(({ cells }) => cells[0]!.used),
    WIDTH,
  );
  const rest = rules.slice(SHOWN);
  return [
    '<h2>By how much: the worst cell of each rule, in margins</h2>',
    `<p class="soft">A dot is the estimate, its line the interval; red is beyond the margin. The scale is logarithmic away from 0. ${escapeHtml(capital(used))}.</p>`,
    tableOf(rules.slice(0, SHOWN), scale, labels),
    ...(rest.length === 0
      ? []
      : [`<details><summary>${rest.length} more rules</summary>${tableOf(rest, scale, labels)}</details>`]),
  ].join('\n');
}

function tableOf(rules: readonly RuleView[], scale: ForestScale, labels: Labels): string {
  const head = TITLES.map((title) => `<th scope="col">${title}</th>`).join('');
  return (
    `<table class="lists forest rules ${labels.of(['rule', '', 'worst:', 'cells:'])}">` +
    `<caption class="vh">The worst cell of each rule, in margins</caption>` +
    `<thead><tr>${head}</tr></thead><tbody>${rules.map((rule) => rowOf(rule, scale)).join('')}` +
    `<tr><th scope="row" class="soft">logarithmic scale</th><td>${forestAxis(scale)}</td><td></td><td></td></tr></tbody></table>`
  );
}

function rowOf(rule: RuleView, scale: ForestScale): string {
  const { metric, allowed, mark, counts, required, waived } = rule;
  // A rule is there for its cells.
  const worst = rule.cells[0]!;
  const label = `${metric} ${allowed}: ${worst.usedInWords} of the margin used`;
  return (
    `<tr class="${mark}"><th scope="row"><span class="verdict">${ICONS[mark]}</span> ${escapeHtml(metric)} ` +
    `<span class="soft">${escapeHtml(allowed)}${waived ? ', waived' : required ? '' : ', warns'}</span></th>` +
    `<td>${forestRow(worst.used, mark, label, scale)}</td>` +
    `<td>${cellLink(worst, `${worst.measured}${worst.where}`)}</td>` +
    `<td class="soft">${countsInWords(counts)}</td></tr>`
  );
}
