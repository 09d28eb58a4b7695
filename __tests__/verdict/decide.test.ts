/** Findings → verdict, what is named first, and which cure leads: each by the words of docs/checks and of the report's own fields. */
import { describe, expect, it } from 'vitest';
import type {
  EvidenceReport,
  Finding,
  IndexAge,
  PinGain,
  Remedies,
  Repair,
  SweepReport,
  Verdict,
} from '../../src/checks/check.js';
import type { Reason } from '../../src/checks/reason.js';
import { byUrgency, decide, isTrivial, severity } from '../../src/verdict/decide.js';

/** A required rule on a change of log loss at production, that passes. */
function finding(own: Partial<Finding> = {}): Finding {
  return {
    check: 'version-skew',
    rule: 0,
    metric: 'log_loss',
    slice: {},
    at: 'production',
    operator: 'max_increase',
    value: 0.5,
    change: 0.004,
    unit: 'relative',
    judged: 'change',
    lower: 0.002,
    upper: 0.006,
    margin: 0.01,
    mde: 0.003,
    verdict: 'pass',
    reason: { kind: 'within_margin' },
    level: 'fail',
    place: { file: 'gates/gate.yml', line: 9, column: 5 },
    threshold: '1%',
    ...own,
  };
}

const failing = (own: Partial<Finding> = {}) => finding({ verdict: 'fail', change: 0.03, ...own });
const open = (own: Partial<Finding> = {}) =>
  finding({ verdict: 'inconclusive', reason: { kind: 'underpowered' }, ...own });

const NO_SKILL: Reason = {
  kind: 'no_skill',
  yardstick: 'normalized_entropy',
  value: 1.02,
  chance: 1,
  better: 'lower',
};

function verdictOf(findings: readonly Finding[]): Verdict {
  const required = findings.filter(({ level }) => level === 'fail');
  if (required.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return required.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

function check(findings: readonly Finding[], own: Partial<SweepReport> = {}): SweepReport {
  return {
    kind: 'sweep',
    check: 'version-skew',
    layer: 2,
    verdict: verdictOf(findings),
    rules: 1,
    curve: [],
    production: [],
    drift: [],
    coverage: [],
    findings,
    remedies: REMEDIES,
    notices: [],
    ...own,
  };
}

/** The same of a check on evidence. */
function onEvidence(id: string, findings: readonly Finding[]): EvidenceReport {
  return { kind: 'evidence', check: id, layer: 2, verdict: verdictOf(findings), rules: 1, findings, notices: [] };
}

describe('the worst is named first', () => {
  it('failing, then open, then passing; required before what only warns; then by the excess over the margin; then by rule', () => {
    const named = {
      'passing, warned': finding({ level: 'warn' }),
      passing: finding(),
      'open, warned': open({ level: 'warn', change: 9 }),
      'open by little, second rule': open({ rule: 1 }),
      'open by little, first rule': open(),
      'open by much': open({ change: 0.02 }),
      'failing, warned': failing({ level: 'warn', change: 9 }),
      'failing by much, of a wide margin': failing({ change: 0.6, margin: 0.5 }),
      'failing by much': failing({ change: -0.04 }),
    };
    const names = new Map(Object.entries(named).map(([name, one]) => [one, name]));
    expect(byUrgency(Object.values(named)).map((one) => names.get(one))).toEqual([
      'failing by much',
      'failing by much, of a wide margin',
      'failing, warned',
      'open by much',
      'open by little, first rule',
      'open by little, second rule',
      'open, warned',
      'passing',
      'passing, warned',
    ]);
  });

  it('a change by its size over the margin, a value by its distance from the bound over the bound', () => {
    expect(severity(failing({ change: -0.03, margin: 0.01 }))).toBeCloseTo(3, 12);
    expect(severity(failing({ judged: 'value', value: 0.6, margin: 0.8 }))).toBeCloseTo(0.25, 12);
    expect(severity(failing({ judged: 'value', value: -0.2, margin: -0.1 }))).toBeCloseTo(1, 12);
    expect(severity(failing({ change: Number.NaN }))).toBe(0);
    expect(severity(failing({ judged: 'value', value: Number.NaN }))).toBe(0);
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
    expect(words([finding(), trivial, warned])).toBe('v3 can ship: the one required cell passes.');
    expect(words([finding(), finding(), trivial])).toBe('v3 can ship: all 2 required cells pass.');
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
      '1 of 3 required cells is open (underpowered)',
    );
    expect(
      recommended([
        open(),
        open({ reason: { kind: 'borderline', by: 'interval' }, rowsToSettle: 900 }),
        open({ reason: { kind: 'no_spread' } }),
        open(),
      ]).recommendation.why,
    ).toBe('4 of 4 required cells are open (underpowered, borderline and no spread)');
    expect(recommended([open()]).recommendation.why).toBe('1 of 1 required cell is open (underpowered)');
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
        why: 'an eval set with about 120,000 rows in the hardest slice',
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
      'v3 is not shown to be ready: 3 of 3 required cells are open (no skill at distance 0 and underpowered): with both towers of one version the model shows no skill on tier=small, so that skew has nothing to take.',
    );
    expect(recommendation.options[0]!.why).toMatch(/^Look at the join of labels and features/);
    // What cannot be settled by rows says what is open instead.
    expect(recommendation.options[1]).toEqual({
      action: 'gather_evidence',
      why: '3 of 3 required cells are open (no skill at distance 0 and underpowered)',
    });
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
    expect(headline({})).toMatch(/^v3 is not ready: log_loss at production: \+3\.00 %, max_increase 1%\. /);
    expect(headline({ at: 2, slice: { tier: 'large' } })).toMatch(
      /^v3 is not ready: log_loss at distance 2 on tier=large: \+3\.00 %, max_increase 1%\. /,
    );
  });

  it('with its check where that is not the sweep, and the cure of that check first', () => {
    const own = { check: 'feature-parity', metric: 'log_loss' };
    const parity = onEvidence('feature-parity', [failing({ ...own, change: 0.06 })]);
    const skew = check([failing()], { remedies: REMEDIES });
    for (const checks of [
      [skew, parity],
      [parity, skew],
    ]) {
      const { headline, recommendation } = decide(checks, undefined, 'v3');
      expect(headline).toMatch(/^v3 is not ready: feature-parity log_loss: \+6\.00 %, max_increase 1%\. Bring the/);
      expect(recommendation.options.map(({ why }) => why.slice(0, 12))).toEqual(['bring the fe', 'every requir']);
    }
  });

  it('and each cure of a check once, of required failures alone', () => {
    const own = { check: 'feature-parity' };
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

const REMEDIES: Remedies = {
  safeDistance: 1,
  deepest: 5,
  suspects: [],
  mixedIndexAlone: false,
  indexAges: [],
  passingSlices: [],
  incompatibleShare: null,
  repair: null,
};

/** The cures of a sweep that fails at production, the leading one first. */
function curesFor(remedies: Partial<Remedies>, findings: readonly Finding[] = [failing()]) {
  const { recommendation } = decide([check(findings, { remedies: { ...REMEDIES, ...remedies } })], undefined, 'v3');
  expect([recommendation.action, recommendation.why]).toEqual([
    recommendation.options[0]!.action,
    recommendation.options[0]!.why,
  ]);
  return recommendation.options;
}

const actions = (remedies: Partial<Remedies>) => curesFor(remedies).map(({ action }) => action);

describe('of the cures', () => {
  it('a younger index leads where a distance above 0 passes, an architecture change where none does', () => {
    expect(curesFor({})).toEqual([
      {
        action: 'serving_change',
        maxDistance: 1,
        why: 'every required rule passes up to distance 1: rebuild the index before it falls further behind',
      },
    ]);
    expect(curesFor({ safeDistance: 0 })).toEqual([
      {
        action: 'architecture_change',
        why: 'no swept distance from 1 to 5 passes every required rule: train compatibly (warm start), or map queries per index version',
      },
    ]);
  });

  it('a rebuild with every checkpoint leads where no distance passes and age is most of it', () => {
    expect(curesFor({ safeDistance: 0, incompatibleShare: 0.2 })).toEqual([
      {
        action: 'serving_change',
        maxDistance: 0,
        why: 'no swept distance from 1 to 5 passes every required rule; 80 % of the worst change is age, not incompatibility: rebuild the index with every checkpoint, before the query tower takes it up',
      },
    ]);
    // A half is incompatibility.
    expect(curesFor({ safeDistance: 0, incompatibleShare: 0.5 })[0]).toMatchObject({
      action: 'architecture_change',
      why: expect.stringMatching(/; 50 % of the worst change is incompatibility, not age: /),
    });
  });

  it('shares outside of 0 … 1, as estimates have them, are shown within', () => {
    expect(curesFor({ incompatibleShare: 1.3 })[0]!.why).toMatch(/; 100 % of the worst change is incompatibility, not/);
    expect(curesFor({ incompatibleShare: -0.3 })[0]!.why).toMatch(/; 100 % of the worst change is age, not/);
  });

  it('an index that is too old by hours passes at a younger age in every tier, or age does not help', () => {
    const age = (own: Partial<IndexAge>): IndexAge => ({
      slice: { tier: 'a' },
      maxHours: 20.4,
      nowHours: 34,
      passesNow: false,
      levers: [],
      ...own,
    });
    const passes = age({ slice: { tier: 'b' }, passesNow: true, maxHours: null });
    expect(curesFor({ safeDistance: 0, indexAges: [age({}), passes] })).toEqual([
      {
        action: 'serving_change',
        maxIndexAgeHours: 20.4,
        nowHours: 34,
        appliesTo: { tier: 'a' },
        levers: [],
        why: 'tier=a: every required cell passes up to an index age of 20 h, and the index is 34 h old on average',
      },
    ]);
    // Less than an hour is an age too; none, or 0, is none.
    expect(curesFor({ safeDistance: 0, indexAges: [age({ maxHours: 0.5 })] })[0]).toMatchObject({
      action: 'serving_change',
      maxIndexAgeHours: 0.5,
    });
    for (const maxHours of [0, null])
      expect(actions({ safeDistance: 0, indexAges: [age({}), age({ maxHours })] })).toEqual([
        'architecture_change',
        'serving_change',
      ]);
    expect(curesFor({ indexAges: [age({ maxHours: 40, nowHours: 34 })] })[0]!.why).toBe(
      'tier=a: every required cell passes up to an index age of 40 h, and the index is older than that at times (34 h on average)',
    );
  });

  it('levers are those that would do by themselves, and turn something', () => {
    const why = (levers: IndexAge['levers']) =>
      curesFor({ indexAges: [{ slice: {}, maxHours: 5.24, nowHours: 34, passesNow: false, levers }] })[0]!.why;
    const lead =
      'all rows: every required cell passes up to an index age of 5.2 h, and the index is 34 h old on average';
    expect(why([])).toBe(lead);
    expect(
      why([
        { name: 'build_period', maxHours: 8, nowHours: 24 },
        { name: 'build_duration', maxHours: 12, nowHours: 36 },
      ]),
    ).toBe(
      `${lead}; a build period of at most 8.0 h (now 24 h) or a build duration of at most 12 h (now 36 h) would do`,
    );
    expect(
      why([
        { name: 'build_period', maxHours: 24, nowHours: 24 },
        { name: 'build_duration', maxHours: null, nowHours: 36 },
      ]),
    ).toBe(`${lead}; no build period or duration alone would do`);
  });

  it('a distance that is worse than a larger one is named as a checkpoint that may be bad', () => {
    expect(curesFor({ safeDistance: 0, suspects: [1] })[0]!.why).toBe(
      'distance 1 does not pass every required rule: train compatibly (warm start), or map queries per index version; distance 1 is worse than a larger one, so that the checkpoint itself may be bad',
    );
    expect(curesFor({ suspects: [2, 4] })[0]!.why).toMatch(
      /behind; distances 2 and 4 are worse than a larger one, so that these checkpoints themselves may be bad$/,
    );
  });

  it('one version an index leads where only a mixed one fails, whatever else is known', () => {
    const [first, ...rest] = curesFor({ mixedIndexAlone: true, safeDistance: 0, incompatibleShare: 0.9 });
    expect(first).toEqual({
      action: 'serving_change',
      why: 'every pure version passes, but items of different versions in one ranking do not: build each index from one version, or calibrate the scores of each version',
    });
    expect(rest.map(({ action }) => action)).toEqual(['architecture_change']);
    expect(actions({ mixedIndexAlone: true })).toEqual(['serving_change']);
  });

  it('an architecture change leads over a younger index where most is incompatibility and no map repairs it', () => {
    const repair: Repair = { rung: 'linear', share: 0.62, of: 'incompatible', metric: 'log_loss' };
    const known = { incompatibleShare: 0.9, repair };
    expect(curesFor(known).map(({ action, why }) => [action, why.split(':')[0]])).toEqual([
      [
        'architecture_change',
        '90 % of the worst change is incompatibility, not age; no map between the versions repairs more than 62 % of what age does not explain of the loss in log_loss',
      ],
      ['serving_change', 'every required rule passes up to distance 1'],
    ]);
    expect(curesFor(known)[0]!.why).toMatch(
      /: train compatibly \(warm start, backward-compatible loss\), or choose a more stable architecture$/,
    );
    // From 80 % on it does; and what is mostly age needs none.
    expect(actions({ ...known, repair: { ...repair, share: 0.8 } })).toEqual(['serving_change', 'serving_change']);
    expect(actions({ ...known, incompatibleShare: 0.4 })).toEqual(['serving_change']);
    expect(actions({ ...known, repair: { ...repair, of: 'loss' } })).toEqual(['serving_change']);
  });

  it('a map is offered from 80 % on, of the whole loss only where its incompatible part is not known', () => {
    const repair: Repair = { rung: 'scale', share: 0.93, of: 'incompatible', metric: 'roc_auc' };
    const map = (own: Partial<Repair>, incompatibleShare: number | null) =>
      curesFor({ incompatibleShare, repair: { ...repair, ...own } })
        .slice(1)
        .map(({ why }) => why);
    const cure = 'normalise the vectors, or calibrate the scores of each index version';
    expect(map({}, 0.9)).toEqual([
      `one scale between the versions repairs 93 % of what age does not explain of the loss in roc_auc: ${cure}`,
    ]);
    expect(map({ of: 'loss' }, null)).toEqual([
      `one scale between the versions repairs 93 % of the loss in roc_auc: ${cure}`,
    ]);
    expect(map({ of: 'loss' }, 0.9)).toEqual([]);
    expect(map({ share: 0.79 }, 0.3)).toEqual([]);
    expect(map({ share: 0.995 }, 0.9)[0]).toMatch(/^one scale between the versions repairs all of what/);
    expect(map({ share: 0.994 }, 0.9)[0]).toMatch(/^one scale between the versions repairs 99 % of what/);
  });

  it('pinning the query tower is offered where it wins something back', () => {
    const pin: PinGain = {
      metric: 'log_loss',
      slice: {},
      at: 'production',
      change: 0.03,
      incompatible: 0.02,
      stale: 0.01,
      unit: 'relative',
      passes: true,
    };
    expect(curesFor({ pin })[1]!.why).toBe(
      'pinning the query tower to the version of the index would turn +3.00 % in log_loss into the +1.00 % that is age (it wins back +2.00 %): every required rule would pass',
    );
    expect(curesFor({ pin: { ...pin, slice: { tier: 'a' }, passes: false } })[1]!.why).toMatch(
      /in log_loss on tier=a into the .*: not enough for every required rule$/,
    );
    expect(curesFor({ pin: { ...pin, incompatible: -0.02 } }).length).toBe(1);
  });

  it('slices that pass may ship as they are', () => {
    const passing = (...tiers: string[]) => curesFor({ passingSlices: tiers.map((tier) => ({ tier })) }).slice(1);
    expect(passing()).toEqual([]);
    expect(passing('a')).toEqual([{ action: 'scope_change', passing: [{ tier: 'a' }], why: 'tier=a passes as it is' }]);
    expect(passing('a', 'b')[0]!.why).toBe('tier=a and tier=b pass as they are');
  });

  it('nothing about versions mends what fails with both towers of one', () => {
    const level = failing({
      at: 0,
      metric: 'gauc',
      operator: 'min',
      judged: 'value',
      value: 0.6,
      margin: 0.7,
      threshold: '0.7',
      slice: { tier: 'a' },
    });
    expect(curesFor({}, [level, finding()])).toEqual([
      {
        action: 'architecture_change',
        why: 'with both towers of one version gauc on tier=a is 0.6 (min 0.7): the aligned model is the problem, not the age of the index; look at the join of labels and features, at the columns that the inputs read, and at score.scale and score.bias, or train a better one',
      },
    ]);
    expect(curesFor({}, [level, failing()])[0]!.action).toBe('serving_change');
    // A failure that only warns is no reason to look at versions.
    expect(curesFor({}, [level, failing({ level: 'warn' })])[0]!.action).toBe('architecture_change');
  });
});
