/**
 * The columns of part files as one. Parts that differ in width or encoding are united; what differs in kind is
 * refused.
 */
import { buildColumn, type Column, isNull, type ListColumn, type NumberColumn, textAt } from './column.js';

/** Two parts hold values of two kinds in one column. */
export class Unlike extends Error {
  constructor(
    /** Index of the part that differs from the ones before it. */
    readonly part: number,
    /** Its kind of values: `texts`. */
    readonly holds: string,
    /** The kind of those before it. */
    readonly before: string,
  ) {
    super(`${holds} beside ${before}`);
  }
}

/** One column of the columns of several parts, in their order. Throws Unlike. */
export function unite(columns: readonly Column[]): Column {
  const [only] = columns;
  if (only && columns.length === 1) return only;
  const kind = kindOf(columns);
  const length = columns.reduce((sum, column) => sum + column.length, 0);
  const nulls = unitedNulls(columns, length);
  const missing = nulls ? { nulls } : {};
  if (kind === 'texts') return { ...unitedTexts(columns, length), ...missing };
  if (kind === 'lists') return { ...unitedLists(columns, length), ...missing };
  if (columns.some((column) => column.type === 'string'))
    return { ...unitedTexts(columns, length), whole: true, ...missing };
  if (columns.some(({ type }) => type === 'wide_int')) return { ...unitedWide(columns, length), ...missing };
  return { ...unitedNumbers(columns, length), ...missing };
}

/** Tells if a column says nothing of what it would hold. */
function isEmpty(column: Column): boolean {
  if (column.length === 0) return true;
  return column.nulls?.every((missing) => missing === 1) ?? false;
}

function kindOfOne(column: Column): string {
  switch (column.type) {
    case 'string':
      return column.whole ? 'whole numbers beyond 2^53' : 'texts';
    case 'list':
      return 'lists';
    case 'bool':
      return 'truth values';
    case 'wide_int':
      return 'whole numbers beyond 2^53';
    case 'int':
      return 'whole numbers';
    default:
      return 'real numbers';
  }
}

/** The one kind of all: `texts`, `lists`, `truth values` or `numbers`. */
function kindOf(columns: readonly Column[]): string {
  const family = (kind: string) => (kind.includes('number') ? 'numbers' : kind);
  let before: string | undefined;
  for (const [i, column] of columns.entries()) {
    if (isEmpty(column)) continue;
    const kind = kindOfOne(column);
    // A float that holds such a number may stand for its neighbours too.
    const inexact = before !== undefined && kind !== before && [kind, before].every((k) => /real|beyond/.test(k));
    if (before !== undefined && (family(before) !== family(kind) || inexact)) throw new Unlike(i, kind, before);
    if (before === undefined || before === 'whole numbers') before = kind;
  }
  return family(before ?? 'numbers');
}

function unitedNulls(columns: readonly Column[], length: number): Uint8Array | undefined {
  if (!columns.some((column) => column.nulls)) return undefined;
  const nulls = new Uint8Array(length);
  let at = 0;
  for (const column of columns) {
    if (column.nulls) nulls.set(column.nulls, at);
    at += column.length;
  }
  return nulls;
}

function unitedNumbers(columns: readonly Column[], length: number): NumberColumn {
  const values = new Float64Array(length);
  let type: NumberColumn['type'] | undefined;
  let exactTo = Number.POSITIVE_INFINITY;
  let at = 0;
  for (const column of columns) {
    const numbers = column.type === 'float' || column.type === 'int' || column.type === 'bool' ? column : undefined;
    if (numbers && !isEmpty(numbers)) {
      values.set(numbers.values, at);
      type = type === undefined || type === numbers.type ? numbers.type : 'float';
      exactTo = Math.min(exactTo, numbers.exactTo ?? Number.POSITIVE_INFINITY);
    }
    at += column.length;
  }
  return { type: type ?? 'float', length, values, ...(exactTo < Number.POSITIVE_INFINITY ? { exactTo } : {}) };
}

function unitedWide(columns: readonly Column[], length: number): Column {
  const values = new BigInt64Array(length);
  let at = 0;
  for (const column of columns) {
    if (column.type === 'wide_int') values.set(column.values, at);
    else if (column.type === 'int')
      for (let r = 0; r < column.length; r++) values[at + r] = BigInt(column.values[r] ?? 0);
    at += column.length;
  }
  return { type: 'wide_int', length, values };
}

/** Texts, and whole numbers beside some that no other column holds. */
function unitedTexts(columns: readonly Column[], length: number): Column & { readonly type: 'string' } {
  const codes = new Int32Array(length).fill(-1);
  const index = new Map<string, number>();
  const codeOf = (text: string): number => {
    const known = index.get(text) ?? index.size;
    index.set(text, known);
    return known;
  };
  let at = 0;
  for (const column of columns) {
    if (!isEmpty(column)) codes.set(codesOf(column, codeOf), at);
    at += column.length;
  }
  return { type: 'string', length, codes, dictionary: [...index.keys()] };
}

/** Codes of the texts of one part, in the order of its rows; -1 where one is missing. Each text is looked up once. */
function codesOf(column: Column, codeOf: (text: string) => number): Int32Array {
  const codes = new Int32Array(column.length).fill(-1);
  const known = new Int32Array(column.type === 'string' ? column.dictionary.length : 0).fill(-1);
  for (let r = 0; r < column.length; r++) {
    if (isNull(column, r)) continue;
    const own = column.type === 'string' ? (column.codes[r] ?? -1) : -1;
    const code = known[own] ?? -1;
    codes[r] = code === -1 ? codeOf(textAt(column, r)) : code;
    if (own >= 0) known[own] = codes[r] ?? -1;
  }
  return codes;
}

function unitedLists(columns: readonly Column[], length: number): ListColumn {
  const offsets = new Int32Array(length + 1);
  const values: Column[] = [];
  let at = 0;
  let total = 0;
  for (const column of columns) {
    for (let r = 0; r < column.length; r++)
      offsets[at + r + 1] = total + (column.type === 'list' ? (column.offsets[r + 1] ?? 0) : 0);
    values.push(column.type === 'list' ? column.values : buildColumn([]));
    total = offsets[at + column.length] ?? total;
    at += column.length;
  }
  return { type: 'list', length, offsets, values: unite(values) };
}
