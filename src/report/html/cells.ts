/** All cells by rule, folded up; a script filters them. */

import { countsInWords } from '../forest-text.js';
import { escapeHtml } from '../html-text.js';
import { noteOf } from '../view/cell-rows.js';
import { alignDecimals } from '../view/decimals.js';
import type { JudgedCell, RuleView } from '../view/model.js';
import { ICONS } from '../view/words.js';
import type { Labels } from './labels.js';
import { scrolling } from './tables.js';

const TITLES = ['slice', 'at', 'verdict', 'measured', 'bounds', 'margin used', 'why'] as const;
const NUMBERS: readonly string[] = ['measured', 'bounds', 'margin used'];

/** Cells of a page from which on they are printed without a line each. */
const MANY = 400;

export function cellsPart(rules: readonly RuleView[], labels: Labels): string {
  if (rules.length === 0) return '';
  const many = rules.reduce((sum, { cells }) => sum + cells.length, 0) >= MANY;
  return [
    '<h2>All cells by rule</h2>',
    '<p class="soft">Bounds are one-sided: of a cell that fails those that convict it, of all others, as along the curves, those that a pass must clear.</p>',
    '<div class="controls" id="filters" hidden>',
    '<label>find <input type="search" id="find" placeholder="metric or slice"></label>',
    ...(['fail', 'inconclusive', 'pass'] as const).map(
      (mark) => `<label><input type="checkbox" value="${mark}" checked> ${ICONS[mark]} ${mark}</label>`,
    ),
    '<span id="found" role="status" class="soft"></span></div>',
    ...rules.map((rule) => rulePart(rule, many, labels)),
  ].join('\n');
}

function rulePart(rule: RuleView, many: boolean, labels: Labels): string {
  const { metric, allowed, line, mark, counts, cells } = rule;
  const name = `${metric} ${allowed}`;
  const head = TITLES.map((title) => `<th scope=col${NUMBERS.includes(title) ? ' class=num' : ''}>${title}`).join('');
  const measured = alignDecimals(cells.map((cell) => cell.measured));
  const rows = cells.map((cell, i) => rowOf(cell, measured[i] ?? cell.measured));
  const table =
    `<table class="lists cells${many ? ' dense' : ''} ${labels.of(TITLES)}"><caption class="vh">Cells of ${escapeHtml(name)}</caption>` +
    `<thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return (
    `<details class="rule ${mark}"><summary data-rule="${escapeHtml(`${name} (${line})`)}"><span class="verdict">${ICONS[mark]}</span> ` +
    `<strong>${escapeHtml(metric)}</strong> ${escapeHtml(allowed)}${noteOf(rule)} ` +
    `<span class="soft">${countsInWords(counts)} · ${escapeHtml(line)}</span></summary>${scrolling(table, `cells of ${name}`, labels)}</details>`
  );
}

/** Ends of cells are left out, as HTML allows: there are thousands. */
function rowOf(cell: JudgedCell, measured: string): string {
  const { mark, slice, at, bounds, usedInWords, reason } = cell;
  return (
    `<tr id=${cell.id} class=${mark}><th scope=row>${escapeHtml(slice)}<td>${escapeHtml(at)}` +
    `<td>${ICONS[mark]} ${mark}<td>${escapeHtml(measured)}<td>${escapeHtml(bounds)}<td>${usedInWords}<td>${escapeHtml(reason)}`
  );
}
