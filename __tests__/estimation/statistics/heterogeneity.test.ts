import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { chiSquareTail, heterogeneity } from '../../../src/estimation/statistics/heterogeneity.js';
import { expectClose, expectNear, uniform } from '../../fixtures/metrics.js';

interface Fixture {
  readonly studies: readonly {
    readonly estimates: number[];
    readonly errors: number[];
    readonly q: number;
    readonly p: number;
    readonly i2: number;
    readonly tau2: number;
    readonly fixed: number;
    readonly fixed_error: number;
    readonly mean: number;
    readonly error: number;
    readonly hartung_knapp: number;
  }[];
  readonly chi_square: [number, number, number][];
}

const { heterogeneity: fixture } = JSON.parse(
  readFileSync(new URL('../../fixtures/outcomes.json', import.meta.url), 'utf8'),
) as { heterogeneity: Fixture };

const studies = fc.array(fc.tuple(uniform(-3, 3), uniform(0.1, 2)), { minLength: 2, maxLength: 12 });
const of = (rows: readonly (readonly [number, number])[]) =>
  heterogeneity(
    rows.map(([estimate]) => estimate),
    rows.map(([, error]) => error),
  );

describe('the tail of chi-square', () => {
  test.each([...new Set(fixture.chi_square.map(([, df]) => df))])('is scipy’s at %d degrees of freedom', (df) => {
    for (const [x, , tail] of fixture.chi_square.filter((row) => row[1] === df))
      expectClose(chiSquareTail(x, df), tail, `x = ${x}`, 1e-12);
  });

  test('with 2 degrees of freedom is e^(-x/2)', () => {
    fc.assert(
      fc.property(uniform(0, 100), (x) => {
        expectClose(chiSquareTail(x, 2), Math.exp(-x / 2), 'tail', 1e-12);
      }),
    );
  });

  test('falls from 1 to 0', () => {
    for (const df of [1, 2, 5, 40]) {
      expect(chiSquareTail(0, df)).toBe(1);
      expect(chiSquareTail(-1, df)).toBe(1);
      expect(chiSquareTail(Number.POSITIVE_INFINITY, df)).toBe(0);
      let before = 1;
      for (let x = 0.25; x < 120; x += 0.25) {
        const tail = chiSquareTail(x, df);
        expect(tail).toBeLessThanOrEqual(before);
        expect(tail).toBeGreaterThan(0);
        before = tail;
      }
    }
  });

  test('of NaN is NaN, never a probability', () => {
    expect(chiSquareTail(Number.NaN, 3)).toBeNaN();
  });

  test('takes degrees of freedom that are no whole number above 0 for a bug', () => {
    for (const df of [0, -1, 1.5, Number.NaN]) expect(() => chiSquareTail(1, df)).toThrow(/degrees of freedom/);
  });
});

describe('heterogeneity', () => {
  test('agrees with statsmodels', () => {
    for (const expected of fixture.studies) {
      const found = heterogeneity(expected.estimates, expected.errors);
      expectNear(found.q, expected.q, 'Q');
      expect(found.df).toBe(expected.estimates.length - 1);
      expectClose(found.pValue, expected.p, 'p-value');
      expectNear(found.iSquared, expected.i2, 'I²');
      expectNear(found.tauSquared, expected.tau2, 'τ²');
      expectNear(found.fixedMean, expected.fixed, 'fixed mean');
      expectNear(found.fixedError, expected.fixed_error, 'its standard error');
      expectNear(found.mean, expected.mean, 'mean');
      expectNear(found.standardError, expected.error, 'its standard error');
      expectNear(found.hartungKnappError, expected.hartung_knapp, 'its standard error by Hartung and Knapp');
    }
  });

  test('by hand: 0 and 4, with standard errors of 1', () => {
    // Q = 4 + 4, I² = 7/8, τ² = 7 / (2 - 2/2) = 7, and the mean of two with variance 8 has variance 4.
    const found = heterogeneity([0, 4], [1, 1]);
    expect(found).toMatchObject({ q: 8, df: 1, iSquared: 7 / 8, tauSquared: 7, fixedMean: 2, mean: 2 });
    expectNear(found.standardError, 2, 'standard error', 1e-15);
    expectNear(found.fixedError, Math.sqrt(0.5), 'standard error', 1e-15);
  });

  test('finds none between equal estimates', () => {
    expect(heterogeneity([0.5, 0.5, 0.5], [0.25, 0.5, 1])).toMatchObject({
      q: 0,
      pValue: 1,
      iSquared: 0,
      tauSquared: 0,
      mean: 0.5,
      hartungKnappError: 0,
    });
  });

  test('leaves the mean of a fixed effect where Q is within its degrees of freedom, and widens it otherwise', () => {
    fc.assert(
      fc.property(studies, (rows) => {
        const found = of(rows);
        if (found.q <= found.df) {
          expect(found.tauSquared).toBe(0);
          expect(found.mean).toBe(found.fixedMean);
          expect(found.standardError).toBe(found.fixedError);
        } else {
          expect(found.tauSquared).toBeGreaterThan(0);
          expect(found.standardError).toBeGreaterThan(found.fixedError);
        }
        expect(found.iSquared).toBeGreaterThanOrEqual(0);
        expect(found.iSquared).toBeLessThan(1);
      }),
    );
  });

  test('does not depend on the order of the estimates, nor on a shift of all', () => {
    fc.assert(
      fc.property(studies, uniform(-5, 5), (rows, shift) => {
        const found = of(rows);
        const moved = of(rows.map(([estimate, error]) => [estimate + shift, error] as const).reverse());
        expectNear(moved.q, found.q, 'Q');
        expectNear(moved.tauSquared, found.tauSquared, 'τ²');
        expectNear(moved.mean, found.mean + shift, 'mean');
      }),
    );
  });

  test('refuses fewer than 2 estimates, and standard errors that are not finite and above 0', () => {
    expect(() => heterogeneity([1], [1])).toThrow(DataError);
    expect(() => heterogeneity([], [])).toThrow(/0 points; expected at least 2/);
    expect(() => heterogeneity([1, 2], [1, 0])).toThrow(/standard error 0 at point 2/);
    expect(() => heterogeneity([1, 2], [Number.NaN, 1])).toThrow(/standard error NaN at point 1/);
    expect(() => heterogeneity([1, Number.NaN], [1, 1])).toThrow(/estimate NaN at point 2/);
  });
});
