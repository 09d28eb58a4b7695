/** Claims about more than one pair of checkpoints: anchors, and the family that serves today. */
import { afterEach, describe, expect, it } from 'vitest';
import { studentQuantile } from '../../../src/estimation/statistics/student-t.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';
const SKEW = '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}';
const CHAIN = ['v6', 'v5', 'v4', 'v3', 'v2', 'v1'];

interface FamilySpec {
  readonly folder: string;
  readonly seed: number;
  /** How far items wander from one version to the next. */
  readonly step: number;
  /** Share of the true vectors in the towers: less is a worse model. */
  readonly skill: number;
  readonly versions: readonly string[];
}

/** Towers of a family on the eval set of the good project. */
function addFamily(to: Project, { folder, seed, step, skill, versions }: FamilySpec): void {
  const truth = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => truth.normal() * 0.7 * skill));
  const queries = vectors(180);
  const random = generator(seed);
  let items = vectors(50);
  for (const version of versions) {
    to.write(`models/${folder}/query/${version}.onnx`, onnx(lookupTower(queries, 'query_index')));
    to.write(`models/${folder}/item/${version}.onnx`, onnx(lookupTower(items, 'item_index')));
    items = items.map((row) => row.map((x) => x + step * random.normal()));
  }
}

function withFamilies(own: Partial<FamilySpec>, today?: Partial<FamilySpec>): Project {
  const fresh = new Project();
  const spec = { folder: 'own', seed: 1, step: 0.05, skill: 1, versions: ['v3', 'v2', 'v1'] };
  addFamily(fresh, { ...spec, ...own });
  fresh
    .edit(RELEASE, 'onnx: query/', 'onnx: own/query/')
    .edit(RELEASE, 'onnx: item/', 'onnx: own/item/')
    .edit(RELEASE, '[v3, v2, v1]', `[${(own.versions ?? spec.versions).join(', ')}]`)
    .edit(RELEASE, 'live: v3', `live: ${(own.versions ?? spec.versions)[0]}`)
    .edit(POLICY, 'from: -1', 'from: 0');
  if (today) {
    addFamily(fresh, { ...spec, folder: 'today', seed: 2, ...today });
    const text = fresh.read(RELEASE).replaceAll('own/', 'today/').replace('test-model', 'todays-model');
    fresh.write('models/today.yml', text).edit(RELEASE, 'score:', 'compare_with: today.yml\nscore:');
  }
  return fresh;
}

async function judge() {
  const { report, message, status } = await project.judge();
  expect(message).toBe('');
  return { report: report!, check: sweepOf(report), status };
}

describe('several anchors', () => {
  const anchored = (step = 0.05) =>
    withFamilies({ versions: CHAIN, step }).edit(POLICY, 'to: 2}', 'to: 2, anchors: 3}');

  it('give the mean change of the family as a random effect', async () => {
    project = anchored();
    const { check } = await judge();
    const at = (metric: string, distance: number) =>
      check.curve.find((p) => p.metric === metric && p.distance === distance && Object.keys(p.slice).length === 0)!;
    const { family } = at('log_loss', 1);
    expect(family!.anchors).toBe(3);
    // Each anchor judged alone, as the live version of a release of its own.
    const alone: number[] = [];
    for (const live of CHAIN.slice(0, 3)) {
      const single = withFamilies({ versions: CHAIN }).edit(RELEASE, 'live: v6', `live: ${live}`);
      const { report } = await single.judge();
      alone.push(
        sweepOf(report).curve.find(
          (p) => p.metric === 'log_loss' && p.distance === 1 && Object.keys(p.slice).length === 0,
        )!.change,
      );
      single.remove();
    }
    const mean = alone.reduce((a, b) => a + b, 0) / 3;
    const sd = Math.sqrt(alone.reduce((a, b) => a + (b - mean) ** 2, 0) / 2);
    expect(family!.change).toBeCloseTo(mean, 12);
    expect(family!.betweenSd).toBeCloseTo(sd, 12);
    // At least the spread between anchors, with their two degrees of freedom; at most that and what the widest single interval has.
    const reach = family!.upper - family!.change;
    expect(reach).toBeGreaterThan((studentQuantile(0.95, 2) * sd) / Math.sqrt(3));
    expect(family!.change - family!.lower).toBeCloseTo(reach, 12);
  });

  it('let a rule claim something of the family', async () => {
    const rule = (limit: string) => `{metric: log_loss, max_increase: ${limit}, at: [1], claim: family}`;
    project = anchored().edit(POLICY, SKEW, rule('20%'));
    const wide = await judge();
    expect(wide.report.verdict).toBe('ready');
    const finding = wide.check.findings[0]!;
    const family = wide.check.curve.find((p) => p.metric === 'log_loss' && p.distance === 1)!.family!;
    expect([finding.change, finding.upper]).toEqual([family.change, family.upper]);
    project.edit(POLICY, '20%', `${(100 * family.upper).toFixed(4).replace(/.$/, '')}%`);
    expect((await judge()).report.verdict).not.toBe('ready');
  });

  it('are not there unless they are asked for', async () => {
    project = withFamilies({});
    expect((await judge()).check.curve.some((p) => p.family)).toBe(false);
  });
});

describe('the family that serves today', () => {
  it('has its own curve on the same rows, the one that it has as a release of its own', async () => {
    project = withFamilies({}, { skill: 0.6 });
    const { check } = await judge();
    const today = project.read('models/today.yml');
    expect(check.compared).toMatchObject({ release: 'todays-model', path: 'models/today.yml', live: 'v3' });
    project.write(RELEASE, today);
    const alone = (await judge()).check.curve;
    expect(check.compared!.curve.map(({ value, change }) => [value, change])).toEqual(
      alone.map(({ value, change }) => [value, change]),
    );
    // Effective clusters are counted by the candidate's denominator: degrees of freedom differ in their third digit.
    for (const [i, { lower, upper }] of check.compared!.curve.entries()) {
      expect(lower).toBeCloseTo(alone[i]!.lower, 5);
      expect(upper).toBeCloseTo(alone[i]!.upper, 5);
    }
  });

  it('may link its scores otherwise', async () => {
    project = withFamilies({}, { skill: 0.6 });
    project.edit('models/today.yml', 'link: sigmoid', 'link: softmax');
    const { check } = await judge();
    project.write(RELEASE, project.read('models/today.yml'));
    const alone = (await judge()).check.curve;
    expect(check.compared!.curve.map(({ value }) => value)).toEqual(alone.map(({ value }) => value));
  });

  const sensitivity = (margin: string) =>
    `{metric: log_loss, no_more_sensitive_than: production${margin}, at: production, slices: [all, tier]}`;

  it('that is more sensitive lets a candidate pass, and one that is less fails it', async () => {
    project = withFamilies({ step: 0.02 }, { step: 0.6 }).edit(POLICY, SKEW, sensitivity(''));
    expect((await judge()).report.verdict).toBe('ready');
    project.remove();
    project = withFamilies({ step: 0.6 }, { step: 0.02 }).edit(POLICY, SKEW, sensitivity(''));
    const { report, check } = await judge();
    expect(report.verdict).toBe('not_ready');
    const finding = check.findings[0]!;
    const [own, other] = [check.curve, check.compared!.curve].map(
      (curve) => curve.find((p) => p.metric === 'log_loss' && p.distance === 'production')!,
    );
    expect(finding.change).toBeCloseTo(own!.change - other!.change, 12);
  });

  it('is not passed by being equal to within noise, unless the policy grants a margin', async () => {
    project = withFamilies({ seed: 5 }, { seed: 6 }).edit(POLICY, SKEW, sensitivity(''));
    expect((await judge()).report.verdict).not.toBe('ready');
    project.edit(POLICY, 'than: production', 'than: production, margin: 5%');
    expect((await judge()).report.verdict).toBe('ready');
  });

  const gain = (share: string) => `{metric: log_loss, min_retained_gain: ${share}, at: production}`;

  it('shows how much of the gain is left', async () => {
    project = withFamilies({ step: 0.3 }, { skill: 0.2, step: 0 }).edit(POLICY, SKEW, gain('30%'));
    project.edit(POLICY, 'max_change: 5%', 'max_change: 50%');
    const { report, check } = await judge();
    const value = (curve: typeof check.curve, distance: number | 'production') =>
      curve.find((p) => p.metric === 'log_loss' && p.distance === distance && Object.keys(p.slice).length === 0)!.value;
    const aligned = value(check.compared!.curve, 0) - value(check.curve, 0);
    const mixed = value(check.compared!.curve, 'production') - value(check.curve, 'production');
    const finding = check.findings[0]!;
    expect(finding.judged).toBe('share');
    expect(finding.change).toBeCloseTo(mixed / aligned, 12);
    expect(finding.lower).toBeLessThan(mixed / aligned);
    expect(finding.upper).toBeGreaterThan(mixed / aligned);
    expect(report.verdict).toBe('ready');
    // The bounds are the shares at which the verdict turns.
    project.edit(POLICY, '30%', `${(100 * finding.lower + 0.01).toFixed(3)}%`);
    expect((await judge()).check.findings[0]!.verdict).toBe('inconclusive');
    project.edit(POLICY, /min_retained_gain: [\d.]+%/.exec(project.read(POLICY))![0], 'min_retained_gain: 99.9%');
    expect((await judge()).check.findings[0]!.verdict).toBe('fail');
  });

  it('that the candidate does not beat leaves no gain to retain, and nothing passes by that', async () => {
    project = withFamilies({ skill: 0.4 }, { skill: 1, step: 0 }).edit(POLICY, SKEW, gain('50%'));
    const { report, check } = await judge();
    expect(check.findings[0]).toMatchObject({ verdict: 'fail', judged: 'share' });
    expect(check.findings[0]!.lower).toBe(Number.NEGATIVE_INFINITY);
    expect(report.verdict).toBe('not_ready');
  });
});
