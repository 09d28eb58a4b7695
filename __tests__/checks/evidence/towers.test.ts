/** What a sweep's own towers tell checks on evidence: the files of serving beside those that were evaluated, and canaries embedded again. */
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

describe('canaries without expected vectors', () => {
  const canaries = (spoil: (i: number) => number, names = (i: number) => `i${i}`) =>
    liveItems()
      .map((vector, i) => JSON.stringify({ id: names(i), tower: 'item', served: vector.map((x) => x + spoil(i)) }))
      .join('\n');
  const withCanaries = (text: string) => {
    project = new Project();
    return project
      .write('models/canary.jsonl', text)
      .edit('models/release.yml', 'live: v3', 'live: v3\nevidence: {canary: canary.jsonl}')
      .edit(
        'gates/gate.yml',
        'checks:\n',
        'checks:\n  checkpoint-identity: {require: [{metric: canary_mismatch, max: 10%}]}\n',
      );
  };
  const judged = async (text: string) => {
    const { report, message } = await withCanaries(text).judge();
    if (!report) throw new Error(message);
    return {
      finding: report.checks.find((one) => one.check === 'checkpoint-identity')!.findings[0]!,
      notices: report.notices.join('\n'),
    };
  };

  it('are embedded again by the live checkpoint', async () => {
    const { finding, notices } = await judged(canaries(() => 0));
    expect(finding).toMatchObject({ verdict: 'pass', value: 0, slice: { tower: 'item' } });
    expect(notices).toMatch(/all 50 canaries have the vectors of the item tower of the release/);
  });

  it('fail an index of another checkpoint', async () => {
    const { finding, notices } = await judged(canaries((i) => (i % 2 === 0 ? 0.2 : 0)));
    expect(finding).toMatchObject({ verdict: 'fail', value: 0.5 });
    expect(notices).toMatch(/25 of 50 canaries have other vectors/);
  });

  /** The length 1, as an index that is searched by cosine keeps vectors. */
  const unit = liveItems()
    .map((vector, i) =>
      JSON.stringify({ id: `i${i}`, tower: 'item', served: vector.map((x) => x / Math.hypot(...vector)) }),
    )
    .join('\n');

  it('are compared by direction under cosine, and by length too under dot', async () => {
    const own = withCanaries(unit).edit('models/release.yml', 'similarity: dot', 'similarity: cosine, scale: 4');
    const { report, message } = await own.judge();
    expect(message).toBe('');
    expect(report!.checks.find((one) => one.check === 'checkpoint-identity')!.findings[0]).toMatchObject({
      verdict: 'pass',
      value: 0,
    });
    expect(report!.notices.join('\n')).toMatch(/all 50 canaries have .* of their length, compared by direction/);
    own.remove();
    expect((await judged(unit)).finding).toMatchObject({ verdict: 'fail', value: 1 });
  });

  it('of another direction fail under cosine', async () => {
    const own = withCanaries(canaries((i) => (i % 2 === 0 ? 0.2 : 0)));
    own.edit('models/release.yml', 'similarity: dot', 'similarity: cosine, scale: 4');
    const { report } = await own.judge();
    expect(report!.checks.find((one) => one.check === 'checkpoint-identity')!.findings[0]).toMatchObject({
      verdict: 'fail',
      value: 0.5,
    });
  });

  it('pass in bfloat16, and fail in it where they are another checkpoint’s', async () => {
    const bfloat16 = (x: number) => {
      const scale = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
      return Math.round(x / scale) * scale;
    };
    const stored = (shift: number) =>
      liveItems()
        .map((vector, i) =>
          JSON.stringify({ id: `i${i}`, tower: 'item', served: vector.map((x) => bfloat16(x + shift)) }),
        )
        .join('\n');
    const { finding, notices } = await judged(stored(0));
    expect(finding).toMatchObject({ verdict: 'pass', value: 0 });
    expect(notices).toMatch(/of their length, stored in bfloat16/);
    project.remove();
    expect((await judged(stored(0.05))).finding).toMatchObject({ verdict: 'fail', value: 1 });
  });

  it('leave open what the eval set does not have', async () => {
    const { finding, notices } = await judged(
      canaries(
        () => 0,
        (i) => (i < 40 ? `i${i}` : `z${i}`),
      ),
    );
    expect(finding).toMatchObject({ verdict: 'pass', value: 0 });
    expect(notices).toMatch(/all 40 canaries .*; 10 more are not in the eval set/);
    project.remove();
    const none = await judged(
      canaries(
        () => 0,
        (i) => `z${i}`,
      ),
    );
    expect(none.finding).toMatchObject({
      verdict: 'inconclusive',
      reason: { kind: 'nothing_expected' },
    });
  });

  it('refuse vectors of another length', async () => {
    const outcome = await withCanaries(canaries(() => 0).replaceAll(/"served":\[[^,]*,/g, '"served":[')).judge();
    expect(outcome.message).toMatch(/served vectors of dimension 3, where the checkpoint gives 4/);
    expect(outcome.status).toBe(2);
  });
});
