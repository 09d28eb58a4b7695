/** The files of serving beside those that were evaluated, as precision-parity holds them together. */
import { afterEach, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../../support/onnx.js';
import { digest, Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

/** The item vectors of the test project's live version: as support/project.ts draws them. */
function liveItems(): number[][] {
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  vectors(180);
  return vectors(50);
}

const RULES = `  precision-parity:
    require:
      - {metric: score_rmse, max: 0.02}
      - {metric: log_loss, max_increase: 1%}
`;

/** The test project whose live item tower is served on a grid. */
function served(grid: number): Project {
  project = new Project();
  const items = liveItems().map((vector) => vector.map((x) => (grid === 0 ? x : Math.round(x / grid) * grid)));
  return project
    .write('models/item-int8/v3.onnx', onnx(lookupTower(items, 'item_index')))
    .edit(
      'models/release.yml',
      '  onnx: item/{version}.onnx\n',
      '  onnx: item/{version}.onnx\n  served: {onnx: "item-int8/{version}.onnx"}\n',
    )
    .edit('gates/gate.yml', 'checks:\n', `checks:\n${RULES}`);
}

describe('precision-parity on two ONNX files', () => {
  it('passes where serving’s file gives the same scores', async () => {
    const { report, message } = await served(0).judge();
    expect(message).toBe('');
    const check = report!.checks.find((one) => one.check === 'precision-parity')!;
    expect(check.findings.map(({ metric, value, verdict }) => [metric, verdict, value === 0])).toEqual([
      ['score_rmse', 'pass', true],
      ['log_loss', 'pass', false],
    ]);
    expect(check.findings[1]!.change).toBe(0);
    expect(report!.notices.join('\n')).toMatch(
      /precision-parity: on the eval set, by the files of both precisions: scores differ by 0 /,
    );
  });

  it('fails a coarse file, by the scores that the towers give', async () => {
    const { report, status } = await served(0.3).judge();
    expect(status).toBe(1);
    const [rmse, loss] = report!.checks.find((one) => one.check === 'precision-parity')!.findings;
    expect(rmse).toMatchObject({ verdict: 'fail' });
    expect(rmse!.value).toBeGreaterThan(0.02);
    expect(loss!.change).toBeGreaterThan(0);
    // The sweep itself is of the files that were evaluated.
    expect(report!.checks.find((one) => one.check === 'version-skew')!.verdict).toBe('pass');
  });

  it('is not tested without a sweep, and says what would', async () => {
    project = new Project();
    project.edit('gates/gate.yml', 'checks:\n', 'checks:\n  precision-parity: {}\n');
    const { report } = await project.judge();
    const h = report!.diagnosis!.hypotheses.find(({ id }) => id === 'precision-parity')!;
    expect(h).toMatchObject({ verdict: 'not_tested', settle: expect.stringMatching(/served: \{onnx: …\}/) });
  });

  it.each<[string, (p: Project) => Project, RegExp]>([
    [
      'a file that is not there',
      (p) => p.edit('models/release.yml', 'item-int8/', 'item-int4/'),
      /release.yml:8:18: no served item checkpoint at "item-int4\/v3.onnx"/,
    ],
    [
      'a file outside',
      (p) => p.edit('models/release.yml', 'item-int8/', '../../'),
      /the served item checkpoint at .*outside the workspace/,
    ],
    [
      'a digest that differs',
      (p) => p.edit('models/release.yml', '{version}.onnx"}', `{version}.onnx", sha256: ${'ab'.repeat(32)}}`),
      /sha256 abababababab… of the served item checkpoint, but models\/item-int8\/v3.onnx has/,
    ],
    [
      'no digest where they are required',
      (p) => p.edit('gates/gate.yml', 'policy: test-gate', 'policy: test-gate\nrequire_pins: true'),
      /no sha256 of the served item checkpoint.*Run: skewgate pin models\/release\.yml/s,
    ],
    [
      'a model that is none',
      (p) => p.write('models/item-int8/v3.onnx', 'no model'),
      /item-int8\/v3.onnx.*that is no ONNX model/,
    ],
    ['a key that does not exist', (p) => p.edit('models/release.yml', 'served: {onnx:', 'served: {onx:'), /onx/],
  ])('refuses %s', async (_, spoil, message) => {
    const outcome = await spoil(served(0)).judge();
    expect(outcome.message).toMatch(message);
    expect(outcome.status).toBe(2);
  });

  it('takes a pin', async () => {
    const own = served(0);
    own.edit(
      'models/release.yml',
      '{version}.onnx"}',
      `{version}.onnx", sha256: ${digest(own.bytes('models/item-int8/v3.onnx'))}}`,
    );
    expect((await own.judge()).message).toBe('');
  });
});
