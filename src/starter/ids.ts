/** The ids of queries and items: by how tables join, else by name. */
import { ConfigError } from '../errors.js';
import { list, plural, quoted, shellPath } from '../lib/text.js';
import { canBeId, type Known, type KnownTables } from './facts.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import { joinedId } from './joins.js';
import { likeliest, NAMES, roleOption } from './role-names.js';

/** Settles the column of a side's id. @param columns those with another part, and those that the graphs read */
export async function idOf(
  side: 'query' | 'item',
  given: Given,
  tables: KnownTables,
  { taken, read }: { readonly taken: readonly string[]; readonly read: ReadonlySet<string> },
  interview: Interview,
): Promise<string> {
  const own = tables[side === 'query' ? 'queries' : 'items'];
  const { rows } = tables;
  const written = given.columns[side];
  const usable = rows.names.filter((name) => !taken.includes(name) && canBeId(rows.facts(name)));
  if (written !== undefined) {
    if (own) joinedId(side, rows, own, [written]);
    interview.given(`${side} id`, written);
    return written;
  }
  refuseGaps(side, rows, taken, usable);
  const candidates = own ? joinedId(side, rows, own, usable, likeliest(usable, NAMES[side])) : usable;
  // A column that a graph reads by its name is a feature, such as the row of an embedding, before it is an id.
  const apart = likeliest(
    candidates.filter((name) => !read.has(name)),
    NAMES[side],
  );
  const named = apart.length > 0 ? apart : likeliest(candidates, NAMES[side]);
  const [value] = [...named, ...(own ? candidates : [])];
  const joins = own && candidates.length === 1;
  const sure = joins || apart.length === 1;
  const why = joins
    ? `the one column of the rows that ${own.table.file} has too, each value once`
    : sure
      ? `by its name${own ? `, and ${own.table.file} has each value once` : ''}`
      : `${plural(candidates.length, 'column')} could be it: ${list(candidates.map(quoted), 8)}`;
  return interview.settle({
    ...{ what: `${side} id`, value, sure, why },
    pass: `${roleOption(side)} ${shellPath(value ?? usable[0] ?? 'COLUMN')}`,
    show: (name) => name,
    read: (text) => candidates.find((name) => name === text),
  });
}

/** Throws ConfigError where the column that has an id's name lacks some ids, so that another would be taken for it. */
function refuseGaps(side: 'query' | 'item', rows: Known, taken: readonly string[], usable: readonly string[]): void {
  const named = likeliest(
    rows.names.filter((name) => !taken.includes(name)),
    NAMES[side],
  );
  const gaps = named.find((name) => rows.facts(name).missing > 0);
  if (gaps === undefined || named.some((name) => usable.includes(name))) return;
  throw new ConfigError([
    {
      place: { file: rows.table.file },
      found: `column ${quoted(gaps)}, the ${side} id by its name, with ${plural(rows.facts(gaps).missing, 'row')} without a value`,
      expected: 'an id in every row',
      mend: `Leave such rows out; or name another column: ${roleOption(side)} COLUMN`,
    },
  ]);
}
