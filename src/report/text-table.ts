/** Tables in characters: as many columns beside each other as there is room for, the others beneath. */
import { inert, printable } from '../lib/text.js';
import { held, pad, widthOf, wrap } from './columns.js';
import type { Paint } from './paint.js';
import { alignDecimals } from './view/decimals.js';
import type { ColumnRole, Row, ViewColumn, ViewTable } from './view/model.js';

/** Rows shown of each table before the rest is counted. */
const MAX_SHOWN = 12;

/** Roles of columns that stand beside each other; the others have lines of their own, or no room. */
const BESIDE: readonly (ColumnRole | undefined)[] = [undefined, 'verdict'];

/** Room between columns, and before lines that go on. */
const GAP = '  ';
const FURTHER = '      ';

/**
 * A table in columns: a header where the cells need one, groups under their names, sentences about a row beneath it.
 *
 * @param width columns of the terminal; left out: as many as the table takes
 * @param rest  says where the rows are that are not shown
 */
export function textTable(
  table: ViewTable,
  paint: Paint,
  width: number = Number.POSITIVE_INFINITY,
  rest = '--out DIR writes all of them to report.json',
): string[] {
  const group = table.columns.findIndex(({ role }) => role === 'group');
  return group < 0 ? plainTable(table, paint, width, rest) : groupedTable(table, group, paint, width);
}

interface Shown {
  readonly column: ViewColumn;
  readonly index: number;
}

/** Columns with the texts of their rows, as wide as the widest of them. */
interface Laid {
  readonly column: ViewColumn;
  readonly cells: readonly string[];
  readonly width: number;
}

function columnsOf({ columns }: ViewTable, roles: readonly (ColumnRole | undefined)[]): Shown[] {
  return columns.map((column, index) => ({ column, index })).filter(({ column }) => roles.includes(column.role));
}

function laidOut(table: ViewTable, rows: readonly Row[], header: boolean): Laid[] {
  return columnsOf(table, BESIDE).map(({ column, index }) => {
    const texts = rows.map(({ cells }) => inert(cells[index] ?? ''));
    const cells = column.align === 'decimal' ? alignDecimals(texts, ' ') : texts;
    const titles = header ? [printable(column.title)] : [];
    return { column, cells, width: Math.max(0, ...[...titles, ...cells].map(widthOf)) };
  });
}

/** The columns from the left that fit beside each other; those that do not go beneath. */
function fitting(columns: readonly Laid[], width: number): number {
  let taken = 0;
  const beyond = columns.findIndex((column, i) => {
    taken += column.width + (i > 0 ? GAP.length : 0);
    return taken > width;
  });
  return beyond < 0 ? columns.length : beyond;
}

function plainTable(table: ViewTable, paint: Paint, width: number, rest: string): string[] {
  const rows = table.rows.slice(0, MAX_SHOWN);
  const columns = laidOut(table, rows, !table.selfEvident);
  const beside = columns.slice(0, fitting(columns, width - GAP.length));
  const below = columns.slice(beside.length);
  const beneath = columnsOf(table, ['reason', 'aside']);
  const header = table.selfEvident
    ? []
    : wrap(GAP + lineOf(beside, (column) => printable(column.column.title)), width, FURTHER);
  return [
    ...header,
    ...rows.flatMap((row, i) => [
      ...wrap(GAP + lineOf(beside, ({ cells }) => cells[i] ?? ''), width, FURTHER),
      ...furtherCells(below, i, table.selfEvident === true, width).map(paint.dim),
      ...sentences(row, beneath, FURTHER, width).map(paint.dim),
    ]),
    ...(table.rows.length > rows.length
      ? wrap(`${GAP}… and ${table.rows.length - rows.length} more: ${rest}`, width, FURTHER).map(paint.dim)
      : []),
  ];
}

function lineOf(columns: readonly Laid[], of: (column: Laid) => string): string {
  return columns
    .map((column) => pad(of(column), column.width, column.column.align ? 'left' : 'right'))
    .join(GAP)
    .trimEnd();
}

/** Cells for which there was no room, with their titles where these are needed. */
function furtherCells(columns: readonly Laid[], row: number, selfEvident: boolean, width: number): string[] {
  const texts = columns.flatMap(({ column, cells }) => {
    const text = (cells[row] ?? '').trim();
    if (text === '') return [];
    return [selfEvident ? text : `${printable(column.title)}: ${text}`];
  });
  return texts.length === 0 ? [] : wrap(FURTHER + texts.map(held).join(' · '), width, FURTHER);
}

/** Its last column is of any length: it goes on beneath itself. */
function groupedTable(table: ViewTable, group: number, paint: Paint, width: number): string[] {
  const columns = laidOut(table, table.rows, false);
  const narrow = columns.slice(0, -1);
  const last = columns.at(-1);
  const beneath = columnsOf(table, ['reason', 'aside']);
  const own = 6 + Math.max(...(columns[0]?.cells ?? []).map(widthOf));
  const indent = own <= width / 2 ? ' '.repeat(own) : FURTHER;
  const rowLines = (row: Row, i: number): string[] => {
    const start = ' '.repeat(4) + narrow.map(({ cells, width: own }) => `${pad(cells[i] ?? '', own)}${GAP}`).join('');
    // Of a narrow terminal the names take the most: what goes on begins further left.
    const hanging = widthOf(start) <= width / 2 ? ' '.repeat(widthOf(start)) : FURTHER;
    const [first = '', ...others] = wrap(start + (last?.cells[i] ?? ''), width, hanging);
    return [
      emphasised(first, narrow, i, paint).trimEnd(),
      ...others,
      ...sentences(row, beneath, indent, width).map(paint.dim),
    ];
  };
  return [...new Set(table.rows.map(({ cells }) => cells[group] ?? ''))].flatMap((name) => [
    ...wrap(`${GAP}${inert(name)}`, width, GAP).map(paint.dim),
    ...table.rows.flatMap((row, i) => (row.cells[group] === name ? rowLines(row, i) : [])),
  ]);
}

/** The line with its verdict in bold. */
function emphasised(line: string, columns: readonly Laid[], row: number, paint: Paint): string {
  const verdict = columns.find(({ column }) => column.role === 'verdict')?.cells[row];
  if (verdict === undefined || verdict === '') return line;
  const at = line.lastIndexOf(`${GAP}${verdict}`);
  if (at < 0) return line;
  const from = at + GAP.length;
  return line.slice(0, from) + paint.bold(verdict) + line.slice(from + verdict.length);
}

function sentences({ cells }: Row, beneath: readonly Shown[], indent: string, width: number): string[] {
  return beneath.flatMap(({ column, index }) => {
    const text = cells[index] ?? '';
    if (text === '') return [];
    return wrap(`${indent}${column.role === 'aside' ? `${column.title}: ` : ''}${inert(text)}`, width, indent);
  });
}
