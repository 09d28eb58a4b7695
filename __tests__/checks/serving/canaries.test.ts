/** Canaries without expected vectors: the release’s own checkpoint embeds them again. */
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../../support/project.js';
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
