/** A leak and a feature gap in one step: told apart where point-in-time predictions are there, and never advised. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/verdict/diagnosis/diagnosis.js';
import type { Report } from '../../../src/verdict/report-object.js';
import { csv, EvidenceProject, type Tables } from '../../support/evidence.js';
import { edited, ledgerText, without } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const logit = (p: number) => Math.log(p / (1 - p));
const isLate = (r: number) => r % 5 < 2;

/**
 * A ledger whose candidate knows the label of two rows in five, and loses a part of a feature family besides. Serving
 * has neither. All rows weigh alike.
 */
function leaky(leak: number, featureLoss: number): string {
  const text = without(
    ledgerText({ precision: 0, featureLoss, requests: 1500 }, 3),
    'only_feature_parity',
    'all_but_feature_parity',
    'only_version_skew',
    'all_but_version_skew',
    'weight_online',
  );
  return edited(text, (row, r) => ({
    ...row,
    s0: isLate(r) ? String(sigmoid(logit(Number(row.s0)) + (row.label === '1' ? leak : -leak))) : row.s0!,
    feature_ts: isLate(r) ? String(Number(row.event_ts) + 5) : row.feature_ts!,
  }));
}

const TIMES = csv('family,rows,late', [
  ['ctr', 12_000, 0],
  ['after_click', 12_000, 4800],
]);
const OFFLINE = csv('feature,family,coverage,rows', [
  ['ctr_7d', 'ctr', 1, 12_000],
  ['clicks_after', 'after_click', 0.4, 12_000],
  ['image', 'content', 1, 12_000],
]);
const online = (...features: string[]) =>
  csv(
    'feature,artefact,coverage,rows',
    features.map((feature) => [feature, 'ranker', 1, 12_000]),
  );
/** Serving lacks the late feature alone. */
const LATE_ALONE: Tables = {
  feature_times: TIMES,
  features_offline: OFFLINE,
  features_online: online('ctr_7d', 'image'),
};
/** It lacks one beside it that is not late. */
const ONE_MORE: Tables = { ...LATE_ALONE, features_online: online('ctr_7d') };

const BOTH = ['label-leakage', 'feature-parity'] as const;

async function diagnosed(tables: Tables, ids: readonly string[] = BOTH) {
  const own = new EvidenceProject(Object.fromEntries(ids.map((id) => [id, []])), tables);
  project = own;
  const { report, message } = await own.judge();
  if (!report?.diagnosis) throw new Error(message);
  const { diagnosis } = report;
  const of = (id: string) => diagnosis.hypotheses.find((one) => one.id === id)!;
  return { report, diagnosis, of, first: report.recommendation.options[0]! };
}

/** Everything that a report advises. */
const advice = ({ recommendation, headline }: Report) =>
  [headline, recommendation.why, ...recommendation.options.map(({ why }) => why)].join('\n');
const layer = ({ layers }: Diagnosis, n: number) => layers.find((one) => one.layer === n)!;

/** Mean log loss of a column, by hand. */
function loss(text: string, name: string): number {
  const [head, ...lines] = text.trim().split('\n');
  const names = head!.split(',');
  const [y, p] = [names.indexOf('label'), names.indexOf(name)];
  const rows = lines.map((line) => line.split(','));
  return (
    rows.reduce((sum, row) => sum - Math.log(row[y] === '1' ? Number(row[p]) : 1 - Number(row[p])), 0) / rows.length
  );
}

describe('with point-in-time predictions', () => {
  it('a leak that serving lacks is all of the gap, and features are none of it', async () => {
    const text = edited(leaky(1.5, 0), (row) => ({ ...row, s0_pit: row.s2! }));
    const { report, diagnosis, of, first } = await diagnosed({ ledger: text, ...LATE_ALONE });
    expect(of('label-leakage')).toMatchObject({ verdict: 'sufficient', share: 1 });
    expect(of('feature-parity')).toMatchObject({ verdict: 'ruled_out', share: 0 });
    expect(diagnosis.residual!.value).toBe(0);
    expect(layer(diagnosis, 1)).toMatchObject({ verdict: 'no', checks: ['label-leakage'] });
    expect(first).toMatchObject({
      action: 'gather_evidence',
      why: expect.stringMatching(/^evaluate on point-in-time/),
    });
    expect(advice(report)).not.toMatch(/bring the features/);
  });

  it('a leak and a feature gap have the shares that they have by hand', async () => {
    const text = leaky(0.9, 0.9);
    const { report, of, diagnosis } = await diagnosed({ ledger: text, ...ONE_MORE });
    const gap = loss(text, 's5') - loss(text, 's0');
    const leak = (loss(text, 's0_pit') - loss(text, 's0')) / gap;
    const parity = (loss(text, 's2') - loss(text, 's0_pit')) / gap;
    expect([of('label-leakage').share, of('feature-parity').share]).toEqual([
      expect.closeTo(leak, 8),
      expect.closeTo(parity, 8),
    ]);
    expect(leak + parity + diagnosis.residual!.value / gap).toBeCloseTo(1, 8);
    // Neither is the whole of it.
    expect(leak).toBeGreaterThan(0.4);
    expect(parity).toBeGreaterThan(0.2);
    for (const id of BOTH) expect([id, of(id).verdict]).toEqual([id, 'contributing']);
    const serving = report.recommendation.options.find(({ action }) => action === 'serving_change')!;
    expect(serving.why).toMatch(
      /give the artefact that the model reads image as .*none of the late features \(after_click\)/,
    );
    expect(report.recommendation.options[0]!.why).toMatch(/^evaluate on point-in-time features \(label-leakage, \d+ %/);
    expect(report.recommendation.action).toBe('gather_evidence');
  });

  it('judges the rule on features from there too', async () => {
    const text = edited(leaky(1.5, 0), (row) => ({ ...row, s0_pit: row.s2! }));
    const own = new EvidenceProject({ 'feature-parity': ['{metric: log_loss, max_increase: 1%}'] }, { ledger: text });
    project = own;
    expect((await own.examined('feature-parity')).of('log_loss')).toMatchObject({ verdict: 'pass', change: 0 });
  });
});

describe('without point-in-time predictions, where features are late', () => {
  const nopit = (leak: number, featureLoss: number) => without(leaky(leak, featureLoss), 's0_pit');

  it('a feature that is late and absent is one finding, of the leak', async () => {
    const { report, diagnosis, of, first } = await diagnosed({ ledger: nopit(1.5, 0), ...LATE_ALONE });
    expect(of('label-leakage')).toMatchObject({ verdict: 'contributing', bound: true, share: expect.closeTo(1, 8) });
    expect(of('label-leakage').why).toMatch(/it explains at most 100 % of the gap/);
    expect(of('feature-parity')).toMatchObject({ verdict: 'inconclusive', contribution: null });
    expect(of('feature-parity').why).toMatch(/all that serving lacks is late .*one finding with label-leakage/);
    for (const id of BOTH) expect(of(id).settle).toMatch(/s0_pit/);
    expect(diagnosis.residual!.value).toBe(0);
    expect(first.why).toMatch(/^evaluate on point-in-time features .*before anything is done about serving/);
    expect(report.recommendation.options.map(({ action }) => action)).toEqual(['gather_evidence']);
    expect(advice(report)).not.toMatch(/bring the features/);
    expect(report.headline).toMatch(/contributing: label-leakage \(at most 100 %\)/);
    expect(layer(diagnosis, 1).verdict).toBe('no');
  });

  it.each<[string, Tables]>([
    ['where serving lacks another too', ONE_MORE],
    ['where nobody says what serving lacks', { feature_times: TIMES }],
    ['where the ledger’s rows alone tell', {}],
  ])('nobody is convicted %s', async (_, tables) => {
    const { report, diagnosis, of, first } = await diagnosed({ ledger: nopit(0.8, 0.9), ...tables });
    for (const id of BOTH)
      expect(of(id)).toMatchObject({ verdict: 'inconclusive', settle: expect.stringMatching(/s0_pit/) });
    expect(of('label-leakage').why).toMatch(/s0 → s2 holds/);
    expect(first).toMatchObject({
      action: 'gather_evidence',
      why: expect.stringMatching(/^evaluate on point-in-time/),
    });
    expect(report.recommendation.action).toBe('gather_evidence');
    expect(advice(report)).not.toMatch(/bring the features|give the artefact/);
    expect(layer(diagnosis, 1).verdict).toBe('open');
  });

  it('the step is said of features alone where nobody asks for the leak, and convicts as little', async () => {
    const { report, diagnosis, of } = await diagnosed({ ledger: nopit(1.5, 0), ...LATE_ALONE }, ['feature-parity']);
    expect(of('feature-parity')).toMatchObject({
      verdict: 'inconclusive',
      contribution: expect.closeTo(diagnosis.gap!.value),
    });
    expect(advice(report)).toMatch(/evaluate on point-in-time features/);
    expect(advice(report)).not.toMatch(/bring the features/);
  });

  it('what is absent and late is not counted into the cost of coverage', async () => {
    const importance = (late: number, other: number) =>
      csv('feature,family,coverage,rows,importance', [
        ['ctr_7d', 'ctr', 1, 12_000, 0],
        ['clicks_after', 'after_click', 0.4, 12_000, late],
        ['image', 'content', 1, 12_000, other],
      ]);
    const tables = { ...ONE_MORE, ledger: without(nopit(0.8, 0.9), 's2') };
    const { of } = await diagnosed({ ...tables, features_offline: importance(5, 0.011) });
    expect(of('feature-parity').alone).toBeCloseTo(0.011, 8);
    expect(of('feature-parity').why).toMatch(/features that are not late/);
  });
});

describe('rules', () => {
  const RULE = ['{metric: coverage, max_decrease: 1%}'];
  const optionsOf = async (rules: Record<string, readonly string[]>, tables: Tables) => {
    const own = new EvidenceProject(rules, tables);
    project = own;
    const { report, message } = await own.judge();
    if (!report) throw new Error(message);
    expect(report.verdict).toBe('not_ready');
    return report.recommendation.options;
  };

  it('that fail on a late feature alone advise nothing at serving', async () => {
    const options = await optionsOf({ 'feature-parity': RULE }, LATE_ALONE);
    expect(options).toMatchObject([
      { action: 'gather_evidence', why: expect.stringMatching(/^evaluate on point-in-time/) },
    ]);
  });

  it('that fail on another too advise that one by its name', async () => {
    const [only, ...more] = await optionsOf({ 'feature-parity': RULE }, ONE_MORE);
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      action: 'serving_change',
      why: expect.stringMatching(/reads image as training has it/),
    });
  });

  it('wait for the leak where a rule on it fails, or its hypothesis may hold', async () => {
    const scan = csv(
      'request_id,item_id,label,tells',
      Array.from({ length: 1200 }, (_, r) => [`q${r >> 2}`, `i${r % 60}`, r % 3 === 0 ? 1 : 0, r % 3 === 0 ? 2 : 1]),
    );
    const { feature_times: _, ...coverage } = ONE_MORE;
    const deferred = /rule label-leakage out before anything is done about it/;
    const byRule = await optionsOf(
      { 'label-leakage': ['{metric: feature_auc, max: 0.9}'], 'feature-parity': RULE },
      { ...coverage, feature_scan: scan },
    );
    expect(byRule.map(({ why }) => why).join()).toMatch(deferred);
    project.remove();
    const byHypothesis = await optionsOf(
      { 'label-leakage': [], 'feature-parity': RULE },
      { ...coverage, feature_scan: scan },
    );
    expect(byHypothesis.map(({ why }) => why).join()).toMatch(deferred);
  });
});
