/**
 * The queries or the items that lose most, as a table in CSV (RFC 4180). Ids are strings from outside: each stands in
 * quotation marks, and one that a spreadsheet would compute has an apostrophe before it, as has one that begins with an
 * apostrophe, so that what is put before an id can be taken off again.
 */
import type { Losing } from '../checks/check-report.js';

const HEADER = ['id', 'rows', 'metric', 'distance', 'at_distance_0', 'at_distance', 'change', 'share_of_change'];

/** Begins a formula in some spreadsheet (OWASP, CSV Injection), full-width forms too, or is the apostrophe. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠']/;

export function losingCsv(losing: Losing, side: 'query' | 'item'): string {
  const { metric, at } = losing;
  const lines = losing[side].entries.map(({ id, rows, atZero, there, share }) =>
    [text(id), rows, metric, at, ...[atZero, there, there - atZero, share].map(figure)].join(','),
  );
  return [HEADER.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

function text(id: string): string {
  const inert = FORMULA.test(id) ? `'${id}` : id;
  return `"${inert.replaceAll('"', '""')}"`;
}

/** Empty where there is no number. */
function figure(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}
