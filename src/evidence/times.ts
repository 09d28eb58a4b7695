/** Columns of times: numbers in any one unit, or texts with their zone. */
import { DataError } from '../errors.js';
import { type Column, isNull, textAt } from '../evalset/column.js';
import { numberColumn } from '../evalset/evalset.js';
import type { BadRows, Table } from '../evalset/table.js';
import { quoted } from '../lib/text.js';

/** Milliseconds since 1970: numbers as they are (one unit in both columns), texts with a time zone. */
export function timestamps(column: Column, name: string, bad: BadRows, untyped: boolean): Float64Array {
  const expected = 'a number, or a time with its zone such as 2026-02-27T10:00:00Z';
  const text =
    column.type === 'string' &&
    Array.from({ length: column.length }, (_, r) => textAt(column, r)).some((t) => /[T:]/.test(t));
  if (!text) return numberColumn(column, name, bad, expected, Number.isFinite, untyped);
  return Float64Array.from({ length: column.length }, (_, r) => {
    const written = textAt(column, r);
    const time = TIME.test(written) ? Date.parse(written) : Number.NaN;
    if (Number.isNaN(time)) bad.add(r, name, isNull(column, r) ? 'missing' : quoted(written), expected);
    return time;
  });
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Times of two units (seconds and milliseconds, numbers and texts) would acquit or convict for nothing. */
export function sameUnit(event: Float64Array, other: Float64Array, name: string, table: Table): void {
  const middle = (values: Float64Array) => Math.abs(Float64Array.from(values).sort()[values.length >> 1]!);
  const [a, b] = [middle(event), middle(other)];
  if (a > 100 * b || b > 100 * a)
    throw new DataError([
      {
        place: { file: table.file },
        found: `event_ts around ${a} and ${name} around ${b}`,
        expected: 'times in one unit',
        mend: 'Write both as seconds, both as milliseconds, or both as 2026-02-27T10:00:00Z.',
      },
    ]);
}
