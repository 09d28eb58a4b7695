import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import {
  type Bounds,
  type Estimate,
  FLOORS,
  type FloorCounts,
  interval,
  judge,
  rowsFactorToSettle,
  unjudgeable,
  violationInterval,
  violationPValue,
} from '../../../src/estimation/statistics/noninferiority.js';
import { studentQuantile } from '../../../src/estimation/statistics/student-t.js';
import { expectNear, uniform } from '../../fixtures/metrics.js';

const estimate = (value: number, standardError: number, df = 63): Estimate => ({ value, standardError, df });
const ample: FloorCounts = { positives: 1000, queryClusters: 500, itemClusters: 200 };
const arbitraryEstimate = fc.record({
  value: uniform(-0.1, 0.1),
  standardError: fc.oneof(fc.constant(0), uniform(1e-6, 0.05)),
  df: uniform(1, 1023),
});
const margin = uniform(0, 0.1);

describe('an interval', () => {
  test('has the one-sided bounds of Student’s t (scipy: t.ppf(0.95, 63) = 1.669402222)', () => {
    const { lower, upper, mde } = interval(estimate(0.01, 0.002), 0.95);
    expectNear(upper, 0.01 + 1.669402222 * 0.002, 'upper', 1e-11);
    expectNear(lower, 0.01 - 1.669402222 * 0.002, 'lower', 1e-11);
    // norm.ppf(0.95) + norm.ppf(0.8) = 1.644853627 + 0.8416212336
    expectNear(mde, 2.4864748606 * 0.002, 'mde', 1e-11);
  });

  test('with a standard error of 0 is a point', () => {
    expect(interval(estimate(0.01, 0), 0.95)).toEqual({ lower: 0.01, upper: 0.01, mde: 0 });
  });

  test('is widened by the skewness on both sides, s·(t + g(2t² + 1)/6), and only a claim of violation is not', () => {
    const t = 1.669402222;
    const skewed = { ...estimate(0.01, 0.002), skewness: 0.3 };
    const reach = 0.002 * (t + (0.3 * (2 * t * t + 1)) / 6);
    const { lower, upper, mde } = interval(skewed, 0.95);
    expectNear(upper, 0.01 + reach, 'upper', 1e-11);
    expectNear(lower, 0.01 - reach, 'lower', 1e-11);
    expectNear(mde, 2.4864748606 * 0.002, 'mde', 1e-11);
    expect(violationInterval(skewed, 0.95)).toEqual(interval(estimate(0.01, 0.002), 0.95));
    expect(violationPValue(skewed, { upper: 0.005 })).toBe(violationPValue(estimate(0.01, 0.002), { upper: 0.005 }));
  });

  test('that is skewed keeps a margin only where its wider reach does, and fails one by the narrower', () => {
    const skewed = { ...estimate(0.01, 0.002), skewness: 0.5 };
    const plain = interval(estimate(0.01, 0.002), 0.95);
    const wide = interval(skewed, 0.95);
    const between = (plain.upper + wide.upper) / 2;
    expect(judge(estimate(0.01, 0.002), { upper: between }, 0.95, false).verdict).toBe('pass');
    expect(judge(skewed, { upper: between }, 0.95, false).verdict).toBe('inconclusive');
    const below = (plain.lower + wide.lower) / 2;
    expect(judge(skewed, { upper: below }, 0.95, true).verdict).toBe('fail');
    expect(judge(skewed, { upper: plain.lower + 1e-9 }, 0.95, true).verdict).toBe('inconclusive');
  });

  test('without a standard error has no bounds', () => {
    const { lower, upper } = interval(estimate(0.01, Number.NaN), 0.95);
    expect(lower).toBeNaN();
    expect(upper).toBeNaN();
  });
});

describe('the decision', () => {
  const cases: [string, Estimate, Bounds, boolean, string, RegExp][] = [
    [
      'passes where the upper bound is within the margin',
      estimate(0.002, 0.001),
      { upper: 0.01 },
      false,
      'pass',
      /within/,
    ],
    ['passes an improvement of any size', estimate(-0.5, 0.1), { upper: 0 }, false, 'pass', /within/],
    [
      'passes a decrease that the lower bound keeps',
      estimate(-0.002, 0.001),
      { lower: -0.01 },
      false,
      'pass',
      /within/,
    ],
    [
      'fails where the lower bound is beyond the margin',
      estimate(0.02, 0.001),
      { upper: 0.01 },
      true,
      'fail',
      /beyond/,
    ],
    ['fails a decrease beyond the margin', estimate(-0.02, 0.001), { lower: -0.01 }, true, 'fail', /beyond/],
    ['fails a two-sided rule upwards', estimate(0.03, 0.001), { lower: -0.02, upper: 0.02 }, true, 'fail', /beyond/],
    ['fails a two-sided rule downwards', estimate(-0.03, 0.001), { lower: -0.02, upper: 0.02 }, true, 'fail', /beyond/],
    [
      'leaves open what Holm does not reject',
      estimate(0.02, 0.001),
      { upper: 0.01 },
      false,
      'inconclusive',
      /^borderline: .*Holm/,
    ],
    [
      'leaves open an interval that straddles the margin',
      estimate(0.01, 0.001),
      { upper: 0.01, margin: 0.01 },
      true,
      'inconclusive',
      /^borderline: .*straddles/,
    ],
    [
      'says underpowered where the detectable change exceeds the margin',
      estimate(0.005, 0.02),
      { upper: 0.01, margin: 0.01 },
      true,
      'inconclusive',
      /^underpowered/,
    ],
    [
      'says underpowered where the bound on a value is nearer than what can be detected',
      estimate(1, 0.3),
      { upper: 1.05 },
      true,
      'inconclusive',
      /^underpowered/,
    ],
    [
      'leaves open a two-sided rule whose interval sticks out on one side',
      estimate(0.019, 0.001),
      { lower: -0.02, upper: 0.02, margin: 0.02 },
      true,
      'inconclusive',
      /^borderline/,
    ],
    ['passes an exact value at its margin', estimate(0.01, 0), { upper: 0.01 }, true, 'pass', /within/],
    ['fails an exact value beyond its margin', estimate(0.010001, 0), { upper: 0.01 }, true, 'fail', /beyond/],
    ['passes an exact 0 under a margin of 0', estimate(0, 0), { lower: -0, upper: 0 }, true, 'pass', /within/],
  ];

  test.each(cases)('%s', (_, given, bounds, rejected, verdict, reason) => {
    const judgement = judge(given, bounds, 0.95, rejected);
    expect(judgement.verdict).toBe(verdict);
    expect(spelled(judgement.reason)).toMatch(reason);
  });

  test.each([
    ['the value', estimate(Number.NaN, 0.001)],
    ['the value of an exact estimate', estimate(Number.NaN, 0)],
    ['the standard error', estimate(0, Number.NaN)],
    ['both', estimate(Number.NaN, Number.NaN)],
    ['the value, infinite', estimate(Number.POSITIVE_INFINITY, Number.NaN)],
    ['the standard error, infinite', estimate(0, Number.POSITIVE_INFINITY)],
  ])('never passes where %s is not a number', (_, given) => {
    for (const bounds of [{ upper: 1 }, { lower: -1 }, { lower: -1, upper: 1 }]) {
      expect(judge(given, bounds, 0.95, true).verdict).toBe('inconclusive');
      expect(spelled(unjudgeable(given, ample, 0, 0.005)!)).toMatch(
        Number.isFinite(given.value) ? /^no spread/ : /^undefined/,
      );
    }
  });

  test('never passes against a margin that is not a number', () => {
    expect(judge(estimate(0, 0.001), { upper: Number.NaN }, 0.95, true).verdict).toBe('inconclusive');
    expect(judge(estimate(0, 0.001), { lower: Number.NaN }, 0.95, true).verdict).toBe('inconclusive');
  });

  test('is monotone in the margin: a wider one never turns pass into open, or open into fail', () => {
    const rank = { fail: 0, inconclusive: 1, pass: 2 };
    fc.assert(
      fc.property(arbitraryEstimate, margin, margin, fc.constantFrom('upper', 'lower', 'both'), (given, a, b, side) => {
        const verdictAt = (m: number) => {
          const bounds: Bounds = {
            ...(side === 'lower' ? {} : { upper: m }),
            ...(side === 'upper' ? {} : { lower: -m }),
          };
          const rejected = violationPValue(given, bounds) <= 0.05;
          return rank[judge(given, bounds, 0.95, rejected).verdict];
        };
        const [narrow, wide] = [Math.min(a, b), Math.max(a, b)];
        expect(verdictAt(wide)).toBeGreaterThanOrEqual(verdictAt(narrow));
      }),
    );
  });

  test('is the mirror image for a change of the other sign', () => {
    fc.assert(
      fc.property(arbitraryEstimate, margin, (given, m) => {
        const mirrored = { ...given, value: -given.value };
        expect(judge(mirrored, { lower: -m }, 0.95, true)).toEqual(judge(given, { upper: m }, 0.95, true));
      }),
    );
  });

  test('never passes and fails at once: at a higher confidence a decision can only open', () => {
    fc.assert(
      fc.property(arbitraryEstimate, margin, (given, m) => {
        const low = judge(given, { upper: m }, 0.8, true).verdict;
        const high = judge(given, { upper: m }, 0.99, true).verdict;
        expect([low, 'inconclusive']).toContain(high);
      }),
    );
  });
});

describe('the p-value of a violation', () => {
  test('is below alpha exactly where the interval lies beyond the margin', () => {
    fc.assert(
      fc.property(arbitraryEstimate, margin, (given, m) => {
        const { lower } = interval(given, 0.95);
        fc.pre(Math.abs(lower - m) > 1e-9);
        expect(violationPValue(given, { upper: m }) < 0.05).toBe(lower > m);
      }),
    );
  });

  test('is 0 or 1 for an exact value', () => {
    expect(violationPValue(estimate(0.02, 0), { upper: 0.01 })).toBe(0);
    expect(violationPValue(estimate(0.01, 0), { upper: 0.01 })).toBe(1);
    expect(violationPValue(estimate(-0.02, 0), { lower: -0.01, upper: 0.01 })).toBe(0);
  });

  test('is a half where the value stands on the margin', () => {
    expectNear(violationPValue(estimate(0.01, 0.002), { upper: 0.01 }), 0.5, 'p', 1e-12);
  });

  test('of a two-sided rule is the smaller of its sides', () => {
    const given = estimate(0.021, 0.002);
    const both = violationPValue(given, { lower: -0.02, upper: 0.02 });
    expect(both).toBe(violationPValue(given, { upper: 0.02 }));
    expect(both).toBeLessThan(violationPValue(given, { lower: -0.02 }));
  });
});

describe('a cell is not judged', () => {
  const fine = estimate(0, 0.001);

  test.each<[string, Partial<FloorCounts>, RegExp]>([
    ['with too few positives', { positives: FLOORS.positives - 1 }, /^too few positives: 99 of at least 100/],
    [
      'with too few effective query clusters',
      { queryClusters: 39.94 },
      /^too few query clusters: 39\.9 effective of at least 40/,
    ],
    ['with too few effective items', { itemClusters: 29.94 }, /^too few item clusters: 29\.9 effective of at least 30/],
  ])('%s', (_, few, reason) => {
    expect(spelled(unjudgeable(fine, { ...ample, ...few }, 0, 0.005)!)).toMatch(reason);
  });

  test('with production mass outside the sweep, beyond the tolerance', () => {
    expect(spelled(unjudgeable(fine, ample, 0.0051, 0.005)!)).toMatch(/^uncovered histogram mass: 0\.5 %/);
    expect(unjudgeable(fine, ample, 0.005, 0.005)).toBeUndefined();
  });

  test('without a value', () => {
    expect(spelled(unjudgeable(estimate(Number.NaN, 0), ample, 0, 0.005)!)).toMatch(/^undefined/);
    expect(spelled(unjudgeable(estimate(Number.POSITIVE_INFINITY, 0), ample, 0, 0.005)!)).toMatch(/^undefined/);
  });

  test('is judged exactly at the floors', () => {
    const floors = {
      positives: FLOORS.positives,
      queryClusters: FLOORS.queryClusters,
      itemClusters: FLOORS.itemClusters,
    };
    expect(unjudgeable(fine, floors, 0, 0.005)).toBeUndefined();
  });
});

describe('the rows that would settle an open cell', () => {
  test('shrink the reach into the room that is left', () => {
    const given = estimate(0.005, 0.004, 100);
    const factor = rowsFactorToSettle(given, { upper: 0.01 }, 0.95)!;
    const reach = (studentQuantile(0.95, 100) * 0.004) / Math.sqrt(factor);
    expectNear(reach, 0.005, 'reach', 1e-12);
  });

  test('are those of the nearer bound', () => {
    const given = estimate(0.015, 0.004);
    expect(rowsFactorToSettle(given, { lower: -0.02, upper: 0.02 }, 0.95)).toBe(
      rowsFactorToSettle(given, { upper: 0.02 }, 0.95),
    );
  });

  test('do not exist where the value stands on the margin, or has no error', () => {
    expect(rowsFactorToSettle(estimate(0.01, 0.004), { upper: 0.01 }, 0.95)).toBeUndefined();
    expect(rowsFactorToSettle(estimate(0.005, Number.NaN), { upper: 0.01 }, 0.95)).toBeUndefined();
    expect(rowsFactorToSettle(estimate(Number.NaN, 0.004), { upper: 0.01 }, 0.95)).toBeUndefined();
  });
});
