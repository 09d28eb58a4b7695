/** Bounds of a ratio by its contrast: Fieller's interval in closed form. */
import { describe, expect, test } from 'vitest';
import type { Estimate } from '../../../src/estimation/statistics/noninferiority.js';
import { independentContrast, shareOf } from '../../../src/estimation/statistics/share.js';
import { studentQuantile } from '../../../src/estimation/statistics/student-t.js';
import { expectNear } from '../../fixtures/metrics.js';

const DF = 60;
const estimate = (value: number, standardError: number, own: Partial<Estimate> = {}): Estimate => ({
  value,
  standardError,
  df: DF,
  ...own,
});

/** Roots of (p - ρ w)² = t² (s_p² + ρ² s_w²), the lower one first (Fieller 1954). */
function fieller(p: Estimate, w: Estimate): [number, number] {
  const t = studentQuantile(0.95, DF) ** 2;
  const a = w.value ** 2 - t * w.standardError ** 2;
  const b = p.value * w.value;
  const c = p.value ** 2 - t * p.standardError ** 2;
  const root = Math.sqrt(b * b - a * c);
  return [(b - root) / a, (b + root) / a];
}

const bounds = (p: Estimate, w: Estimate) => shareOf(p, w, (rho) => independentContrast(p, w, rho), 0.95);

describe('a share', () => {
  test.each([
    ['of a part', 0.3, 0.05, 1, 0.1],
    ['of nearly nothing', 0.001, 0.2, 1, 0.1],
    ['that is negative', -0.4, 0.05, 1, 0.1],
    ['of more than the whole', 3, 0.05, 1, 0.2],
    ['of a whole that is hardly clear', 0.5, 0.02, 1, 0.55],
  ])('%s has the bounds of Fieller', (_, part, partError, whole, wholeError) => {
    const [p, w] = [estimate(part, partError), estimate(whole, wholeError)];
    const { share, lower, upper } = bounds(p, w);
    const [low, high] = fieller(p, w);
    expectNear(share, part / whole, 'share', 1e-15);
    expectNear(lower, low, 'lower');
    expectNear(upper, high, 'upper');
  });

  test('is its whole bound where nothing is in error', () => {
    expect(bounds(estimate(0.3, 0), estimate(0.5, 0))).toEqual({ share: 0.6, lower: 0.6, upper: 0.6 });
  });

  test.each([
    ['is 0', 0, 0],
    ['is not clearly above 0', 1, 0.61],
    ['is below 0', -1, 0.1],
    ['is not known', Number.NaN, 0.1],
  ])('has none where the whole %s', (_, whole, error) => {
    const { lower, upper } = bounds(estimate(0.3, 0.05), estimate(whole, error));
    expect([lower, upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test('is unbounded where no share far away is rejected either', () => {
    const contrast = (rho: number) => estimate(0.3 - rho, 1 + Math.abs(rho));
    const { lower, upper } = shareOf(estimate(0.3, 1), estimate(1, 0.1), contrast, 0.95);
    expect([lower, upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe('a contrast of estimates from different data', () => {
  test('has the sum of their variances, and the fewer degrees of freedom', () => {
    const { value, standardError, df } = independentContrast(estimate(0.5, 0.3), estimate(2, 0.2, { df: 7 }), -2);
    expectNear(value, 4.5, 'value', 1e-15);
    expectNear(standardError, 0.5, 'standard error', 1e-15);
    expect(df).toBe(7);
  });

  test('has the sum of their third moments, whatever the sign of ρ', () => {
    // γ = Σ γ_i s_i³ / s³.
    const [p, w] = [estimate(0, 0.3, { skewness: 0.5 }), estimate(0, 0.2, { skewness: 0.25 })];
    for (const rho of [2, -2])
      expectNear(independentContrast(p, w, rho).skewness!, 0.5 * 0.6 ** 3 + 0.25 * 0.8 ** 3, `ρ ${rho}`, 1e-12);
    expect(independentContrast(estimate(1, 0), estimate(1, 0), 1).skewness).toBe(0);
  });
});
