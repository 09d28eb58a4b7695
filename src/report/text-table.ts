/** Tables and bars in characters. */
import { inert, printable } from '../lib/text.js';
import type { Paint } from './paint.js';
import type { Chart, ColumnRole, Row, ViewColumn, ViewTable } from './view/model.js';

/** Rows shown of each table before the rest is counted. */
const MAX_SHOWN = 12;

/** Roles of columns that stand beside each other; the others have lines of their own, or no room. */
const BESIDE: readonly (ColumnRole | undefined)[] = [undefined, 'verdict'];

/**
 * A table in columns: a header where the cells need one, groups under their names, sentences about a row beneath it.
 */
export function textTable(table: ViewTable, paint: Paint): string[] {
  const group = table.columns.findIndex(({ role }) => role === 'group');
  return group < 0 ? plainTable(table, paint) : groupedTable(table, group, paint);
}

interface Shown {
  readonly column: ViewColumn;
  readonly index: number;
}

function columnsOf({ columns }: ViewTable, roles: readonly (ColumnRole | undefined)[]): Shown[] {
  return columns.map((column, index) => ({ column, index })).filter(({ column }) => roles.includes(column.role));
}

function plainTable(table: ViewTable, paint: Paint): string[] {
  const shown = columnsOf(table, BESIDE);
  const rows = table.rows.slice(0, MAX_SHOWN);
  const header = table.selfEvident ? [] : [shown.map(({ column }) => printable(column.title))];
  const cells = [...header, ...rows.map((row) => cellsOf(row, shown))];
  const lines = padded(cells, shown).map((line) => `  ${line.trimEnd()}`);
  const beneath = columnsOf(table, ['reason', 'aside']);
  return [
    ...lines.slice(0, header.length),
    ...rows.flatMap((row, i) => [lines[i + header.length] ?? '', ...sentences(row, beneath, '      ', paint)]),
    ...(table.rows.length > rows.length
      ? [paint.dim(`  … and ${table.rows.length - rows.length} more: --out DIR writes all of them to report.json`)]
      : []),
  ];
}

/** Its last column is of any length, so that nothing is padded to it. */
function groupedTable(table: ViewTable, group: number, paint: Paint): string[] {
  const shown = columnsOf(table, BESIDE);
  const lines = padded(
    table.rows.map((row) => cellsOf(row, shown)),
    shown,
    paint,
  );
  const beneath = columnsOf(table, ['reason', 'aside']);
  const indent = ' '.repeat(6 + Math.max(...table.rows.map((row) => cellsOf(row, shown)[0]?.length ?? 0)));
  return [...new Set(table.rows.map(({ cells }) => cells[group] ?? ''))].flatMap((name) => [
    paint.dim(`  ${inert(name)}`),
    ...table.rows.flatMap((row, i) =>
      row.cells[group] === name ? [`    ${lines[i]}`.trimEnd(), ...sentences(row, beneath, indent, paint)] : [],
    ),
  ]);
}

function cellsOf({ cells }: Row, shown: readonly Shown[]): string[] {
  return shown.map(({ index }) => inert(cells[index] ?? ''));
}

/** Cells padded to the width of their columns; `paint` makes verdicts bold. */
function padded(rows: readonly (readonly string[])[], shown: readonly Shown[], paint?: Paint): string[] {
  const widths = shown.map((_, j) => Math.max(...rows.map((row) => row[j]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, j) => {
        const width = j === row.length - 1 && paint ? 0 : (widths[j] ?? 0);
        const text = shown[j]?.column.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
        return paint && shown[j]?.column.role === 'verdict' ? paint.bold(text) : text;
      })
      .join('  '),
  );
}

function sentences({ cells }: Row, beneath: readonly Shown[], indent: string, paint: Paint): string[] {
  return beneath.flatMap(({ column, index }) => {
    const text = cells[index] ?? '';
    if (text === '') return [];
    return [paint.dim(`${indent}${column.role === 'aside' ? `${column.title}: ` : ''}${inert(text)}`)];
  });
}

const BAR = 32;

/** Changes as bars, the parts of each beside it. */
export function bars({ points }: Chart, paint: Paint): string[] {
  const largest = Math.max(...points.map(({ change }) => Math.abs(change)).filter(Number.isFinite), 1e-12);
  return points.map(({ distance, change, label, split }) => {
    const bar = '█'.repeat(Math.round((BAR * Math.abs(change)) / largest) || 0);
    const cells = [distance.padStart(10), bar.padEnd(BAR), label.padStart(10)];
    return `  ${[...cells, ...(split === '' ? [] : [paint.dim(split)])].join(' ').trimEnd()}`;
  });
}
