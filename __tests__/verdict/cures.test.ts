/** Which cure of a sweep that fails leads, and which are offered beside it. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import type { IndexAge, PinGain, Remedies, Repair } from '../../src/checks/remedies.js';
import { decide } from '../../src/verdict/decide.js';
import { check, failing, finding, REMEDIES } from '../support/findings.js';

/** The cures of a sweep that fails at production, the leading one first. */
function curesFor(remedies: Partial<Remedies>, findings: readonly Finding[] = [failing()]) {
  const { recommendation } = decide([check(findings, { remedies: { ...REMEDIES, ...remedies } })], undefined, 'v3');
  expect([recommendation.action, recommendation.why]).toEqual([
    recommendation.options[0]!.action,
    recommendation.options[0]!.why,
  ]);
  return recommendation.options;
}

/** The cell of the worst change. */
const worst = { metric: 'log_loss', slice: { tier: 'a' }, at: 'production' } as const;

const AGE: IndexAge = { slice: {}, maxHours: 5, nowHours: 34, passesNow: false, levers: [] };

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
    expect(curesFor({ safeDistance: 0, incompatibleShare: 0.2, worst })).toEqual([
      {
        action: 'serving_change',
        maxDistance: 0,
        why: 'no swept distance from 1 to 5 passes every required rule; 80 % of the change in log_loss at production on tier=a is age, not incompatibility: rebuild the index with every checkpoint, before the query tower takes it up',
      },
    ]);
    // A half is incompatibility.
    expect(curesFor({ safeDistance: 0, incompatibleShare: 0.5, worst })[0]).toMatchObject({
      action: 'architecture_change',
      why: expect.stringMatching(
        /; 50 % of the change in log_loss at production on tier=a is incompatibility, not age: /,
      ),
    });
  });

  it.each([
    [-0.02, -0.01, -0.03, -0.02, 'not promoting has its price too'],
    [0.01, 0.02, -0.03, -0.02, 'not promoting costs nothing as the index is'],
    [-0.01, 0.02, -0.03, -0.02, 'not promoting costs what a younger index would win'],
    [-0.01, 0.02, -0.03, 0.02, 'what not promoting costs cannot be told from nothing'],
    [-0.01, 0.02, Number.NaN, Number.NaN, 'what not promoting costs cannot be told from nothing'],
  ])('the price of not promoting is read off both intervals: [%d, %d], [%d, %d]', (a, b, c, d, words) => {
    const change = (lower: number, upper: number) => ({ change: (lower + upper) / 2, lower, upper });
    const over = { version: 'v2' };
    const forgone = (better: 'lower' | 'higher', sign: 1 | -1) =>
      ({
        over,
        metric: better === 'lower' ? 'log_loss' : 'roc_auc',
        at: 'production',
        unit: 'absolute',
        better,
        there: sign === 1 ? change(a, b) : change(-b, -a),
        aligned: sign === 1 ? change(c, d) : change(-d, -c),
      }) as const;
    const [first, second] = curesFor({ safeDistance: 1, indexAges: [AGE, AGE], forgone: forgone('lower', 1) });
    expect(first!.why).toContain(`; ${words}: over v2 with its own index, log_loss on all rows changes by `);
    if (words.endsWith('as the index is'))
      expect(curesFor({ forgone: { ...forgone('lower', 1), at: 1 } })[0]!.why).toContain(
        'nothing while the index lags:',
      );
    // Once is enough.
    expect([second!.why.includes('promoting'), second!.forgone]).toEqual([false, undefined]);
    expect(curesFor({ forgone: forgone('higher', -1) })[0]!.why).toContain(`; ${words}: over v2`);
  });

  it('shares outside of 0 … 1, as estimates have them, are shown within', () => {
    const why = (incompatibleShare: number) => curesFor({ incompatibleShare, worst })[0]!.why;
    expect(why(1.3)).toMatch(/; 100 % of the change in .* is incompatibility, not/);
    expect(why(-0.3)).toMatch(/; 100 % of the change in .* is age, not/);
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
    const known = { incompatibleShare: 0.9, repair, worst };
    expect(curesFor(known).map(({ action, why }) => [action, why.split(':')[0]])).toEqual([
      [
        'architecture_change',
        '90 % of the change in log_loss at production on tier=a is incompatibility, not age; no map between the versions repairs more than 62 % of the part of the loss in log_loss on all rows that is incompatibility',
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
      `one scale between the versions repairs 93 % of the part of the loss in roc_auc on all rows that is incompatibility (no rule has judged the release with it): ${cure}`,
    ]);
    expect(map({ of: 'loss' }, null)).toEqual([
      `one scale between the versions repairs 93 % of the loss in roc_auc on all rows (no rule has judged the release with it): ${cure}`,
    ]);
    expect(map({ of: 'loss' }, 0.9)).toEqual([]);
    expect(map({ share: 0.79 }, 0.3)).toEqual([]);
    expect(map({ share: 0.995 }, 0.9)[0]).toMatch(
      /^one scale between the versions repairs all of the part of the loss/,
    );
    expect(map({ share: 0.994 }, 0.9)[0]).toMatch(
      /^one scale between the versions repairs 99 % of the part of the loss/,
    );
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
      'pinning the query tower to the version of the index would turn +3.00 % in log_loss at production into +1.00 %, the part that is age, without +2.00 %, the part that is incompatibility: every required rule would pass',
    );
    expect(curesFor({ pin: { ...pin, slice: { tier: 'a' }, passes: false } })[1]!.why).toMatch(
      /in log_loss at production on tier=a into .*: not enough for every required rule$/,
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
        why: 'with both towers of one version gauc at distance 0 on tier=a is 0.6 (min 0.7): the aligned model is the problem, not the age of the index; look at the join of labels and features, at the columns that the inputs read, and at score.scale and score.bias, or train a better one',
      },
    ]);
    expect(curesFor({}, [level, failing()])[0]!.action).toBe('serving_change');
    // A failure that only warns is no reason to look at versions.
    expect(curesFor({}, [level, failing({ level: 'warn' })])[0]!.action).toBe('architecture_change');
  });
});
