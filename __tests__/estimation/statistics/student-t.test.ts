import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalQuantile, studentQuantile, studentTail } from '../../../src/estimation/statistics/student-t.js';
import { expectClose, expectNear, fixture, uniform } from '../../fixtures/metrics.js';

const { quantile, tail, normal } = fixture.distributions;

describe('Student’s t', () => {
  test.each([...new Set(quantile.map(([, df]) => df))])('has scipy’s quantiles at %d degrees of freedom', (df) => {
    for (const [p, , t] of quantile.filter((row) => row[1] === df)) {
      // scipy itself leaves up to 1e-17 at the median.
      if (p === 0.5) expect(Math.abs(studentQuantile(p, df))).toBe(0);
      else expectClose(studentQuantile(p, df), t, `p = ${p}`);
    }
  });

  test.each([...new Set(tail.map(([, df]) => df))])('has scipy’s tail probabilities at %d degrees of freedom', (df) => {
    for (const [t, , p] of tail.filter((row) => row[1] === df)) expectClose(studentTail(t, df), p, `t = ${t}`);
  });

  test('has nothing beyond infinity', () => {
    expect(studentTail(Number.POSITIVE_INFINITY, 5)).toBe(0);
    expect(studentTail(Number.NEGATIVE_INFINITY, 5)).toBe(1);
  });

  test('with 1 degree of freedom is Cauchy’s distribution', () => {
    fc.assert(
      fc.property(uniform(-50, 50), (t) => {
        expectNear(studentTail(t, 1), 0.5 - Math.atan(t) / Math.PI, 'tail', 1e-12);
      }),
    );
  });

  test('quantile and tail invert each other, and are symmetric', () => {
    const probability = uniform(0.001, 0.999);
    const freedom = uniform(1, 1023);
    fc.assert(
      fc.property(probability, freedom, (p, df) => {
        const t = studentQuantile(p, df);
        expectNear(studentTail(t, df), 1 - p, 'tail', 1e-12);
        expectNear(studentTail(-t, df) + studentTail(t, df), 1, 'sum', 1e-14);
      }),
    );
  });

  test('reaches less far with more degrees of freedom, and never below the normal', () => {
    let before = Number.POSITIVE_INFINITY;
    for (const df of [1, 1.2, 2, 5, 20, 63, 200, 1023]) {
      const t = studentQuantile(0.95, df);
      expect(t).toBeLessThan(before);
      expect(t).toBeGreaterThan(normalQuantile(0.95));
      before = t;
    }
  });
});

describe('the standard normal', () => {
  test('has scipy’s quantiles', () => {
    for (const [p, z] of normal)
      if (p === 0.5) expect(normalQuantile(p)).toBe(0);
      else expectClose(normalQuantile(p), z, `p = ${p}`, 1e-12);
  });
});
