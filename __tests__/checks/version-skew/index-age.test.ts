/** The inverse of the cadence: the age up to which everything passes, checked by judging written histograms on either side of it. */
import { afterEach, describe, expect, it } from 'vitest';
import { histogramOfAge } from '../../../src/data/production/cadence.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project, VERSIONS } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

const POLICY = 'gates/gate.yml';
const RULES = `      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}
      - metric: calibration_shift
        max_change: 5%
        at: each
`;
const CADENCE = '{checkpoint_period: 24h, build_period: 24h, build_duration: 22h}';

/** Item towers that drift by `step` a version. */
function drifting(step: number): Project {
  const fresh = new Project();
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  vectors(180);
  const items = vectors(50);
  const drift = items.map((row) => row.map(() => random.normal()));
  for (const [k, version] of VERSIONS.entries())
    fresh.write(
      `models/item/${version}.onnx`,
      onnx(
        lookupTower(
          items.map((row, i) => row.map((x, d) => x + k * step * drift[i]![d]!)),
          'item_index',
        ),
      ),
    );
  return fresh;
}

async function judge(step: number, distances: string, rules: string) {
  project = drifting(step);
  project
    .edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', `distances: ${distances}`)
    .edit(POLICY, RULES, rules)
    .edit(POLICY, 'from: -1', 'from: 0');
  const { report, message } = await project.judge();
  expect(message).toBe('');
  project.remove();
  return report!;
}

describe('the largest index age', () => {
  it.each([
    ['log_loss', '{metric: log_loss, max_increase: 3%, at: production}'],
    ['an AUC of the mix, not an average of AUCs', '{metric: roc_auc, max_decrease: 2%, at: production}'],
    ['calibration', '{metric: brier, max_increase: 3%, at: production, slices: [all, tier]}'],
  ])('for %s parts the histograms that pass from those that do not', async (_, rule) => {
    const rules = `      - ${rule}\n`;
    const report = await judge(0.35, `{cadence: ${CADENCE}}`, rules);
    expect(report.verdict).not.toBe('ready');
    const [age] = sweepOf(report).remedies.indexAges;
    expect(age!.nowHours).toBe(34);
    expect(age!.maxHours).toBeGreaterThan(0);
    expect(age!.maxHours).toBeLessThan(34);
    const written = (hours: number) =>
      `{${[...histogramOfAge(hours, 24)].map(([k, mass]) => `${k}: ${mass}`).join(', ')}}`;
    // Where every age means a pass over the rows, the search is coarser.
    const step = rule.includes('roc_auc') ? 0.02 : 0.001;
    expect((await judge(0.35, written(age!.maxHours! * (1 - step)), rules)).verdict).toBe('ready');
    expect((await judge(0.35, written(age!.maxHours! * (1 + step)), rules)).verdict).not.toBe('ready');
  });

  it('is offered as a serving change beside today’s age, when the check fails', async () => {
    const report = await judge(
      0.6,
      `{cadence: ${CADENCE}}`,
      '      - {metric: log_loss, max_increase: 3%, at: production}\n',
    );
    expect(report.verdict).toBe('not_ready');
    expect(report.recommendation.options[0]).toMatchObject({ action: 'serving_change', nowHours: 34, appliesTo: {} });
    expect(report.recommendation.why).toMatch(
      /^all rows: every required cell passes up to an index age of \d+(\.\d)? h, and the index is 34 h old on average/,
    );
  });

  it('has the build period and duration that would do by themselves, on the edge of what passes', async () => {
    const rules = '      - {metric: log_loss, max_increase: 3%, at: production}\n';
    const declared = (duration: string) =>
      `{cadence: {checkpoint_period: 24h, build_period: 6h, build_duration: ${duration}h}}`;
    const report = await judge(0.6, declared('22'), rules);
    const option = report.recommendation.options[0]!;
    const of = (name: string) => option.levers!.find((lever) => lever.name === name)!;
    expect(of('build_duration').nowHours).toBe(22);
    const hours = of('build_duration').maxHours!;
    expect(hours).toBeGreaterThan(0);
    expect(hours).toBeLessThan(22);
    expect((await judge(0.6, declared((hours - 0.01).toFixed(4)), rules)).verdict).toBe('ready');
    expect((await judge(0.6, declared((hours + 0.01).toFixed(4)), rules)).verdict).not.toBe('ready');
    // With the build duration as declared, even a build that never pauses is too old.
    expect(of('build_period').maxHours).toBeNull();
    expect(option.why).toMatch(/; a build duration of at most \d+(\.\d)? h \(now 22 h\) would do/);
  });

  it('is found for rankings of a mixed index too', async () => {
    const rules = '      - {metric: gauc, max_decrease: 1%, at: production}\n';
    project = drifting(0.6);
    project
      .edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', `distances: {cadence: ${CADENCE}}`)
      .edit(POLICY, RULES, rules)
      .edit(POLICY, 'per_request', 'per_item')
      .edit(POLICY, 'from: -1', 'from: 0');
    const { report } = await project.judge();
    const [age] = sweepOf(report).remedies.indexAges;
    expect(report!.verdict).toBe('not_ready');
    expect(age!.maxHours).toBeGreaterThan(0);
    expect(age!.maxHours).toBeLessThan(34);
  });

  it('is that of each tier with a cadence of its own', async () => {
    const report = await judge(
      0.6,
      `{by: tier, slices: {small: {cadence: {checkpoint_period: 24h, build_period: 6h, build_duration: 2h}}, large: {cadence: ${CADENCE}}}}`,
      '      - {metric: log_loss, max_increase: 3%, at: production, slices: [tier]}\n',
    );
    expect(sweepOf(report).remedies.indexAges.map(({ slice, nowHours }) => [slice, nowHours])).toEqual([
      [{ tier: 'small' }, 5],
      [{ tier: 'large' }, 34],
    ]);
  });

  it('is not asked for where nothing fails', async () => {
    const report = await judge(
      0.001,
      `{cadence: ${CADENCE}}`,
      '      - {metric: log_loss, max_increase: 5%, at: production}\n',
    );
    expect(report.verdict).toBe('ready');
    expect(sweepOf(report).remedies.indexAges).toEqual([]);
  });
});
