/** A gap by another metric than the log loss, through the whole gate: its steps, its words, and what is refused of its columns. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { EvidenceProject, refusal } from '../../support/evidence.js';
import { GapProject, LEDGER_IDS } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

/** A ledger whose gap is by another metric; logits in place of probabilities where that takes them. */
class MetricProject extends GapProject {
  constructor(gap: string, ids: readonly string[] = LEDGER_IDS, requests = 500) {
    super({ featureLoss: 0.6, requests }, ids);
    project = this;
    this.edit('gates/gate.yml', 'policy: gap\n', `policy: gap\ngap: {${gap}}\n`);
  }

  /** Writes logits, and labels as grades from 0 to 3 of which 0 are the negatives. */
  ranked({ graded = true } = {}): this {
    const logit = (cell: string) => String(Math.log(Number(cell) / (1 - Number(cell))));
    return this.ledger((row, r) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => {
          if (/^(s\d|score|only|all)/.test(name)) return [name, logit(cell)];
          return [name, name === 'label' && graded ? String(Number(cell) * (1 + (r % 3))) : cell];
        }),
      ),
    );
  }
}

/** The candidate's log loss falls as its share grows, and control's does not. */
const RAMP = `treatment_share,metric,se,metric_control,se_control
0.1,0.5,0.01,0.5,0.01
0.3,0.48,0.01,0.5,0.01
0.5,0.46,0.01,0.5,0.01
`;

const STEPS = [
  'sampling-bias',
  'label-leakage',
  'feature-parity',
  'version-skew',
  'precision-parity',
  'checkpoint-identity',
];

describe('a gap by another metric', () => {
  it.each([
    ['metric: brier', 'Brier score', false],
    ['metric: log_mae', 'log MAE', false],
    ['metric: calibration', 'calibration error', false],
    ['metric: gauc', 'GAUC', false],
    ['metric: gauc', 'GAUC', true],
    ['metric: ndcg@5', 'NDCG@5', true],
    ['metric: ndcg@5, gain: exponential', 'NDCG@5', true],
  ])('{%s}: has steps that add up to it, in its own words', async (gap, words, ranked) => {
    const own = new MetricProject(gap);
    if (ranked) own.ranked({ graded: gap.includes('ndcg') });
    own.without('only_feature_parity', 'all_but_feature_parity', 'only_version_skew', 'all_but_version_skew');
    const { report, diagnosis, of } = await own.diagnosis();
    expect(diagnosis.gap).toMatchObject({ metric: /metric: ([^,]+)/.exec(gap)![1], words });
    const sum = STEPS.reduce((total, id) => total + of(id).contribution!, diagnosis.residual.value);
    expect(sum).toBeCloseTo(diagnosis.gap.value, 12);
    expect(report.headline).toContain(`${words} gained over production’s model`);
    expect(renderText(viewOf(report))).not.toMatch(/log loss/);
  });

  it('finds the planted cause by the Brier score and by rankings as by the log loss', async () => {
    for (const [gap, requests] of [
      ['metric: brier', 500],
      ['metric: ndcg@5', 2000],
      ['metric: gauc', 1000],
    ] as const) {
      const own = new MetricProject(gap, ['feature-parity', 'version-skew', 'checkpoint-identity'], requests);
      if (gap.includes('@')) own.ranked();
      const { of } = await own.diagnosis();
      expect([gap, of('feature-parity').verdict]).toEqual([gap, expect.stringMatching(/sufficient|contributing/)]);
      for (const id of ['version-skew', 'checkpoint-identity'])
        expect([gap, id, of(id).verdict]).toEqual([gap, id, 'ruled_out']);
      own.remove();
    }
    new MetricProject('metric: brier');
  });

  it('says of a metric of sums that no row has a part of it to cut off', async () => {
    const { of } = await new MetricProject('metric: log_mae').diagnosis();
    expect(of('outlier-domination')).toMatchObject({
      verdict: 'not_tested',
      why: expect.stringContaining('the gap is measured by log MAE, of which no row has a part of its own'),
    });
  });

  it('is not held against what a table says in log loss', async () => {
    const own = new MetricProject('metric: brier', ['eval-set-construction', 'exposure-bias', 'serving-health']);
    own
      .write('models/ramp.csv', RAMP)
      .write('models/builds.csv', 'build_id,gain,se\na,0.03,0.001\nb,0.06,0.001\n')
      .write(
        'models/serving_health.csv',
        'arm,tower,stage,requests,successes\ncontrol,query,embed,100000,99990\ntreatment,query,embed,100000,99980\n',
      )
      .edit(
        'models/release.yml',
        'evidence:\n',
        'evidence:\n  ramp: ramp.csv\n  builds: builds.csv\n  serving_health: serving_health.csv\n',
      );
    const { of } = await own.diagnosis();
    for (const id of ['eval-set-construction', 'exposure-bias'])
      expect(of(id)).toMatchObject({
        verdict: 'inconclusive',
        share: null,
        why: expect.stringMatching(
          /^its part is in log loss, and the gap is measured by Brier score; it is .* in log loss/,
        ),
      });
    // A failed request loses what the candidate gains on one, in whatever unit that is.
    expect(of('serving-health')).toMatchObject({
      ledger: 'prediction',
      share: expect.closeTo(0, 2),
      why: expect.stringMatching(/failures cost at most \S+ in Brier score/),
    });
  });

  it('leaves a rule on log loss open where scores have none, and judges it where they do', async () => {
    const rule = '  feature-parity:\n    require:\n      - {metric: log_loss, max_increase: 1%}\n';
    for (const [gap, verdict, reason] of [
      ['metric: ndcg@5', 'inconclusive', /measured by NDCG@5, whose scores and labels need have no log loss/],
      ['metric: brier', 'fail', /./],
    ] as const) {
      const own = new MetricProject(gap);
      if (gap.includes('@')) own.ranked();
      own.edit('gates/gate.yml', '  feature-parity: {}\n', rule);
      const { report } = await own.diagnosis();
      const [finding] = report.checks.find(({ check }) => check === 'feature-parity')!.findings;
      expect(finding).toMatchObject({ metric: 'log_loss', verdict });
      expect(renderText(viewOf(report))).toMatch(reason);
      if (gap.includes('@')) own.remove();
    }
  });
});

describe('what a metric cannot be told of is refused with what would do:', () => {
  const first = (row: Record<string, string>, r: number, own: Record<string, string>) =>
    r === 0 ? { ...row, ...own } : row;
  const cases: [string, string, (p: MetricProject) => unknown, RegExp][] = [
    [
      'grades under the log loss',
      'metric: log_loss',
      (p) => p.ledger((row, r) => first(row, r, { label: '3' })),
      /ledger.csv:2:1: row 1, column "label" is "?3"?; expected a label between 0 and 1\. Grades of relevance are judged by their ranking: write gap: \{metric: ndcg@10\} in the policy/,
    ],
    [
      'raw scores under the Brier score',
      'metric: brier',
      (p) => p.ledger((row, r) => first(row, r, { s0: '-2.5' })),
      /row 1, column "s0" is "?-2.5"?; expected a prediction between 0 and 1\. Write the probability that the link makes of it, for a logit 1 \/ \(1 \+ exp\(-score\)\); or judge the ranking, .* gap: \{metric: gauc\} in the policy/,
    ],
    [
      'grades under GAUC',
      'metric: gauc',
      (p) => p.ranked({ graded: true }),
      /column "label" is "?[23]"?.*; expected a label between 0 and 1\. .* gap: \{metric: ndcg@10\}/,
    ],
    [
      'a score that is not finite under NDCG',
      'metric: ndcg@5',
      (p) => p.ledger((row, r) => first(row, r, { s5: 'inf' })),
      /row 1, column "s5" is "?inf(inity)?"?; expected a finite score/i,
    ],
    [
      'a grade below 0',
      'metric: ndcg@5',
      (p) => p.ledger((row, r) => first(row, r, { label: '-1' })),
      /column "label" is "?-1"?; expected a grade of relevance, 0 or above/,
    ],
    [
      'a grade of which 2^grade tells nothing',
      'metric: ndcg@5, gain: exponential',
      (p) => p.ledger((row, r) => first(row, r, { label: '900' })),
      /column "label" is "?900"?; expected a grade of relevance, from 0 to 50.*leave gain: exponential out/,
    ],
    [
      'requests of one row under a metric of rankings',
      'metric: ndcg@5',
      (p) => p.ledger((row, r) => ({ ...row, request_id: `r${r}` })),
      /ledger.csv: no request of which NDCG@5 could tell anything.*Is request_id the id of a request, and not of a row\?/,
    ],
    [
      'exponential gains of what has none',
      'metric: brier, gain: exponential',
      () => undefined,
      /gate.yml:2:\d+: .*brier.*ndcg@K/,
    ],
    [
      'a metric that is none of the gap’s',
      'metric: roc_auc',
      () => undefined,
      /gate.yml:2:\d+: .*roc_auc.*log_loss \(default\), brier, log_mae, calibration, gauc, or ndcg@K/,
    ],
    ['a metric without its K', 'metric: ndcg', () => undefined, /gate.yml:2:\d+: .*ndcg/],
  ];
  it.each(cases)('%s', async (_, gap, spoil, message) => {
    const own = new MetricProject(gap);
    spoil(own);
    expect(await refusal(own)).toMatch(message);
  });
});

it('requests that can tell nothing are left out, and counted', async () => {
  const own = new MetricProject('metric: ndcg@5', ['feature-parity']);
  own.ranked().ledger((row) => (Number(row.request_id!.slice(1)) < 20 ? { ...row, label: '0' } : row));
  const { diagnosis } = await own.diagnosis();
  expect(diagnosis.notices.join('\n')).toMatch(/NDCG@5 is over 4\d\d requests: \d\d of 500 can tell nothing/);
});

it('a bad table of evidence is still one error', async () => {
  project = new EvidenceProject({ 'feature-parity': [] }, { ledger: 'request_id\n1\n' });
  expect(await refusal(project)).toMatch(/a ledger without "item_id"/);
});
