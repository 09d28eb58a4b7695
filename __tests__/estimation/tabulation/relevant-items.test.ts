import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rankedBy } from '../../../src/estimation/tabulation/relevant-items.js';

test('relevant rows stand in the order of their positions, ties by row, however many there are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 100, maxLength: 100 }),
      fc.uniqueArray(fc.nat({ max: 99 }), { maxLength: 70 }),
      (above, relevant) => {
        const positions = { above: Int32Array.from(above), tied: Int32Array.from(above, (a) => a + 1) };
        const { list, items } = rankedBy(relevant, positions, (i) => i / 100);
        const expected = [...relevant].sort((a, b) => above[a]! - above[b]! || a - b);
        expect(list).toEqual(expected);
        expect(items).toEqual({
          count: relevant.length,
          above: expected.map((i) => above[i]),
          tied: expected.map((i) => above[i]! + 1),
          gain: expected.map((i) => i / 100),
        });
      },
    ),
  );
});
