import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { deming } from '../../../src/estimation/statistics/deming.js';
import { weightedLine } from '../../../src/estimation/statistics/weighted-line.js';
import { expectClose, expectNear, uniform } from '../../fixtures/metrics.js';

/** Intercept and slope in each pair. */
interface LineFixture {
  readonly x: number[];
  readonly y: number[];
  readonly error: number[];
  readonly values: [number, number];
  readonly errors: [number, number];
  readonly scattered_errors: [number, number];
  readonly reduced_chi_square: number;
}

const { weighted_lines: fixture } = JSON.parse(
  readFileSync(new URL('../../fixtures/outcomes.json', import.meta.url), 'utf8'),
) as { weighted_lines: LineFixture[] };

const rows = fc.array(fc.tuple(uniform(-5, 5), uniform(0.1, 2)), { minLength: 3, maxLength: 12 });

describe('the weighted line', () => {
  test('agrees with statsmodels, its standard errors scaled where the points scatter more than their errors say', () => {
    expect(fixture.some(({ reduced_chi_square }) => reduced_chi_square > 1)).toBe(true);
    expect(fixture.some(({ reduced_chi_square }) => reduced_chi_square < 1)).toBe(true);
    for (const { x, y, error, ...expected } of fixture) {
      const found = weightedLine(x, y, error);
      expectNear(found.intercept.value, expected.values[0], 'intercept');
      expectNear(found.slope.value, expected.values[1], 'slope');
      expectClose(found.interceptError, expected.errors[0], 'standard error of the intercept');
      expectClose(found.slopeError, expected.errors[1], 'standard error of the slope');
      expectClose(found.reducedChiSquare, expected.reduced_chi_square, 'reduced χ²');
      const scaled = expected.reduced_chi_square > 1 ? expected.scattered_errors : expected.errors;
      expectClose(found.intercept.standardError, scaled[0], 'scaled standard error of the intercept');
      expectClose(found.slope.standardError, scaled[1], 'scaled standard error of the slope');
      expect([found.slope.df, found.intercept.df]).toEqual([x.length - 2, x.length - 2]);
    }
  });

  test('by hand: through (0, 1), (1, 3), (2, 5) with errors of 1', () => {
    const found = weightedLine([0, 1, 2], [1, 3, 5], [1, 1, 1]);
    expect(found.slope.value).toBe(2);
    expect(found.intercept.value).toBe(1);
    expect(found.reducedChiSquare).toBe(0);
    expectNear(found.slopeError, Math.sqrt(1 / 2), 'standard error', 1e-15);
    expectNear(found.interceptError, Math.sqrt(1 / 3 + 1 / 2), 'standard error', 1e-15);
    // A perfect fit by luck does not narrow the errors.
    expect(found.slope.standardError).toBe(found.slopeError);
  });

  test('finds the line that all points are on, whatever their errors', () => {
    fc.assert(
      fc.property(rows, uniform(-3, 3), uniform(-3, 3), (rows, a, b) => {
        const x = rows.map(([value], i) => value + 11 * i);
        const found = weightedLine(
          x,
          x.map((value) => a + b * value),
          rows.map(([, error]) => error),
        );
        expectNear(found.slope.value, b, 'slope', 1e-9);
        expectNear(found.intercept.value, a, 'intercept', 1e-9);
        expectNear(found.reducedChiSquare, 0, 'reduced χ²', 1e-9);
      }),
    );
  });

  test('scales by the scatter once it exceeds the errors: halving all errors then changes nothing but χ²', () => {
    const x = [0, 1, 2, 3];
    const y = [0, 5, -4, 9];
    const found = weightedLine(x, y, [0.2, 0.3, 0.2, 0.4]);
    const halved = weightedLine(x, y, [0.1, 0.15, 0.1, 0.2]);
    expectNear(halved.slope.standardError, found.slope.standardError, 'scaled standard error');
    expectNear(halved.slopeError, found.slopeError / 2, 'standard error');
    expectNear(halved.reducedChiSquare, 4 * found.reducedChiSquare, 'reduced χ²');
  });

  test('is the errors-in-variables line where x has next to no error', () => {
    for (const { x, y, error } of fixture) {
      const found = weightedLine(x, y, error);
      const both = deming(
        x,
        x.map(() => 1e-9),
        y,
        error,
      );
      expectNear(found.slope.value, both.slope, 'slope', 1e-8);
      expectNear(found.intercept.value, both.intercept, 'intercept', 1e-8);
      expectNear(found.slopeError, both.slopeError, 'standard error', 1e-8);
      expectNear(found.reducedChiSquare, both.mswd, 'reduced χ²', 1e-8);
    }
  });

  test.each<[string, number[], number[], number[], RegExp]>([
    ['fewer than 3 points', [1, 2], [1, 2], [1, 1], /2 points; expected at least 3/],
    ['a single point', [1], [1], [1], /1 point; expected at least 3/],
    ['no spread in x', [2, 2, 2], [1, 2, 3], [1, 1, 1], /x = 2 at every point; expected at least two different/],
    ['an error of 0', [1, 2, 3], [1, 2, 3], [1, 1, 0], /error 0 at point 3; expected a finite standard error above 0/],
    ['an infinite error', [1, 2, 3], [1, 2, 3], [1, Number.POSITIVE_INFINITY, 1], /error Infinity at point 2/],
    ['NaN', [1, Number.NaN, 3], [1, 2, 3], [1, 1, 1], /x NaN at point 2/],
  ])('refuses %s', (_, x, y, error, message) => {
    expect(() => weightedLine(x, y, error)).toThrow(DataError);
    expect(() => weightedLine(x, y, error)).toThrow(message);
  });
});
