/** Percentiles of raw values and their intervals, against scipy and numpy. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import {
  histogramInterval,
  nearestRank,
  percentile,
  percentileInterval,
} from '../../../src/estimation/statistics/percentiles.js';
import { expectNear, uniform } from '../../fixtures/metrics.js';
import { fixture } from '../../support/percentile-fixture.js';

const values = fc.array(uniform(0.001, 100), { minLength: 1, maxLength: 60 });
const fraction = uniform(0, 1);
const positive = uniform(0.01, 5);

describe('the percentile of raw values', () => {
  test('is numpy’s: linear between order statistics', () => {
    for (const { values, linear } of fixture.raw)
      for (const [i, p] of fixture.p.entries()) expectNear(percentile(values, p), linear[i]!, `p = ${p}`, 1e-14);
  });

  test('by nearest rank is numpy’s inverted distribution function, with weights and without', () => {
    for (const { values, weights, nearest, weighted_nearest } of fixture.raw)
      for (const [i, p] of fixture.p.entries()) {
        expect(nearestRank(values, p), `p = ${p}`).toBe(nearest[i]);
        expect(nearestRank(values, p, weights), `p = ${p}, weighted`).toBe(weighted_nearest[i]);
      }
  });

  test('with weights is the mean of the weighted quantile function over its stretch (independent implementation)', () => {
    for (const { values, weights, weighted_linear } of fixture.raw)
      for (const [i, p] of fixture.p.entries())
        expectNear(percentile(values, p, weights), weighted_linear[i]!, `p = ${p}`, 1e-12);
  });

  test('by hand: the quartiles of 1, 2, 3, 4', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => percentile([4, 2, 3, 1], p))).toEqual([1, 1.75, 2.5, 3.25, 4]);
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => nearestRank([4, 2, 3, 1], p))).toEqual([1, 1, 2, 3, 4]);
  });

  test('by nearest rank, 7 % of 100 values is the 7th, though 0.07 · 100 is a little above 7', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(nearestRank(hundred, 0.07)).toBe(7);
    expect(nearestRank(hundred, 0.0701)).toBe(8);
  });

  test('is the same with equal weights as without', () => {
    fc.assert(
      fc.property(values, fraction, positive, (values, p, weight) => {
        const weights = values.map(() => weight);
        expectNear(percentile(values, p, weights), percentile(values, p), 'linear', 1e-10);
        expect(nearestRank(values, p, weights)).toBe(nearestRank(values, p));
      }),
    );
  });

  test('does not see values of weight 0, nor a factor of all weights', () => {
    const weighted = fc.array(fc.tuple(uniform(0.001, 100), positive), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(weighted, fraction, positive, (rows, p, factor) => {
        const x = rows.map(([value]) => value);
        const w = rows.map(([, weight]) => weight);
        const more = [
          [...x, 0, 1e6],
          [...w.map((weight) => factor * weight), 0, 0],
        ] as const;
        expectNear(percentile(more[0], p, more[1]), percentile(x, p, w), 'linear', 1e-10);
        expect(nearestRank(more[0], p, more[1])).toBe(nearestRank(x, p, w));
      }),
    );
  });

  test('rises with p, within the values, whatever their order', () => {
    fc.assert(
      fc.property(values, fraction, fraction, (values, p, q) => {
        const weights = values.map((_, i) => 1 + (i % 3));
        const [low, high] = [Math.min(p, q), Math.max(p, q)];
        for (const of of [percentile, nearestRank])
          for (const w of [undefined, weights]) {
            expect(of(values, low, w)).toBeLessThanOrEqual(of(values, high, w) + 1e-9);
            expect(of(values, low, w)).toBeGreaterThanOrEqual(Math.min(...values));
            expect(of(values, high, w)).toBeLessThanOrEqual(Math.max(...values));
          }
        expect(percentile([...values].reverse(), p)).toBe(percentile(values, p));
      }),
    );
  });

  test('is not the mean of the percentiles of its parts', () => {
    const fast = Array.from({ length: 99 }, () => 1);
    const slow = [100];
    const averaged = (percentile(fast, 0.5) + percentile(slow, 0.5)) / 2;
    expect(averaged).toBe(50.5);
    expect(percentile([...fast, ...slow], 0.5)).toBe(1);
  });

  test('refuses what has none', () => {
    for (const of of [percentile, nearestRank]) {
      expect(() => of([], 0.5)).toThrow(DataError);
      expect(() => of([1, Number.NaN], 0.5)).toThrow(/value NaN at row 2/);
      expect(() => of([1, 2], 99)).toThrow(/percentile 99; expected a fraction between 0 and 1, as 0.99/);
      expect(() => of([1, 2], Number.NaN)).toThrow(DataError);
      expect(() => of([1, 2], 0.5, [1, -1])).toThrow(/weight -1 of value 2/);
      expect(() => of([1, 2], 0.5, [0, 0])).toThrow(/weights that sum to 0/);
      expect(() => of([1, 2], 0.5, [1])).toThrow(/different lengths/);
    }
  });
});

describe('the interval of a percentile', () => {
  test('has scipy’s order statistics, and is unbounded where there are too few values', () => {
    for (const { n, p, confidence, lower, upper } of fixture.intervals) {
      const ranks = Array.from({ length: n }, (_, i) => n - i);
      expect(percentileInterval(ranks, p, confidence), `p = ${p} of ${n} at ${confidence}`).toEqual({
        lower: lower ?? Number.NEGATIVE_INFINITY,
        upper: upper ?? Number.POSITIVE_INFINITY,
      });
    }
  });

  test('by hand: the median of 5 is above the least but for 1 of 32', () => {
    const five = [1, 2, 3, 4, 5];
    expect(percentileInterval(five, 0.5, 1 - 1 / 32)).toEqual({ lower: 1, upper: 5 });
    expect(percentileInterval(five, 0.5, 0.97)).toEqual({
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
  });

  test('holds the nearest rank, and grows with confidence', () => {
    fc.assert(
      fc.property(values, uniform(0.05, 0.95), (values, p) => {
        const at = nearestRank(values, p);
        const narrow = percentileInterval(values, p, 0.9);
        const wide = percentileInterval(values, p, 0.99);
        expect(narrow.lower).toBeLessThanOrEqual(at);
        expect(narrow.upper).toBeGreaterThanOrEqual(at);
        expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
        expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
      }),
    );
  });

  test('of a million values needs no more than the terms about the quantile', () => {
    const counts = [989_000, 1_000, 5_000, 5_000];
    const { lower, upper } = histogramInterval({ edges: [1, 2, 3, 4], counts }, 0.99, 0.95);
    // x_l and x_u are about 164 ranks (1.645 · √(n p (1 - p))) from 990 000, the last value of the second bucket.
    expect([lower, upper]).toEqual([1, 3]);
  });

  test('refuses p of 0 and 1, of which there is none', () => {
    expect(() => percentileInterval([1, 2], 0, 0.95)).toThrow(DataError);
    expect(() => percentileInterval([1, 2], 1, 0.95)).toThrow(DataError);
    expect(() => percentileInterval([], 0.5, 0.95)).toThrow(/no values/);
    expect(() => percentileInterval([1, 2], 0.5, 1)).toThrow(/a confidence of 1/);
  });
});
