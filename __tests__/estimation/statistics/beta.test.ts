/** Quantiles of the beta distribution beside scipy.stats.beta.ppf (1.x). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaQuantile } from '../../../src/estimation/statistics/beta.js';

describe('betaQuantile', () => {
  it.each([
    [0.05, 0.3, 7.2, 4.683857846385853e-6],
    [0.5, 2, 3, 0.3857275681323895],
    [0.95, 12.5, 0.5, 0.999839550791377],
    [0.001, 1, 1, 0.001],
    [0.999, 200, 300, 0.4685523571144989],
  ])('is that of scipy at p %d, a %d, b %d', (p, a, b, expected) => {
    expect(Math.abs(betaQuantile(p, a, b) / expected - 1)).toBeLessThan(1e-10);
  });

  it('of a and b exchanged is the other end', () => {
    const shape = fc.double({ min: 0.3, max: 50, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), shape, shape, (p, a, b) => {
        expect(Math.abs(betaQuantile(p, a, b) + betaQuantile(1 - p, b, a) - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });
});
