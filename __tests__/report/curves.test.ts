/** The curves of a report: their order, the limits that rules set to them, and the bound that matters. */
import { describe, expect, it } from 'vitest';
import type { CurvePoint, Distance, Finding } from '../../src/checks/check-report.js';
import { askedInWords } from '../../src/report/view/asked.js';
import { chartOf, curvesOf } from '../../src/report/view/curves.js';
import { check, failing, finding } from '../support/findings.js';
import { POINT } from '../support/full-report.js';

const point = (distance: Distance, change: number, own: Partial<CurvePoint> = {}): CurvePoint => ({
  ...POINT,
  metric: 'log_loss',
  slice: {},
  distance,
  change,
  lower: change - 0.01,
  upper: change + 0.01,
  atZero: 0.5,
  unit: 'relative',
  stale: null,
  incompatible: null,
  ...own,
});

/** The chart of a metric with a value at 0, at distance 1 and in production, under findings. */
const chart = (findings: readonly Finding[], change = 0.02, own: Partial<CurvePoint> = {}) => {
  const points = [point(0, 0, own), point(1, change, own), point('production', change / 2, own)];
  return chartOf(curvesOf(check(findings, { curve: points }))[0]!, undefined);
};

describe('the limits of a curve', () => {
  it.each<[string, Partial<Finding>, { lower?: number; upper?: number }]>([
    ['max_increase', { operator: 'max_increase', margin: 0.03 }, { upper: 3 }],
    ['max_decrease', { operator: 'max_decrease', margin: 0.03 }, { lower: -3 }],
    ['max_change', { operator: 'max_change', margin: 0.03 }, { upper: 3, lower: -3 }],
    ['an absolute margin, as a share', { operator: 'max_increase', margin: 0.01, unit: 'absolute' }, { upper: 2 }],
    ['a ceiling of the value', { operator: 'max', margin: 0.55, judged: 'value' }, { upper: 10 }],
    ['a floor of the value', { operator: 'min', margin: 0.45, judged: 'value' }, { lower: -10 }],
  ])('are those of %s in the unit of the chart', (_, own, limits) => {
    const [line] = chart([finding(own)]).margins;
    expect(line!.at).toEqual(['production']);
    for (const side of ['lower', 'upper'] as const)
      if (limits[side] === undefined) expect(line![side]).toBeUndefined();
      else expect(line![side]).toBeCloseTo(limits[side], 10);
  });

  it('are a ratio of a log ratio', () => {
    const shift = { metric: 'calibration_shift', unit: 'absolute' } as const;
    const margin = Math.log(1.02);
    const [line] = chart([finding({ ...shift, operator: 'max_change', margin })], 0.1, shift).margins;
    expect([line!.upper, line!.lower]).toEqual([expect.closeTo(2, 10), expect.closeTo(100 * (1 / 1.02 - 1), 10)]);
  });

  it('are none of a comparison with the family of today', () => {
    expect(chart([finding({ operator: 'no_more_sensitive_than' })]).margins).toEqual([]);
    expect(chart([finding({ operator: 'min_retained_gain', judged: 'share' })]).margins).toEqual([]);
  });

  it('say where they are asked', () => {
    const [line] = chart([finding({ at: 1 }), finding(), finding({ at: 2 })]).margins;
    expect(askedInWords(line!)).toBe(
      'the rule max_increase 1 % is asked only in production and at distances 1 and 2 (gate.yml:9)',
    );
  });
});

describe('the bound that matters', () => {
  it('is the side of the limit, wherever the metric moves', () => {
    for (const change of [-0.2, 0.2]) {
      expect(chart([finding()], change).bound).toBe('upper');
      expect(chart([finding({ operator: 'max_decrease' })], change).bound).toBe('lower');
    }
  });

  it('of two limits is the one that comes nearer where the rule is asked', () => {
    const twoSided = finding({ operator: 'max_change' });
    expect(chart([twoSided], -0.2).bound).toBe('lower');
    expect(chart([twoSided], 0.2).bound).toBe('upper');
    // Elsewhere it may move as it likes.
    const points = [point(0, 0), point(1, 0.9), point('production', -0.1)];
    expect(chartOf(curvesOf(check([twoSided], { curve: points }))[0]!, undefined).bound).toBe('lower');
  });
});

describe('the curves', () => {
  it('come by the urgency of what was found of them, then those that no rule is about', () => {
    const curve = ['recall@10', 'log_loss', 'ece'].flatMap((metric) => [
      point(0, 0, { metric }),
      point(1, 1, { metric }),
    ]);
    const findings = [
      finding({ metric: 'log_loss', at: 1 }),
      failing({ metric: 'ece', at: 1 }),
      // Of a pass that is 0 by definition nothing is shown first.
      finding({ metric: 'recall@10', at: 0 }),
    ];
    const charts = curvesOf(check(findings, { curve })).map((one) => chartOf(one, 'today v1'));
    expect(charts.map(({ metric, mark, today }) => [metric, mark, today])).toEqual([
      ['ece', 'fail', 'today v1'],
      ['log_loss', 'pass', 'today v1'],
      ['recall@10', undefined, 'today v1'],
    ]);
  });

  it('have the family of today beside them, where it has a value there', () => {
    const compared = { release: 'a', path: 'a.yml', live: 'v9', curve: [point(1, 0.5), point(0, Number.NaN)] };
    const own = check([finding()], { curve: [point(0, 0), point(1, 1)], compared });
    expect(chartOf(curvesOf(own)[0]!, 'a v9').points.map(({ today }) => today)).toEqual([null, 50]);
  });
});
