/** Columns of numbers, read strictly: a cell that is none, or none of those that are allowed, is noted with its row. */
import { quoted } from '../../lib/text.js';
import { type Column, isNull, textAt } from './column.js';
import type { BadRows } from './table.js';
import { numberFromText } from './text-values.js';

/**
 * Gives the numbers of a column, shape (rows); every cell that is missing, is no number or is not valid is noted, and
 * stands as 0.
 *
 * @param untyped whether it stands in a CSV, where one bad cell makes texts of a column and the other cells are still
 * numbers
 */
export function numberColumn(
  column: Column,
  name: string,
  bad: BadRows,
  expected: string,
  valid: (value: number) => boolean,
  untyped: boolean,
): Float64Array {
  const values = new Float64Array(column.length);
  for (let r = 0; r < column.length; r++) {
    if (isNull(column, r)) bad.add(r, name, 'missing', expected);
    else {
      const value = numberAt(column, r, untyped);
      if (Number.isNaN(value) && (column.type === 'list' || column.type === 'string')) {
        bad.add(r, name, quoted(textAt(column, r)), expected);
        continue;
      }
      values[r] = value;
      if (!valid(value)) bad.add(r, name, String(value), expected);
    }
  }
  return values;
}

/** A cell as a number; NaN where it is none. */
function numberAt(column: Column, r: number, untyped: boolean): number {
  if (column.type === 'list') return Number.NaN;
  if (column.type !== 'string') return Number(column.values[r]);
  return untyped ? Number(numberFromText(textAt(column, r)) ?? Number.NaN) : Number.NaN;
}
