import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loggedPositions } from '../../../src/models/scores/ranks.js';

describe('positions among a query’s logged rows', () => {
  test('are how many rows of the query score higher, and how many score the same', () => {
    const row = fc.record({
      // One query has most of the rows: few positives are counted, many found in an order.
      query: fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 3, 4),
      score: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, 5e-324, -5e-324, 1e308, -1e308)),
      positive: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (rows) => {
        const positives = rows.flatMap(({ positive }, r) => (positive ? [r] : []));
        const { above, tied } = loggedPositions(
          Float64Array.from(rows, ({ score }) => score),
          Int32Array.from(rows, ({ query }) => query),
          5,
          Int32Array.from(positives),
        );
        for (const [i, r] of positives.entries()) {
          const own = rows.filter(({ query }) => query === rows[r]!.query);
          expect(above[i]).toBe(own.filter(({ score }) => score > rows[r]!.score).length);
          expect(tied[i]).toBe(own.filter(({ score }) => score === rows[r]!.score).length);
        }
      }),
    );
  });

  test('are found in queries of more rows than there is room for at first', () => {
    const scores = Float64Array.from({ length: 3001 }, (_, r) => (r * 7919) % 1009);
    const positives = Int32Array.of(0, 1500, 3000);
    const { above, tied } = loggedPositions(scores, new Int32Array(3001), 1, positives);
    for (const [i, r] of positives.entries()) {
      expect(above[i]).toBe(scores.filter((score) => score > scores[r]!).length);
      expect(tied[i]).toBe(scores.filter((score) => score === scores[r]).length);
    }
  });

  test('say nothing where no row is positive', () => {
    const { above, tied } = loggedPositions(Float64Array.of(1, 2), Int32Array.of(0, 0), 1, new Int32Array(0));
    expect([above.length, tied.length]).toEqual([0, 0]);
  });
});
