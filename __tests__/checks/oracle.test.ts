/** Kernels of the checks on evidence against scikit-learn, statsmodels, scipy and numpy: fixtures/make_evidence.py. */
import { describe, expect, it } from 'vitest';
import { pairedShares } from '../../src/checks/measurement.js';
import { iSquaredEstimate } from '../../src/checks/model/eval-set-construction.js';
import { clusteredRatio } from '../../src/estimation/statistics/clustered-ratio.js';
import { heterogeneity } from '../../src/estimation/statistics/heterogeneity.js';
import { percentile } from '../../src/estimation/statistics/percentiles.js';
import { normalQuantile, studentQuantile } from '../../src/estimation/statistics/student-t.js';
import { clusteredQuantile } from '../../src/estimation/tabulation/clustered-quantile.js';
import { singleAuc } from '../../src/estimation/tabulation/single-auc.js';
import oracle from '../fixtures/evidence.json' with { type: 'json' };

const coded = (values: readonly number[]) => ({
  codes: Int32Array.from(values),
  names: Array.from({ length: Math.max(...values) + 1 }, (_, i) => `n${i}`),
});

/** Clusters are hashed into 1,024 buckets: with so few of them, two may meet. */
const HASHED = 0.05;

describe('against an independent implementation', () => {
  it.each(oracle.aucs)(
    'the AUC of one feature, ties included, and its clustered error',
    ({ query, item, label, value, auc, se }) => {
      const found = singleAuc(Float64Array.from(value), Float64Array.from(label), coded(query), coded(item));
      expect(found.value).toBeCloseTo(auc, 12);
      expect(Math.abs(found.standardError / se - 1)).toBeLessThan(HASHED);
    },
  );

  it.each(oracle.ratios)('a ratio of sums over clusters', ({ n, hit, ratio, se }) => {
    const found = clusteredRatio(n.map((count, i) => ({ n: count, hit: hit[i]! })));
    expect(found.value).toBeCloseTo(ratio, 14);
    expect(found.standardError).toBeCloseTo(se, 14);
    expect(found.df).toBe(n.length - 1);
  });

  it.each(oracle.heterogeneities)('I² and its bounds', ({ gain, se, q, i2, reach }) => {
    expect(heterogeneity(gain, se).q).toBeCloseTo(q, 10);
    const found = iSquaredEstimate(q, gain.length, 0.95);
    expect(found.value).toBeCloseTo(i2, 12);
    expect(found.standardError * normalQuantile(0.95)).toBeCloseTo(reach, 10);
  });

  it.each(oracle.quantiles)('a quantile of clustered values (Woodruff)', ({ query, item, value, p, quantile, se }) => {
    const values = Float64Array.from(value);
    const found = clusteredQuantile(values, p, coded(query), coded(item), 0.95);
    expect(found.value).toBeCloseTo(quantile, 12);
    // The share at which a bound stands says which error it was made with: between that of hashed clusters one way and the other.
    for (const [bound, side] of [
      [found.lower, -1],
      [found.upper, 1],
    ] as const) {
      const reach = (factor: number) => percentile(values, p + side * factor * studentQuantile(0.95, 30) * se);
      const [near, far] = [reach(0.8), reach(1.2)];
      expect(bound).toBeGreaterThanOrEqual(Math.min(near, far));
      expect(bound).toBeLessThanOrEqual(Math.max(near, far));
    }
  });

  it.each(oracle.pairs)('the difference of two shares, of the same clusters, of some, of none', (pair) => {
    const sums = (of: Record<string, number[]>) =>
      new Map(Object.entries(of).map(([q, [n, hit]]) => [Number(q), { n: n!, hit: hit! }]));
    const treatment = sums(pair.treatment as unknown as Record<string, number[]>);
    const control = sums(pair.control as unknown as Record<string, number[]>);
    const { absolute, relative } = pairedShares(treatment, control);
    expect(absolute.value).toBeCloseTo(pair.absolute, 12);
    expect(relative.value).toBeCloseTo(pair.relative, 12);
    // What Agresti & Coull's four more events add is next to nothing here.
    expect(absolute.standardError / pair.absoluteSe).toBeGreaterThanOrEqual(1);
    expect(absolute.standardError / pair.absoluteSe).toBeLessThan(1.03);
    expect(relative.standardError / pair.relativeSe).toBeGreaterThanOrEqual(1);
    expect(relative.standardError / pair.relativeSe).toBeLessThan(1.03);
  });
});
