/** What is compared of an embedding with itself. */
import { describe, expect, it } from 'vitest';
import { distance, LIMIT, ROUNDING, spread } from '../../../src/models/towers/steadiness.js';

describe('what is compared', () => {
  it('is spread over the entities, with the shortest and the longest lists', () => {
    expect(spread(1000, [], 5)).toEqual([0, 250, 500, 749, 999]);
    expect(spread(3, [])).toEqual([0, 1, 2]);
    expect(spread(1, [])).toEqual([0]);
    expect(spread(0, [])).toEqual([]);
    expect(spread(1000, [{ sizeOf: (e) => (e === 17 ? 1 : e === 803 ? 9 : 5) }], 2)).toEqual([0, 17, 803, 999]);
  });

  it('is a share of the length, and more vectors count in full', () => {
    const one = { count: 1, dimension: 2, data: Float32Array.of(3, 4) };
    const other = { count: 2, dimension: 2, data: Float64Array.of(0, 0, 3, 4.5) };
    expect(distance(one, 0, one, 0)).toBe(0);
    expect(distance(one, 0, other, 1)).toBeCloseTo(0.5 / Math.hypot(3, 4.5), 12);
    const two = { count: 1, dimension: 2, data: Float32Array.of(3, 4, 3, 4), offsets: Int32Array.of(0, 2) };
    expect(distance({ ...one, offsets: Int32Array.of(0, 1) }, 0, two, 0)).toBeCloseTo(Math.SQRT1_2, 12);
    expect(distance(one, 0, { ...one, data: Float32Array.of(Number.NaN, 4) }, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(ROUNDING).toBeLessThan(LIMIT);
  });
});
