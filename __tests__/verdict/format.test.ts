/** Figures as every rendering writes them. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import {
  formatBounded,
  formatBounds,
  formatCell,
  formatChange,
  formatDelta,
  formatHistogram,
  formatLine,
  formatRetained,
  formatSlice,
  formatTonight,
  formatUsed,
  formatValue,
  LAYERS,
} from '../../src/verdict/format.js';

describe('a value has four significant digits', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [0.5, '0.5'],
    [1 / 3, '0.3333'],
    [0.0001, '0.0001'],
    [0.000099, '9.90e−5'],
    [-0.0001234567, '−0.0001235'],
    [1e6, '1.00e+6'],
    [1234567, '1.23e+6'],
    [100, '100'],
    [Number.NaN, 'undefined'],
    [Number.NEGATIVE_INFINITY, 'undefined'],
  ])('%d as %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});

describe('a change has its sign, and a percentage two decimals', () => {
  it.each([
    [0.0158, 'relative', '+1.58 %'],
    [-0.0158, 'relative', '−1.58 %'],
    [0, 'relative', '0.00 %'],
    [0, 'absolute', '0'],
    // Two decimals would show nothing of it.
    [0.00004, 'relative', '+0.004 %'],
    [0.00005, 'relative', '+0.01 %'],
    [0.0012, 'absolute', '+0.0012'],
    [-0.0012, 'absolute', '−0.0012'],
    [Number.NaN, 'absolute', 'undefined'],
  ] as const)('%d, %s, as %s', (value, unit, text) => {
    expect(formatDelta(value, unit)).toBe(text);
  });
});

it('a slice is all rows, or its values', () => {
  expect(formatSlice({})).toBe('all rows');
  expect(formatSlice({ tier: 'large', log_source: 'organic' })).toBe('tier=large, log_source=organic');
});

it('a histogram is in per cent, and leaves out what would show as 0', () => {
  const histogram = new Map([
    [0, 0.77],
    [1, 0.22905],
    [2, 0.0005],
    [3, 0.00045],
  ]);
  expect(formatHistogram(histogram)).toBe('0: 77.0 %, 1: 22.9 %, 2: 0.1 %');
});

describe('what a finding judged', () => {
  const finding = (own: Partial<Finding>) =>
    ({
      metric: 'log_loss',
      judged: 'change',
      unit: 'relative',
      change: 0.02,
      value: 0.97,
      lower: 0.01,
      upper: 0.03,
      threshold: '5%',
      place: { file: 'gates/l1-cvr.yml', line: 21, column: 3 },
      ...own,
    }) as Finding;

  it('is a change, with its bounds', () => {
    expect(formatChange(finding({}))).toBe('+2.00 %');
    expect(formatBounds(finding({}))).toBe('[+1.00 %, +3.00 %]');
    expect(formatBounds(finding({ upper: Number.NaN }))).toBe('[+1.00 %, –]');
  });

  it('is the ratio of mean predictions less 1, of a calibration shift', () => {
    const shift = { metric: 'calibration_shift', unit: 'absolute', change: Math.log(1.02) } as const;
    expect(formatChange(finding(shift))).toBe('+2.00 %');
  });

  it('is a value, as a percentage where its bound is one', () => {
    const level = { judged: 'value', lower: 0.96, upper: 0.98 } as const;
    expect([formatChange(finding(level)), formatBounds(finding(level))]).toEqual(['97.00 %', '[96.00 %, 98.00 %]']);
    const plain = { ...level, threshold: '0.9', value: -0.97 } as const;
    expect([formatChange(finding(plain)), formatBounds(finding(plain))]).toEqual(['−0.97', '[0.96, 0.98]']);
  });

  it('is a share in whole percents, with a dash for a bound that is not known', () => {
    const share = { judged: 'share', change: 0.624, lower: -0.4, upper: Number.POSITIVE_INFINITY } as const;
    expect([formatChange(finding(share)), formatBounds(finding(share))]).toEqual(['62 %', '[−40 %, –]']);
  });

  it('stands at the line of its threshold', () => {
    expect(formatLine(finding({}))).toBe('l1-cvr.yml:21');
  });
});

it('a bound that is not known is a dash wherever bounds stand', () => {
  const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY];
  expect(formatBounded({ value: 0.1, lower: nan, upper: 0.2 })).toBe('+0.1 [–, +0.2]');
  expect(formatRetained({ aligned: 0.01, skewed: 0, share: 0.5, lower: 0.1, upper: infinite })).toBe(
    '50 % [10 %, –] of a gain of 0.01',
  );
});

it('a margin that is used is a share of one, or how many', () => {
  expect([0.616, 0, -0.001, 1.2, 1.996, 2.345, 9.97, 10.2, 13.6, 1234, -54, Number.NaN].map(formatUsed)).toEqual([
    '62 %',
    '0 %',
    '0 %',
    '120 %',
    '2.0 times',
    '2.3 times',
    '10 times',
    '10 times',
    '14 times',
    '1,234 times',
    '−54 times',
    '–',
  ]);
});

it('cells are named alike, by metric, distance and slice', () => {
  const cell = { metric: 'log_loss', slice: { tier: 'a' }, at: -1 };
  expect([cell, { ...cell, slice: {}, at: 'production' as const }].map(formatCell)).toEqual([
    'log_loss at distance −1 on tier=a',
    'log_loss at production',
  ]);
});

it('what is left of a gain is a share of it, or there was none', () => {
  const retained = { aligned: 0.0123, skewed: 0.0077, share: 0.626, lower: 0.41, upper: 0.8 };
  expect(formatRetained(retained)).toBe('63 % [41 %, 80 %] of a gain of 0.0123');
  expect(formatRetained({ ...retained, lower: Number.NEGATIVE_INFINITY })).toBe('no clear gain when aligned (+0.0123)');
});

it('tonight is the promoted version against what serves, and with an index of its own', () => {
  const compared = (change: number, lower: number, upper: number) => ({ change, lower, upper });
  const entry = {
    metric: 'log_loss',
    unit: 'relative',
    better: 'lower',
    served: 0.5,
    promoted: compared(0.0031, 0.001, Number.NaN),
    aligned: compared(-0.0052, -0.007, -0.0034),
  } as const;
  expect(formatTonight(entry)).toEqual({ now: '+0.31 % [+0.10 %, –]', own: '−0.52 % [−0.70 %, −0.34 %]' });
});

it('the layers are those that checks name', () => {
  expect(LAYERS.map(([layer, name]) => `${layer}. ${name}`)).toEqual([
    '1. Model and evaluation',
    '2. Serving and features',
    '3. Funnel and utility',
  ]);
});
