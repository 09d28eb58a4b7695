/** The prediction ledger: contributions add up, planted causes are found, innocents are not blamed. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderHtml } from '../../../src/report/html.js';
import { renderSummary } from '../../../src/report/summary.js';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { GapProject, LEDGER_IDS, policyOf } from '../../support/ledger.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());
const STEPS = [
  'sampling-bias',
  'label-leakage',
  'feature-parity',
  'version-skew',
  'precision-parity',
  'checkpoint-identity',
];

describe('a ledger', () => {
  it('has contributions that add up to the gap, but for the residual', async () => {
    const own = new GapProject({
      featureLoss: 0.5,
      skew: 0.5,
      precision: 0.3,
      unexpected: 0.2,
      bias: 0.3,
      requests: 300,
    });
    project = own;
    own.without('only_feature_parity', 'all_but_feature_parity', 'only_version_skew', 'all_but_version_skew');
    const { diagnosis, of } = await own.diagnosis();
    const { gap, residual } = diagnosis;
    expect(gap.value).toBeCloseTo(gap.offline.value - gap.online.value, 12);
    const sum = STEPS.reduce((total, id) => total + of(id).contribution!, residual.value);
    expect(sum).toBeCloseTo(gap.value, 12);
    for (const id of STEPS) expect(of(id).share).toBeCloseTo(of(id).alone! / gap.value, 12);
  });

  it('is summed as by hand', async () => {
    const own = new GapProject({ featureLoss: 0.4, requests: 60 });
    project = own;
    const [head, ...lines] = own.read('models/ledger.csv').trim().split('\n');
    const names = head!.split(',');
    const rows = lines.map((line) => line.split(',').map(Number));
    const at = (name: string) => names.indexOf(name);
    const loss = (row: number[], name: string) =>
      -Math.log(row[at('label')] === 1 ? row[at(name)]! : 1 - row[at(name)]!);
    const mean = (name: string, weight: (row: number[]) => number) =>
      rows.reduce((sum, row) => sum + weight(row) * loss(row, name), 0) /
      rows.reduce((sum, row) => sum + weight(row), 0);
    const online = (row: number[]) => row[at('weight_online')]!;
    const { diagnosis, of } = await own.diagnosis();
    expect(diagnosis.gap.offline.value).toBeCloseTo(mean('score_prod', () => 1) - mean('s0', () => 1), 10);
    expect(diagnosis.gap.online.value).toBeCloseTo(mean('score_prod', online) - mean('s5', online), 10);
    // Causes are switched on from point-in-time features, where there are such.
    expect(of('version-skew').alone).toBeCloseTo(mean('only_version_skew', online) - mean('s0_pit', online), 10);
    expect(of('version-skew').fix).toBeCloseTo(mean('s5', online) - mean('all_but_version_skew', online), 10);
    expect(of('label-leakage').alone).toBeCloseTo(mean('s0_pit', online) - mean('s0', online), 10);
    expect(of('feature-parity').contribution).toBeCloseTo(mean('s2', online) - mean('s0_pit', online), 10);
  });

  it('finds two planted causes as parts, and rules the innocent out', async () => {
    const own = new GapProject({ featureLoss: 0.5, skew: 0.6, requests: 2000 });
    project = own;
    const { report, diagnosis, of, status } = await own.diagnosis();
    expect([status, report.verdict]).toEqual([1, 'not_ready']);
    for (const id of ['feature-parity', 'version-skew']) expect([id, of(id).verdict]).toEqual([id, 'contributing']);
    for (const id of ['label-leakage', 'outlier-domination', 'precision-parity', 'checkpoint-identity'])
      expect([id, of(id).verdict]).toEqual([id, 'ruled_out']);
    expect(report.recommendation.action).toBe('serving_change');
    expect(report.headline).toMatch(
      /^v42 loses (all|\d+ %) of its gain online.*; contributing: feature-parity \(\d+ %\) and version-skew/,
    );
    expect(diagnosis.hypotheses.map(({ layer }) => layer)).toEqual([1, 1, 1, 2, 2, 2, 2]);
    expect(renderText(viewOf(report))).toMatch(
      /Where the gain goes\n.*\n {2}1\. Model and evaluation: can the offline gain be trusted\? .* yes .*(\n.*){2}\n( {2}by .*\n)+ {2}1\. Model and evaluation\n {4}sampling-bias/,
    );
    expect(renderSummary(viewOf(report))).toContain('### Where the gain goes');
  });

  it('calls a cause sufficient that explains nearly all', async () => {
    const own = new GapProject({ featureLoss: 0.8, requests: 2500 });
    project = own;
    const { of } = await own.diagnosis();
    expect(of('feature-parity').verdict).toBe('sufficient');
    expect(of('feature-parity').lower).toBeGreaterThan(0.8);
    expect(of('version-skew').verdict).toBe('ruled_out');
  });

  it('does not divide a gap of less than a tenth of the gain among causes, however clear it is', async () => {
    const own = new GapProject({ requests: 6000 });
    project = own;
    // Every row is served with 6 % more than the candidate predicts.
    own.ledger((row) => {
      const { s0 } = row;
      const served = String(Math.min(1.06 * Number(s0), 0.99));
      return { ...row, weight_online: '1', s0_pit: s0!, s2: served, s3: served, s4: served, s5: served };
    });
    const { diagnosis, of, report } = await own.diagnosis();
    const { gap } = diagnosis;
    expect(gap.lower).toBeGreaterThan(0);
    expect(gap.upper).toBeLessThan(0.1 * gap.offline.value);
    expect(of('feature-parity')).toMatchObject({ verdict: 'no_gap', share: null });
    expect(of('feature-parity').why).toMatch(/^the gap is less than 10 % of the gain: there is nothing to explain/);
    expect(report.verdict).toBe('ready');
  });

  it('has nothing to explain without a gap', async () => {
    const own = new GapProject({ requests: 600 });
    project = own;
    const { report, diagnosis } = await own.diagnosis();
    expect(diagnosis.hypotheses.map(({ verdict }) => verdict)).toEqual(LEDGER_IDS.map(() => 'no_gap'));
    expect(report.verdict).not.toBe('not_ready');
  });

  it('is ready only where the interval leaves no room for a gap', async () => {
    const own = new GapProject({ requests: 600 });
    project = own;
    // Served as evaluated, on the same rows and weights: the gap is exactly 0.
    own.ledger((row) => ({ ...row, s2: row.s0!, s3: row.s0!, s4: row.s0!, s5: row.s0!, weight_online: '1' }));
    const { report, status } = await own.diagnosis();
    expect([status, report.verdict, report.recommendation.action]).toEqual([0, 'ready', 'ship']);
  });

  it('with few rows says what would settle it', async () => {
    const own = new GapProject({ featureLoss: 0.5, skew: 0.7, requests: 90 }, LEDGER_IDS, 8);
    project = own;
    const { diagnosis } = await own.diagnosis();
    const open = diagnosis.hypotheses.filter((h) => h.verdict === 'inconclusive');
    expect(open.length).toBeGreaterThan(0);
    for (const h of open)
      expect(h.settle).toMatch(/a standard error of|more rows|a leak rate shown|a log in which at most 1 %/);
  });

  it('names what is missing of a hypothesis, and leaves its step to nobody', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 400 });
    project = own;
    own.without('s2', 's3', 'served_version', 's0_pit', 'weight_online', 'event_ts', 'feature_ts');
    const { diagnosis, of } = await own.diagnosis();
    for (const [id, column] of [
      ['sampling-bias', 'weight_online'],
      ['label-leakage', 's0_pit'],
      ['feature-parity', 's2'],
      ['version-skew', 's2, s3'],
      ['precision-parity', 's3'],
      ['checkpoint-identity', 'served_version'],
    ] as const) {
      expect(of(id)).toMatchObject({ verdict: 'not_tested', alone: null, share: null });
      expect(of(id).why).toContain(`the ledger has no column ${column}`);
      expect(of(id).settle).not.toBe('');
    }
    expect(diagnosis.residual.value).toBeCloseTo(diagnosis.gap.value, 12);
  });

  it('is no leak’s alibi where features are younger than their events', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 800 });
    project = own;
    own.ledger((row, r) => ({ ...row, feature_ts: r % 50 === 0 ? '9999999' : row.feature_ts! }));
    const { of } = await own.diagnosis();
    expect(of('label-leakage').verdict).toBe('inconclusive');
    expect(of('label-leakage').why).toMatch(/in 2 % of the rows a feature is younger than the event/);
  });

  it('says that causes act together', async () => {
    const own = new GapProject({ featureLoss: 0.5, skew: 0.5, requests: 600 });
    project = own;
    own.ledger((row) => ({ ...row, only_version_skew: row.s0! }));
    const { of } = await own.diagnosis();
    expect(of('version-skew').why).toMatch(
      /alone it explains 0 %, and mending it alone wins back \d+ %: it acts together/,
    );
  });

  it('shares by Shapley over three causes, which add up to what they do together', async () => {
    const own = new GapProject({ featureLoss: 0.6, skew: 0.6, requests: 800 });
    project = own;
    const odds = (p: string) => Math.log(Number(p) / (1 - Number(p)));
    const prob = (z: number) => String(1 / (1 + Math.exp(-z)));
    // A precision that halves every logit, after features and skew.
    own.ledger((row) => {
      const halved = (name: string) => prob(odds(row[name]!) / 2);
      return {
        ...row,
        s4: halved('s3'),
        s5: halved('s3'),
        only_precision_parity: halved('s0'),
        all_but_precision_parity: row.s3!,
        all_but_feature_parity: halved('only_version_skew'),
        all_but_version_skew: halved('only_feature_parity'),
      };
    });
    const { of, diagnosis } = await own.diagnosis();
    const ids = ['feature-parity', 'version-skew', 'precision-parity'];
    const shares = ids.reduce((sum, id) => sum + of(id).share!, 0);
    const steps = ids.reduce((sum, id) => sum + of(id).contribution!, 0);
    expect(shares * diagnosis.gap.value).toBeCloseTo(steps, 12);
    // First-in and last-in of features differ, so that their mean is not Shapley's value over three.
    const { alone, fix, share } = of('feature-parity');
    expect(Math.abs((alone! + fix!) / 2 - share! * diagnosis.gap.value)).toBeGreaterThan(1e-6);
  });

  it('of a policy with a sweep explains, and does not decide', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 400 });
    project = new Project();
    project
      .write('models/ledger.csv', own.read('models/ledger.csv'))
      .edit('gates/gate.yml', 'checks:\n', 'checks:\n  feature-parity: {}\n')
      .edit('models/release.yml', 'live: v3', 'live: v3\nevidence: {ledger: ledger.csv}');
    own.remove();
    const { report } = await project.judge();
    expect(report?.verdict).toBe('ready');
    // The sweep's check is a hypothesis beside others.
    expect(report?.diagnosis?.hypotheses.map(({ id }) => id)).toEqual(['feature-parity', 'version-skew']);
  });

  it('that is missing leaves every hypothesis not tested, names the table with its query, and is never ready', async () => {
    const own = new GapProject({ requests: 100 });
    project = own;
    own.edit('models/release.yml', 'evidence:\n  ledger: ledger.csv\n', '');
    const { report, diagnosis, of, status } = await own.diagnosis();
    expect([status, report.verdict]).toEqual([1, 'inconclusive']);
    expect(report.headline).toMatch(/is not shown to be ready: .* not known, as there is no ledger/);
    expect([diagnosis.gap, diagnosis.residual]).toEqual([undefined, undefined]);
    for (const id of LEDGER_IDS)
      expect(of(id)).toMatchObject({
        verdict: 'not_tested',
        evidence: [],
        query: expect.stringMatching(/^SELECT|^--/),
      });
    for (const render of [renderText, renderSummary, renderHtml])
      expect(render(viewOf(report))).toContain('JOIN serving_log');
    expect(diagnosis.next[0]).toMatchObject({ table: 'ledger', what: 'table', layer: 1, cost: 'query' });
  });

  it('without s5, as before a launch, has no gap and still judges its steps', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 800 }, []);
    project = own;
    own
      .without('s5')
      .write(
        'gates/gate.yml',
        'policy: parity\nchecks:\n  feature-parity: {require: [{metric: log_loss, max_increase: 1%}]}\n  precision-parity: {require: [{metric: log_loss, max_increase: 1%}]}\n',
      );
    const { report, status } = await own.judge();
    expect([status, report?.verdict, report?.diagnosis]).toEqual([1, 'not_ready', undefined]);
    expect(report?.checks.map(({ verdict }) => verdict)).toEqual(['fail', 'pass']);
    // As hypotheses they are said in log loss, and what lacks is s5.
    own.write('gates/gate.yml', policyOf(['feature-parity']));
    const { report: asked, of } = await own.diagnosis();
    expect(of('feature-parity')).toMatchObject({ verdict: 'inconclusive', share: null });
    expect(of('feature-parity').why).toMatch(/^the gap is not known; it is 0\.0\d+ \[0\.0\d+, 0\.0\d+\] in log loss/);
    expect(asked.headline).toMatch(/as the ledger has no column s5/);
    expect(asked.recommendation.why).toMatch(/add the column s5/);
  });

  it('that tells little names what would tell more', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 800 });
    project = own;
    own.without('s2', 's3', 's4', 's0_pit', 'weight_online', 'event_ts', 'feature_ts', 'served_version');
    const { report } = await own.diagnosis();
    expect(report.verdict).toBe('not_ready');
    expect(report.recommendation.options.map(({ why }) => why).join('\n')).toMatch(
      /the first of \d steps: the table feature_times, by a query over logs, which shows something of label-leakage/,
    );
    // The terminal has the query of the first step alone.
    expect(renderText(viewOf(report)).match(/SELECT/g)).toHaveLength(1);
  });
});
