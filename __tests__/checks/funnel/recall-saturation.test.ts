/** Recall of both arms at the stages of the funnel, on logs whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { stageLog } from '../../support/funnel-logs.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('recall-saturation as a gate', () => {
  const RULES = [
    '{metric: retrieval_recall, max_decrease: 2%}',
    '{metric: ranking_recall@10, max_decrease: 2%}',
    '{metric: headroom, min: 5%}',
  ];

  it('passes a treatment that finds more, with room left', async () => {
    const { status, of } = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.7, 0.8) }).examined(
      'recall-saturation',
    );
    expect(status).toBe(0);
    expect(of('retrieval_recall').value).toBeCloseTo(0.8, 1);
    expect(of('retrieval_recall').unit).toBe('relative');
  });

  it('fails one that finds less, and one without room', async () => {
    const less = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.8, 0.7) }).examined(
      'recall-saturation',
    );
    expect(less.of('retrieval_recall').verdict).toBe('fail');
    expect(less.of('ranking_recall@10').verdict).toBe('fail');
    project.remove();
    const full = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.98, 0.98) }).examined(
      'recall-saturation',
    );
    expect(full.of('headroom').verdict).toBe('fail');
  });

  it('is open on few requests', async () => {
    const { of } = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.7, 0.8, 20) }).examined(
      'recall-saturation',
    );
    expect(of('headroom')).toMatchObject({ verdict: 'inconclusive', why: 'too few requests: 20 of at least 30' });
  });

  it.each<[string, string, RegExp]>([
    [
      'a rank without a utility',
      'request_id,arm,item_id,in_output,is_winner,rank\nr,control,i,1,1,1\n',
      /one of rank and utility/,
    ],
    [
      'an item twice',
      `${stageLog(0.5, 0.5, 2)}r0,control,i0,1,1,1,1\n`,
      /again; expected every \(request_id, arm, item_id\) once/,
    ],
  ])('refuses %s', async (_, text, message) => {
    expect(await refusal(evidence({ 'recall-saturation': [] }, { stage_log: text }))).toMatch(message);
  });
});

describe('requests of both arms', () => {
  /** Both arms find the same items of a request, but for one in twenty. */
  const paired = (requests: number) => {
    const random = generator(21);
    return csv(
      'request_id,arm,item_id,in_output,is_winner',
      Array.from({ length: requests }, (_, q) => {
        const hard = random.uniform() < 0.4;
        return (['control', 'treatment'] as const).flatMap((arm) =>
          Array.from({ length: 5 }, (__, i) => [
            `r${q}`,
            arm,
            `i${i}`,
            random.uniform() < (hard ? 0.03 : 0.97) ? 1 : 0,
            1,
          ]),
        );
      }).flat(),
    );
  };

  it('are pairs, of which the difference is known better than of two samples', async () => {
    const { of } = await evidence(
      { 'recall-saturation': ['{metric: retrieval_recall, max_decrease: 5%}'] },
      { stage_log: paired(400) },
    ).examined('recall-saturation');
    const { upper, lower } = of('retrieval_recall');
    // Two independent samples of requests that are hard or easy: about √(2·0.24/400)/0.6 either way.
    expect((upper - lower) / 2).toBeLessThan(0.5 * 1.65 * (Math.sqrt((2 * 0.22) / 400) / 0.6));
    expect(of('retrieval_recall').verdict).toBe('pass');
  });
});
