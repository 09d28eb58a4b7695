/** Claims of the sweep → findings: what is shown of them, and the rows that would settle what is open. */

import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/checks/check-report.js';
import { reasonOf } from '../../../src/checks/reason-words.js';
import { findingsOf } from '../../../src/checks/version-skew/findings.js';
import { boundsOf, type CellClaim, type Measured } from '../../../src/checks/version-skew/judge.js';
import type { Rule } from '../../../src/documents/policy/policy.js';
import type { Estimate } from '../../../src/estimation/statistics/noninferiority.js';
import { studentQuantile } from '../../../src/estimation/statistics/student-t.js';
import { metricRef } from '../../fixtures/metrics.js';

const ROWS = 4321;
const DF = 80;

const ruleOf = (own: Partial<Rule> = {}): Rule =>
  ({
    index: 0,
    metric: 'log_loss',
    operator: 'max_increase',
    threshold: 0.05,
    thresholdText: '5%',
    relative: true,
    level: 'fail',
    claim: 'checkpoint',
    place: { file: 'gate.yml', line: 5, column: 28 },
    ...own,
  }) as Rule;

/** All rows, and two tiers; the metric is 0.6 at distance 0 and 0.61 at 1, and what is changed is known by its state. */
const measured = (candidates: 'logged' | 'sampled' = 'logged') =>
  ({
    policy: { versionSkew: { confidence: 0.95 }, evalSet: { candidates } },
    plan: { metrics: ['log_loss', 'ndcg@10'].map(metricRef) },
    cells: {
      count: 3,
      cuts: [
        { columns: [], slices: [{}], first: 0 },
        { columns: ['tier'], slices: [{ tier: 'a' }, { tier: 'b' }], first: 1 },
      ],
    },
    families: {
      candidate: {
        current: new Map([
          [0, 0],
          [1, 1],
        ]),
      },
    },
    tabulation: {
      value: (_: string, __: number, state: number) => 0.6 + state / 100,
      change: (_: string, __: number, state: number, relative: boolean) => ({
        value: relative ? state / 60 : state / 100,
      }),
      countsOf: () => ({ rows: ROWS }),
      ranking: (metric: string) => (metric === 'log_loss' ? undefined : { queries: 77 }),
    },
  }) as unknown as Measured;

function found(
  estimate: Estimate,
  { rejected = true, rule = ruleOf(), ...own }: Partial<CellClaim> & { rejected?: boolean } = {},
  of = measured(),
): Finding {
  const claim: CellClaim = { rule, cell: 0, at: 1, estimate, bounds: boundsOf(rule), open: undefined, ...own };
  return findingsOf([claim], new Set(rejected ? [claim] : []), of)[0]!;
}

const estimate = (value: number, standardError: number, own: Partial<Estimate> = {}): Estimate => ({
  value,
  standardError,
  df: DF,
  ...own,
});
const t = studentQuantile(0.95, DF);

describe('a finding', () => {
  it('names its rule, its slice and its place', () => {
    expect(found(estimate(0.01, 0.002), { cell: 2 })).toMatchObject({
      check: 'version-skew',
      rule: 0,
      metric: 'log_loss',
      slice: { tier: 'b' },
      at: 1,
      operator: 'max_increase',
      value: 0.61,
      margin: 0.05,
      threshold: '5%',
      place: { line: 5 },
    });
    expect(found(estimate(0.01, 0.002), { cell: 1 }).slice).toEqual({ tier: 'a' });
    expect(found(estimate(0.01, 0.002)).slice).toEqual({});
  });

  it('passes by bounds that skewed clusters widen, and fails by those that they do not', () => {
    const skewness = 2;
    const wide = t + (skewness * (2 * t * t + 1)) / 6;
    const passes = found(estimate(0.01, 0.002, { skewness }));
    expect(passes.verdict).toBe('pass');
    expect(passes.upper).toBeCloseTo(0.01 + 0.002 * wide, 12);
    const fails = found(estimate(0.2, 0.002, { skewness }));
    expect(fails.verdict).toBe('fail');
    expect(fails.lower).toBeCloseTo(0.2 - 0.002 * t, 12);
    const open = found(estimate(0.049, 0.002, { skewness }));
    expect(open.verdict).toBe('inconclusive');
    expect(open.upper).toBeCloseTo(0.049 + 0.002 * wide, 12);
  });

  it('of a change has the unit of its rule, of a value the metric’s and its change beside it', () => {
    expect(found(estimate(0.01, 0.002))).toMatchObject({ judged: 'change', unit: 'relative', change: 0.01 });
    const absolute = ruleOf({ relative: false, thresholdText: '0.05' });
    expect(found(estimate(0.01, 0.002), { rule: absolute })).toMatchObject({
      judged: 'change',
      unit: 'absolute',
      change: 0.01,
    });
    const level = ruleOf({ operator: 'max', relative: false, threshold: 0.7, thresholdText: '0.7' });
    const value = found(estimate(0.61, 0.002), { rule: level });
    expect(value).toMatchObject({ judged: 'value', unit: 'absolute', value: 0.61, change: 0.01, verdict: 'pass' });
    expect(value.upper).toBeCloseTo(0.61 + 0.002 * t, 12);
  });

  it('of a share of a gain shows the share, though a contrast is judged', () => {
    const rule = ruleOf({ operator: 'min_retained_gain', threshold: 0.5, thresholdText: '50%' });
    const shown = { share: 0.8, lower: 0.7, upper: 0.9 };
    expect(found(estimate(0.01, 0.002), { rule, shown })).toMatchObject({
      judged: 'share',
      unit: 'relative',
      change: 0.8,
      lower: 0.7,
      upper: 0.9,
      verdict: 'pass',
    });
  });

  it('has no value at a distance that is not swept', () => {
    const open = found(estimate(Number.NaN, Number.NaN), { at: 7, open: { kind: 'uncovered_mass', share: 0.3 } });
    expect([open.value, open.verdict, open.reason.kind]).toEqual([Number.NaN, 'inconclusive', 'uncovered_mass']);
  });

  it('only warns by its rule, of a thin slice, or of a ranking over sampled candidates', () => {
    const fine = estimate(0.01, 0.002);
    expect(found(fine).level).toBe('fail');
    expect(found(fine, { rule: ruleOf({ level: 'warn' }) }).level).toBe('warn');
    expect(found(fine, { thin: true }).level).toBe('warn');
    const ranking = ruleOf({ metric: 'ndcg@10', operator: 'max_decrease' });
    expect(found(fine, { rule: ranking })).toMatchObject({ level: 'fail', queries: 77 });
    expect(found(fine, { rule: ranking }, measured('sampled')).level).toBe('warn');
    expect(found(fine, {}, measured('sampled')).level).toBe('fail');
    expect('queries' in found(fine)).toBe(false);
  });
});

describe('the rows that would settle an open finding', () => {
  it('are as many as shrink its reach into the room, with two digits, rounded up', () => {
    for (const [value, error] of [
      [0.03, 0.02],
      [0.06, 0.02],
      [0.0499, 0.01],
    ] as const) {
      const exact = ROWS * ((error * t) / Math.abs(0.05 - value)) ** 2;
      const open = found(estimate(value, error), { rejected: false });
      const { rowsToSettle } = open;
      expect(rowsToSettle!).toBeGreaterThanOrEqual(exact);
      expect(rowsToSettle!).toBeLessThan(exact * 1.1);
      expect(Number(rowsToSettle!.toPrecision(2))).toBe(rowsToSettle);
      expect(reasonOf(open)).toMatch(
        new RegExp(`; about ${rowsToSettle!.toLocaleString('en-US')} rows of this slice would settle it$`),
      );
    }
  });

  it('are queries of a ranking metric, by the same factor', () => {
    const open = found(estimate(-0.03, 0.02), {
      rule: ruleOf({ metric: 'ndcg@10', operator: 'max_decrease' }),
      rejected: false,
    });
    expect(open.queriesToSettle! / 77).toBeCloseTo(open.rowsToSettle! / ROWS, 0);
    expect(reasonOf(open)).toMatch(
      new RegExp(`; about ${open.queriesToSettle!.toLocaleString('en-US')} queries of this slice would settle it$`),
    );
  });

  it('are not said where it passes or fails, cannot be judged, or stands on its margin', () => {
    const none = (own: Finding) =>
      expect([own.rowsToSettle, reasonOf(own).includes('settle')]).toEqual([undefined, false]);
    none(found(estimate(0.01, 0.002)));
    none(found(estimate(0.2, 0.002)));
    none(found(estimate(0.03, 0.02), { open: { kind: 'too_few_positives', count: 60, least: 100 } }));
    none(found(estimate(0.05, 0.02)));
    // A million times as many is no advice.
    none(found(estimate(0.05 - 1e-6, 0.02)));
  });

  it('nor where it is beyond its margin alone, but not after Holm: that depends on the other cells', () => {
    const beyond = found(estimate(0.2, 0.002), { rejected: false });
    expect([beyond.verdict, beyond.rowsToSettle]).toEqual(['inconclusive', undefined]);
    expect(reasonOf(beyond)).toMatch(/^borderline: beyond the margin if it were the only cell, but not after Holm/);
  });
});
