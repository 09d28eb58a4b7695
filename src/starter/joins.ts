/** The columns by which the rows and a table of queries or items can be joined. */
import { ConfigError, type Problem } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import { canBeId, type Known } from './facts.js';

/** The reason for which a column of both does not join them; undefined where it does. */
function against(name: string, rows: Known, own: Known): Omit<Problem, 'mend'> | undefined {
  const [there, here] = [own.facts(name), rows.facts(name)];
  const place = { file: own.table.file };
  if (!canBeId(there))
    return { place, found: `column ${quoted(name)} that is no id`, expected: 'a text or a whole number in every row' };
  if (there.distinct < own.table.rows) {
    const seen = new Set<number>();
    const twice = there.coded.codes.find((code) => seen.size === seen.add(code).size);
    return { place, found: `${name} ${quoted(there.coded.names[twice ?? 0])} twice`, expected: 'every id once' };
  }
  const known = new Set(there.coded.names);
  const stray = here.coded.names.find((id) => !known.has(id));
  if (stray === undefined) return undefined;
  return {
    place,
    found: `no ${name} ${quoted(stray)}, which ${rows.table.file} names`,
    expected: 'every id of the rows',
  };
}

/**
 * Columns of the rows whose values the table has, each once.
 *
 * @param usable columns of the rows that may be the id
 * @param likely those of them that have an id's name
 * @throws ConfigError where there is none, with what stands against the likeliest
 */
export function joinedId(
  side: 'query' | 'item',
  rows: Known,
  own: Known,
  usable: readonly string[],
  likely: readonly string[] = [],
): string[] {
  const shared = usable.filter((name) => own.has(name));
  const reasons = shared.map((name) => against(name, rows, own));
  const joining = shared.filter((_, i) => reasons[i] === undefined);
  if (joining.length > 0) return joining;
  // Of several that fail, the one that has an id's name, or the most values, is the one that was meant.
  const named = shared.filter((name) => likely.includes(name));
  const most = (named.length > 0 ? named : shared).toSorted((a, b) => own.facts(b).distinct - own.facts(a).distinct)[0];
  const reason = most === undefined ? undefined : reasons[shared.indexOf(most)];
  throw new ConfigError([reason ?? renamed(side, rows, own, usable) ?? nothingShared(side, rows, own)]);
}

/** The problem of an id that the two tables call by different names; undefined where no values tell. */
function renamed(side: string, rows: Known, own: Known, usable: readonly string[]): Problem | undefined {
  for (const name of own.names) {
    const facts = own.facts(name);
    if (!canBeId(facts) || facts.distinct < own.table.rows) continue;
    const known = new Set(facts.coded.names);
    const other = usable.find((column) => rows.facts(column).coded.names.every((id) => known.has(id)));
    if (other !== undefined)
      return {
        place: { file: own.table.file },
        found: `${side} ids under ${quoted(name)}, which ${rows.table.file} has under ${quoted(other)}`,
        expected: 'one name in both tables',
        mend: /\.npy$/i.test(own.table.file) ? ofArray(own.table.file, other, side) : 'Rename one of the two columns.',
      };
  }
  return undefined;
}

/** The ids of an array have no name of their own: a table of them has. */
function ofArray(file: string, column: string, side: string): string {
  const ids = file.replace(/\.npy$/i, '.ids.npy');
  const option = side === 'item' ? 'items' : 'queries';
  return (
    `In Python: pandas.DataFrame({${JSON.stringify(column)}: numpy.load(${JSON.stringify(ids)})})` +
    `.to_parquet("${option}.parquet"); then write: --${option} ${option}.parquet`
  );
}

function nothingShared(side: string, rows: Known, own: Known): Problem {
  return {
    place: { file: own.table.file },
    found: `no column that ${rows.table.file} has too (here: ${list(own.names.map(quoted), 12)})`,
    expected: `the ${side} id, under one name in both`,
  };
}
