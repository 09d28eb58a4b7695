/** The family that serves today is the base commit’s, whatever a change makes of its files. Real git, real towers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BasePolicy } from '../../../src/host/base-policy.js';
import { Commit } from '../../../src/host/git.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { type Outcome, Project } from '../../support/project.js';
import { commit } from '../../support/workflow.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';
const PRODUCTION = 'models/production.yml';
let project: Project;

beforeEach(() => {
  project = new Project();
});

afterEach(() => project.remove());

/** Commits what stands there as the base, lets the change be made, and judges it. */
function judged(change: () => void): Promise<Outcome> {
  const base = commit(project, 'base');
  change();
  return project.judge(new BasePolicy(Commit.open(project.folder, base)));
}

/** Other weights, as good a model. */
function retrained(path: string): void {
  const table = Array.from({ length: 180 }, (_, i) => [i / 180, 1 - i / 180, 0.1, -0.2]);
  const input = path.includes('query') ? 'query_index' : 'item_index';
  project.write(path, onnx(lookupTower(path.includes('query') ? table : table.slice(0, 50), input)));
}

async function refused(change: () => void): Promise<string> {
  const { status, message } = await judged(change);
  expect([status, message]).toEqual([2, expect.not.stringMatching(/\n\s+at /)]);
  return message;
}

describe('what a candidate is compared with', () => {
  const GAIN = '      - {metric: log_loss, min_retained_gain: 10%, at: production}\n';
  /** A family of other towers, which serves today. */
  function production(): Project {
    for (const side of ['query', 'item']) retrained(`models/serving/${side}/p1.onnx`);
    for (const side of ['query', 'item']) retrained(`models/serving/${side}/p0.onnx`);
    const text = project
      .read(RELEASE)
      .replace('release: test-model', 'release: production')
      .replace('live: v3', 'live: p1')
      .replace('[v3, v2, v1]', '[p1, p0, o9]')
      .replaceAll('onnx: ', 'onnx: serving/');
    for (const side of ['query', 'item'])
      project.write(`models/serving/${side}/o9.onnx`, project.bytes(`models/serving/${side}/p0.onnx`));
    project.write(PRODUCTION, text);
    return project.write(RELEASE, `${project.read(RELEASE)}compare_with: production.yml\n`);
  }
  /** Much worse, of other weights: easy to be better than. */
  function worsened(): void {
    project.write(
      'models/worse.yml',
      project.read(PRODUCTION).replaceAll('serving/', 'worse/').replace('live: p1', 'live: p1'),
    );
    for (const side of ['query', 'item'])
      for (const v of ['p1', 'p0', 'o9'])
        project.write(`models/worse/${side}/${v}.onnx`, project.bytes(`models/${side}/v1.onnx`));
  }
  const compared = ({ report }: Outcome) => report?.release.difference;

  it('is the base’s file, whatever the change makes of it', async () => {
    production();
    const outcome = await judged(() => {
      worsened();
      project.write(PRODUCTION, project.read('models/worse.yml'));
    });
    expect(outcome.message).toBe('');
    expect(compared(outcome)).toMatch(/-.*serving\/query(.|\n)*\+.*worse\/query/);
    expect(outcome.report!.notices).toContainEqual(
      expect.stringMatching(/^this change edits what the candidate is compared with: it is compared with the base’s/),
    );
  });

  it.each([
    [
      'names another',
      () => project.edit(RELEASE, 'compare_with: production.yml', 'compare_with: worse.yml'),
      '-compare_with: models/production.yml\n+compare_with: models/worse.yml',
    ],
    [
      'names none',
      () => project.edit(RELEASE, 'compare_with: production.yml\n', ''),
      '-compare_with: models/production.yml',
    ],
  ])('is the base’s where the change %s', async (_, change, difference) => {
    production();
    const outcome = await judged(() => {
      worsened();
      change();
    });
    expect(outcome.message).toBe('');
    expect(compared(outcome)).toBe(difference);
  });

  it('is judged as the base has it: the same figures with and without the change’s edit', async () => {
    production().edit(POLICY, '      - metric: calibration_shift', `${GAIN}      - metric: calibration_shift`);
    const base = commit(project, 'base');
    const judge = () => project.judge(new BasePolicy(Commit.open(project.folder, base)));
    const before = await judge();
    worsened();
    project.write(PRODUCTION, project.read('models/worse.yml'));
    const after = await judge();
    expect(before.report).toBeDefined();
    expect(after.report!.checks[0]!.findings).toEqual(before.report!.checks[0]!.findings);
    // By its own comparison the verdict would be another.
    const own = await project.judge();
    expect(own.report!.checks[0]!.findings).not.toEqual(before.report!.checks[0]!.findings);
  });

  it('has the base’s files too', async () => {
    production();
    expect(
      await refused(() => {
        project.write('models/serving/item/p1.onnx', project.bytes('models/item/v1.onnx'));
      }),
    ).toMatch(/^models\/production.yml:\d+:\d+: p1 of the item tower: its file had/);
  });

  it('is the change’s own where the base compares with nothing', async () => {
    const outcome = await judged(() => production());
    expect(outcome.message).toBe('');
    expect(outcome.report!.notices).toContainEqual(
      expect.stringMatching(/compares models\/release.yml with nothing: compare_with is this change’s own\.$/),
    );
  });

  it('is an error where the base names a file that it has not', async () => {
    project.write(RELEASE, `${project.read(RELEASE)}compare_with: production.yml\n`);
    const text = project.read(RELEASE);
    expect(
      await refused(() => {
        project.write(RELEASE, text.replace('compare_with: production.yml\n', ''));
        production();
      }),
    ).toMatch(
      /^models\/release.yml: compare_with at "models\/production.yml" in the base commit [0-9a-f]{12}, which has no such file/,
    );
  });
});
