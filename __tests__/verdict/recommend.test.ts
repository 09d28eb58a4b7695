/** Findings and remedies → what is recommended: one case a row of docs/decisions/0004. */
import { describe, expect, it } from 'vitest';
import type { CheckReport, Finding } from '../../src/checks/check-report.js';
import type { Reason } from '../../src/checks/reason.js';
import { checkOf } from '../../src/checks/registry.js';
import type { IndexAge, PinGain, Remedies, Repair } from '../../src/checks/remedies.js';
import type { CheckId } from '../../src/documents/policy/policy.js';
import type { Cure } from '../../src/verdict/cures/cure.js';
import { optionOf } from '../../src/verdict/cures/cure-words.js';
import { curesOfEvidence } from '../../src/verdict/cures/of-evidence.js';
import { curesOfSkew } from '../../src/verdict/cures/of-skew.js';
import { recommend } from '../../src/verdict/recommend.js';

const failed: Finding = {
  check: 'version-skew',
  rule: 0,
  metric: 'log_loss',
  slice: {},
  at: 'production',
  operator: 'max_increase',
  value: 0.5,
  change: 0.03,
  unit: 'relative',
  judged: 'change',
  lower: 0.02,
  upper: 0.04,
  margin: 0.01,
  mde: 0.003,
  verdict: 'fail',
  reason: { kind: 'beyond_margin' },
  level: 'fail',
  place: { file: 'gates/gate.yml', line: 9, column: 5 },
  threshold: '1%',
};
const aligned: Finding = { ...failed, at: 0, metric: 'gauc', operator: 'min', judged: 'value', threshold: '0.7' };

/** No distance above 0 passes, and nothing else is known. */
const remedies: Remedies = {
  safeDistance: 0,
  deepest: 5,
  suspects: [],
  mixedIndexAlone: false,
  indexAges: [],
  passingSlices: [],
  incompatibleShare: null,
  repair: null,
};
const tooOld: IndexAge = { slice: { tier: 'a' }, maxHours: 20, nowHours: 34, passesNow: false, levers: [] };
const repair: Repair = { rung: 'linear', share: 0.8, of: 'incompatible', metric: 'log_loss' };
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

type Row = readonly [
  known: string,
  findings: readonly Finding[],
  remedies: Partial<Remedies>,
  cures: readonly Cure['kind'][],
];

/** The leading cure first. */
const ROWS: readonly Row[] = [
  ['all failures are at distance 0', [aligned], { incompatibleShare: 0.9, repair, pin }, ['better_model']],
  ['one of them is not', [aligned, failed], { safeDistance: 1 }, ['earlier_rebuild']],
  ['every index that is too old passes at a younger age', [failed], { indexAges: [tooOld] }, ['younger_index']],
  [
    'so, and a distance passes',
    [failed],
    { indexAges: [tooOld], safeDistance: 2 },
    ['younger_index', 'earlier_rebuild'],
  ],
  [
    'one of two that are too old passes at no age',
    [failed],
    { indexAges: [tooOld, { ...tooOld, maxHours: null }] },
    ['compatible_training', 'younger_index'],
  ],
  ['an age of 0 is none', [failed], { indexAges: [{ ...tooOld, maxHours: 0 }] }, ['compatible_training']],
  ['distance 1 passes', [failed], { safeDistance: 1 }, ['earlier_rebuild']],
  ['nothing younger passes, the rest is not known', [failed], {}, ['compatible_training']],
  ['nothing younger passes, most is age', [failed], { incompatibleShare: 0.49 }, ['rebuild_with_every_checkpoint']],
  ['nothing younger passes, half is incompatibility', [failed], { incompatibleShare: 0.5 }, ['compatible_training']],
  [
    'a distance passes, most is incompatibility, no map repairs it',
    [failed],
    { safeDistance: 1, incompatibleShare: 0.5, repair: { ...repair, share: 0.79 } },
    ['compatible_training', 'earlier_rebuild'],
  ],
  [
    'a distance passes, a map repairs it',
    [failed],
    { safeDistance: 1, incompatibleShare: 0.9, repair },
    ['earlier_rebuild', 'map_between_versions'],
  ],
  [
    'nothing younger passes, a map repairs it',
    [failed],
    { incompatibleShare: 0.9, repair },
    ['compatible_training', 'map_between_versions'],
  ],
  [
    'most is age: no map is missed',
    [failed],
    { safeDistance: 1, incompatibleShare: 0.4, repair: { ...repair, share: 0.1 } },
    ['earlier_rebuild'],
  ],
  ['a ranking of several versions alone fails', [failed], { mixedIndexAlone: true }, ['one_version_an_index']],
  [
    'so, with incompatibility, and nothing younger passes',
    [failed],
    { mixedIndexAlone: true, incompatibleShare: 0.9, repair: { ...repair, share: 0.1 } },
    ['one_version_an_index', 'compatible_training'],
  ],
  [
    'a pin wins something back, and slices pass',
    [failed],
    { safeDistance: 1, pin, passingSlices: [{ tier: 'small' }] },
    ['earlier_rebuild', 'pinned_query_tower', 'passing_slices'],
  ],
  ['a pin that would lose', [failed], { safeDistance: 1, pin: { ...pin, incompatible: -0.02 } }, ['earlier_rebuild']],
];

describe('of a sweep that fails', () => {
  it.each(ROWS)('%s', (_, findings, known, kinds) => {
    const cures = curesOfSkew(findings, { ...remedies, ...known });
    expect(cures.map(({ kind }) => kind)).toEqual(kinds);
    const { action, why, options } = recommend('not_ready', [sweep(findings, { ...remedies, ...known })]);
    expect(options).toEqual(cures.map(optionOf));
    expect({ action, why }).toEqual({ action: options[0]!.action, why: options[0]!.why });
  });
});

function sweep(findings: readonly Finding[], own: Remedies, verdict: CheckReport['verdict'] = 'fail'): CheckReport {
  return {
    kind: 'sweep',
    check: 'version-skew',
    layer: 2,
    verdict,
    rules: 1,
    curve: [],
    production: [],
    drift: [],
    coverage: [],
    findings,
    remedies: own,
    notices: [],
  };
}

describe('of a check on evidence that fails', () => {
  const actions = (check: CheckId, ...metrics: string[]) => {
    const cures = curesOfEvidence(
      check,
      checkOf(check).layer,
      metrics.map((metric) => ({ ...failed, check, metric })),
    );
    return cures.map((cure) => optionOf(cure).action);
  };

  it('serving is changed where it is of layer 2, and evidence gathered elsewhere', () => {
    expect(actions('feature-parity', 'coverage')).toEqual(['serving_change']);
    expect(actions('precision-parity', 'ann_recall@10')).toEqual(['serving_change']);
    expect(actions('sampling-bias', 'gain')).toEqual(['gather_evidence']);
    expect(actions('recall-saturation', 'headroom')).toEqual(['gather_evidence']);
  });

  it('the architecture is, where a metric of the candidate’s own making fails', () => {
    expect(actions('recall-saturation', 'retrieval_recall')).toEqual(['architecture_change']);
    expect(actions('recall-saturation', 'ranking_recall@10')).toEqual(['architecture_change']);
    expect(actions('recall-saturation', 'headroom', 'retrieval_recall')).toEqual([
      'architecture_change',
      'architecture_change',
    ]);
  });

  it('each cure stands once, the worst cell’s first', () => {
    const of = (metric: string, change: number): Finding => ({ ...failed, check: 'feature-parity', metric, change });
    const cures = curesOfEvidence('feature-parity', 2, [
      of('coverage', 0.02),
      of('value_mismatch', 0.9),
      of('distribution_shift', 0.5),
      of('coverage', 0.03),
    ]);
    expect(cures.map((cure) => optionOf(cure).why)).toEqual([
      'read the same values at serving as in training: one transformation, no lag (feature-parity)',
      'bring the features that serving lacks to the artefact that the model reads (feature-parity)',
    ]);
  });
});

describe('of what is open', () => {
  const open = (own: Partial<Finding> = {}): Finding => ({
    ...failed,
    verdict: 'inconclusive',
    reason: { kind: 'underpowered' },
    ...own,
  });
  const recommended = (...findings: Finding[]) =>
    recommend('inconclusive', [sweep(findings, remedies, 'inconclusive')]);
  const untested: Reason = { kind: 'not_tested', by: 'evidence', check: 'serving-health', needs: 'the table latency' };

  it.each<[string, readonly Finding[], readonly string[]]>([
    [
      'no number of rows is known: the worst cell, with its reason',
      [open({ slice: { tier: 'b' }, lower: -1 }), open()],
      ['settle log_loss at production first (underpowered: '],
    ],
    [
      'queries, of a ranking',
      [open({ metric: 'mrr', slice: { tier: 'b' }, rowsToSettle: 900, queriesToSettle: 310 })],
      ['an eval set with about 310 queries of tier=b: mrr at production on tier=b (underpowered) takes the most'],
    ],
    [
      'rows, of the hardest cell',
      [open({ rowsToSettle: 900 }), open({ rowsToSettle: 12_000 })],
      [
        'an eval set with about 12,000 rows: log_loss at production (underpowered) takes the most, and as it is measured will probably fail',
      ],
    ],
    [
      'the inputs first, where there is no skill',
      [open({ unskilled: true, rowsToSettle: 900 })],
      ['Look at the join of labels', 'an eval set with about 900 rows'],
    ],
    [
      'each evidence that is missing, once',
      [open({ reason: untested }), open({ reason: { kind: 'not_tested', by: 'mix' } }), open({ reason: untested })],
      [
        'it needs the table latency; docs/checks/serving-health.md has the query',
        'production’s mix is not known, it needs weight_online or the table mix',
      ],
    ],
  ])('%s', (_, findings, whys) => {
    const { action, options } = recommended(...findings);
    expect(action).toBe('gather_evidence');
    expect(options.every((option) => option.action === 'gather_evidence')).toBe(true);
    expect(options.map(({ why }, i) => why.slice(0, whys[i]?.length))).toEqual(whys);
  });

  it('what is open for Holm alone comes first, with the cures of a failure; rows are those of the other cells', () => {
    const beyond = open({ slice: { tier: 'a' }, reason: { kind: 'borderline', by: 'holm' } });
    const thin = open({ slice: { tier: 'b' }, change: 0.004, lower: -0.02, upper: 0.03, rowsToSettle: 320_000 });
    const known = { ...remedies, safeDistance: 2, incompatibleShare: 0.2 };
    const { action, options } = recommend('inconclusive', [sweep([thin, beyond], known, 'inconclusive')]);
    expect(action).toBe('gather_evidence');
    expect(options.map(({ why }) => why)).toEqual([
      '1 cell lies beyond its margin with its whole interval and will probably fail with more rows, log_loss at production on tier=a (+3.00 % [+2.00 %, +4.00 %], max_increase 1 %): mend it first',
      optionOf(curesOfSkew([beyond], known)[0]!).why,
      'an eval set with about 320,000 rows of tier=b: log_loss at production on tier=b (underpowered) takes the most',
    ]);
    const alone = recommend('inconclusive', [sweep([beyond, { ...beyond, slice: {} }], known, 'inconclusive')]).options;
    expect(alone).toHaveLength(2);
    expect(alone[0]!.why).toMatch(
      /^2 cells lie beyond their margins .*, the worst of them log_loss .*: mend them first$/,
    );
  });

  it('what only warns is not counted', () => {
    expect(recommended(open(), open({ level: 'warn', reason: untested })).options).toHaveLength(1);
  });
});

it('what is ready ships, and needs no cure', () => {
  const passes: Finding = { ...failed, verdict: 'pass', reason: { kind: 'within_margin' } };
  expect(recommend('ready', [sweep([passes], remedies, 'pass')])).toEqual({
    action: 'ship',
    why: 'the one required cell passes',
    options: [],
  });
});
