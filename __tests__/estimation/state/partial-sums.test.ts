import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Geometry } from '../../../src/estimation/state/geometry.js';
import { combine, type Gradient, PartialSums } from '../../../src/estimation/state/partial-sums.js';
import { BUCKETS, buckets, Slots } from '../../../src/estimation/state/slots.js';
import { accumulate, measure, type Target } from '../../../src/estimation/tabulation/accumulate.js';
import { groupBy } from '../../../src/lib/sort.js';
import { expectNear, fixture, uniform } from '../../fixtures/metrics.js';

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

/** The state of rows whose query and item are buckets themselves; each row weighs the first column's size. */
function sumsOf(rows: readonly Row[]): PartialSums {
  const query = new Slots(CELLS);
  const item = new Slots(CELLS);
  for (const one of rows) {
    query.claim(one.cell, one.query);
    item.claim(one.cell, one.item);
  }
  query.close();
  item.close();
  const pair = rows.map((one) => one.query * BUCKETS + one.item);
  const known = [...new Set(pair)];
  const place = {
    pairs: groupBy(
      Int32Array.from(pair, (code) => known.indexOf(code)),
      known.length,
    ),
    query: { slots: query, bucket: Uint16Array.from(rows, (one) => one.query) },
    item: { slots: item, bucket: Uint16Array.from(rows, (one) => one.item) },
  };
  const cut = {
    columns: [],
    cell: Int32Array.from(rows, (one) => one.cell),
    slices: Array.from({ length: CELLS }, () => ({})),
    first: 0,
  };
  const geometry = new Geometry(CELLS, query, item);
  measure(geometry, place, [cut], [Float64Array.from(rows, weightOf)]);
  const sums = new PartialSums(COLUMNS, geometry);
  const fill: Target['fill'] = (own, out, stride) => {
    for (const [i, r] of own.entries()) out.set(rows[r]!.columns, i * stride);
  };
  accumulate(place, [cut], [{ sums, fill }]);
  return sums;
}

const weightOf = (one: Row) => Math.abs(one.columns[0]!) + 0.1;

/** e_r = Σ_c g_c c_r. */
const influence = (one: Row, { columns, weights }: Gradient) =>
  columns.reduce((sum, column, j) => sum + weights[j]! * one.columns[column]!, 0);

/** Sums of a value over the rows, by a key. */
function sumsBy(
  rows: readonly Row[],
  key: (one: Row) => string | number,
  value: (one: Row) => number,
): Map<string | number, number> {
  const groups = new Map<string | number, number>();
  for (const one of rows) groups.set(key(one), (groups.get(key(one)) ?? 0) + value(one));
  return groups;
}

/** Variance and skewness as docs/statistics.md writes them, term by term. */
function reference(rows: readonly Row[], g: Gradient): { variance: number; skewness: number } {
  const total = rows.reduce((sum, one) => sum + weightOf(one), 0);
  const pairKey = (one: Row) => `${one.query}/${one.item}`;
  const pairE = sumsBy(rows, pairKey, (one) => influence(one, g));
  const pairH = sumsBy(rows, pairKey, (one) => weightOf(one) / total);
  const R = [...pairE.values()].reduce((sum, e) => sum + e * e, 0);
  const rho = [...pairH.values()].reduce((sum, h) => sum + h * h, 0);
  const ways = (['query', 'item'] as const).map((side) => {
    const e = sumsBy(
      rows,
      (one) => one[side],
      (one) => influence(one, g),
    );
    const h = sumsBy(
      rows,
      (one) => one[side],
      (one) => weightOf(one) / total,
    );
    const within = (values: Map<string | number, number>, bucket: number) =>
      [...values].reduce((sum, [key, x]) => {
        const [q, i] = String(key).split('/').map(Number);
        return (side === 'query' ? q : i) === bucket ? sum + x * x : sum;
      }, 0);
    const H2 = [...h.values()].reduce((sum, x) => sum + x ** 2, 0);
    const H3 = [...h.values()].reduce((sum, x) => sum + x ** 3, 0);
    const N = FACTOR * [...e.values()].reduce((sum, x) => sum + x * x, 0) - R;
    let numerator = 0;
    let denominator = 0;
    for (const [bucket, share] of h) {
      numerator += (e.get(bucket)! ** 2 - within(pairE, Number(bucket))) / share;
      denominator += ((share ** 2 - within(pairH, Number(bucket))) * (1 - 2 * share + H2)) / share;
    }
    const P = denominator > 1e-12 ? (Math.max(0, H2 - rho) * numerator) / denominator : 0;
    return { M: Math.max(0, N, P), H2, H3 };
  });
  const variance = R + ways[0]!.M + ways[1]!.M;
  const skewness = ways.reduce((sum, { M, H2, H3 }) => sum + (M / variance) ** 1.5 * (H3 / H2 ** 1.5), 0);
  return { variance, skewness: variance > 0 ? skewness : 0 };
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

  test('give the two-way clustered variance with the pooled cluster effects, and its skewness, over pairs', () => {
    fc.assert(
      fc.property(fc.oneof(rowList, impressions), gradient, (rows, g) => {
        const sums = sumsOf(rows);
        for (let cell = 0; cell < CELLS; cell++) {
          const own = rows.filter((one) => one.cell === cell);
          if (own.length === 0) continue;
          const { variance, skewness } = sums.variance(cell, g);
          const expected = reference(own, g);
          expectNear(variance, expected.variance, `cell ${cell}`, 1e-8);
          // What is all rounding has no shape.
          if (expected.variance > 1e-9) expectNear(skewness, expected.skewness, `skewness of cell ${cell}`, 1e-6);
        }
      }),
    );
  });

  test('are never below the guard max(Vq + Vi - Vqi, Vq, Vi) of Cameron, Gelbach & Miller, but for B/(B-1)', () => {
    fc.assert(
      fc.property(fc.oneof(rowList, impressions), gradient, (rows, g) => {
        const own = rows.filter((one) => one.cell === 0);
        const squaresOf = (key: (one: Row) => string | number) =>
          [...sumsBy(own, key, (one) => influence(one, g)).values()].reduce((sum, x) => sum + x * x, 0);
        const [q, i, both] = [
          squaresOf((one) => one.query),
          squaresOf((one) => one.item),
          squaresOf((one) => `${one.query}/${one.item}`),
        ];
        const { variance } = sumsOf(rows).variance(0, g);
        expect(variance).toBeGreaterThanOrEqual(Math.max(q + i - both, q, i) - 1e-9 * (1 + q + i));
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
        expectNear(sumsOf(shards.flat()).variance(0, g).variance, whole.variance(0, g).variance, 'variance', 1e-8);
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
        expectNear(sumsOf(rows).variance(0, g).variance, sumsOf(rows).variance(0, plain).variance, 'variance', 1e-8);
      }),
    );
  });

  test('of an influence that is 0 in every row are 0, of whatever shape, and whatever rounding leaves of it', () => {
    const nothing = { variance: 0, skewness: 0 };
    fc.assert(
      fc.property(rowList, fc.nat({ max: COLUMNS - 1 }), (rows, column) => {
        const sums = sumsOf(rows);
        for (let cell = 0; cell < CELLS; cell++) {
          expect(sums.variance(cell, { columns: [column], weights: [0] })).toEqual(nothing);
          expect(sums.variance(cell, { columns: [], weights: [] })).toEqual(nothing);
          // 0.1 + 0.2 - 0.3 is not 0.
          const cancels = { columns: [column, column, column], weights: [0.1, 0.2, -0.3] };
          expect(sums.variance(cell, cancels)).toEqual(nothing);
        }
      }),
    );
  });

  test('are not known where a row is not: NaN is never taken for 0', () => {
    const rows = [1, 2, 3].map((n) => ({ cell: 0, query: n, item: n, columns: [1, n === 2 ? Number.NaN : n, n] }));
    const sums = sumsOf(rows);
    expect(sums.variance(0, { columns: [1], weights: [1] }).variance).toBeNaN();
    expect(sums.variance(0, { columns: [0], weights: [Number.NaN] }).variance).toBeNaN();
    expect(sums.variance(0, { columns: [2], weights: [1] }).variance).toBeGreaterThan(0);
  });

  test('are 0 for a cell without rows', () => {
    const sums = sumsOf([{ cell: 0, query: 1, item: 1, columns: [1, 2, 3] }]);
    expect(sums.total(1, 0)).toBe(0);
    expect(sums.variance(1, { columns: [0], weights: [1] })).toEqual({ variance: 0, skewness: 0 });
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
  test('are numbered by cell and then by bucket, whatever the order in which they are claimed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: BUCKETS - 1 })), { maxLength: 40 }), (claims) => {
        const slots = new Slots(3);
        for (const [cell, bucket] of claims) slots.claim(cell, bucket);
        slots.close();
        const distinct = [...new Set(claims.map(([cell, bucket]) => cell * BUCKETS + bucket))].sort((a, b) => a - b);
        expect(slots.count).toBe(distinct.length);
        expect([...slots.buckets()]).toEqual(distinct.map((at) => at % BUCKETS));
        for (const [slot, at] of distinct.entries()) {
          const cell = Math.floor(at / BUCKETS);
          expect(slots.slot(cell, at % BUCKETS)).toBe(slot);
          expect(slots.first[cell]!).toBeLessThanOrEqual(slot);
          expect(slots.first[cell + 1]!).toBeGreaterThan(slot);
        }
        expect([...Slots.of(slots.first, slots.buckets()).buckets()]).toEqual([...slots.buckets()]);
      }),
    );
  });

  test('are -1 where a bucket does not occur in a cell', () => {
    const slots = new Slots(2);
    slots.claim(0, 5);
    slots.close();
    expect(slots.slot(1, 5)).toBe(-1);
    expect(slots.slot(0, 6)).toBe(-1);
  });
});
