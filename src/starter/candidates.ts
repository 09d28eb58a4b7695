/** The candidates of a ranking, told by the tables. */
import { ConfigError } from '../errors.js';
import { plural } from '../lib/text.js';
import type { KnownTables } from './facts.js';
import { numbersOf } from './facts.js';
import type { Candidates, Given } from './given.js';
import type { Interview } from './interview.js';
import type { Roles } from './roles.js';

export interface Ranked {
  readonly candidates: Candidates;
  /** Candidates of a query; of its own rows the median. */
  readonly count: number;
  readonly why: string;
}

export function candidatesOf(given: Given, { rows, items }: KnownTables, roles: Roles, interview: Interview): Ranked {
  const { codes, names } = rows.facts(roles.query).coded;
  const sizes = new Int32Array(names.length);
  // A sample ends within a query, whose other rows are not there.
  const cut = rows.of === undefined ? undefined : codes.at(-1);
  for (const code of codes) if (code !== cut) sizes[code]!++;
  const median = sizes.toSorted()[Math.floor(sizes.length / 2)]!;
  const catalogue = items?.rows ?? 0;
  if (given.candidates === 'full' && !items)
    throw new ConfigError([
      { found: '--candidates full without a catalogue', expected: 'the table of all items', mend: 'Add: --items FILE' },
    ]);
  if (given.candidates) {
    interview.given('candidates', given.candidates);
    return { candidates: given.candidates, count: given.candidates === 'full' ? catalogue : median, why: 'As given.' };
  }
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const ratio = items ? undefined : constantRatio({ rows }, roles, sizes, cut);
  const found: Ranked =
    catalogue > most
      ? {
          candidates: 'full',
          count: catalogue,
          why: `the rows of a query (${most} at most) are few of the ${plural(catalogue, 'item')} that --items has, so that rankings run over all of them`,
        }
      : ratio !== undefined
        ? {
            candidates: 'sampled',
            count: median,
            why: `every query has ${ratio} rows to a positive, as where negatives are sampled; rankings of them only warn`,
          }
        : {
            candidates: 'logged',
            count: median,
            why:
              median > 1
                ? `a query has several rows (${median} in the middle), so that rankings run over them`
                : 'most queries have one row, so that there is nothing to rank',
          };
  interview.tell('candidates', found.candidates, found.why);
  return found;
}

/** Rows to a positive, where that is the same whole number in every query and queries differ in size. */
function constantRatio(
  { rows }: Pick<KnownTables, 'rows'>,
  roles: Roles,
  all: Int32Array,
  cut: number | undefined,
): number | undefined {
  if (roles.grades !== 1) return undefined;
  const whole = Int32Array.from(all.keys()).filter((code) => code !== cut);
  const positives = new Float64Array(all.length);
  const labels = numbersOf(rows.facts(roles.label));
  for (const [r, code] of rows.facts(roles.query).coded.codes.entries()) positives[code]! += labels[r]!;
  const [first] = whole;
  const ratio = first === undefined ? Number.NaN : all[first]! / positives[first]!;
  const constant = Number.isInteger(ratio) && ratio > 1 && whole.every((q) => all[q] === ratio * positives[q]!);
  return constant && new Set(whole.map((q) => all[q]!)).size > 1 ? ratio : undefined;
}
