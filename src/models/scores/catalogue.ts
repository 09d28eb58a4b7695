/** Rankings over the whole catalogue: every item against every query that has a relevant one. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { ConfigError } from '../../errors.js';
import { groupBy } from '../../lib/sort.js';
import { quoted } from '../../lib/text.js';
import type { Entities } from '../towers/entities.js';
import type { Positions } from './ranks.js';
import type { ScoredRows } from './score-column.js';
import type { Scorer } from './scorer.js';

/** Shape (queries): the entity of each query. Full-catalogue ranking needs one feature row a query. */
export function oneEntityPerQuery(evalSet: EvalSet, queries: Entities): Int32Array {
  const entity = new Int32Array(evalSet.query.names.length).fill(-1);
  for (let r = 0; r < evalSet.rows; r++) {
    const q = evalSet.query.codes[r]!;
    if (entity[q] === -1) entity[q] = queries.ofRow[r]!;
    else if (entity[q] !== queries.ofRow[r])
      throw new ConfigError([
        {
          place: { file: evalSet.features.query.table.file },
          found: `query ${quoted(evalSet.query.names[q])} with different features in row ${r + 1}`,
          expected: 'one feature row a query, where it is ranked against the full catalogue',
          mend: 'Use candidates: logged, or give the queries a table of their own.',
        },
      ]);
  }
  return entity;
}

/** A query that has relevant items, and their scores. */
interface Ranked {
  readonly entity: number;
  /** Relevant rows, as indices into `positiveRows`. */
  readonly relevant: readonly number[];
  readonly targets: Float64Array;
}

/** Items that are compared at a time: few enough for the cache. */
const STRETCH = 512;

/**
 * Positions among all items of the catalogue: one pass over the items, nothing kept.
 *
 * @param queryEntity shape (queries)
 * @param scores      shape (rows): those of the rows themselves, relevant ones among them
 */
export async function cataloguePositions(
  { evalSet, items, positiveRows }: Pick<ScoredRows, 'evalSet' | 'items' | 'positiveRows'>,
  queryEntity: Int32Array,
  scores: Float64Array,
  scorer: Scorer,
): Promise<Positions> {
  const above = new Int32Array(positiveRows.length);
  const tied = new Int32Array(positiveRows.length);
  const queries = rankedQueries(evalSet, queryEntity, positiveRows, scores);
  for (let from = 0; from < items.count; from += STRETCH) {
    const to = Math.min(from + STRETCH, items.count);
    const score = scorer.on(from, to);
    for (const { entity, relevant, targets } of queries)
      for (let candidate = 0; candidate < to - from; candidate++) {
        const other = score(entity, candidate);
        for (let j = 0; j < targets.length; j++) {
          if (other > targets[j]!) above[relevant[j]!]!++;
          else if (other === targets[j]) tied[relevant[j]!]!++;
        }
      }
  }
  return { above, tied };
}

function rankedQueries(
  { query }: EvalSet,
  queryEntity: Int32Array,
  positiveRows: Int32Array,
  scores: Float64Array,
): Ranked[] {
  const byQuery = groupBy(
    Int32Array.from(positiveRows, (r) => query.codes[r]!),
    query.names.length,
  );
  const found: Ranked[] = [];
  for (let q = 0; q < query.names.length; q++) {
    const relevant = [...byQuery.order.subarray(byQuery.start[q]!, byQuery.start[q + 1]!)];
    if (relevant.length === 0) continue;
    const targets = Float64Array.from(relevant, (i) => scores[positiveRows[i]!]!);
    found.push({ entity: queryEntity[q]!, relevant, targets });
  }
  return found;
}
