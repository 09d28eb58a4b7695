import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKETS, buckets, combine, type Gradient, PartialSums, Slots } from '../../src/statistics/partial-sums.js';
import { expectNear, fixture, uniform } from '../fixtures/metrics.js';

interface Row {
  readonly cell: number;
  readonly query: number;
  readonly item: number;
  readonly columns: readonly number[];
}

const CELLS = 2;
const COLUMNS = 3;
const FACTOR = BUCKETS / (BUCKETS - 1);

const row: fc.Arbitrary<Row> = fc.record({
  cell: fc.nat({ max: CELLS - 1 }),
  query: fc.nat({ max: 9 }).map((q) => (q * 97) % BUCKETS),
  item: fc.nat({ max: 9 }).map((i) => (i * 389) % BUCKETS),
  columns: fc.array(uniform(-5, 5), { minLength: COLUMNS, maxLength: COLUMNS }),
});
const rowList = fc.array(row, { minLength: 1, maxLength: 30 });
/** Impressions: a few (query, item) pairs, each seen several times. */
const impressions = fc.array(
  row.map((one) => ({ ...one, cell: 0, query: one.query % 3, item: one.item % 3 })),
  { minLength: 2, maxLength: 20 },
);
const gradient: fc.Arbitrary<Gradient> = fc
  .array(fc.tuple(fc.nat({ max: COLUMNS - 1 }), uniform(-3, 3)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((list) => ({ columns: list.map(([column]) => column), weights: list.map(([, weight]) => weight) }));

function sumsOf(rows: readonly Row[], itemSide = true): PartialSums {
  const query = new Slots(CELLS);
  const item = new Slots(CELLS);
  for (const one of rows) {
    query.claim(one.cell, one.query);
    item.claim(one.cell, one.item);
  }
  const sums = new PartialSums(CELLS, COLUMNS, query, itemSide ? item : undefined);
  for (const one of rows)
    sums.addMarginals(
      query.slot(one.cell, one.query),
      itemSide ? item.slot(one.cell, one.item) : -1,
      Float64Array.from(one.columns),
      0,
    );
  const pairs = new Map<string, { cell: number; columns: Float64Array }>();
  for (const { cell, query: q, item: i, columns } of rows) {
    const key = `${cell}/${q}/${i}`;
    const pair = pairs.get(key) ?? { cell, columns: new Float64Array(COLUMNS) };
    pairs.set(key, pair);
    for (const [c, value] of columns.entries()) pair.columns[c]! += value;
  }
  for (const { cell, columns } of pairs.values()) sums.addMoments(cell, columns, 0);
  return sums;
}

/** e_r = Σ_c g_c c_r. */
const influence = (one: Row, { columns, weights }: Gradient) =>
  columns.reduce((sum, column, j) => sum + weights[j]! * one.columns[column]!, 0);

/** Σ over groups of (Σ of the group's influences)². */
function squares(rows: readonly Row[], g: Gradient, key: (one: Row) => string | number): number {
  const groups = new Map<string | number, number>();
  for (const one of rows) groups.set(key(one), (groups.get(key(one)) ?? 0) + influence(one, g));
  return [...groups.values()].reduce((sum, x) => sum + x * x, 0);
}

/** The exact two-way clustered variance, V_qi by pair sums. */
function exactVariance(rows: readonly Row[], g: Gradient): number {
  const query = FACTOR * squares(rows, g, (one) => one.query);
  const item = FACTOR * squares(rows, g, (one) => one.item);
  const pairs = squares(rows, g, (one) => `${one.query}/${one.item}`);
  return Math.max(query + item - pairs, query, item);
}

describe('partial sums', () => {
  test('give the totals of the columns', () => {
    fc.assert(
      fc.property(rowList, (rows) => {
        const sums = sumsOf(rows);
        for (let cell = 0; cell < CELLS; cell++)
          for (let column = 0; column < COLUMNS; column++) {
            const expected = rows
              .filter((one) => one.cell === cell)
              .reduce((sum, one) => sum + one.columns[column]!, 0);
            expectNear(sums.total(cell, column), expected, `column ${column}`, 1e-12);
          }
      }),
    );
  });

  test('give the exact two-way clustered variance, with V_qi over pairs: max(Vq + Vi - Vqi, Vq, Vi)', () => {
    fc.assert(
      fc.property(fc.oneof(rowList, impressions), gradient, (rows, g) => {
        const sums = sumsOf(rows);
        for (let cell = 0; cell < CELLS; cell++) {
          const own = rows.filter((one) => one.cell === cell);
          expectNear(sums.variance(cell, g), exactVariance(own, g), `cell ${cell}`, 1e-9);
        }
      }),
    );
  });

  test('give the one-way variance where there is no item side', () => {
    fc.assert(
      fc.property(rowList, gradient, (rows, g) => {
        const own = rows.filter((one) => one.cell === 1);
        expectNear(sumsOf(rows, false).variance(1, g), FACTOR * squares(own, g, (one) => one.query), 'variance', 1e-9);
      }),
    );
  });

  test('of a partition add up to those of the whole', () => {
    fc.assert(
      fc.property(rowList, fc.infiniteStream(fc.boolean()), gradient, (rows, coin, g) => {
        const side = rows.map(() => coin.next().value as boolean);
        const shards = [true, false].map((which) => rows.filter((_, r) => side[r] === which));
        const whole = sumsOf(rows);
        for (let column = 0; column < COLUMNS; column++) {
          const sum = shards.reduce((total, shard) => total + sumsOf(shard).total(0, column), 0);
          expectNear(sum, whole.total(0, column), 'total', 1e-12);
        }
        // Interleaved in another order, they are the same state, and so the same variance.
        expectNear(sumsOf(shards.flat()).variance(0, g), whole.variance(0, g), 'variance', 1e-10);
      }),
    );
  });

  test('of a gradient that names a column twice are those of its sum', () => {
    fc.assert(
      fc.property(rowList, gradient, (rows, g) => {
        const merged = Array.from({ length: COLUMNS }, (_, column) =>
          g.columns.reduce((sum, c, j) => sum + (c === column ? g.weights[j]! : 0), 0),
        );
        const plain = { columns: [0, 1, 2], weights: merged };
        expectNear(sumsOf(rows).variance(0, g), sumsOf(rows).variance(0, plain), 'variance', 1e-10);
      }),
    );
  });

  test('are 0 for a cell without rows', () => {
    const sums = sumsOf([{ cell: 0, query: 1, item: 1, columns: [1, 2, 3] }]);
    expect(sums.total(1, 0)).toBe(0);
    expect(sums.variance(1, { columns: [0], weights: [1] })).toBe(0);
  });
});

test('combining gradients is linear', () => {
  const g = { columns: [0, 1], weights: [2, 3] };
  const h = { columns: [1], weights: [5] };
  expect(combine(10, g, -1, h)).toEqual({ columns: [0, 1, 1], weights: [20, 30, -5] });
});

describe('buckets', () => {
  test('are the hash modulo their number', () => {
    const names = fixture.hashes.map(([name]) => name);
    expect([...buckets(names)]).toEqual(fixture.hashes.map(([, hash]) => hash % BUCKETS));
  });

  test('spread consecutive ids evenly', () => {
    const counts = new Int32Array(BUCKETS);
    const n = 64 * BUCKETS;
    for (const bucket of buckets(Array.from({ length: n }, (_, i) => String(i)))) counts[bucket]!++;
    // χ² with 1,023 degrees of freedom: mean 1,023, sd 45; five of them either way.
    const chi = counts.reduce((sum, count) => sum + (count - 64) ** 2 / 64, 0);
    expect(Math.abs(chi - 1023)).toBeLessThan(5 * 45.3);
  });
});

describe('slots', () => {
  test('are claimed once for each cell and bucket', () => {
    const slots = new Slots(2);
    expect(slots.claim(0, 5)).toBe(0);
    expect(slots.claim(1, 5)).toBe(1);
    expect(slots.claim(0, 5)).toBe(0);
    expect(slots.claim(0, BUCKETS - 1)).toBe(2);
    expect(slots.count).toBe(3);
    expect([...slots.of(0)]).toEqual([0, 2]);
    expect(slots.slot(1, 6)).toBe(-1);
  });
});
