/** Columns whose values are worth judging apart. */
import { ConfigError } from '../errors.js';
import { list, plural, quoted } from '../lib/text.js';
import { type Facts, type Known, numbersOf, oneEach } from './facts.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';

/** Slices that are taken; each is one more interval a rule. */
const MOST = 3;
const MAX_VALUES = 12;
/** The floors of a cell (docs/statistics.md): below them a slice value stays inconclusive. */
const FLOORS = { positives: 100, queries: 30 };
/** Names of segments, the likeliest first. */
const SEGMENT =
  /(^|_)(tier|log_source|source|surface|segment|market|country|region|locale|lang(uage)?|platform|device|category|vertical|type|group|age)($|_)/i;

/**
 * Text columns of few values (and whole numbers under a segment's name), each value with enough queries and positives.
 */
export async function slicesOf(
  given: Given,
  rows: Known,
  roles: { readonly query: string; readonly label: string; readonly [role: string]: string },
  interview: Interview,
): Promise<readonly string[]> {
  const odd = given.slices?.find((name) => !canBeNamed(name));
  if (odd !== undefined)
    throw new ConfigError([
      { found: `--slices with ${quoted(odd)}`, expected: 'names without *, which crosses slices, and none called all' },
    ]);
  if (given.slices) {
    interview.given('slices', list(given.slices) || 'none');
    return given.slices;
  }
  const taken = new Set(Object.values(roles));
  const few = rows.names.filter((name) => !taken.has(name) && isSegment(rows.facts(name)));
  const thin = few.flatMap((name) => {
    const value = thinValue(rows.facts(name), rows, roles);
    return value === undefined ? [] : [[name, value] as const];
  });
  for (const [name, value] of thin)
    interview.note(
      `${quoted(name)} is no slice, as ${quoted(value)} has fewer than ${FLOORS.positives} positives or ` +
        `${FLOORS.queries} queries.`,
    );
  const able = few.filter((name) => !thin.some(([other]) => other === name));
  const apart = partedApart(able, rows, interview);
  const ranked = [...apart.filter((name) => SEGMENT.test(name)), ...apart.filter((name) => !SEGMENT.test(name))];
  const slices = ranked.slice(0, MOST);
  if (ranked.length > MOST) interview.note(`More columns could be slices: ${list(ranked.slice(MOST).map(quoted), 8)}.`);
  if (slices.length > 0)
    interview.tell(
      'slices',
      list(slices),
      `${plural(slices.length, 'column')} of few values, each with enough queries and positives`,
    );
  return slices;
}

/** Of columns that part the rows alike (a country and its number) one alone: a text where there is one. */
function partedApart(able: readonly string[], rows: Known, interview: Interview): string[] {
  const isText = (name: string) => rows.facts(name).column.type === 'string';
  const kept: string[] = [];
  for (const name of [...able.filter(isText), ...able.filter((one) => !isText(one))]) {
    const own = rows.facts(name);
    const same = kept.find((other) => oneEach(own, rows.facts(other)) && oneEach(rows.facts(other), own));
    if (same === undefined) kept.push(name);
    else interview.note(`${quoted(name)} is no slice of its own, as it parts the rows as ${quoted(same)} does.`);
  }
  return able.filter((name) => kept.includes(name));
}

/** False of a name that a rule's `slices` would read as a cross, or as all rows. */
function canBeNamed(name: string): boolean {
  return name !== 'all' && !name.includes('*') && name.trim() === name;
}

function isSegment({ name, column, distinct, missing, range, coded }: Facts): boolean {
  if (
    !canBeNamed(name) ||
    missing > 0 ||
    distinct < 2 ||
    distinct > MAX_VALUES ||
    coded.names.some((value) => value.trim() === '')
  )
    return false;
  return column.type === 'string' || (range?.whole === true && SEGMENT.test(name));
}

/** A value below the floors; undefined where all reach them. */
function thinValue(
  { coded, distinct }: Facts,
  rows: Known,
  roles: { query: string; label: string },
): string | undefined {
  const positives = new Float64Array(distinct);
  const queries = Array.from({ length: distinct }, () => new Set<number>());
  const { codes } = rows.facts(roles.query).coded;
  const labels = numbersOf(rows.facts(roles.label));
  for (const [r, code] of coded.codes.entries()) {
    queries[code]!.add(codes[r]!);
    if (labels[r]! > 0) positives[code]!++;
  }
  const thin = queries.findIndex((own, i) => own.size < FLOORS.queries || positives[i]! < FLOORS.positives);
  return thin < 0 ? undefined : coded.names[thin];
}
