/** Tables of the view. */

import { capital } from '../../lib/text.js';
import { escapeHtml } from '../html-text.js';
import { alignDecimals } from '../view/decimals.js';
import type { Row, ViewColumn, ViewTable } from '../view/model.js';
import type { Labels } from './labels.js';

/** Columns that paper has room for. */
const PAPER = 8;

/** @param caption what a reader hears the table called */
export function tablePart(table: ViewTable, caption: string, labels: Labels): string {
  const { columns, rows, details, note } = table;
  const head = columns.map(
    ({ title, align }) => `<th scope="col"${align ? ' class="num"' : ''}>${escapeHtml(title)}</th>`,
  );
  const aligned = decimalColumns(table);
  const body = rows.map((row, r) => rowPart(row, columns, (c) => aligned[c]?.[r]));
  const titles = columns.map(({ title }) => title);
  const wide = columns.length > PAPER;
  const drawn =
    `<table class="lists ${labels.of(titles, wide)}${wide ? ' wide' : ''}"><caption class="vh">${escapeHtml(caption)}</caption>` +
    `<thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
  const meant = note === undefined ? '' : `<p class="soft">${escapeHtml(capital(note))}.</p>`;
  const wrapped = scrolling(drawn, caption, labels) + meant;
  return details === undefined ? wrapped : `<details><summary>${escapeHtml(details)}</summary>${wrapped}</details>`;
}

/** A region that a keyboard can scroll. */
export function scrolling(html: string, name: string, labels: Labels): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(labels.region(name))}">${html}</div>`;
}

function decimalColumns({ columns, rows }: ViewTable): (string[] | undefined)[] {
  return columns.map(({ align }, c) =>
    align === 'decimal' ? alignDecimals(rows.map(({ cells }) => cells[c] ?? '')) : undefined,
  );
}

function rowPart(
  { mark, cells }: Row,
  columns: readonly ViewColumn[],
  aligned: (c: number) => string | undefined,
): string {
  const drawn = cells.map((cell, c) => {
    const { role, align } = columns[c] ?? {};
    const names = [
      ...(mark !== undefined && (role === 'verdict' || role === 'told') ? ['verdict'] : []),
      ...(align ? ['num'] : []),
    ];
    const own = names.length > 0 ? ` class="${names.join(' ')}"` : '';
    const text = escapeHtml(aligned(c) ?? cell);
    return c === 0 ? `<th scope="row"${own}>${text}</th>` : `<td${own}>${text}</td>`;
  });
  return `<tr${mark === undefined ? '' : ` class="${mark}"`}>${drawn.join('')}</tr>`;
}
