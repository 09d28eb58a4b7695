/** Findings → verdict, and what is named first: by the words of docs/checks and of the report's own fields. */
import { describe, expect, it } from 'vitest';
import type { EvidenceReport, Finding, SweepReport } from '../../src/checks/check-report.js';
import type { Reason } from '../../src/checks/reason.js';
import type { CheckId } from '../../src/documents/policy/policy.js';
import { decide } from '../../src/verdict/decide.js';
import { byUrgency, isTrivial, severity } from '../../src/verdict/urgency.js';
import { check, failing, finding, REMEDIES, verdictOf } from '../support/findings.js';

const open = (own: Partial<Finding> = {}) =>
  finding({ verdict: 'inconclusive', reason: { kind: 'underpowered' }, ...own });

const NO_SKILL: Reason = {
  kind: 'no_skill',
  yardstick: 'normalized_entropy',
  value: 1.02,
  chance: 1,
  better: 'lower',
};

/** The same of a check on evidence. */
function onEvidence(id: CheckId, findings: readonly Finding[]): EvidenceReport {
  return { kind: 'evidence', check: id, layer: 2, verdict: verdictOf(findings), rules: 1, findings, notices: [] };
}

describe('the worst is named first', () => {
  it('failing, then open, then passing; required before what only warns; then by the excess over the margin; then by rule', () => {
    const named = {
      'passing, warned': finding({ level: 'warn' }),
      passing: finding(),
      'passing, nearer by its bound': finding({ change: -0.001, lower: -0.009, upper: 0.007 }),
      'passing, and better by far': finding({ change: -0.54, lower: -0.6, upper: -0.5 }),
      'open, warned': open({ level: 'warn', lower: 9 }),
      'open, and nothing known': open({ lower: Number.NaN }),
      'open by little, second rule': open({ rule: 1 }),
      'open by little, first rule': open(),
      'open, and noisy': open({ change: 0.08, lower: -0.05, upper: 0.2 }),
      'open, and surely losing': open({ change: 0.02, lower: 0.008, upper: 0.03 }),
      'failing, warned': failing({ level: 'warn', change: 9 }),
      'failing by much, of a wide margin': failing({ change: 0.6, margin: 0.5 }),
      'failing by much': failing({ change: 0.04 }),
      'failing by most, downwards': failing({ change: -0.05, operator: 'max_decrease' }),
    };
    const names = new Map(Object.entries(named).map(([name, one]) => [one, name]));
    expect(byUrgency(Object.values(named)).map((one) => names.get(one))).toEqual([
      'failing by most, downwards',
      'failing by much',
      'failing by much, of a wide margin',
      'failing, warned',
      'open, and surely losing',
      'open by little, first rule',
      'open by little, second rule',
      'open, and noisy',
      'open, and nothing known',
      'open, warned',
      'passing, nearer by its bound',
      'passing',
      'passing, and better by far',
      'passing, warned',
    ]);
  });

  it('by margins: of a failure those that it uses, of a pass those of its bound, of what is open those surely lost', () => {
    const own = { change: 0.02, lower: 0.005, upper: 0.04, margin: 0.01 };
    expect(severity(failing(own))).toBeCloseTo(2, 12);
    expect(severity(finding(own))).toBeCloseTo(4, 12);
    expect(severity(open(own))).toBeCloseTo(0.5, 12);
    expect(severity(failing({ change: Number.NaN }))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('a change at distance 0 that passes says nothing; a value there, and a change elsewhere, does', () => {
    expect(isTrivial(finding({ at: 0 }))).toBe(true);
    expect(isTrivial(finding({ at: 0, judged: 'value' }))).toBe(false);
    expect(isTrivial(open({ at: 0 }))).toBe(false);
    expect(isTrivial(finding({ at: 1 }))).toBe(false);
    expect(isTrivial(finding())).toBe(false);
  });
});

describe('ready', () => {
  it('says how many required cells pass, without what is 0 by definition and what only warns', () => {
    const words = (findings: readonly Finding[]) => decide([check(findings)], undefined, 'v3').headline;
    const warned = finding({ level: 'warn' });
    const trivial = finding({ at: 0 });
    expect(words([trivial, warned])).toBe('v3 can ship: production is at distance 0 alone, where nothing changes.');
    expect(words([finding(), trivial, warned])).toBe(
      'v3 can ship: the one required cell passes; nearest to its margin: log_loss at production, +0.40 % (max_increase 1 %), by its bound 60 % of it.',
    );
    expect(words([finding(), finding(), trivial])).toMatch(/^v3 can ship: all 2 required cells pass; nearest to its /);
  });

  it('is decided by checks with a required rule alone', () => {
    const warnedOf = (verdict: Finding['verdict']) => ({
      ...onEvidence('feature-parity', [failing({ level: 'warn', check: 'feature-parity', verdict })]),
      verdict,
    });
    expect(decide([check([finding()]), warnedOf('fail')], undefined, 'v3').verdict).toBe('ready');
    expect(decide([check([finding()]), warnedOf('inconclusive')], undefined, 'v3').verdict).toBe('ready');
  });
});

describe('what is open', () => {
  const recommended = (findings: readonly Finding[]) => decide([check(findings)], undefined, 'v3');

  it('is counted among the required cells, each reason once and without its figures', () => {
    expect(recommended([open(), finding(), finding({ at: 0 }), finding()]).recommendation.why).toBe(
      '1 of 3 required cells is inconclusive (underpowered)',
    );
    expect(
      recommended([
        open(),
        open({ reason: { kind: 'borderline', by: 'interval' }, rowsToSettle: 900 }),
        open({ reason: { kind: 'no_spread' } }),
        open(),
      ]).recommendation.why,
    ).toBe('4 of 4 required cells are inconclusive (underpowered, borderline and no spread)');
    expect(recommended([open()]).recommendation.why).toBe('1 of 1 required cell is inconclusive (underpowered)');
  });

  it('is settled by the rows of the hardest cell, and by each evidence that is missing', () => {
    const untested: Reason = {
      kind: 'not_tested',
      by: 'evidence',
      check: 'eval-set-construction',
      needs: 'a table builds',
    };
    const { verdict, recommendation } = recommended([
      open({ rowsToSettle: 9_000 }),
      open({ rowsToSettle: 120_000 }),
      open({ rowsToSettle: 40_000 }),
      open({ reason: untested }),
      open({ reason: untested, rule: 1 }),
      failing({ level: 'warn', verdict: 'inconclusive', rowsToSettle: 7_000_000 }),
    ]);
    expect([verdict, recommendation.action]).toEqual(['inconclusive', 'gather_evidence']);
    expect(recommendation.options).toEqual([
      {
        action: 'gather_evidence',
        why: 'an eval set with about 120,000 rows: log_loss at production (underpowered) takes the most',
        rows: 120_000,
      },
      { action: 'gather_evidence', why: 'it needs a table builds; docs/checks/eval-set-construction.md has the query' },
    ]);
  });

  it('for want of skill says where, and what to look at first', () => {
    const { headline, recommendation } = recommended([
      open({ slice: { tier: 'small' }, unskilled: true, reason: NO_SKILL }),
      open({ slice: { tier: 'small' }, unskilled: true, reason: NO_SKILL, rule: 1 }),
      open({ slice: { tier: 'large' } }),
    ]);
    expect(headline).toBe(
      'v3 is not shown to be ready: log_loss at production on tier=small changes by +0.40 % [+0.20 %, +0.60 %] (max_increase 1 %); 3 of 3 required cells are inconclusive (no skill at distance 0 and underpowered): with both towers of one version the model shows no skill on tier=small, so that skew has nothing to take.',
    );
    expect(recommendation.options[0]!.why).toMatch(/^Look at the join of labels and features/);
    // What cannot be settled by rows says what is open instead.
    expect(recommendation.options[1]).toEqual({
      action: 'gather_evidence',
      why: 'settle log_loss at production on tier=small first (no skill at distance 0: normalized_entropy 1.02, not clearly below 1, which a model that knows nothing has); no number of rows is known that would',
    });
  });
});

describe('the headline of what is open names the worst required cell', () => {
  const headline = (...findings: Finding[]) => decide([check(findings)], undefined, 'v3').headline;

  it('with its place, its value, its bounds and its margin', () => {
    expect(
      headline(
        open({ at: 2 }),
        open({ slice: { tier: 'large' }, change: 0.03, lower: 0.012, upper: 0.048 }),
        open({ level: 'warn', change: 9, lower: 8 }),
        finding(),
      ),
    ).toBe(
      'v3 is not shown to be ready: log_loss at production on tier=large changes by +3.00 % [+1.20 %, +4.80 %] (max_increase 1 %); 2 of 3 required cells are inconclusive (underpowered).',
    );
  });

  it('and says of one that was not measured that nothing is known', () => {
    const unknown = { value: Number.NaN, change: Number.NaN, lower: Number.NaN, upper: Number.NaN };
    expect(headline(open({ ...unknown, slice: { tier: 'a' } }))).toMatch(
      /ready: nothing is known of log_loss at production on tier=a \(max_increase 1 %\); 1 of 1 required cell is inconclusive/,
    );
  });
});

describe('the headline of what is not ready names the worst required cell', () => {
  const headline = (own: Partial<Finding>, of: Partial<SweepReport> = {}) =>
    decide(
      [
        check([failing(own), failing({ level: 'warn', change: 5 }), open({ change: 9 })], {
          remedies: REMEDIES,
          ...of,
        }),
      ],
      undefined,
      'v3',
    ).headline;

  it('with its distance and slice', () => {
    expect(headline({})).toMatch(
      /^v3 is not ready: log_loss at production changes by \+3\.00 % \(max_increase 1 %\); 1 of 2 required cells fails\.$/,
    );
    expect(headline({ at: 2, slice: { tier: 'large' } })).toMatch(
      /^v3 is not ready: log_loss at distance 2 on tier=large changes by \+3\.00 % \(max_increase 1 %\); /,
    );
  });

  it('with its check where that is not the sweep, and the cure of that check first', () => {
    const own = { check: 'feature-parity', metric: 'log_loss' } as const;
    const parity = onEvidence('feature-parity', [failing({ ...own, change: 0.06 })]);
    const skew = check([failing()], { remedies: REMEDIES });
    for (const checks of [
      [skew, parity],
      [parity, skew],
    ]) {
      const { headline, recommendation } = decide(checks, undefined, 'v3');
      expect(headline).toMatch(
        /^v3 is not ready: feature-parity log_loss changes by \+6\.00 % \(max_increase 1 %\); 2 of 2 required cells fail\.$/,
      );
      expect(recommendation.options.map(({ why }) => why.slice(0, 12))).toEqual(['bring the fe', 'every requir']);
    }
  });

  it('and each cure of a check once, of required failures alone', () => {
    const own = { check: 'feature-parity' } as const;
    const parity = onEvidence('feature-parity', [
      failing({ ...own, metric: 'log_loss' }),
      failing({ ...own, metric: 'log_loss', slice: { tier: 'a' } }),
      failing({ ...own, metric: 'value_mismatch', level: 'warn' }),
      finding({ ...own, metric: 'value_mismatch' }),
    ]);
    expect(decide([parity], undefined, 'v3').recommendation.options).toEqual([
      {
        action: 'serving_change',
        why: 'bring the features that serving lacks to the artefact that the model reads (feature-parity)',
      },
    ]);
  });
});
