/** The checks on a ledger as readiness gates: what a step costs, against a margin. */

import { afterEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/checks/reason-words.js';
import { GapProject } from '../../support/ledger.js';

let project: GapProject;
afterEach(() => project.remove());

const POLICY = 'gates/gate.yml';

function gated(rules: Record<string, string>, planted = {}): GapProject {
  project = new GapProject({ requests: 1200, ...planted });
  project.write(
    POLICY,
    `policy: parity\nchecks:\n${Object.entries(rules)
      .map(([id, rule]) => `  ${id}:\n    require:\n      - ${rule}\n`)
      .join('')}`,
  );
  return project;
}

const LIMIT = '{metric: log_loss, max_increase: 1%}';

describe('a rule on a step of the ledger', () => {
  it('fails a model whose features serving lacks, at the line of the threshold, and passes what is innocent', async () => {
    const { report, status } = await gated(
      { 'feature-parity': LIMIT, 'precision-parity': LIMIT },
      { featureLoss: 0.6 },
    ).diagnosis();
    expect([status, report.verdict]).toEqual([1, 'not_ready']);
    expect(report.checks.map(({ check, layer, verdict }) => [check, layer, verdict])).toEqual([
      ['feature-parity', 2, 'fail'],
      ['precision-parity', 2, 'pass'],
    ]);
    expect(report.checks[0]!.findings[0]).toMatchObject({
      metric: 'log_loss',
      unit: 'relative',
      margin: 0.01,
      place: { file: POLICY, line: 5 },
    });
    expect(report.recommendation.action).toBe('serving_change');
    expect(report.headline).toMatch(
      /^v42 is not ready: feature-parity log_loss changes by \+\d+\.\d\d % \(max_increase 1 %\); 1 of 2 required cells fails\.$/,
    );
  });

  it('judges the step relative to the loss before it', async () => {
    const { report, of } = await gated({ 'feature-parity': LIMIT }, { featureLoss: 0.3 }).diagnosis();
    const [finding] = report.checks[0]!.findings;
    const before = finding!.value - of('feature-parity').contribution!;
    expect(finding!.change).toBeCloseTo(of('feature-parity').contribution! / before, 12);
    expect(finding!.lower).toBeLessThan(finding!.change);
  });

  it('is ready where every step is within its margin', async () => {
    const { report, status } = await gated({ 'precision-parity': LIMIT, 'checkpoint-identity': LIMIT }).diagnosis();
    expect([status, report.verdict, report.recommendation.action]).toEqual([0, 'ready', 'ship']);
  });

  it('never passes on evidence that is missing', async () => {
    gated({ 'feature-parity': LIMIT }).without('s2');
    const { report, status } = await project.diagnosis();
    expect([status, report.verdict]).toEqual([1, 'inconclusive']);
    expect(reasonOf(report.checks[0]!.findings[0]!)).toBe(
      'not tested: it needs the ledger’s column s2; docs/checks/feature-parity.md has the query',
    );
  });

  it('never passes on a ledger below the floors', async () => {
    gated({ 'precision-parity': LIMIT }).ledger((row, r) => (r < 40 ? row : undefined) as Record<string, string>);
    const { report } = await project.diagnosis();
    expect(report.checks[0]!.verdict).toBe('inconclusive');
  });

  it('only warns where it is told to', async () => {
    const { report, status } = await gated(
      { 'feature-parity': '{metric: log_loss, max_increase: 1%, level: warn}', 'precision-parity': LIMIT },
      { featureLoss: 0.6 },
    ).diagnosis();
    expect([status, report.verdict]).toEqual([0, 'ready']);
  });

  it.each([
    [
      'another metric',
      { 'feature-parity': '{metric: roc_auc, max_increase: 1%}' },
      /:5:18: metric "roc_auc" of feature-parity; expected log_loss/,
    ],
    [
      'another operator',
      { 'feature-parity': '{metric: log_loss, max: 1}' },
      /:5:28: max of log_loss of feature-parity; expected max_increase/,
    ],
    ['no operator', { 'feature-parity': '{metric: log_loss}' }, /:5:9: a rule without an operator/],
    [
      'a metric of another check',
      { 'serving-health': LIMIT },
      /:5:18: metric "log_loss" of serving-health; expected success_rate, latency_p50/,
    ],
    ['no rule', { 'feature-parity': '[]' }, /:5:9: .*expected a rule/],
  ])('refuses %s', async (_, rules, message) => {
    const outcome = await gated(rules as Record<string, string>).judge();
    expect(outcome.message).toMatch(message);
    expect(outcome.status).toBe(2);
  });

  it('refuses what cannot be judged before the release is read', async () => {
    gated({ 'serving-health': LIMIT }).write('models/release.yml', 'no: release\n');
    expect((await project.judge()).message).toMatch(/metric "log_loss" of serving-health/);
  });
});
