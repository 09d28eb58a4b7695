/** Rankings over the whole catalogue: every item against every query that has a relevant one. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Entities } from '../towers/entities.js';
import type { Positions } from './ranks.js';

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

/** Positions among all items of the catalogue: one pass over the items a query, nothing kept. */
export function cataloguePositions(
  evalSet: EvalSet,
  queryEntity: Int32Array,
  items: Entities,
  positiveRows: Int32Array,
  score: (q: number, i: number) => number,
): Positions {
  const above = new Int32Array(positiveRows.length);
  const tied = new Int32Array(positiveRows.length);
  const byQuery = new Map<number, number[]>();
  for (let i = 0; i < positiveRows.length; i++) {
    const q = evalSet.query.codes[positiveRows[i]!]!;
    const list = byQuery.get(q);
    if (list) list.push(i);
    else byQuery.set(q, [i]);
  }
  for (const [q, entries] of byQuery) {
    const entity = queryEntity[q]!;
    const targets = Float64Array.from(entries, (i) => score(entity, items.ofRow[positiveRows[i]!]!));
    for (let candidate = 0; candidate < items.count; candidate++) {
      const other = score(entity, candidate);
      for (let j = 0; j < targets.length; j++) {
        if (other > targets[j]!) above[entries[j]!]!++;
        else if (other === targets[j]) tied[entries[j]!]!++;
      }
    }
  }
  return { above, tied };
}
