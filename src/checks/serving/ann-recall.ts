/** The first items that the approximate index leaves out, whatever the precision of the vectors in it. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import { level, type Measurement, requestShare, tooFew } from '../measurement.js';
import { K } from './served-scores.js';

export const ANN: TableSpec = {
  name: 'ann',
  page: 'checks/precision-parity.md',
  holds: 'one row per request and item of the exact or of the approximate index’s answer, with its rank in it',
  required: ['request_id', 'item_id', 'index', 'rank'],
  sql: sql`SELECT request_id, item_id, 'exact' AS index, rank FROM exact_search
UNION ALL SELECT request_id, item_id, 'ann' AS index, rank FROM ann_search`,
  cost: 'replay',
};

/** The share of the exact first K that the approximate index gives among its first K, clustered by request. */
export function annRecall(table: EvidenceTable): Measurement {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const index = table.texts('index', ['exact', 'ann']);
  const rank = table.numbers('rank', 'a whole number from 1 on', (x) => Number.isSafeInteger(x) && x >= 1);
  table.refuseRepeated([query, item, index], ['request_id', 'item_id', 'index']);
  table.refuseRepeated([query, index, named(rank)], ['request_id', 'index', 'rank']);
  table.throwIfBad();
  const exactly = index.names.indexOf('exact');
  const requests = rowsBy([query]).map(({ values, rows }) => {
    const first = (which: boolean) =>
      rows.filter((r) => (index.codes[r] === exactly) === which && rank[r]! <= K).map((r) => item.codes[r]!);
    const [wanted, given] = [first(true), new Set(first(false))];
    if (wanted.length === 0)
      throw table.error(`no exact answer of request "${values[0]!.slice(0, 60)}"`, 'both answers of every request');
    return { n: wanted.length, hit: wanted.filter((i) => given.has(i)).length };
  });
  if (!index.names.includes('ann')) throw table.error('no row of the approximate index', 'rows of exact and of ann');
  return level(`ann_recall@${K}`, {}, requestShare(requests), tooFew(requests.length));
}

/** Whole numbers as codes. */
function named(values: Float64Array): Coded {
  const code = new Map<number, number>();
  const codes = Int32Array.from(values, (value) => {
    const known = code.get(value) ?? code.size;
    code.set(value, known);
    return known;
  });
  return { codes, names: [...code.keys()].map(String) };
}
