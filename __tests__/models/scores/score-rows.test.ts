/** Scores of rows: the same numbers whichever way the vectors are held, and whatever the order of the rows. */
import { expect, test } from 'vitest';
import { rowEntities, scoreRows } from '../../../src/models/scores/score-rows.js';
import { pairSimilarity } from '../../../src/models/scores/similarity.js';
import { plainSource } from '../../../src/models/towers/vector-source.js';

/** Numbers that float32 holds and that are no short binary fractions. */
function vectors(count: number, dimension: number, salt: number) {
  const data = Float32Array.from({ length: count * dimension }, (_, n) => Math.sin(salt + 7 * n));
  return { count, dimension, data };
}

const [QUERIES, ITEMS, ROWS] = [37, 1300, 9001];

test.each([
  ['dot', 8],
  ['dot', 13],
  ['cosine', 8],
] as const)('%s of %d dimensions', (kind, d) => {
  const [queries, items] = [vectors(QUERIES, d, 1), vectors(ITEMS, d, 2)];
  const queryOf = Int32Array.from({ length: ROWS }, (_, r) => (r * 17) % QUERIES);
  // One item has more rows than are computed at a time, and most of a stretch have none.
  const itemOf = Int32Array.from({ length: ROWS }, (_, r) => (r % 2 === 0 ? 600 : (r * 31) % ITEMS));
  const rows = rowEntities(queryOf, itemOf, ITEMS);
  const form = { kind, scale: 0.7, bias: -0.2 };
  const scored = (source: typeof items | (Omit<typeof items, 'data'> & { data: Float64Array })) => {
    const out = new Float64Array(ROWS);
    scoreRows({ rows, form, queries: source, out }, plainSource(items));
    return out;
  };
  const similarity = pairSimilarity(kind, queries, items);
  const expected = Float64Array.from(queryOf, (q, r) => 0.7 * similarity(q, itemOf[r]!) - 0.2);
  expect(scored(queries)).toEqual(expected);
  expect(scored({ ...queries, data: Float64Array.from(queries.data) })).toEqual(expected);
});
