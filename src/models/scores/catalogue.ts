/** Rankings over the whole catalogue: every item against every query that has a relevant one. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { CountGraph } from '../towers/count-graph.js';
import type { Entities } from '../towers/entities.js';
import { CatalogueCounts } from './catalogue-counts.js';
import type { Positions } from './ranks.js';
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

/** The relevant rows, whose query each is, and how many items there are. */
interface RankedRows {
  readonly evalSet: { readonly query: Pick<EvalSet['query'], 'codes'> };
  readonly items: Pick<Entities, 'count'>;
  readonly positiveRows: Int32Array;
}

/** Items that are compared at a time: few enough for the cache. */
const STRETCH = 2048;
/** Products from which on opening a graph is worth it. */
const MANY = 1e6;

/**
 * Positions among all items of the catalogue: one pass over the items, nothing kept.
 *
 * @param queryEntity shape (queries)
 * @param scores      shape (rows): those of the rows themselves, relevant ones among them
 * @param many        products from which on the runtime computes them
 */
export async function cataloguePositions(
  { evalSet, items, positiveRows }: RankedRows,
  queryEntity: Int32Array,
  scores: Float64Array,
  scorer: Scorer,
  many = MANY,
): Promise<Positions> {
  const above = new Int32Array(positiveRows.length);
  const tied = new Int32Array(positiveRows.length);
  const targets = Array.from(positiveRows, (r, place) => ({
    entity: queryEntity[evalSet.query.codes[r]!]!,
    score: scores[r]!,
    place,
  })).sort((a, b) => a.entity - b.entity || a.place - b.place);
  const fast = scorer.kind !== 'max_sim' && scorer.scale !== 0 && targets.length * items.count >= many;
  const graph = fast ? await CountGraph.open() : undefined;
  try {
    const counts = new CatalogueCounts(scorer, above, tied, graph);
    for (let from = 0; from < items.count; from += STRETCH)
      await counts.add(targets, from, Math.min(from + STRETCH, items.count));
  } finally {
    await graph?.close();
  }
  return { above, tied };
}
