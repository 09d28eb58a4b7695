/** The kernels against the same loops written out one number at a time, in the order of additions that they promise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnProducts, DotProducts } from '../../../src/lib/kernels/kernels.js';

const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const float = fc.float({ min: -1e3, max: 1e3, noNaN: true });

describe('DotProducts', () => {
  /** Four sums side by side; what is left of d joins the first. */
  function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
    const sums = [0, 0, 0, 0];
    const whole = a.length - (a.length % 4);
    for (let j = 0; j < a.length; j++) sums[j < whole ? j % 4 : 0]! += a[j]! * b[j]!;
    return sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
  }

  test('are those of float64 numbers, to the bit, in every dimension', () => {
    const asked = fc.integer({ min: 1, max: 19 }).chain((d) =>
      fc.record({
        d: fc.constant(d),
        queries: fc.array(fc.array(float, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 5 }),
        items: fc.array(fc.array(number, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 5 }),
        pairs: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 }),
      }),
    );
    fc.assert(
      fc.property(asked, ({ d, queries, items, pairs }) => {
        const kernel = new DotProducts(Float32Array.from(queries.flat()), d, items.length, pairs.length);
        kernel.put(Float64Array.from(items.flat()));
        const [q, i] = [0, 1].map((side) => pairs.map((pair) => pair[side]! % [queries, items][side]!.length));
        kernel.queryOf.set(q!);
        kernel.itemOf.set(i!);
        kernel.run(pairs.length);
        expect([...kernel.out]).toEqual(pairs.map((_, n) => dot(queries[q![n]!]!, items[i![n]!]!)));
      }),
    );
  });

  test('says where vectors are more than one memory holds', () => {
    const some = new Float32Array(64);
    expect([DotProducts.fits(some, 64, 512, 4096), DotProducts.fits(some, 64, 2 ** 24, 4096)]).toEqual([true, false]);
  });
});

describe('ColumnProducts', () => {
  const pair = fc.record({ vector: fc.nat({ max: 5 }), byQuery: number, byItem: number });

  test('adds the pairs to three triangles in their order, to the bit, and to nothing beside them', () => {
    const asked = fc.integer({ min: 1, max: 9 }).chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        vectors: fc.array(fc.array(number, { minLength: columns, maxLength: columns }), { minLength: 6, maxLength: 6 }),
        pairs: fc.array(pair, { maxLength: 20 }),
        start: number,
        other: number,
      }),
    );
    fc.assert(
      fc.property(asked, fc.nat({ max: 3 }), ({ columns, vectors, pairs, start, other }, skipped) => {
        const stride = columns + (columns % 2);
        const room = new ColumnProducts(columns, vectors.length * stride, pairs.length + skipped);
        // Of an odd number of columns something stands in the last place.
        room.values.fill(other);
        for (const [n, vector] of vectors.entries()) room.values.set(vector, n * stride);
        for (const [p, { vector, byQuery, byItem }] of pairs.entries()) {
          room.at[p + skipped] = vector * stride * 8;
          room.byQuery[p + skipped] = byQuery;
          room.byItem[p + skipped] = byItem;
        }
        const size = (columns * (columns + 1)) / 2;
        const sums = [0, 1, 2].map(() => new Float64Array(size).fill(start)) as [
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        room.addTo(sums, skipped, skipped + pairs.length);

        const expected = sums.map(() => new Float64Array(size).fill(start));
        for (const { vector, byQuery, byItem } of pairs)
          for (let c = 0, at = 0; c < columns; c++)
            for (let d = 0; d <= c; d++, at++)
              for (const [way, by] of [1, byQuery, byItem].entries())
                expected[way]![at]! += by * (vectors[vector]![c]! * vectors[vector]![d]!);
        expect(sums).toEqual(expected);
      }),
    );
  });
});
