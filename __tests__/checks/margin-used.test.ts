/** The part of a margin that a finding uses, in the direction that its rule forbids. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marginUsed, reckonedBy } from '../../src/checks/margin-used.js';
import { finding } from '../support/findings.js';

const used = (own: Parameters<typeof finding>[0]) => marginUsed(finding(own));

describe('the margin that is used', () => {
  it('is a change over its margin, with the sign that the operator forbids', () => {
    const own = { change: -0.54, lower: -0.6, upper: -0.5, margin: 0.01 };
    expect(used({ ...own, operator: 'max_increase' })).toEqual({ value: -54, least: -60, most: -50 });
    expect(used({ ...own, operator: 'max_decrease' })).toEqual({ value: 54, least: 50, most: 60 });
    expect(used({ ...own, operator: 'no_more_sensitive_than' }).value).toBe(-54);
  });

  it('is of a two-sided rule the size of the change, and nothing at least where the interval holds 0', () => {
    const own = { operator: 'max_change', change: -0.02, margin: 0.04 } as const;
    expect(used({ ...own, lower: -0.03, upper: -0.01 })).toEqual({ value: 0.5, least: 0.25, most: 0.75 });
    expect(used({ ...own, lower: -0.05, upper: 0.01 })).toEqual({ value: 0.5, least: 0, most: 1.25 });
  });

  it('is of a value its way from what is best to its bound', () => {
    const level = { judged: 'value', value: 0.9, lower: 0.6, upper: 0.96, change: 0 } as const;
    expect(used({ ...level, operator: 'min', margin: 0.75 }).value).toBeCloseTo(0.4, 12);
    expect(used({ ...level, operator: 'min', margin: 0.75 }).most).toBeCloseTo(1.6, 12);
    expect(used({ ...level, operator: 'max', margin: 0.9 }).value).toBe(1);
    expect(used({ ...level, operator: 'max', margin: 1.8 }).value).toBe(0.5);
    const calibration = { ...level, metric: 'calibration', value: 1.05 } as const;
    expect(used({ ...calibration, operator: 'max', margin: 1.1 }).value).toBeCloseTo(0.5, 12);
    expect(used({ ...calibration, operator: 'min', margin: 0.9 }).value).toBeCloseTo(-0.5, 12);
  });

  it('is reckoned by the formula that it says', () => {
    const formula = (own: Parameters<typeof finding>[0]) => reckonedBy(finding(own)).formula;
    expect(formula({ operator: 'max_decrease' })).toBe('change / margin');
    expect(formula({ operator: 'min', margin: 0.75 })).toBe('(1 − value) / (1 − min)');
    expect(formula({ operator: 'max', margin: 0.9 })).toBe('value / max');
    expect(formula({ metric: 'calibration', operator: 'max', margin: 1.1 })).toBe('(value − 1) / (max − 1)');
    expect(formula({ operator: 'max', margin: -0.9 })).toBe('1 + (value − max) / |max|');
    expect(formula({ operator: 'min', margin: 3 })).toBe('1 + (min − value) / |min|');
    expect(reckonedBy(finding({ operator: 'min', margin: 3 })).zero).toBeUndefined();
  });

  it('is 1 at a bound beyond which nothing is best, and grows by the size of the bound', () => {
    const level = { judged: 'value', value: -1.8, change: 0 } as const;
    expect(used({ ...level, operator: 'max', margin: -0.9 }).value).toBe(0);
    expect(used({ ...level, operator: 'min', margin: -0.9 }).value).toBe(2);
    expect(used({ ...level, operator: 'min', margin: 3, value: 3 }).value).toBe(1);
  });

  it('is of a gain the share that is lost over the share that may be', () => {
    const own = { judged: 'share', operator: 'min_retained_gain', margin: 0.5, lower: 0.25, upper: 1 } as const;
    expect(used({ ...own, change: 0.75 })).toEqual({ value: 0.5, least: 0, most: 1.5 });
  });

  it('is not known where a bound is not', () => {
    expect(used({ upper: Number.NaN })).toMatchObject({ least: Number.NaN, most: Number.NaN });
  });

  it('is at most 1 by the bound exactly where the bounds keep the rule', () => {
    const figure = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(figure, figure, fc.double({ min: 1e-3, max: 1, noNaN: true }), (a, b, margin) => {
        const [lower, upper] = a < b ? [a, b] : [b, a];
        const own = { change: (lower + upper) / 2, lower, upper, margin };
        expect(used({ ...own, operator: 'max_increase' }).most <= 1).toBe(upper <= margin);
        expect(used({ ...own, operator: 'max_decrease' }).most <= 1).toBe(lower >= -margin);
        expect(used({ ...own, operator: 'max_change' }).most <= 1).toBe(lower >= -margin && upper <= margin);
      }),
    );
  });
});
