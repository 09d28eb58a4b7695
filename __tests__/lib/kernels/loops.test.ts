/** The kernels against the same loops written out one number at a time, in the order of additions that they promise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnSums, type Marginals } from '../../../src/lib/kernels/column-sums.js';
import { DotProducts } from '../../../src/lib/kernels/dot-products.js';
import { VectorMap } from '../../../src/lib/kernels/vector-map.js';

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

describe('VectorMap', () => {
  test('sums the products of every coordinate in their order, to the bit', () => {
    const asked = fc.integer({ min: 1, max: 19 }).chain((d) =>
      fc.record({
        d: fc.constant(d),
        map: fc.array(number, { minLength: d * d, maxLength: d * d }),
        vectors: fc.array(fc.array(number, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 5 }),
      }),
    );
    fc.assert(
      fc.property(asked, ({ d, map, vectors }) => {
        const kernel = new VectorMap(Float64Array.from(map), d, vectors.length + 1);
        kernel.vectors.set(vectors.flat());
        kernel.run(vectors.length);
        const expected = vectors.flatMap((vector) =>
          Array.from({ length: d }, (_, j) => vector.reduce((sum, x, i) => sum + x * map[i * d + j]!, 0)),
        );
        expect([...kernel.out.subarray(0, expected.length)]).toEqual(expected);
        // Nothing is written beside them.
        expect([...kernel.out.subarray(expected.length)]).toEqual(new Array(d).fill(0));
      }),
    );
  });
});

/** As many rows and pairs of columns as are asked for, with sums that begin somewhere. */
const asked = fc.integer({ min: 1, max: 9 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    vectors: fc.array(fc.array(number, { minLength: columns, maxLength: columns }), { minLength: 6, maxLength: 6 }),
    pairs: fc.array(fc.record({ vector: fc.nat({ max: 5 }), byQuery: number, byItem: number }), { maxLength: 20 }),
    places: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 })), {
      minLength: 6,
      maxLength: 6,
    }),
    start: number,
    other: number,
  }),
);
type Asked = typeof asked extends fc.Arbitrary<infer A> ? A : never;

const PLACES = 4;

function startOf({ columns, start }: Asked) {
  const sums = () => new Float64Array(PLACES * columns).fill(start);
  return { queryMarginals: sums(), itemMarginals: sums(), magnitudes: sums() };
}

/** A room with the vectors in it. Of an odd number of columns something stands in the last place. */
function roomOf({ columns, vectors, other, pairs }: Asked, marginals: Marginals, more = 0): ColumnSums {
  const stride = columns + (columns % 2);
  const room = new ColumnSums(
    columns,
    vectors.length * stride,
    Math.max(pairs.length + more, vectors.length),
    marginals,
  );
  room.values.fill(other);
  for (const [n, vector] of vectors.entries()) room.values.set(vector, n * stride);
  return room;
}

describe('ColumnSums', () => {
  test('adds the pairs to three triangles in their order, to the bit, and to nothing beside them', () => {
    fc.assert(
      fc.property(asked, fc.nat({ max: 3 }), (own, skipped) => {
        const { columns, vectors, pairs, start } = own;
        const room = roomOf(own, startOf(own), skipped);
        for (const [p, { vector, byQuery, byItem }] of pairs.entries()) {
          room.at[p + skipped] = vector * (columns + (columns % 2)) * 8;
          room.byQuery[p + skipped] = byQuery;
          room.byItem[p + skipped] = byItem;
        }
        const triangle = () => new Float64Array((columns * (columns + 1)) / 2).fill(start);
        const sums: [Float64Array, Float64Array, Float64Array] = [triangle(), triangle(), triangle()];
        room.addProducts(sums, skipped, skipped + pairs.length);

        const expected = [triangle(), triangle(), triangle()];
        for (const { vector, byQuery, byItem } of pairs)
          for (let c = 0, at = 0; c < columns; c++)
            for (let d = 0; d <= c; d++, at++)
              for (const [way, by] of [1, byQuery, byItem].entries())
                expected[way]![at]! += by * (vectors[vector]![c]! * vectors[vector]![d]!);
        expect(sums).toEqual(expected);
      }),
    );
  });

  test('adds rows to the marginals that it holds, and gives them when it is asked to', () => {
    fc.assert(
      fc.property(asked, (own) => {
        const { columns, vectors, places } = own;
        const [given, expected] = [startOf(own), startOf(own)];
        const room = roomOf(own, given);
        for (const [r, [query, item, cell]] of places.entries()) {
          room.querySlot[r] = query;
          room.itemSlot[r] = item;
          room.cell[r] = cell;
          for (let c = 0; c < columns; c++) {
            const x = vectors[r]![c]!;
            expected.queryMarginals[query * columns + c]! += x;
            expected.itemMarginals[item * columns + c]! += x;
            expected.magnitudes[cell * columns + c]! += x * x;
          }
        }
        room.addMarginals?.(vectors.length);
        expect(given).toEqual(startOf(own));
        room.giveMarginals(given);
        expect(given).toEqual(expected);
      }),
    );
  });

  test('leaves marginals where they are if they are many', () => {
    const many = {
      queryMarginals: new Float64Array(2 ** 23),
      itemMarginals: new Float64Array(8),
      magnitudes: new Float64Array(8),
    };
    expect(new ColumnSums(8, 80, 10, many).addMarginals).toBeUndefined();
  });
});
