/** Vectors are compared at the precision that they are stored at. */
import { describe, expect, it } from 'vitest';
import { storedPrecision } from '../../../src/checks/serving/stored-precision.js';
import { generator } from '../../support/random.js';

describe('vectors are stored', () => {
  const random = generator(5);
  const dimension = 16;
  const rows = Array.from({ length: 40 }, (_, r) => r);
  const values = Float64Array.from({ length: 40 * dimension }, () => Math.fround(random.normal()));
  /** The nearest of 8 bits of significand. */
  const bfloat16 = (x: number) => {
    const scale = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
    return Math.round(x / scale) * scale;
  };
  const apart = (x: Float64Array, r: number): number => {
    const own = [...values.subarray(r * dimension, (r + 1) * dimension)];
    return Math.hypot(...own.map((y, d) => y - x[r * dimension + d]!)) / Math.hypot(...own);
  };
  const length = (r: number) => Math.hypot(...values.subarray(r * dimension, (r + 1) * dimension));

  it.each<[string, Float64Array]>([
    ['float32', values],
    ['bfloat16', values.map(bfloat16)],
    ['int8', values.map((x) => Math.round((x * 127) / 4) * (4 / 127)).fill(4, 0, 1)],
  ])('in %s, and within what that allows', (precision, stored) => {
    const found = storedPrecision({ values: stored, dimension }, rows);
    expect(found.precision).toBe(precision);
    for (const r of rows.slice(1)) {
      expect(apart(stored, r)).toBeLessThanOrEqual(found.tolerance(r, length(r)));
      // Another checkpoint moves vectors by a few hundredths at least.
      expect(found.tolerance(r, length(r))).toBeLessThan(0.03);
    }
  });

  it('in int8, written as the steps themselves', () => {
    const most = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    const steps = values.map((x) => Math.round((x * 127) / most));
    const found = storedPrecision({ values: steps, dimension }, rows);
    expect(found.precision).toBe('int8');
    const own = (r: number) => Math.hypot(...steps.subarray(r * dimension, (r + 1) * dimension));
    for (const r of rows)
      expect(found.tolerance(r, own(r))).toBeCloseTo((1.001 * Math.sqrt(dimension)) / 2 / own(r), 12);
  });

  it('in int8 with a scale of their own', () => {
    const scaled = values.slice();
    for (const r of rows) {
      const own = scaled.subarray(r * dimension, (r + 1) * dimension);
      const step = own.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127;
      own.forEach((x, d) => {
        own[d] = Math.round(x / step) * step;
      });
    }
    const found = storedPrecision({ values: scaled, dimension }, rows);
    expect(found.precision).toBe('int8');
    for (const r of rows) expect(apart(scaled, r)).toBeLessThanOrEqual(found.tolerance(r, length(r)));
  });

  it('float16 is within what float32 is allowed', () => {
    // Half of the last of 11 bits.
    expect(2 ** -11).toBeLessThan(storedPrecision({ values, dimension }, rows).tolerance(0, 1));
  });
});
