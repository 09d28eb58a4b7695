/** Version distances of impressions that were counted where they were served. */
import type { Histogram } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import { asWritten, type Column, isNull, textAt } from '../tables/column.js';
import { sliceValuesOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { BadRows, type Table } from '../tables/table.js';
import { nonEmpty, Tally } from './tally.js';

/** Impressions counted by (query_version, item_version): the distance is how many versions the item side is behind. */
export function fromCounts(
  table: Table,
  value: string,
  by: string | undefined,
  release: Release,
): Map<string, Histogram> {
  const column = (name: string): Column => {
    const found = table.columns.get(name);
    if (found) return found;
    throw new DataError([
      {
        place: { file: table.file },
        found: `no column ${quoted(name)}`,
        expected: 'query_version, item_version and count',
      },
    ]);
  };
  const query = asWritten(column('query_version'));
  const item = asWritten(column('item_version'));
  // A column of the slice's name tells the rows of one value from another's.
  const bad = new BadRows(table);
  const count = countsOf(column('count'), bad);
  const slice = by === undefined ? undefined : value === '' ? column(by) : table.columns.get(by);
  const slices = by === undefined ? undefined : slice && sliceValuesOf(slice, by, bad);
  const tally = new Tally();
  const versionAt = (versions: Column, name: string, r: number): number => {
    const version = isNull(versions, r) ? '' : textAt(versions, r);
    const index = release.versions.indexOf(version);
    if (index < 0)
      bad.add(
        r,
        name,
        quoted(version),
        `a version of ${release.path}: ${list(release.versions)}`,
        'List it there; it needs no checkpoint.',
      );
    return index;
  };
  for (let r = 0; r < table.rows; r++) {
    const key = slices ? (slices.names[slices.codes[r]!] ?? '') : value;
    if (value !== '' && key !== value) continue;
    const distance = versionAt(item, 'item_version', r) - versionAt(query, 'query_version', r);
    tally.add(key, distance, count[r]!);
  }
  bad.throwIfAny();
  return nonEmpty(tally.normalised(), table.file, value);
}

/** Counts of pairs, shape (rows). */
function countsOf(column: Column, bad: BadRows): Float64Array {
  return numberColumn(column, 'count', bad, 'a count of 0 or above', (n) => n >= 0 && n < Number.POSITIVE_INFINITY);
}
