/** Columns of numbers, read strictly: a cell that is none, or none of those that are allowed, is noted with its row. */
import { quoted } from '../../lib/text.js';
import { type Column, isNull, textAt } from './column.js';
import type { BadRows } from './table.js';
import { numberFromText } from './text-values.js';

/** Texts by which exporters write truth values, in lower case: PostgreSQL's `t`, BigQuery's `true`, R's `TRUE`. */
const TRUTH: Readonly<Record<string, number>> = { true: 1, false: 0, t: 1, f: 0 };

/** `1,5` and `1.234,5`, and no list of them. */
const DECIMAL_COMMA = /^[+-]?\d{1,3}(\.\d{3})*,\d+$|^[+-]?\d+,\d+$/;

/**
 * Gives the numbers of a column, shape (rows); every cell that is missing, is no number or is not valid is noted, and
 * stands as 0. Texts are read as the numbers that they write, as BigQuery exports whole numbers of 64 bits, and truth
 * values as 1 and 0.
 *
 * @param mend what to do about a number that is not valid
 */
export function numberColumn(
  column: Column,
  name: string,
  bad: BadRows,
  expected: string,
  valid: (value: number) => boolean,
  mend?: string,
): Float64Array {
  const numberAt = readerOf(column);
  const values = new Float64Array(column.length);
  for (let r = 0; r < column.length; r++) {
    if (isNull(column, r)) {
      bad.add(r, name, 'missing', expected);
      continue;
    }
    const value = numberAt(r);
    if (value === undefined) {
      const text = textAt(column, r);
      bad.add(r, name, quoted(text), expected, mendOf(text));
      continue;
    }
    values[r] = value;
    if (!valid(value)) bad.add(r, name, String(value), expected, mend);
  }
  return values;
}

/** The number of a row that is there; undefined where it holds none. */
function readerOf(column: Column): (row: number) => number | undefined {
  if (column.type === 'list') return () => undefined;
  if (column.type !== 'string') return (r) => Number(column.values[r]);
  const truth = column.dictionary.every((text) => Object.hasOwn(TRUTH, text.toLowerCase()));
  const read = column.dictionary.map((text): number | undefined => {
    if (truth) return TRUTH[text.toLowerCase()];
    const number = numberFromText(text);
    return number === undefined ? undefined : Number(number);
  });
  return (r) => read[column.codes[r]!];
}

/** Says how to write a cell that is nearly a number. */
function mendOf(text: string): string | undefined {
  if (DECIMAL_COMMA.test(text)) return 'Write a decimal point, as pandas does with to_csv(…, decimal=".").';
  if (text === '\\N' || text.toLowerCase() === 'null' || text === 'NA')
    return 'That is how a missing value is written: leave such rows out, or write the number that is meant.';
  return undefined;
}
