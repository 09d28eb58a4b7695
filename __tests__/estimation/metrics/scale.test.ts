import { describe, expect, test } from 'vitest';
import { scaleOf } from '../../../src/estimation/metrics/registry.js';
import { LINEAR, LOG_RATIO } from '../../../src/estimation/metrics/scale.js';

describe('a linear scale', () => {
  test('reads a percentage as a share of the value at distance 0, and a number as the metric’s own unit', () => {
    expect([LINEAR.unit(true), LINEAR.unit(false)]).toEqual(['relative', 'absolute']);
    expect([LINEAR.margin(0.02, true), LINEAR.margin(0.02, false)]).toEqual([0.02, 0.02]);
  });

  test('shows a change as it is', () => {
    expect(LINEAR.shown(0.5, 'relative')).toEqual({ value: 0.5, unit: 'relative' });
    expect(LINEAR.shown(0.5, 'absolute')).toEqual({ value: 0.5, unit: 'absolute' });
  });
});

describe('a log ratio', () => {
  test('reads a percentage as one of the ratio: 2 % is from 1/1.02 to 1.02', () => {
    expect(Math.exp(LOG_RATIO.margin(0.02, true))).toBeCloseTo(1.02, 14);
    expect(LOG_RATIO.margin(0.02, false)).toBe(0.02);
    expect([LOG_RATIO.unit(true), LOG_RATIO.unit(false)]).toEqual(['absolute', 'absolute']);
  });

  test('shows a change as the ratio less 1, and a bound that is not known as none', () => {
    expect(LOG_RATIO.shown(Math.log(1.02), 'absolute')).toEqual({ value: expect.closeTo(0.02, 14), unit: 'relative' });
    expect(LOG_RATIO.shown(Number.POSITIVE_INFINITY, 'absolute').value).toBe(Number.POSITIVE_INFINITY);
    expect(LOG_RATIO.shown(Number.NaN, 'absolute').value).toBeNaN();
  });
});

test('a name that is no metric has a linear scale', () => {
  expect(scaleOf('calibration_shift')).toBe(LOG_RATIO);
  expect(scaleOf('recall@10')).toBe(LINEAR);
  expect(scaleOf('cost_per_conversion')).toBe(LINEAR);
});
