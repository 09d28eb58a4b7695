/** The errors-in-variables line, against scipy. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { deming, errorAt } from '../../../src/estimation/statistics/deming.js';
import { expectClose, expectNear, uniform } from '../../fixtures/metrics.js';
import { fixture, type Points, points } from '../../support/measured-points.js';

const line = ({ x, sx, y, sy }: Points) => deming(x, sx, y, sy);

describe('the errors-in-variables line', () => {
  test.each(Object.entries(fixture.lines))('%s: agrees with least squares over line and true points', (_, points) => {
    const found = line(points);
    for (const [expected, tolerance] of [
      [points, 1e-7],
      [points.odr, 1e-7],
    ] as const) {
      expectClose(found.slope, expected.slope, 'slope', tolerance);
      expectClose(found.intercept, expected.intercept, 'intercept', tolerance);
      expectClose(found.slopeError, expected.slope_error, 'standard error of the slope', tolerance);
      expectClose(found.interceptError, expected.intercept_error, 'standard error of the intercept', tolerance);
      expectClose(found.mswd, expected.mswd, 'mswd', tolerance);
    }
    expect(found.iterations).toBeGreaterThan(0);
    expect(found.iterations).toBeLessThan(100);
  });

  test('has the published values of Pearson’s data with York’s weights', () => {
    const { x, y } = fixture.lines['Pearson’s data with York’s weights']!;
    const error = (weights: number[]) => weights.map((w) => w ** -0.5);
    const found = deming(
      x,
      error([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1]),
      y,
      error([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500]),
    );
    expectNear(found.slope, -0.4805334, 'slope', 5e-8);
    expectNear(found.intercept, 5.4799102, 'intercept', 5e-8);
    expectNear(found.slopeError, 0.057985, 'standard error of the slope', 5e-7);
    expectNear(found.interceptError, 0.294971, 'standard error of the intercept', 5e-7);
    expectNear(found.mswd, 11.8663532 / 8, 'mswd', 5e-8);
  });

  test('is Deming’s closed form where all points have the same ratio of errors, and found at once', () => {
    for (const { x, y, delta, slope, intercept } of fixture.equal_ratio)
      for (const scale of [0.01, 1]) {
        const found = deming(
          x,
          x.map(() => scale),
          y,
          y.map(() => scale * Math.sqrt(delta)),
        );
        expectClose(found.slope, slope, 'slope');
        expectClose(found.intercept, intercept, 'intercept');
        expect(found.iterations).toBeLessThanOrEqual(3);
      }
  });

  test('has the standard errors by which repeated measurements spread (4000 simulated)', () => {
    const found = line(fixture.monte_carlo);
    expectClose(found.slope, 0.8, 'slope', 1e-6);
    expectClose(found.slopeError, fixture.monte_carlo.slope, 'standard error of the slope', 0.05);
    expectClose(found.interceptError, fixture.monte_carlo.intercept, 'standard error of the intercept', 0.05);
  });

  test('is the same line when x and y change places: slope 1/b, intercept -a/b', () => {
    fc.assert(
      fc.property(points, (points) => {
        const there = line(points);
        const back = deming(points.y, points.sy, points.x, points.sx);
        expectClose(back.slope, 1 / there.slope, 'slope', 1e-9);
        expectNear(back.intercept, -there.intercept / there.slope, 'intercept', 1e-9);
        expectClose(back.slopeError, there.slopeError / there.slope ** 2, 'standard error', 1e-9);
        expectNear(back.mswd, there.mswd, 'mswd', 1e-9);
      }),
    );
  });

  test('follows a change of units and of origin', () => {
    fc.assert(
      fc.property(points, uniform(-50, 50), uniform(0.1, 10), uniform(0.1, 10), (points, shift, scaleX, scaleY) => {
        const there = line(points);
        const moved = line({
          x: points.x.map((x) => scaleX * x + shift),
          sx: points.sx.map((se) => scaleX * se),
          y: points.y.map((y) => scaleY * y),
          sy: points.sy.map((se) => scaleY * se),
        });
        const slope = (there.slope * scaleY) / scaleX;
        expectClose(moved.slope, slope, 'slope', 1e-8);
        expectNear(moved.intercept, scaleY * there.intercept - slope * shift, 'intercept', 1e-8);
        expectNear(moved.mswd, there.mswd, 'mswd', 1e-8);
        for (const at of [-3, 0, 2.5, 20])
          expectClose(errorAt(moved, scaleX * at + shift), scaleY * errorAt(there, at), 'error of the line', 1e-7);
      }),
    );
  });

  test('is steeper than a line that takes x as exact, as errors in x flatten that', () => {
    fc.assert(
      fc.property(points, (points) => {
        const exact = line({ ...points, sx: points.sx.map(() => 1e-9), sy: points.sy.map(() => 0.2) });
        const both = line({ ...points, sx: points.sx.map(() => 0.2), sy: points.sy.map(() => 0.2) });
        expect(Math.abs(both.slope)).toBeGreaterThanOrEqual(Math.abs(exact.slope) - 1e-12);
      }),
    );
  });

  test('finds the best of several minima, where errors are as large as the spread', () => {
    // From Deming's closed form alone, York's iteration ends at a slope of 1.98 with a mswd of 3.00.
    const x = [1, 1.1, 2.6, 1.3, 0.4, 0.4];
    const sx = [1.2, 0.8, 0.5, 0.8, 0.4, 0.9];
    const y = [3.6, 1.4, 0.9, 1, 0.9, 0.1];
    const sy = [0.5, 0.6, 0.2, 1.1, 0.6, 1.3];
    const { slope, mswd } = deming(x, sx, y, sy);
    expectNear(slope, -0.778, 'slope', 0.001);
    for (let angle = -1.57; angle < 1.57; angle += 0.001) {
      const b = Math.tan(angle);
      const w = x.map((_, i) => 1 / (sy[i]! ** 2 + b ** 2 * sx[i]! ** 2));
      const total = w.reduce((sum, value) => sum + value, 0);
      const a = w.reduce((sum, value, i) => sum + value * (y[i]! - b * x[i]!), 0) / total;
      const chiSquare = w.reduce((sum, value, i) => sum + value * (y[i]! - a - b * x[i]!) ** 2, 0);
      expect(mswd * 4).toBeLessThanOrEqual(chiSquare + 1e-9);
    }
  });

  test('is flat where y is constant', () => {
    const found = deming([1, 2, 3], [0.1, 0.2, 0.1], [5, 5, 5], [0.1, 0.1, 0.3]);
    expect(found.slope).toBe(0);
    expect(found.intercept).toBe(5);
    expect(found.mswd).toBe(0);
  });

  test.each<[string, Points, RegExp]>([
    ['fewer than 3 points', { x: [1, 2], sx: [1, 1], y: [1, 2], sy: [1, 1] }, /2 points; expected at least 3/],
    ['a standard error of 0', { x: [1, 2, 3], sx: [1, 0, 1], y: [1, 2, 3], sy: [1, 1, 1] }, /error of x 0 at point 2/],
    ['one below 0', { x: [1, 2, 3], sx: [1, 1, 1], y: [1, 2, 3], sy: [1, 1, -1] }, /error of y -1 at point 3/],
    [
      'one that is not finite',
      { x: [1, 2, 3], sx: [Number.NaN, 1, 1], y: [1, 2, 3], sy: [1, 1, 1] },
      /error of x NaN at point 1; expected a finite standard error above 0/,
    ],
    [
      'a value that is not finite',
      { x: [1, 2, 3], sx: [1, 1, 1], y: [1, Number.POSITIVE_INFINITY, 3], sy: [1, 1, 1] },
      /y Infinity at point 2; expected a finite number/,
    ],
    ['no spread in x', { x: [2, 2, 2], sx: [1, 1, 1], y: [1, 2, 3], sy: [1, 1, 1] }, /x = 2 at every point/],
    [
      'a vertical line that fits best',
      { x: [-1, 0, 0, 1], sx: [1, 1, 1, 1], y: [0, 9, -9, 0], sy: [1, 1, 1, 1] },
      /no slope that settles/,
    ],
    [
      'x that differ by nothing worth its name',
      { x: [1e-9, 0, 0], sx: [1, 1, 1], y: [0, 1, -1], sy: [1, 1, 1] },
      /no slope that settles/,
    ],
  ])('refuses %s', (_, points, message) => {
    expect(() => line(points)).toThrow(DataError);
    expect(() => line(points)).toThrow(message);
  });

  test('takes columns of different lengths for a bug', () => {
    expect(() => deming([1, 2, 3], [1, 1, 1], [1, 2], [1, 1])).toThrow(/different lengths/);
    expect(() => deming([1, 2, 3], [1, 1, 1], [1, 2], [1, 1])).not.toThrow(DataError);
  });
});
