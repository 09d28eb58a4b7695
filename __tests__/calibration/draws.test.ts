/** Numbers by hash: of the distributions that they are said to be of, and the same ones every time. */
import { describe, expect, it } from 'vitest';
import { chiSquare, halves, normal } from '../../src/calibration/draws.js';

const COUNT = 20_000;

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1) };
}

describe('draws', () => {
  it('of the normal distribution have its moments and its tails', () => {
    const values = Array.from({ length: COUNT }, (_, n) => normal(5, n, 3));
    const { mean, variance } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(COUNT));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT));
    const beyond = values.filter((z) => z > 1.6448536).length / COUNT;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(4 * Math.sqrt(0.0475 / COUNT));
  });

  it.each([1, 3, 7])('of χ² with %d degrees of freedom have its moments', (df) => {
    const { mean, variance } = moments(Array.from({ length: COUNT }, (_, k) => chiSquare(3, k, df)));
    expect(Math.abs(mean - df)).toBeLessThan(4 * Math.sqrt((2 * df) / COUNT));
    expect(variance / (2 * df)).toBeGreaterThan(0.85);
    expect(variance / (2 * df)).toBeLessThan(1.15);
  });

  it('of halves are balanced, and independent of each other, of the side and of the bucket', () => {
    const splits = Array.from({ length: 512 }, (_, split) => [halves(1, split, 1024), halves(2, split, 1024)] as const);
    const sum = (of: (split: number, bucket: number) => number) => {
      let total = 0;
      for (let s = 0; s < 512; s++) for (let b = 0; b < 1024; b++) total += of(s, b);
      return Math.abs(total) / Math.sqrt(512 * 1024);
    };
    expect(sum((s, b) => splits[s]![0][b]!)).toBeLessThan(4);
    expect(sum((s, b) => splits[s]![0][b]! * splits[s]![1][b]!)).toBeLessThan(4);
    expect(sum((s, b) => splits[s]![0][b]! * splits[(s + 1) % 512]![0][b]!)).toBeLessThan(4);
    expect(sum((s, b) => splits[s]![0][b]! * splits[s]![0][(b + 1) % 1024]!)).toBeLessThan(4);
    expect(new Set(splits[0]![0])).toEqual(new Set([1, -1]));
  });
});
