/** The correlation corrected for attenuation, and the concordance of signs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { attenuatedCorrelation } from '../../../src/estimation/statistics/attenuation.js';
import { signConcordance } from '../../../src/estimation/statistics/sign-concordance.js';
import { expectNear } from '../../fixtures/metrics.js';
import { fixture, type Points, points } from '../../support/measured-points.js';

/** The same, with errors small enough to leave both reliabilities above 0. */
const precise = points.map(
  ({ x, sx, y, sy }): Points => ({ x, sx: sx.map((se) => se / 10), y, sy: sy.map((se) => se / 10) }),
);

describe('the correlation corrected for attenuation', () => {
  const correlate = ({ x, sx, y, sy }: Points, confidence = 0.95) => attenuatedCorrelation(x, sx, y, sy, confidence);

  test('agrees with scipy’s r and interval, divided by the root of the reliabilities', () => {
    for (const expected of fixture.correlations) {
      const found = correlate(expected);
      expectNear(found.measured, expected.measured, 'measured');
      expectNear(found.reliabilityX, expected.reliability[0], 'reliability of x');
      expectNear(found.reliabilityY, expected.reliability[1], 'reliability of y');
      expectNear(found.corrected, expected.corrected, 'corrected');
      expectNear(found.lower, expected.lower, 'lower bound');
      expectNear(found.upper, expected.upper, 'upper bound');
    }
  });

  test('by hand: variances of 1 with mean squared errors of 0.36 leave reliabilities of 0.64', () => {
    const found = correlate({ x: [-1, 0, 1], sx: [0.6, 0.6, 0.6], y: [0, -1, 1], sy: [0.6, 0.6, 0.6] });
    expectNear(found.measured, 0.5, 'measured');
    expectNear(found.reliabilityX, 0.64, 'reliability');
    expectNear(found.corrected, 0.5 / 0.64, 'corrected');
  });

  test('is never closer to 0 than what was measured, and lies within its bounds and within ±1', () => {
    fc.assert(
      fc.property(precise, (points) => {
        const { measured, corrected, lower, upper } = correlate(points);
        expect(Math.abs(corrected)).toBeGreaterThanOrEqual(Math.abs(measured));
        expect(corrected).toBeGreaterThanOrEqual(lower);
        expect(corrected).toBeLessThanOrEqual(upper);
        expect(lower).toBeGreaterThanOrEqual(-1);
        expect(upper).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('changes sign with y', () => {
    fc.assert(
      fc.property(precise, (points) => {
        const there = correlate(points);
        const turned = correlate({ ...points, y: points.y.map((y) => -y) });
        expectNear(turned.corrected, -there.corrected, 'corrected', 1e-12);
        expectNear(turned.lower, -there.upper, 'lower bound', 1e-12);
      }),
    );
  });

  test('is unknown where the errors explain all differences', () => {
    const found = correlate({ x: [1, 2, 3, 4], sx: [9, 9, 9, 9], y: [1, 2, 3, 4], sy: [0.1, 0.1, 0.1, 0.1] });
    expect(found).toMatchObject({ reliabilityX: 0, corrected: Number.NaN, lower: -1, upper: 1 });
  });

  test('has no bounds from 3 points', () => {
    const found = correlate({ x: [1, 2, 3], sx: [0.1, 0.1, 0.1], y: [1, 2, 3], sy: [0.1, 0.1, 0.1] });
    expect(found).toMatchObject({ corrected: 1, lower: -1, upper: 1 });
  });

  test('refuses what has no correlation', () => {
    const ones = [1, 1, 1];
    expect(() => attenuatedCorrelation([1, 2], [1, 1], [1, 2], [1, 1], 0.95)).toThrow(/at least 3/);
    expect(() => attenuatedCorrelation(ones, ones, [1, 2, 3], ones, 0.95)).toThrow(/x = 1 at every point/);
    expect(() => attenuatedCorrelation([1, 2, 3], ones, ones, ones, 0.95)).toThrow(/y = 1 at every point/);
    expect(() => attenuatedCorrelation([1, 2, 3], [1, 0, 1], [1, 2, 3], ones, 0.95)).toThrow(DataError);
  });
});

describe('the concordance of signs', () => {
  test('has Wilson’s interval of statsmodels', () => {
    for (const { same, points, lower, upper } of fixture.concordance) {
      const x = Array.from({ length: points }, (_, i) => (i % 2 === 0 ? 1 : -2));
      const found = signConcordance(
        x,
        x.map((value, i) => (i < same ? 3 * value : -value)),
        0.95,
      );
      expect(found.share).toBe(same / points);
      expectNear(found.lower, lower, 'lower bound', 1e-12);
      expectNear(found.upper, upper, 'upper bound', 1e-12);
      expect(found.points).toBe(points);
    }
  });

  test('counts a 0 as agreeing with nothing, not even with a 0', () => {
    expect(signConcordance([0, 0, 1, 1e-300], [0, 1, 0, 1e-300], 0.95).share).toBe(0.25);
  });

  test('never counts NaN as agreement', () => {
    expect(signConcordance([Number.NaN, 1], [Number.NaN, 1], 0.95).share).toBe(0.5);
  });

  test('knows nothing without points', () => {
    expect(signConcordance([], [], 0.95)).toEqual({ share: Number.NaN, lower: 0, upper: 1, points: 0 });
  });
});
