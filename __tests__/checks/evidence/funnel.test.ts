/** Layer 3 on evidence whose truth is known: recall, past arms, filters, and the outcome ledger that gives them a share. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { gapLedger, INNOCENT, type Planted } from '../../support/gap-world.js';
import { csvOf } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}) => csvOf(gapLedger({ ...INNOCENT, ...planted }, 3));

/** Three winners a request and arm, found with a probability by arm. */
function stageLog(control: number, treatment: number, requests = 800): string {
  const random = generator(4);
  return csv(
    'request_id,arm,item_id,in_output,is_winner,rank,utility',
    Array.from({ length: requests }, (_, q) =>
      (['control', 'treatment'] as const).flatMap((arm) =>
        Array.from({ length: 14 }, (__, i) => {
          const found = random.uniform() < (arm === 'control' ? control : treatment) ? 1 : 0;
          return [`r${q}`, arm, `i${i}`, found, i < 3 ? 1 : 0, found ? i + 1 : 1_000_000, 14 - i];
        }),
      ),
    ).flat(),
  );
}

/** Past arms whose online delta is `b` for one of log loss gained, and `beta` for one of recall. */
function pastArms(b: number, { beta = 0, noise = 0.0002, arms = 9, scatter = false, scale = 1 } = {}): string {
  const random = generator(2);
  return csv(
    'arm,offline_delta,offline_se,online_delta,online_se,recall_delta,recall_se',
    Array.from({ length: arms }, (_, a) => {
      const [gain, recall] = [0.005 * scale * (a - 1), 0.01 * (a - 2)];
      if (scatter) return [`a${a}`, gain, 0.0002, 0.02 * random.normal(), noise, recall, 0.0004];
      return [
        `a${a}`,
        gain,
        0.0002 * scale,
        (beta === 0 ? b * gain : beta * recall) + noise * random.normal(),
        noise,
        recall,
        0.0004,
      ];
    }),
  );
}

const outcome = (delta: number, se = 0.001) => csv('online_delta,online_se', [[delta, se]]);

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

describe('metric-mismatch as a gate', () => {
  const RULES = ['{metric: correlation, min: 0.5}', '{metric: sign_concordance, min: 50%}'];

  it('passes past arms that agree', async () => {
    const { status, of } = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8) }).examined(
      'metric-mismatch',
    );
    expect(of('correlation')).toMatchObject({ verdict: 'pass', judged: 'value' });
    expect(status).toBe(0);
  });

  it('is open with fewer than six, and where the spread is error', async () => {
    const few = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { arms: 5 }) }).examined(
      'metric-mismatch',
    );
    expect(few.of('correlation').why).toBe('fewer than 6 arms');
    project.remove();
    const noisy = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { noise: 0.05 }) }).examined(
      'metric-mismatch',
    );
    expect(noisy.of('correlation').why).toBe('most of their spread is error');
  });
});

describe('auction-filtering', () => {
  const funnel = (treatment: readonly [number, number], budget = 10_000) =>
    csv('arm,segment,spend,conversions,budget', [
      ['control', 'oCPM', 4000, 400, 10_000],
      ['control', 'CPC', 4000, 2000, 0],
      ['treatment', 'oCPM', 10 * treatment[0], treatment[0], budget],
      ['treatment', 'CPC', 2 * treatment[1], treatment[1], 0],
    ]);
  const RULES = ['{metric: cost_per_conversion, max_increase: 10%}', '{metric: mix_term, max: 5%}'];

  it('passes the same purchase and fails a dearer one by its mix', async () => {
    const good = await evidence({ 'auction-filtering': RULES }, { funnel: funnel([400, 2000]) }).examined(
      'auction-filtering',
    );
    expect(good.status).toBe(0);
    expect(good.of('cost_per_conversion').change).toBeCloseTo(0, 12);
    project.remove();
    const bad = await evidence({ 'auction-filtering': RULES }, { funnel: funnel([800, 1500]) }).examined(
      'auction-filtering',
    );
    expect(bad.of('cost_per_conversion').verdict).toBe('fail');
    // Rates are the same: all of the difference is the mix.
    expect(bad.of('mix_term').value).toBeCloseTo(bad.of('cost_per_conversion').change, 12);
  });

  const survival = (out: number) =>
    csv('arm,stage,reason,n_in,n_out', [
      ['control', 'auction', 'floor', 10_000, 9500],
      ['treatment', 'auction', 'floor', 10_000, out],
      ['control', 'pacing', 'budget', 9500, 9000],
      ['treatment', 'pacing', 'budget', 9500, 9000],
    ]);

  it('compares survival at every stage for every reason', async () => {
    const RULE = { 'auction-filtering': ['{metric: survival, max_decrease: 2%}'] };
    const good = await evidence(RULE, { survival: survival(9500) }).examined('auction-filtering');
    expect([good.status, good.findings.length]).toEqual([0, 2]);
    project.remove();
    const bad = await evidence(RULE, { survival: survival(8000) }).examined('auction-filtering');
    expect(bad.of('survival', { reason: 'floor' })).toMatchObject({ verdict: 'fail', value: 0.8 });
    expect(bad.of('survival', { stage: 'pacing' }).verdict).toBe('pass');
    expect(bad.facts).toMatch(/survival falls most at auction \/ floor: 95 % in control and 80 % in treatment/);
  });

  /** What is bought by request; the filters take `taken` of the treatment's. */
  const replay = (taken: number, lift = 0.5, requests = 600) => {
    const random = generator(12);
    return csv(
      'request_id,arm,value_on,value_off',
      Array.from({ length: requests }, (_, q) =>
        (['control', 'treatment'] as const).map((arm) => {
          const off = 1 + random.normal() + (arm === 'treatment' ? lift : 0);
          return [`r${q}`, arm, arm === 'treatment' ? off - taken : off, off];
        }),
      ).flat(),
    );
  };

  it.each([
    [0.45, 'contributing'],
    [0, 'ruled_out'],
    [-0.3, 'ruled_out'],
  ] as const)('by a replay in which filters take %f of the treatment’s win is %s', async (taken, verdict) => {
    const { hypothesis } = await evidence({ 'auction-filtering': [] }, { filter_replay: replay(taken) }).examined(
      'auction-filtering',
    );
    expect(hypothesis!.verdict).toBe(verdict);
    expect(hypothesis!.why).toMatch(/with the filters the treatment wins .* they take/);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'arms with other budgets',
      { funnel: funnel([400, 2000], 12_000) },
      /a budget of 10000 in control and 12000 in treatment; expected arms with one budget/,
    ],
    [
      'reasons that overlap',
      {
        survival: csv('arm,stage,reason,n_in,n_out', [
          ['control', 's', 'a', 100, 20],
          ['control', 's', 'b', 100, 30],
          ['treatment', 's', 'a', 100, 90],
          ['treatment', 's', 'b', 100, 90],
        ]),
      },
      /reasons of stage "s" that drop 150 candidates of at most 100/,
    ],
    ['more out than in', { survival: survival(10_001) }, /column "n_out" is 10001; expected at most the 10000/],
    [
      'survival of one arm',
      { survival: 'arm,stage,reason,n_in,n_out\ncontrol,s,a,10,9\n' },
      /no candidates of treatment at s \/ a/,
    ],
    [
      'a replay of one arm',
      { filter_replay: 'request_id,arm,value_on,value_off\nr,control,1,1\n' },
      /rows of one arm alone/,
    ],
    [
      'a request twice',
      { filter_replay: `${replay(0, 0, 3)}r0,control,1,1\n` },
      /again; expected every \(request_id, arm\) once/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'auction-filtering': [] }, tables))).toMatch(message);
  });
});

describe('the outcome ledger', () => {
  it('gives recall its share of what the gain should have won online', async () => {
    // Online moves 2 for one of log loss gained, and 0.5 for one of recall: recall did not move, nothing was won.
    const arms = pastArms(2, { beta: 0 });
    const { report, hypothesis } = await evidence(
      { 'recall-saturation': [] },
      { ledger: ledger({ requests: 2500 }), stage_log: stageLog(0.9, 0.9, 1500), arms, outcome: outcome(0.0) },
    ).examined('recall-saturation');
    const gap = report.diagnosis!.outcome!;
    expect(gap.slope.value).toBeCloseTo(2, 1);
    expect(gap.predicted.value).toBeCloseTo(gap.slope.value * report.diagnosis!.gap!.online.value, 12);
    expect(gap.value).toBeCloseTo(gap.predicted.value - gap.observed.value, 12);
    expect(gap.lower).toBeGreaterThan(0);
    expect(hypothesis).toMatchObject({ ledger: 'outcome' });
    // C = b·gain − β·Δrecall, with Δrecall about 0.
    expect(hypothesis!.share).toBeGreaterThan(0.5);
    expect(gap.residual.value).toBeCloseTo(gap.value - hypothesis!.alone!, 12);
  });

  it('adds what filters take, in the unit of the online metric', async () => {
    const random = generator(1);
    const replay = csv(
      'request_id,arm,value_on,value_off',
      Array.from({ length: 4000 }, (_, q) => {
        const arm = q % 2 === 0 ? 'control' : 'treatment';
        const off = 0.02 * random.normal();
        return [`r${q}`, arm, arm === 'treatment' ? off - 0.04 : off, off];
      }),
    );
    const { report, hypothesis } = await evidence(
      { 'auction-filtering': [] },
      { ledger: ledger({ requests: 2500 }), arms: pastArms(2), outcome: outcome(0.01), filter_replay: replay },
    ).examined('auction-filtering');
    const gap = report.diagnosis!.outcome!;
    expect(hypothesis!.alone).toBeCloseTo(0.04, 2);
    expect(hypothesis!.share).toBeCloseTo(hypothesis!.alone! / gap.value, 12);
    expect(['sufficient', 'contributing']).toContain(hypothesis!.verdict);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'too few past arms',
      { arms: pastArms(2, { arms: 5 }), outcome: outcome(0) },
      /no outcome ledger, .* 5 past arms, of at least 6/,
    ],
    [
      'arms whose spread is error',
      { arms: pastArms(2, { noise: 0.2 }), outcome: outcome(0) },
      /whose spread is mostly error/,
    ],
    [
      'arms in which recall and outcome have nothing to do with each other, for recall’s part',
      { arms: pastArms(2, { scatter: true }), outcome: outcome(0) },
      /more is not clearly better online/,
    ],
    ['no past arms', { outcome: outcome(0) }, /the release has no evidence arms/],
    [
      'a gain that no arm came near',
      { arms: pastArms(2, { scale: 0.2 }), outcome: outcome(0) },
      /is beyond the past arms, .*are their offline deltas log loss too/,
    ],
  ])('is none with %s, and says why', async (_, tables, message) => {
    const { report, hypothesis } = await evidence(
      { 'recall-saturation': [] },
      { ledger: ledger({ requests: 600 }), stage_log: stageLog(0.9, 0.9, 200), ...tables },
    ).examined('recall-saturation');
    expect(report.diagnosis!.outcome).toBeUndefined();
    expect(hypothesis!.share).toBeNull();
    expect(report.notices.join('\n')).toMatch(message);
  });

  it('refuses an outcome of several rows, and one of the recall columns alone', async () => {
    const tables = { ledger: ledger({ requests: 60 }), stage_log: stageLog(0.9, 0.9, 50), arms: pastArms(2) };
    const two = evidence({ 'recall-saturation': [] }, { ...tables, outcome: 'online_delta,online_se\n1,1\n2,1\n' });
    expect(await refusal(two)).toMatch(/2 rows of outcome; expected one row/);
    project.remove();
    const half = evidence({ 'metric-mismatch': [] }, { arms: pastArms(2).replace('recall_se', 'recall_error') });
    expect(await refusal(half)).toMatch(/one of recall_delta and recall_se/);
  });
});
