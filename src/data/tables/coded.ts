/** Columns of codes: texts as codes, some rows of them, and rows grouped by the values of several. */
import { list, quoted } from '../../lib/text.js';
import type { Column } from './column.js';
import { type Coded, namesOf } from './identity.js';
import type { BadRows } from './table.js';

/** Texts as codes; missing and empty ones, and numbers that are not exact, are refused. */
export function codesOf(column: Column, name: string, bad: BadRows, allowed?: readonly string[]): Coded {
  const expected = allowed ? `one of ${list(allowed)}` : 'a text or a whole number';
  const coded = namesOf(column, name, bad, expected);
  if (allowed)
    for (const [r, code] of coded.codes.entries()) {
      const value = code === -1 ? '' : coded.names[code]!;
      if (value !== '' && !allowed.includes(value)) bad.add(r, name, quoted(value), expected);
    }
  return coded;
}

/** Some rows of a column; names stay. */
export function pickRows({ codes, names }: Coded, rows: ArrayLike<number>): Coded {
  return { codes: Int32Array.from(rows, (r) => codes[r]!), names };
}

/** Rows by the values of several columns, in the order of their first row. */
export function rowsBy(columns: readonly Coded[]): { readonly values: readonly string[]; readonly rows: number[] }[] {
  const found = new Map<string, { values: readonly string[]; rows: number[] }>();
  const length = columns[0]!.codes.length;
  for (let r = 0; r < length; r++) {
    const key = columns.map(({ codes }) => codes[r]!).join(' ');
    let group = found.get(key);
    if (!group) {
      group = { values: columns.map(({ codes, names }) => names[codes[r]!]!), rows: [] };
      found.set(key, group);
    }
    group.rows.push(r);
  }
  return [...found.values()];
}
