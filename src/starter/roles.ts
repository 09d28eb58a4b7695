/** The part that each column of the rows plays: ids by how tables join, the rest by name and by values. */
import { ConfigError } from '../errors.js';
import { didYouMean, list, plural, quoted, shellPath } from '../lib/text.js';
import { canBeId, type Facts, isNumeric, type Known, type KnownTables, oneEach } from './facts.js';
import type { Given } from './given.js';
import { idOf } from './ids.js';
import type { Interview } from './interview.js';
import { likeliest, NAMES, rankOf, roleOption } from './role-names.js';
import { slicesOf } from './slices.js';

export interface Roles {
  readonly query: string;
  readonly item: string;
  readonly label: string;
  readonly weight?: string;
  readonly cluster?: string;
  readonly slices: readonly string[];
  /** The highest grade: 1 where labels are shares or yes and no. */
  readonly grades: number;
}

/** Highest grade that is taken for one. */
const MAX_GRADE = 10;

/** @param read columns that the graphs read by the names of their inputs: no labels, no weights */
export async function findRoles(
  given: Given,
  tables: KnownTables,
  read: ReadonlySet<string>,
  interview: Interview,
): Promise<Roles> {
  const { rows } = tables;
  for (const [role, name] of Object.entries(given.columns)) requireColumn(rows, name, roleOption(role));
  for (const name of given.slices ?? []) requireColumn(rows, name, '--slices');
  const query = await idOf('query', given, tables, { taken: [], read }, interview);
  const item = await idOf('item', given, tables, { taken: [query], read }, interview);
  const label = await labelOf(given, rows, [query, item], read, interview);
  const taken = [query, item, label.name];
  const weight = weightOf(given, rows, taken, read, interview);
  const cluster = clusterOf(given, rows, [...taken, weight], query, interview);
  const roles = { query, item, label: label.name, ...(weight && { weight }), ...(cluster && { cluster }) };
  const slices = await slicesOf(given, rows, roles, interview);
  return { ...roles, slices, grades: label.grades };
}

/** Throws ConfigError where a column that the command line names is not there. */
function requireColumn({ names, table }: Known, name: string, option: string): void {
  if (names.includes(name)) return;
  const near = didYouMean(name, names);
  throw new ConfigError([
    {
      found: `${option} ${quoted(name)}, a column that ${table.file} does not have`,
      expected: `one of ${list(names.map(quoted), 20)}`,
      ...(near === undefined ? {} : { mend: `Did you mean "${near}"?` }),
    },
  ]);
}

/** The highest grade that a column's values mean as labels; undefined where they are none. */
function gradesOf({ range, missing, column }: Facts): number | undefined {
  if (missing > 0 || !range || column.type === 'list' || range.low < 0) return undefined;
  if (range.high <= 1) return 1;
  return range.whole && range.high <= MAX_GRADE ? range.high : undefined;
}

async function labelOf(
  given: Given,
  rows: Known,
  taken: readonly string[],
  read: ReadonlySet<string>,
  interview: Interview,
): Promise<{ name: string; grades: number }> {
  const graded = (name: string) => gradesOf(rows.facts(name));
  const written = given.columns.label;
  if (written !== undefined) {
    const grades = graded(written);
    if (grades === undefined) throw new ConfigError([noLabel(rows, written)]);
    interview.given('label', written);
    return { name: written, grades };
  }
  const open = rows.names.filter((name) => !taken.includes(name) && !read.has(name) && !rankOfWeight(name));
  const usable = open.filter((name) => graded(name) !== undefined);
  const named = likeliest(usable, NAMES.label);
  const [unfit] = named.length > 0 ? [] : likeliest(open, NAMES.label);
  if (unfit !== undefined) throw new ConfigError([noLabel(rows, unfit)]);
  const binary = usable.filter((name) => graded(name) === 1 && rows.facts(name).range?.whole === true);
  const [value] = [...named, ...binary];
  const sure = named.length === 1;
  const others = [...new Set([...named, ...binary])];
  const name = await interview.settle({
    ...{ what: 'label', value, sure },
    why: sure
      ? `by its name, with values ${valuesOf(rows.facts(value ?? ''))}`
      : others.length > 0
        ? `${plural(others.length, 'column')} of 0 and 1 could be it: ${list(others.map(quoted), 8)}`
        : 'no column has a label’s name and values in [0, 1] or whole grades',
    pass: `--label ${shellPath(value ?? 'COLUMN')}`,
    show: (column) => column,
    read: (text) => usable.find((column) => column === text),
  });
  return { name, grades: graded(name) ?? 1 };
}

function rankOfWeight(name: string): boolean {
  return rankOf(name, NAMES.weight) !== undefined;
}

function valuesOf({ range, distinct }: Facts): string {
  if (!range) return 'of no range';
  if (distinct === 1) return `${range.low} in every row`;
  return distinct <= 2 && range.high <= 1 && range.whole ? '0 and 1' : `from ${range.low} to ${range.high}`;
}

function noLabel(rows: Known, name: string) {
  const { range, missing } = rows.facts(name);
  const what = missing > 0 ? `${plural(missing, 'row')} without it` : range ? valuesOf(rows.facts(name)) : 'no numbers';
  return {
    place: { file: rows.table.file },
    found: `column ${quoted(name)} as label, with ${what}`,
    expected: `numbers in [0, 1], or whole grades from 0 up to ${MAX_GRADE}, in every row`,
    mend: 'Divide other numbers by the largest one; or name another column: --label COLUMN',
  };
}

function canWeigh(facts: Facts): boolean {
  const { missing, range } = facts;
  return isNumeric(facts) && missing === 0 && range !== undefined && range.low >= 0 && range.high > 0;
}

function weightOf(
  given: Given,
  rows: Known,
  taken: readonly string[],
  read: ReadonlySet<string>,
  interview: Interview,
): string | undefined {
  const written = given.columns.weight;
  if (written !== undefined) {
    if (!canWeigh(rows.facts(written)))
      throw new ConfigError([
        { found: `--weight ${quoted(written)}`, expected: 'a column of numbers of 0 or above, one in every row' },
      ]);
    interview.given('weight', written);
    return written;
  }
  const found = rows.names.filter((name) => {
    return canWeigh(rows.facts(name)) && rankOfWeight(name) && !taken.includes(name) && !read.has(name);
  });
  const [name] = found;
  if (found.length !== 1 || name === undefined) {
    if (found.length > 1)
      interview.note(`No weight taken, as several columns could be it: ${list(found.map(quoted))}.`);
    return undefined;
  }
  interview.tell('weight', name, 'by its name and its values');
  return name;
}

/** A column of persons, of whom each query has one and some have several queries. */
function clusterOf(
  given: Given,
  rows: Known,
  taken: readonly (string | undefined)[],
  query: string,
  interview: Interview,
): string | undefined {
  const written = given.columns.cluster;
  if (written !== undefined) {
    interview.given('cluster', written);
    return written;
  }
  const usable = rows.names.filter((name) => !taken.includes(name) && canBeId(rows.facts(name)));
  const [name] = likeliest(usable, NAMES.cluster);
  if (name === undefined) return undefined;
  if (!oneEach(rows.facts(query), rows.facts(name))) {
    interview.note(`${quoted(name)} is not the cluster, as some query has several.`);
    return undefined;
  }
  const clusters = rows.facts(name).distinct;
  if (clusters === rows.facts(query).distinct) return undefined;
  const why = `by its name; ${plural(rows.facts(query).distinct, 'query', 'queries')} are of ${clusters}, one each`;
  interview.tell('cluster', name, why);
  return name;
}
