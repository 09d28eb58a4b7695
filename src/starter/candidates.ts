/** The candidates of a ranking, told by the tables. */
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
  for (const code of codes) sizes[code]!++;
  const median = sizes.toSorted()[Math.floor(sizes.length / 2)]!;
  const catalogue = items?.table.rows ?? 0;
  if (given.candidates) {
    interview.given('candidates', given.candidates);
    return { candidates: given.candidates, count: given.candidates === 'full' ? catalogue : median, why: 'As given.' };
  }
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const ratio = items ? undefined : constantRatio({ rows }, roles, sizes);
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
function constantRatio({ rows }: Pick<KnownTables, 'rows'>, roles: Roles, sizes: Int32Array): number | undefined {
  if (roles.grades !== 1) return undefined;
  const positives = new Float64Array(sizes.length);
  const labels = numbersOf(rows.facts(roles.label));
  for (const [r, code] of rows.facts(roles.query).coded.codes.entries()) positives[code]! += labels[r]!;
  const ratio = sizes[0]! / positives[0]!;
  const constant = Number.isInteger(ratio) && ratio > 1 && sizes.every((size, q) => size === ratio * positives[q]!);
  return constant && new Set(sizes).size > 1 ? ratio : undefined;
}
