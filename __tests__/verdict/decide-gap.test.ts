/** Diagnosis → verdict: docs/diagnosis.md, and what is said of it. */
import { describe, expect, it } from 'vitest';
import type { EvidenceReport } from '../../src/checks/check-report.js';
import type { CheckId } from '../../src/documents/policy/policy.js';
import { decide } from '../../src/verdict/decide.js';
import type {
  Bounded,
  Diagnosis,
  Experiment,
  Hypothesis,
  NextStep,
  PredictionGap,
} from '../../src/verdict/diagnosis/diagnosis.js';
import type { Joins } from '../../src/verdict/diagnosis/joins.js';
import { finding } from '../support/findings.js';

const bounds = (value: number, lower: number, upper: number): Bounded => ({ value, lower, upper });

/** A clear gain offline of which a part is clearly lost. */
function gapOf(own: Partial<PredictionGap> = {}): PredictionGap {
  return {
    ledger: 'prediction',
    metric: 'log_loss',
    words: 'log loss',
    bothServed: true,
    ...bounds(0.03, 0.02, 0.04),
    offline: bounds(0.05, 0.04, 0.06),
    online: bounds(0.02, 0.01, 0.03),
    rows: 10_000,
    lost: bounds(0.02, 0.01, 0.03),
    ...own,
  };
}

const NOTHING: Diagnosis = {
  gap: undefined,
  outcome: undefined,
  hypotheses: [],
  notAsked: [],
  next: [],
  residual: undefined,
  layers: [],
  notices: [],
};

function hypothesis(id: CheckId, verdict: Hypothesis['verdict'], own: Partial<Hypothesis> = {}): Hypothesis {
  return {
    id,
    layer: 2,
    verdict,
    ledger: 'prediction',
    alone: null,
    fix: null,
    contribution: null,
    share: null,
    lower: null,
    upper: null,
    evidence: [],
    question: 'Does it hold?',
    sole: 'open',
    owner: 'its owner',
    next: '',
    why: '',
    settle: '',
    ...own,
  };
}

function decided(gap: PredictionGap | undefined, hypotheses: readonly Hypothesis[] = [], own: Partial<Diagnosis> = {}) {
  return decide([], { ...NOTHING, gap, hypotheses, ...own }, 'v42');
}

const FIGURES = 'log loss gained over production’s model: +0.05 offline, +0.02 online';

describe('a policy of hypotheses alone', () => {
  // [lower bound of the gain offline, of the gap, bounds of the gap less a fifth of the gain] → verdict
  it.each<[string, number, number, [number, number], string, string, RegExp]>([
    [
      'a loss of at most a fifth',
      0.04,
      -0.01,
      [-0.02, -0.01],
      'ready',
      'ship',
      /^v42 keeps its gain in log loss \(loses 60 %\); the A\/B is not judged, as the release has no evidence outcome/,
    ],
    ['a loss of a fifth to the digit', 0.04, 0.01, [-0.02, 0], 'ready', 'ship', /^v42 keeps its gain in log loss/],
    ['clearly more', 0.04, 0.02, [0.01, 0.03], 'not_ready', 'gather_evidence', /^v42 loses 60 % of its gain online:/],
    [
      'more, but not clearly',
      0.04,
      0.02,
      [-0.01, 0.03],
      'inconclusive',
      'gather_evidence',
      /^v42: how much of the gain is lost online cannot be told/,
    ],
    [
      'more, of a gap that is not clear',
      0.04,
      -0.01,
      [0.001, 0.03],
      'inconclusive',
      'gather_evidence',
      /^v42: how much of the gain/,
    ],
    [
      'a gap without a gain',
      -0.01,
      0.02,
      [-0.01, 0.03],
      'not_ready',
      'gather_evidence',
      /^v42 has no clear gain offline that could be lost/,
    ],
    [
      'no gap and no gain',
      0,
      -0.02,
      [-0.03, -0.01],
      'inconclusive',
      'gather_evidence',
      /^v42 has no clear gain offline that could be lost/,
    ],
  ])('and %s', (_, offline, gap, [lower, upper], verdict, action, headline) => {
    const decision = decided(
      gapOf({ lower: gap, offline: bounds(0.05, offline, 0.06), lost: bounds(0.02, lower, upper) }),
    );
    expect([decision.verdict, decision.recommendation.action]).toEqual([verdict, action]);
    expect(decision.headline).toMatch(headline);
    expect(decision.headline).toContain(FIGURES);
  });

  it('is never ready on a ledger that can judge nothing, nor convicts by it', () => {
    for (const lost of [bounds(-0.02, -0.03, -0.01), bounds(0.02, 0.01, 0.03)]) {
      const { verdict, headline, recommendation } = decided(
        gapOf({ lost, open: { kind: 'too_few_positives', count: 60, least: 100 } }),
      );
      expect(verdict).toBe('inconclusive');
      expect(recommendation.action).toBe('gather_evidence');
      expect(headline).toBe(`v42 is not shown to be ready: too few positives: 60 of at least 100: ${FIGURES}.`);
    }
  });

  it('loses all of its gain where the gap is as large as the gain, or larger', () => {
    for (const [value, part] of [
      [0.05, '100 %'],
      [0.08, '160 %'],
    ] as const)
      expect(decided(gapOf({ value })).headline).toMatch(
        new RegExp(`^v42 loses all of its gain online \\(${part}\\): `),
      );
  });
});

describe('the hypotheses', () => {
  const parity = hypothesis('feature-parity', 'sufficient', { share: 0.62 });
  const precision = hypothesis('precision-parity', 'contributing', { share: 0.81 });
  const bias = hypothesis('sampling-bias', 'contributing', { layer: 1, share: 0.2 });
  const recall = hypothesis('recall-saturation', 'contributing', { layer: 3, ledger: 'outcome', share: 0.9 });
  const health = hypothesis('serving-health', 'contributing', { ledger: null });
  const missing = hypothesis('label-leakage', 'not_tested', { layer: 1, ledger: null });
  const innocent = hypothesis('checkpoint-identity', 'ruled_out', { share: 0.01 });
  const all = [missing, health, innocent, recall, bias, parity, precision];
  const step = (table: string, own: Partial<NextStep> = {}): NextStep => ({
    layer: 1,
    cost: 'query',
    table,
    what: 'table',
    columns: ['x'],
    settles: [],
    shows: [],
    why: 'the gain comes first',
    query: 'SELECT 1',
    ...own,
  });
  const next = [step('feature_times', { shows: ['label-leakage'] }), step('mix')];

  it('found are cures: by their share of the gap in log loss, then of the online metric’s, then without a share', () => {
    const { recommendation } = decided(gapOf(), all, { next });
    expect(recommendation.options.map(({ action, why }) => [action, /\(([^()]*)\)$/.exec(why)?.[1]])).toEqual([
      ['serving_change', 'precision-parity, 81 % of the gap'],
      ['serving_change', 'feature-parity, 62 % of the gap'],
      ['gather_evidence', 'sampling-bias, 20 % of the gap'],
      ['gather_evidence', 'recall-saturation, 90 % of the online metric’s gap'],
      ['serving_change', 'serving-health, contributing'],
      ['gather_evidence', 'the gain comes first'],
    ]);
    expect(recommendation.options[0]!.why).toBe(
      'serve at the precision that was evaluated (precision-parity, 81 % of the gap)',
    );
    expect(recommendation.options.at(-1)!.why).toBe(
      'the first of 2 steps: the table feature_times, by a query over logs, which shows something of label-leakage ' +
        '(the gain comes first)',
    );
    expect(recommendation.action).toBe('serving_change');
  });

  it('are named after what is lost, each kind once, with the shares of those that are found', () => {
    expect(decided(gapOf(), all).headline).toBe(
      `v42 loses 60 % of its gain online: ${FIGURES}; sufficient alone: feature-parity (62 %); contributing: serving-health, recall-saturation (90 % of the online metric’s gap), sampling-bias (20 %) and precision-parity (81 %); ruled out: checkpoint-identity; not tested: label-leakage.`,
    );
  });

  it('mend nothing in serving where none of layer 2 is found, nothing is lost, or nothing could be', () => {
    expect(decided(gapOf(), [bias, recall, innocent]).recommendation.action).toBe('gather_evidence');
    expect(decided(gapOf({ offline: bounds(0.05, -0.01, 0.06) }), all).recommendation.action).toBe('gather_evidence');
    const kept = decided(gapOf({ lost: bounds(-0.02, -0.03, -0.01) }), all, { next });
    expect([kept.verdict, kept.recommendation.action]).toEqual(['ready', 'ship']);
    // What is ready needs no more evidence, and its headline explains no loss.
    expect(kept.recommendation.options.every(({ why }) => !why.startsWith('the first of'))).toBe(true);
    expect(kept.headline).toBe(
      `v42 keeps its gain in log loss (loses 60 %); the A/B is not judged, as the release has no evidence outcome: ${FIGURES}.`,
    );
  });

  it('without a ledger are found, and nothing is ready by them', () => {
    const without = (unknown: NonNullable<Diagnosis['unknown']>) => decided(undefined, [health, missing], { unknown });
    const s5 = without('s5');
    expect([s5.verdict, s5.recommendation.action]).toEqual(['inconclusive', 'gather_evidence']);
    expect(s5.headline).toBe(
      'v42 is not shown to be ready: how much of its gain is lost online is not known, as the ledger has no column s5 (the score that was logged online); contributing: serving-health; not tested: label-leakage.',
    );
    expect(s5.recommendation.why).toBe('add the column s5 to the ledger: the score that was logged online');
    expect(without('ledger').headline).toMatch(/is not known, as there is no ledger of scores offline and online; /);
    expect(without('ledger').recommendation.why).toBe('a ledger: docs/diagnosis.md has the query that writes it');
    expect(without('ledger').recommendation.options.map(({ why }) => why)).toEqual([
      'a ledger: docs/diagnosis.md has the query that writes it',
    ]);
    // Where the ledger is the first step, that is the option; its columns are named.
    const columns = step('ledger', {
      what: 'columns',
      cost: 'column',
      columns: ['s5'],
      settles: ['outlier-domination'],
    });
    expect(
      decided(undefined, [missing], { unknown: 's5', next: [columns] }).recommendation.options.map(({ why }) => why),
    ).toEqual([
      'the next step: the ledger’s column s5, by one more column of the ledger’s join, which settles ' +
        'outlier-domination (the gain comes first)',
    ]);
  });

  it('that are not tested are counted where they are many, as the steps name them in their order', () => {
    const ids = ['sampling-bias', 'label-leakage', 'version-skew', 'feature-parity'] as const;
    const untested = ids.map((id) => hypothesis(id, 'not_tested', { ledger: null }));
    expect(decided(gapOf(), untested.slice(1)).headline).toMatch(
      /; not tested: label-leakage, version-skew and feature-parity\.$/,
    );
    expect(decided(gapOf(), [...untested, innocent]).headline).toMatch(
      /; ruled out: checkpoint-identity; not tested: 4 of 5 hypotheses\.$/,
    );
  });
});

describe('the A/B', () => {
  const kept = gapOf({ lost: bounds(-0.02, -0.03, -0.01) });
  const promise = {
    value: bounds(0.6, 0.45, 0.75),
    missing: bounds(0, -0.1, 0.1),
    lost: bounds(-0.1, -0.2, -0.05),
    neededError: 0.24,
    arms: 8,
    from: 'ledger',
  } as const;
  const ab = (observed: Bounded, own: Partial<Experiment> = {}): Experiment => ({
    observed,
    standardError: 0.03,
    ...own,
  });
  const verdictOf = (gap: PredictionGap | undefined, experiment: Experiment) => {
    const { verdict, headline } = decided(gap, [], { experiment, ...(gap ? {} : { unknown: 'ledger' }) });
    return { verdict, headline };
  };

  it.each<[string, PredictionGap | undefined, Experiment, string, RegExp]>([
    [
      'that fell is never ready',
      kept,
      ab(bounds(-0.4, -0.45, -0.35)),
      'not_ready',
      /^v42: the A\/B is lost: −0.4 \[−0.45, −0.35\] online; it keeps its gain online \(loses 60 %\): /,
    ],
    [
      'that rose and is clearly behind what was promised is not either',
      kept,
      ab(bounds(0.1, 0.05, 0.15), {
        promise: { ...promise, missing: bounds(0.5, 0.35, 0.65), lost: bounds(0.4, 0.2, 0.5) },
      }),
      'not_ready',
      /^v42: the A\/B is behind what was promised: .* where \+0.6 \[\+0.45, \+0.75\] was promised by 8 past arms; /,
    ],
    [
      'that is won leaves a kept gain ready',
      kept,
      ab(bounds(0.6, 0.5, 0.7), { promise }),
      'ready',
      /^v42 keeps its gain online \(loses 60 %\); the A\/B is won: /,
    ],
    [
      'that is too small leaves it open, and says what it takes',
      kept,
      ab(bounds(0.3, -0.3, 0.9), { standardError: 0.4, promise }),
      'inconclusive',
      /the A\/B does not tell: .*; its standard error is 0.4, and to see \+0.6 it takes at most 0.24/,
    ],
    [
      'that is not known leaves it open',
      kept,
      ab(bounds(Number.NaN, Number.NaN, Number.NaN)),
      'inconclusive',
      /the A\/B does not tell/,
    ],
    [
      'that is won does not make up for a gain that is lost',
      gapOf(),
      ab(bounds(0.6, 0.5, 0.7), { promise }),
      'not_ready',
      /^v42 loses 60 % of its gain online; the A\/B is won: /,
    ],
    [
      'that is won is not outweighed by a gain over production’s model as it was evaluated',
      gapOf({ bothServed: false }),
      ab(bounds(0.6, 0.5, 0.7), { promise }),
      'inconclusive',
      /^v42 loses 60 % of its gain online; the A\/B is won: .* as it was evaluated, .*\(score_prod_online\) would tell/,
    ],
    [
      'that fell convicts without a ledger',
      undefined,
      ab(bounds(-0.4, -0.45, -0.35)),
      'not_ready',
      /^v42: the A\/B is lost: .*; how much of its gain is lost online is not known, as there is no ledger/,
    ],
    [
      'that has won what was promised acquits without one',
      undefined,
      ab(bounds(0.6, 0.5, 0.7), { promise: { ...promise, from: 'outcome' } }),
      'ready',
      /^v42 wins online what its gain offline promised; the A\/B is won: /,
    ],
    [
      'that is won, of which nothing was promised, acquits nobody without one',
      undefined,
      ab(bounds(0.6, 0.5, 0.7)),
      'inconclusive',
      /^v42 is not shown to be ready: .*; the A\/B is won: /,
    ],
  ])('%s', (_, gap, experiment, verdict, headline) => {
    expect(verdictOf(gap, experiment)).toEqual({ verdict, headline: expect.stringMatching(headline) });
  });

  it('that fell is not outweighed by rules that pass', () => {
    const passing: EvidenceReport = {
      kind: 'evidence',
      check: 'serving-health',
      layer: 2,
      verdict: 'pass',
      rules: 1,
      findings: [finding({ check: 'serving-health' })],
      notices: [],
    };
    const diagnosis: Diagnosis = { ...NOTHING, gap: kept };
    expect(decide([passing], diagnosis, 'v42').verdict).toBe('ready');
    const lost = decide([passing], { ...diagnosis, experiment: ab(bounds(-0.4, -0.45, -0.35)) }, 'v42');
    expect(lost).toMatchObject({ verdict: 'not_ready', recommendation: { action: 'gather_evidence' } });
    expect(lost.headline).toMatch(/^v42 is not ready: the A\/B is lost: .*, although every required rule passes\.$/);
  });
});

describe('an offline gain that cannot be trusted', () => {
  const layers = [
    {
      layer: 1 as const,
      question: 'Can the offline gain be trusted?',
      verdict: 'no' as const,
      why: 'few carry it (outlier-domination)',
      checks: ['outlier-domination' as const],
    },
  ];
  const kept = gapOf({
    ...bounds(0, -0.01, 0.01),
    online: bounds(0.05, 0.04, 0.06),
    lost: bounds(-0.02, -0.03, -0.01),
  });
  const open = layers.map((one) => ({ ...one, verdict: 'open' as const }));
  const ab = (observed: Bounded): Experiment => ({ observed, standardError: 0.05 });

  it('is not ready although it is kept, and the reason leads', () => {
    expect(decided(kept, [], { layers: open }).verdict).toBe('ready');
    const { verdict, headline, recommendation } = decided(kept, [], { layers });
    expect(verdict).toBe('inconclusive');
    expect(headline).toMatch(
      /^v42 is not shown to be ready: the offline gain cannot be trusted: few carry it \(outlier-domination\); it keeps its gain/,
    );
    expect(recommendation).toMatchObject({
      action: 'gather_evidence',
      why: expect.stringMatching(/the offline gain cannot be trusted/),
      options: [{ why: expect.stringMatching(/\(outlier-domination\)$/) }],
    });
  });

  it('is outweighed by an A/B that is won, and by none that is not', () => {
    const won = decided(kept, [], { layers, experiment: ab(bounds(0.4, 0.3, 0.5)) });
    expect(won.verdict).toBe('ready');
    expect(won.headline).toMatch(/the offline gain cannot be trusted/);
    expect(decided(kept, [], { layers, experiment: ab(bounds(0, -0.1, 0.1)) }).verdict).toBe('inconclusive');
    expect(decided(kept, [], { layers, experiment: ab(bounds(-0.4, -0.5, -0.3)) }).verdict).toBe('not_ready');
  });

  it('is said beside a gap, and what mends it stands among the cures once', () => {
    const outliers = hypothesis('outlier-domination', 'sufficient', { layer: 1, share: 0.9 });
    const { headline, recommendation } = decided(gapOf(), [outliers], { layers });
    expect(headline).toMatch(/sufficient alone: outlier-domination \(90 %\); the offline gain cannot be trusted: few/);
    expect(recommendation.options).toHaveLength(1);
    const without = decided(undefined, [], { layers, unknown: 's5' });
    expect(without.headline).toMatch(/the offline gain cannot be trusted: few carry it/);
    expect(without.recommendation.options.map(({ why }) => why).join()).toMatch(/outlier-domination/);
  });
});

describe('a feature gap beside a leak', () => {
  const parity = hypothesis('feature-parity', 'sufficient', { share: 1 });
  const leak = (verdict: Hypothesis['verdict']) =>
    hypothesis('label-leakage', verdict, { layer: 1, settle: 'a column s0_pit' });

  it.each(['sufficient', 'contributing', 'inconclusive'] as const)(
    'is not to be closed while the leak is %s: serving must not get what only the label tells',
    (verdict) => {
      const { recommendation } = decided(gapOf(), [parity, leak(verdict)]);
      expect(recommendation.action).toBe('gather_evidence');
      expect(recommendation.options.map(({ why }) => why).join('\n')).toMatch(
        /rule label-leakage out before anything is done about feature-parity \(100 % of the gap\): .*; it takes a column s0_pit/,
      );
      expect(recommendation.options.every(({ why }) => !why.startsWith('bring the features'))).toBe(true);
    },
  );

  it.each(['ruled_out', 'not_tested'] as const)('is to be closed where the leak is %s', (verdict) => {
    const { recommendation } = decided(gapOf(), [parity, leak(verdict)]);
    expect(recommendation.action).toBe('serving_change');
    expect(recommendation.options[0]!.why).toMatch(/^bring the features that serving lacks/);
  });
});

describe('a gain that few clusters may carry', () => {
  const doubt = (verdict: 'open' | 'no') => [
    { layer: 1 as const, question: '', verdict, why: 'few', checks: ['outlier-domination', 'sampling-bias'] as const },
  ];
  const kept = gapOf({ ...bounds(0, -0.01, 0.01), lost: bounds(-0.02, -0.03, -0.01) });
  const next: NextStep[] = [
    {
      layer: 1,
      cost: 'query',
      table: 'mix',
      what: 'table',
      columns: ['prod_share'],
      settles: ['sampling-bias'],
      shows: [],
      why: 'why',
      query: 'SELECT 1',
    },
  ];
  const unclear: Experiment = { observed: bounds(0.1, -0.1, 0.3), standardError: 0.1 };
  const first = (gap: PredictionGap, own: Partial<Diagnosis>, hypotheses: readonly Hypothesis[] = []) =>
    decided(gap, hypotheses, { next, experiment: unclear, ...own }).recommendation.options.map(({ why }) => why);

  it('is to be evaluated without them before any other evidence is written', () => {
    const [few, step] = first(kept, { layers: doubt('open') });
    expect(few).toMatch(/^few clusters may carry the offline gain: evaluate without them, and on more requests/);
    expect(step).toMatch(/^the next step: the table mix/);
  });

  it('comes before every cause where it is decided, and is said once', () => {
    const bias = hypothesis('sampling-bias', 'sufficient', { layer: 1, share: 1.04 });
    const outliers = hypothesis('outlier-domination', 'contributing', { layer: 1, share: 0.8 });
    const named = (whys: readonly string[]) => whys.map((why) => /\((outlier-domination|sampling-bias)/.exec(why)?.[1]);
    expect(named(first(kept, { layers: doubt('no') }, [bias, outliers])).slice(0, 2)).toEqual([
      'outlier-domination',
      'sampling-bias',
    ]);
    expect(named(first(kept, { layers: doubt('no') }, [bias]))).toEqual([
      'outlier-domination',
      'sampling-bias',
      undefined,
    ]);
  });

  it('comes by its share among the causes of a gap that is lost', () => {
    const bias = hypothesis('sampling-bias', 'sufficient', { layer: 1, share: 1 });
    const outliers = hypothesis('outlier-domination', 'contributing', { layer: 1, share: 0.44 });
    expect(first(gapOf(), { layers: doubt('no') }, [outliers, bias])[0]).toMatch(
      /\(sampling-bias, 100 % of the gap\)$/,
    );
  });

  it('is not doubted where a clear gap is lost, where there is no clear gain, or where it is ready', () => {
    const says = (whys: readonly string[]) => whys.some((why) => why.startsWith('few clusters may'));
    expect(says(first(gapOf(), { layers: doubt('open') }))).toBe(false);
    expect(says(first(gapOf({ offline: bounds(0.05, -0.01, 0.06) }), { layers: doubt('open') }))).toBe(false);
    const won: Experiment = { observed: bounds(0.4, 0.3, 0.5), standardError: 0.1 };
    expect(says(first(kept, { layers: doubt('open'), experiment: won }))).toBe(false);
    expect(
      says(
        first(kept, {
          layers: doubt('open').map((one) => ({ ...one, checks: ['label-leakage', 'outlier-domination'] })),
        }),
      ),
    ).toBe(false);
  });
});

describe('a gain that is not on the rows that were served', () => {
  const kept = gapOf({
    ...bounds(0, -0.001, 0.001),
    offline: bounds(0.0038, 0.003, 0.0046),
    online: bounds(0.0038, 0.003, 0.0046),
    lost: bounds(-0.0008, -0.001, -0.0006),
  });
  const joins = (lower: number): Joins => ({
    rows: [
      { logSource: 'fresh', scored: 20_000, served: 8_000 },
      { logSource: 'repeat', scored: 5_000, served: 5_000 },
    ],
    scored: bounds(0.0219, 0.0195, 0.0243),
    served: bounds(0.0038, 0.003, 0.0046),
    steps: [{ from: 'scored', to: 'served', ...bounds(0.0181, lower, 0.02) }],
  });
  const WON: Experiment = { observed: bounds(0.4, 0.3, 0.5), standardError: 0.1 };

  it('is not ready on its own; the headline has both gains, and the first advice is about these rows', () => {
    const { verdict, headline, recommendation } = decided(kept, [], { joins: joins(0.016) });
    expect([verdict, recommendation.action]).toEqual(['inconclusive', 'gather_evidence']);
    expect(headline).toMatch(
      /^v42 is not shown to be ready: a clear part of the gain is on rows that were scored offline and never served; it keeps its gain of \+0\.0038 on the rows that were served, of \+0\.0219 on all that were scored; /,
    );
    expect(recommendation.options[0]?.why).toMatch(
      /\(13,000 of 25,000 rows were served\): find out why these rows are scored offline and never served/,
    );
  });

  it('leads the headline where the A/B leaves it open, is outweighed by one that is won, and saves none that fell', () => {
    const by = (observed: Bounded) =>
      decided(kept, [], { joins: joins(0.016), experiment: { observed, standardError: 0.1 } });
    expect(by(bounds(0.1, -0.1, 0.3)).headline).toMatch(
      /^v42 keeps its gain of \+0\.0038 on the rows that were served, of \+0\.0219 on all that were scored; the A\/B does not/,
    );
    expect(by(WON.observed)).toMatchObject({ verdict: 'ready', recommendation: { options: [] } });
    expect(by(bounds(-0.4, -0.5, -0.3)).verdict).toBe('not_ready');
  });

  it('is said of a gain that is lost besides, after the causes of that', () => {
    const parity = hypothesis('feature-parity', 'sufficient', { share: 0.9 });
    const { headline, recommendation } = decided(gapOf(), [parity], { joins: joins(0.016) });
    expect(headline).toMatch(
      /^v42 loses 60 % of its gain online: .* online, and offline of \+0\.0038 on the rows that were/,
    );
    expect(recommendation.options.map(({ why }) => /feature-parity|never served/.exec(why)?.[0])).toEqual([
      'feature-parity',
      'never served',
    ]);
  });

  // A fifth of the most that the gain on all rows may be is 0.00486.
  it.each([
    [0.00487, 'inconclusive'],
    [0.00485, 'ready'],
    [-0.001, 'ready'],
  ])('by clearly more than a fifth of it: %d', (lower, verdict) => {
    expect(decided(kept, [], { joins: joins(lower) }).verdict).toBe(verdict);
  });

  it('is also one that was reported of rows that the ledger does not have', () => {
    const reported: Joins = {
      reported: 0.0233,
      served: bounds(0.0038, 0.003, 0.0046),
      steps: [{ from: 'reported', to: 'served', ...bounds(0.0195, 0.018, 0.021) }],
    };
    const { verdict, headline, recommendation } = decided(kept, [], { joins: reported });
    expect(verdict).toBe('inconclusive');
    expect(headline).toMatch(/of \+0\.0038 on the rows that were served, of \+0\.0233 that was reported/);
    expect(recommendation.options[0]?.why).toMatch(/: find out on which rows it was reported/);
  });
});
