import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from '../../../src/estimation/statistics/holm.js';
import { fixture, uniform } from '../../fixtures/metrics.js';

const pValues = fc.array(uniform(0, 0.2), { maxLength: 15 });

describe('Holm’s procedure', () => {
  test('rejects by hand: 0.005 ≤ 0.05/4, 0.01 ≤ 0.05/3, but 0.03 > 0.05/2', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005], 0.05)).toEqual([true, false, false, true]);
  });

  test('stops at the first that is not below, though a later one would be', () => {
    // 0.03 > 0.05/2 stops; 0.04 ≤ 0.05/1 is no longer looked at.
    expect(holm([0.04, 0.03], 0.05)).toEqual([false, false]);
  });

  test('rejects at the level itself', () => {
    expect(holm([0.05], 0.05)).toEqual([true]);
    expect(holm([0.025, 0.05], 0.05)).toEqual([true, true]);
  });

  test('is the plain test for one hypothesis and nothing for none', () => {
    expect(holm([0.049], 0.05)).toEqual([true]);
    expect(holm([0.051], 0.05)).toEqual([false]);
    expect(holm([], 0.05)).toEqual([]);
  });

  test('agrees with adjusted p-values (independent implementation)', () => {
    for (const { p, alpha, rejected } of fixture.holm) expect(holm(p, alpha)).toEqual(rejected);
  });

  test('never rejects NaN', () => {
    expect(holm([Number.NaN], 0.05)).toEqual([false]);
    expect(holm([0, Number.NaN], 0.05)[1]).toBe(false);
  });

  test('does not depend on the order of the hypotheses', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        expect(holm([...p].reverse(), 0.05).reverse()).toEqual(holm(p, 0.05));
      }),
    );
  });

  test('rejects at least what Bonferroni rejects and at most what the plain tests do', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        for (const [i, rejected] of holm(p, 0.05).entries()) {
          if (p[i]! <= 0.05 / p.length) expect(rejected).toBe(true);
          if (p[i]! > 0.05) expect(rejected).toBe(false);
        }
      }),
    );
  });

  test('rejects no less when a p-value falls', () => {
    fc.assert(
      fc.property(pValues, fc.nat(), uniform(0, 1), (p, pick, factor) => {
        fc.pre(p.length > 0);
        const i = pick % p.length;
        const before = holm(p, 0.05);
        const after = holm(p.with(i, p[i]! * factor), 0.05);
        for (const [j, rejected] of before.entries()) if (rejected) expect(after[j]).toBe(true);
      }),
    );
  });
});
