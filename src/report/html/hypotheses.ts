/** Hypotheses, one folded beneath the other: what is found first and open, then what is not known, then the rest. */

import { escapeHtml } from '../html-text.js';
import type { Mark, Row, ViewTable } from '../view/model.js';
import { ABSENT } from '../view/words.js';

/** The order of entries, and those that stand open. */
const ORDER: readonly (Mark | undefined)[] = [
  'sufficient',
  'contributing',
  'inconclusive',
  'not_tested',
  'ruled_out',
  'no_gap',
  undefined,
];
const OPEN: readonly (Mark | undefined)[] = ['sufficient', 'contributing'];

export function entriesPart({ columns, rows }: ViewTable): string {
  const at = (title: string) => columns.findIndex((column) => column.title === title);
  const [layer, name, decision, share] = ['layer', 'hypothesis', 'decision', 'share of the gap'].map(at);
  const head = [layer, name, decision, share];
  const told = columns.map(({ title }, index) => ({ title, index })).filter(({ index }) => !head.includes(index));
  const cell = (row: Row, index: number | undefined) => row.cells[index ?? -1] ?? '';
  const drawn = inOrder(rows).map((row) => {
    const part = cell(row, share);
    const figures = part === '' || part === ABSENT ? '' : ` ${escapeHtml(part)}`;
    const details = told
      .filter(({ index }) => cell(row, index) !== '')
      .map(({ title, index }) => `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(cell(row, index))}</dd>`);
    return (
      `<details class="${row.mark ?? 'not_asked'}"${OPEN.includes(row.mark) ? ' open' : ''}><summary><span class="id">${escapeHtml(cell(row, name))}</span>: ` +
      `<span class="verdict">${escapeHtml(cell(row, decision))}</span>${figures} ` +
      `<span class="soft">· ${escapeHtml(cell(row, layer))}</span></summary><dl>${details.join('')}</dl></details>`
    );
  });
  return `<div class="hypotheses">${drawn.join('\n')}</div>`;
}

/** Those of one mark stay as they stand: by layer. */
function inOrder(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark));
}
