/** Statistics of sums over a whole table, clustered by two columns, against docs/statistics.md written out. */
import { describe, expect, test } from 'vitest';
import { BUCKETS, buckets } from '../../../src/estimation/state/slots.js';
import { clusteredRatio } from '../../../src/estimation/statistics/clustered-ratio.js';
import { studentQuantile } from '../../../src/estimation/statistics/student-t.js';
import { ClusteredSums, effectiveClusters, linear, quotient } from '../../../src/estimation/tabulation/clustered.js';
import { clusteredQuantile } from '../../../src/estimation/tabulation/clustered-quantile.js';
import { coded, expectNear } from '../../fixtures/metrics.js';

const ROWS = 40;
const index = Array.from({ length: ROWS }, (_, r) => r);
/** Every row a query and an item of its own, no two in one bucket. */
const alone = (side: string) => {
  const names = Array.from({ length: 2 * ROWS }, (_, n) => `${side}${n}`);
  const bucket = buckets(names);
  return coded(names.filter((_, n) => bucket.indexOf(bucket[n]!) === n).slice(0, ROWS));
};
const [query, item] = [alone('q'), alone('i')];
const column = (of: (r: number) => number) => Float64Array.from(index, of);
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, x) => total + x, 0);

test('the names of these tests share no bucket', () => {
  for (const { names } of [query, item]) expect(new Set(buckets(names)).size).toBe(ROWS);
});

describe('a ratio over rows that are clusters of their own', () => {
  const weight = column((r) => 1 + (r % 3));
  const other = column((r) => (r < 10 ? 5 : 1));
  const x = column((r) => weight[r]! * (r % 7));
  const sums = new ClusteredSums(query, item, [weight, x], [weight, other]);
  const ratio = sums.ratio(1, 0);
  const W = sum(weight);
  const influence = index.map((r) => (x[r]! - ratio.value * weight[r]!) / W);
  const R = sum(influence.map((e) => e * e));
  /** N of either way: B/(B-1)·Σe² - R. */
  const N = R / (BUCKETS - 1);

  test('is the ratio of the sums, with R + N of both ways as its variance', () => {
    expectNear(ratio.value, sum(x) / W, 'value', 1e-14);
    expectNear(sums.estimate(ratio).standardError, Math.sqrt(R + 2 * N), 'standard error', 1e-12);
  });

  test('has the skewness of clusters that lie by the mean of both weights', () => {
    const share = index.map((r) => weight[r]! / W / 2 + other[r]! / sum(other) / 2);
    const H2 = sum(share.map((h) => h ** 2));
    const H3 = sum(share.map((h) => h ** 3));
    const expected = 2 * (N / (R + 2 * N)) ** 1.5 * (H3 / H2 ** 1.5);
    expect(Math.abs(sums.estimate(ratio).skewness! / expected - 1)).toBeLessThan(1e-9);
  });

  test('has the degrees of freedom of the fewest effective clusters, by any weight and side, less one', () => {
    // (10·5 + 30)² / (10·25 + 30).
    expectNear(effectiveClusters(query, other), 80 ** 2 / 280, 'effective clusters', 1e-12);
    expectNear(sums.estimate(ratio).df, 80 ** 2 / 280 - 1, 'df', 1e-12);
    const four = coded(index.map((r) => r % 4));
    const ones = column(() => 1);
    expectNear(new ClusteredSums(query, four, [ones], [ones]).estimate(ratio).df, 3, 'df by items', 1e-12);
    expectNear(new ClusteredSums(four, item, [ones], [ones]).estimate(ratio).df, 3, 'df by queries', 1e-12);
    const one = coded(index.map(() => 'all'));
    expect(
      new ClusteredSums(one, item, [ones], [ones]).estimate({ ...ratio, gradient: { columns: [0], weights: [0] } }).df,
    ).toBe(1);
  });
});

describe('forms of statistics', () => {
  const x = { value: 6, gradient: { columns: [0], weights: [2] } };
  const y = { value: 3, gradient: { columns: [1], weights: [5] } };

  test('are linear: a·x + b·y', () => {
    expect(linear(2, x, -3, y)).toEqual({ value: 3, gradient: { columns: [0, 1], weights: [4, -15] } });
  });

  test('or quotients by the delta method: dx/y - x·dy/y²', () => {
    const { value, gradient } = quotient(x, y);
    expect(value).toBe(2);
    expect(gradient.columns).toEqual([0, 1]);
    expectNear(gradient.weights[0]!, 2 / 3, 'by x', 1e-15);
    expectNear(gradient.weights[1]!, (-6 * 5) / 9, 'by y', 1e-15);
  });
});

describe('a quantile of clustered values', () => {
  // 1 … 40: at most 20 are half of them.
  const values = Float64Array.from(index, (r) => ((r * 7) % ROWS) + 1);

  test('lies between those at p ± t·se, se that of the share at most it and never below independent rows', () => {
    const { value, lower, upper } = clusteredQuantile(values, 0.5, query, item, 0.95);
    const at = (p: number) => clusteredQuantile(values, p, query, item, 0.95).value;
    const share = values.filter((x) => x <= value).length / ROWS;
    // With every row a cluster of its own the clustered error is that of the share, but for B/(B-1) either way.
    const clustered = Math.sqrt(((share * (1 - share)) / ROWS) * (1 + 2 / (BUCKETS - 1)));
    const reach = studentQuantile(0.95, ROWS - 1) * Math.max(clustered, Math.sqrt(0.25 / ROWS));
    expectNear(lower, at(0.5 - reach), 'lower', 1e-12);
    expectNear(upper, at(0.5 + reach), 'upper', 1e-12);
    expect(lower).toBeLessThan(value);
    expect(upper).toBeGreaterThan(value);
  });

  test('has no bound where p ± t·se lies outside of 0 … 1', () => {
    expect(clusteredQuantile(values, 0.03, query, item, 0.95).lower).toBe(Number.NEGATIVE_INFINITY);
    expect(clusteredQuantile(values, 0.97, query, item, 0.95).upper).toBe(Number.POSITIVE_INFINITY);
  });

  test('counts ties as at most it', () => {
    // A half of the rows are 1, of two clusters: the share that is at most 1 varies with the whole clusters.
    const halves = Float64Array.from(index, (r) => (r % 2 === 0 ? 1 : 2 + r));
    const two = coded(index.map((r) => r % 2));
    const many = clusteredQuantile(halves, 0.25, two, item, 0.95);
    const rows = clusteredQuantile(halves, 0.25, query, item, 0.95);
    expect(many.value).toBe(1);
    expect([many.lower, many.upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(Number.isFinite(rows.lower)).toBe(true);
  });
});

describe('a ratio of sums over clusters', () => {
  test('has the variance of the delta method', () => {
    const clusters = [
      { n: 4, hit: 1 },
      { n: 2, hit: 2 },
      { n: 6, hit: 3 },
    ];
    const R = 6 / 12;
    const squares = (1 - 4 * R) ** 2 + (2 - 2 * R) ** 2 + (3 - 6 * R) ** 2;
    const { value, standardError, df } = clusteredRatio(clusters);
    expect([value, df]).toEqual([R, 2]);
    expectNear(standardError, Math.sqrt((squares * 3) / 2) / 12, 'standard error', 1e-15);
  });
});
