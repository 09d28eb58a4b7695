/** Percentiles of histograms, against those of the values that they count. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import {
  type BucketCounts,
  histogramInterval,
  histogramPercentile,
  mergeHistograms,
  nearestRank,
  percentileInterval,
} from '../../../src/estimation/statistics/percentiles.js';
import { expectNear, uniform } from '../../fixtures/metrics.js';
import { fixture } from '../../support/percentile-fixture.js';

const EDGES = [1, 2, 5, 10, 25, 50, 100];
const values = fc.array(uniform(0.001, 100), { minLength: 1, maxLength: 60 });
const fraction = uniform(0, 1);

/** Bucket b has what is above its lower and up to its upper edge. */
function histogramOf(values: readonly number[]): BucketCounts {
  const counts = EDGES.map(() => 0);
  for (const value of values) counts[EDGES.findIndex((edge) => value <= edge)]!++;
  return { edges: EDGES, counts };
}

function bucketOf(value: number): [number, number] {
  const b = EDGES.findIndex((edge) => value <= edge);
  return [b === 0 ? 0 : EDGES[b - 1]!, EDGES[b]!];
}

describe('a histogram', () => {
  test('has the quantiles of scipy’s piecewise uniform distribution', () => {
    for (const [p, value] of fixture.histogram.percentiles)
      expectNear(histogramPercentile(fixture.histogram, p), value, `p = ${p}`, 1e-12);
  });

  test('has its percentile in the bucket of the raw values’ nearest rank, however they are cut into parts', () => {
    const parts = fc.array(fc.array(uniform(0.001, 100), { maxLength: 30 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, fraction, (parts, p) => {
        const all = parts.flat();
        fc.pre(all.length > 0);
        const merged = mergeHistograms(parts.filter((part) => part.length > 0).map(histogramOf));
        expect(merged).toEqual(histogramOf(all));
        const found = histogramPercentile(merged, p);
        const [lower, upper] = bucketOf(nearestRank(all, p));
        expect(found).toBeGreaterThanOrEqual(lower);
        expect(found).toBeLessThanOrEqual(upper);
      }),
    );
  });

  test('has an interval no narrower than that of the raw values, by less than a bucket at either end', () => {
    fc.assert(
      fc.property(values, uniform(0.05, 0.95), (values, p) => {
        const raw = percentileInterval(values, p, 0.9);
        const found = histogramInterval(histogramOf(values), p, 0.9);
        expect(found.lower).toBe(Number.isFinite(raw.lower) ? bucketOf(raw.lower)[0] : raw.lower);
        expect(found.upper).toBe(Number.isFinite(raw.upper) ? bucketOf(raw.upper)[1] : raw.upper);
      }),
    );
  });

  test('by hand: half of 10 values is the first of 4 in the bucket from 10 to 20', () => {
    const histogram = { edges: [10, 20, 40], counts: [4, 4, 2] };
    expect(histogramPercentile(histogram, 0.5)).toBe(12.5);
    expect(histogramPercentile(histogram, 0)).toBe(0);
    expect(histogramPercentile(histogram, 0.4)).toBe(10);
    expect(histogramPercentile(histogram, 1)).toBe(40);
  });

  test('does not end in an empty bucket', () => {
    const histogram = { edges: [10, 20, 40, 80], counts: [0, 4, 0, 0] };
    expect(histogramPercentile(histogram, 0)).toBe(10);
    expect(histogramPercentile(histogram, 1)).toBe(20);
  });

  test('knows no percentile in a bucket without an upper edge', () => {
    const histogram = { edges: [10, Number.POSITIVE_INFINITY], counts: [98, 2] };
    expect(histogramPercentile(histogram, 0.98)).toBe(10);
    expect(histogramPercentile(histogram, 0.99)).toBe(Number.POSITIVE_INFINITY);
    expect(histogramPercentile({ ...histogram, counts: [0, 2] }, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(histogramInterval(histogram, 0.95, 0.95)).toEqual({ lower: 0, upper: Number.POSITIVE_INFINITY });
  });

  test('ends at an upper edge exactly, and not where rounding would leave it', () => {
    expect(0.3 + (0.9 - 0.3)).toBeGreaterThan(0.9);
    expect(histogramPercentile({ edges: [0.3, 0.9], counts: [1, 1] }, 1)).toBe(0.9);
  });

  test('starts at its floor', () => {
    expect(histogramPercentile({ edges: [0, 10], counts: [2, 0], floor: -10 }, 0.5)).toBe(-5);
  });

  test('merges by adding counts, and keeps the floor', () => {
    const part = { edges: [0, 5], counts: [1, 2], floor: -5 };
    expect(mergeHistograms([part, { ...part, counts: [0, 7] }])).toEqual({ ...part, counts: [1, 9] });
    expect(part.counts).toEqual([1, 2]);
  });

  test.each<[string, BucketCounts[], RegExp]>([
    [
      'other edges',
      [
        { edges: [1, 2], counts: [1, 1] },
        { edges: [1, 3], counts: [1, 1] },
      ],
      /other bucket edges in histogram 2/,
    ],
    [
      'fewer edges',
      [
        { edges: [1, 2], counts: [1, 1] },
        { edges: [1], counts: [1] },
      ],
      /other bucket edges in histogram 2/,
    ],
    [
      'another floor',
      [
        { edges: [1], counts: [1] },
        { edges: [1], counts: [1], floor: -1 },
      ],
      /other bucket edges/,
    ],
    ['nothing', [], /no histogram/],
    ['a histogram without values', [{ edges: [1], counts: [0] }], /without values/],
    ['more counts than edges', [{ edges: [1], counts: [1, 2] }], /2 counts for 1 edges/],
    ['edges that do not ascend', [{ edges: [2, 1], counts: [1, 2] }], /upper edge 1 of bucket 2 after 2/],
    ['a first edge at the floor', [{ edges: [0, 1], counts: [1, 2] }], /upper edge 0 of bucket 1 after 0/],
    ['an edge of NaN', [{ edges: [Number.NaN], counts: [1] }], /upper edge NaN/],
    ['a count below 0', [{ edges: [1], counts: [-1] }], /count -1 in bucket 1/],
    ['half a count', [{ edges: [1], counts: [0.5] }], /count 0.5 in bucket 1; expected a whole number/],
  ])('is not merged with %s', (_, histograms, message) => {
    expect(() => mergeHistograms(histograms)).toThrow(DataError);
    expect(() => mergeHistograms(histograms)).toThrow(message);
  });
});
