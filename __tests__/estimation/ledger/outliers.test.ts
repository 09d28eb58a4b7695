/** What a few rows carry of a gain, against the definitions on rows that can be counted. */
import { describe, expect, test } from 'vitest';
import { concentration, winsorisedExcess } from '../../../src/estimation/ledger/outliers.js';

/** 200 gains, -100 … 99, in a scrambled order. */
const gain = Float64Array.from({ length: 200 }, (_, r) => ((r * 77) % 200) - 100);
const excessOf = (values: Float64Array, weight: Float64Array) => {
  const excess = winsorisedExcess(values, weight);
  return Object.fromEntries([...values].map((x, r) => [x, excess[r]!] as const).filter(([, e]) => e !== 0));
};

describe('the excess over gains cut off at their 1 % and 99 % quantiles', () => {
  test('is that of the two smallest and the two largest of 200', () => {
    // The 1 % quantile is the second smallest, -99; 198 of 200 are at most 97.
    expect(excessOf(gain, new Float64Array(200).fill(1))).toEqual({ '-100': -1, 98: 1, 99: 2 });
  });

  test('counts by weight, in whatever unit', () => {
    // The smallest gain holds 2 % of all weight: it is its own quantile.
    for (const unit of [1, 1000, 0.001])
      expect(
        excessOf(
          gain,
          gain.map((x) => unit * (x === -100 ? 199 / 49 : 1)),
        ),
      ).toEqual({ 98: 1, 99: 2 });
  });

  test('is none where all gain the same', () => {
    expect([...winsorisedExcess(new Float64Array(9).fill(3), new Float64Array(9).fill(1))]).toEqual(
      new Array(9).fill(0),
    );
  });
});

describe('how a gain lies over clusters', () => {
  const cluster = Int32Array.of(0, 0, 1, 2, 1, 3);
  const gains = Float64Array.of(3, -1, 4, -9, 2, 0);
  const weight = Float64Array.of(1, 2, 0.5, 1, 1, 1);

  test('is Σ weight·gain of each; those above 0 improve, and the 1 % with the largest carry', () => {
    const { improving, topSums, clusters } = concentration(gains, weight, cluster, 4);
    expect(clusters).toBe(4);
    // 1, 4, -9 and 0.
    expect(improving).toBe(2 / 4);
    expect(topSums).toEqual([
      { n: 1, hit: 0 },
      { n: 4, hit: 0 },
      { n: -9, hit: -9 },
      { n: 0, hit: 0 },
    ]);
  });

  test.each([
    [1, 1],
    [100, 1],
    [101, 2],
    [250, 3],
  ])('of %d clusters the top 1 %% are %d', (clusters, top) => {
    const own = Float64Array.from({ length: clusters }, (_, c) => c + 1);
    const ones = new Float64Array(clusters).fill(1);
    const { topSums } = concentration(own, ones, Int32Array.from(own.keys()), clusters);
    const carrying = topSums.filter(({ hit }) => hit !== 0).map(({ n }) => n);
    expect(carrying).toEqual(Array.from({ length: top }, (_, i) => clusters - top + 1 + i));
  });
});
