/** The part that each column of the rows plays: ids by how tables join, the rest by name and by values. */
import { ConfigError } from '../errors.js';
import { didYouMean, list, plural, quoted, shellPath } from '../lib/text.js';
import { canBeId, type Facts, isNumeric, type Known, type KnownTables } from './facts.js';
import type { Given, RoleName } from './given.js';
import type { Interview } from './interview.js';
import { joinedId } from './joins.js';
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

const END = '(_?(id|ids|key|hash|uuid|code))?$';
const INDEX = '_?(index|idx|row|no|nr|number)$';
const PERSON = '(user|customer|member|visitor|viewer|account|person|profile|household|buyer|reader)';

/** Names of columns by the part that they play, the likeliest first. */
const NAMES = {
  query: [
    new RegExp(`^(query|request|req|search|impression|question|prompt|claim|caption|qid|q)${END}`, 'i'),
    new RegExp(`^(query|request|search|impression)${INDEX}`, 'i'),
    new RegExp(`^(session|context|page_?view|visit)${END}`, 'i'),
    new RegExp(`^${PERSON}${END}`, 'i'),
  ],
  item: [
    new RegExp(`^(item|pin|product|sku|stock|doc|docid|document|passage|corpus|pid|iid|i|d)${END}`, 'i'),
    new RegExp(
      '^(article|ad|asin|candidate|content|movie|film|video|image|img|photo|listing|song|track|post|creative|' +
        `book|recipe|news|shop|restaurant|merchant|job|target_item)${END}`,
      'i',
    ),
    new RegExp(`^(item|product|doc|document|ad|image)${INDEX}`, 'i'),
  ],
  label: [
    /^(label|target|y|is_relevant|relevant|relevance|judge?ment|grade|qrel)$/i,
    /(^|_)(click|clicked|conver(t|ted|sion)|purchas(e|ed)|bought|engaged|engagement|ordered|rating|matches?|outcome|positive|watched|liked|saved|installed)$/i,
  ],
  weight: [/^w$|(^|_)weights?$/i],
  cluster: [new RegExp(`^${PERSON}${END}`, 'i'), new RegExp(`^(session)${END}`, 'i')],
} as const satisfies Record<RoleName, readonly RegExp[]>;

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

/** The option that names the column of a role. */
export function roleOption(role: string): string {
  return role === 'query' || role === 'item' ? `--${role}-id` : `--${role}`;
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

/** The rank of a name among patterns; undefined where none fits. */
function rankOf(name: string, patterns: readonly RegExp[]): number | undefined {
  const rank = patterns.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? undefined : rank;
}

/** The names of the best rank, in the order of the table; empty where none fits. */
function likeliest(names: readonly string[], patterns: readonly RegExp[]): string[] {
  const ranks = names.map((name) => rankOf(name, patterns));
  const best = ranks.reduce<number>((least, rank) => Math.min(least, rank ?? Number.POSITIVE_INFINITY), Infinity);
  return names.filter((_, i) => ranks[i] === best);
}

async function idOf(
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
  const candidates = own ? joinedId(side, rows, own, usable) : usable;
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
  const usable = rows.names.filter(
    (name) => !taken.includes(name) && !read.has(name) && graded(name) !== undefined && !rankOfWeight(name),
  );
  const named = likeliest(usable, NAMES.label);
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
  return distinct <= 2 && range.high <= 1 && range.whole ? '0 and 1' : `from ${range.low} to ${range.high}`;
}

function noLabel(rows: Known, name: string) {
  const { range, missing } = rows.facts(name);
  const what = missing > 0 ? `${plural(missing, 'row')} without it` : range ? valuesOf(rows.facts(name)) : 'no numbers';
  return {
    found: `--label ${quoted(name)} with ${what}`,
    expected: `numbers in [0, 1], or whole grades from 0 up to ${MAX_GRADE}, in every row`,
    mend: 'Divide other labels by the largest one.',
  };
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
    interview.given('weight', written);
    return written;
  }
  const found = rows.names.filter((name) => {
    const { missing, range } = rows.facts(name);
    const fits = isNumeric(rows.facts(name)) && missing === 0 && range && range.low >= 0 && range.high > 0;
    return fits && rankOfWeight(name) && !taken.includes(name) && !read.has(name);
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

/** True where every value of one column goes with one value of another. */
function oneEach(of: Facts, to: Facts): boolean {
  const first = new Int32Array(of.distinct).fill(-1);
  return of.coded.codes.every((code, r) => {
    if (first[code] === -1) first[code] = to.coded.codes[r]!;
    return first[code] === to.coded.codes[r];
  });
}
