/** Every metric of the gap against scikit-learn and numpy (fixtures/make_gap_metrics.py), and its errors against a bootstrap and against derivatives. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/data/evidence/ledger.js';
import { gapMetric, groupsOf, type SumGapMetric, sumLoss } from '../../../src/estimation/ledger/gap-metric.js';
import { LedgerSums } from '../../../src/estimation/ledger/ledger-sums.js';
import { rankedLoss, separationLoss } from '../../../src/estimation/ledger/request-losses.js';
import type { Statistic } from '../../../src/estimation/tabulation/clustered.js';
import { coded, expectNear, uniform } from '../../fixtures/metrics.js';

interface Expected {
  readonly informative: number | null;
  /** Offline, online. */
  readonly losses: Readonly<Record<string, readonly [number, number]>>;
  /** Value, standard error of the bootstrap. */
  readonly figures: Readonly<Record<string, readonly [number, number]>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/gap-metrics.json', import.meta.url), 'utf8'),
) as Readonly<Record<'request' | 'label' | 'grade' | 'weight' | 'online', number[]>> & {
  readonly scores: Readonly<Record<string, number[]>>;
  readonly expected: Readonly<Record<string, Expected>>;
};

/** Every row is of an item of its own, so that errors are of requests alone, as the bootstrap's are. */
function ledgerOf(label: readonly number[], without: readonly string[] = []): Ledger {
  const rows = label.length;
  return {
    rows,
    request: coded(fixture.request),
    query: coded(fixture.request),
    cluster: 'request',
    item: coded(Array.from({ length: rows }, (_, r) => r)),
    label: Float64Array.from(label),
    weight: Float64Array.from(fixture.weight),
    onlineWeight: Float64Array.from(fixture.online),
    strata: new Map(),
    scores: new Map(
      Object.entries(fixture.scores).flatMap(([name, values]) =>
        without.includes(name) ? [] : [[name, Float64Array.from(values)] as const],
      ),
    ),
    unexpected: undefined,
    served: undefined,
    servedVersion: undefined,
    itemVersion: undefined,
    scored: undefined,
    leaked: undefined,
    notices: [],
  };
}

function sumsBy(name: string, without: readonly string[] = []): LedgerSums {
  const [id, gain] = name.split(' ');
  return new LedgerSums(
    ledgerOf(id!.startsWith('ndcg') ? fixture.grade : fixture.label, without),
    gapMetric(id!, gain === 'exponential' ? gain : undefined),
  );
}

const STEPS = ['s0 s2', 's2 s3', 's3 s4', 's4 s5'] as const;

function figuresOf(sums: LedgerSums): Record<string, Statistic> {
  const mixed = sums.gain('online', 's0');
  const less = (a: Statistic, b: Statistic): Statistic => ({
    value: a.value - b.value,
    gradient: {
      columns: [...a.gradient.columns, ...b.gradient.columns],
      weights: [...a.gradient.weights, ...b.gradient.weights.map((w) => -w)],
    },
  });
  return {
    offline: sums.gainOffline,
    online: sums.gainOnline!,
    gap: sums.gap!,
    mix: less(sums.gainOffline, mixed),
    features: sums.stepOfGap('s0', 's2'),
    production: sums.productionLoss!,
    ...Object.fromEntries(STEPS.map((name) => [name, sums.step(...(name.split(' ') as [string, string]))])),
  };
}

describe.each(Object.entries(fixture.expected))('%s', (name, expected) => {
  const sums = sumsBy(name);

  test('has the losses of scikit-learn and numpy, offline and online', () => {
    for (const [column, [offline, online]] of Object.entries(expected.losses)) {
      expectNear(sums.loss('offline', column).value, offline, `${column} offline`, 1e-9);
      expectNear(sums.loss('online', column).value, online, `${column} online`, 1e-9);
    }
  });

  test('is of the requests whose labels can tell something', () => {
    expect(sums.units.count).toBe(expected.informative ?? fixture.label.length);
  });

  test('gives gains, a gap and steps with the errors of a bootstrap of requests', () => {
    const figures = figuresOf(sums);
    // A distance has a kink where it is 0. Some of ten small groups lie there: their errors are given too wide.
    const wider = name === 'log_mae' ? 2.1 : 1.12;
    for (const [figure, [value, error]] of Object.entries(expected.figures)) {
      const estimate = sums.estimate(figures[figure]!);
      expectNear(estimate.value, value, figure, 1e-9);
      const ratio = estimate.standardError / error;
      expect(ratio > 0.9 && ratio < wider, `${figure}: error ${estimate.standardError}, bootstrap ${error}`).toBe(true);
    }
  });

  test('has steps that add up to the gap, with what production’s own model loses', () => {
    const parts = figuresOf(sums);
    const steps = STEPS.reduce((sum, step) => sum + parts[step]!.value, parts.mix!.value);
    expectNear(steps - parts.production!.value, parts.gap!.value, 'sum of the steps', 1e-12);
  });

  test('is the same whatever unit weights are in', () => {
    const own = ledgerOf(name.startsWith('ndcg') ? fixture.grade : fixture.label);
    const scaled = new LedgerSums({ ...own, onlineWeight: own.onlineWeight!.map((w) => 1000 * w) }, sums.metric);
    expectNear(scaled.gap!.value, sums.gap!.value, 'gap', 1e-12);
    expectNear(scaled.estimate(scaled.gap!).standardError, sums.estimate(sums.gap!).standardError, 'its error', 1e-12);
  });
});

describe('production’s steps', () => {
  test('are taken off where its score as served was logged', () => {
    const sums = sumsBy('log_loss');
    const [own, production] = [sums.step('s0', 's2').value, sums.step('score_prod', 'prod_s2').value];
    expectNear(sums.stepOfGap('s0', 's2').value, own - production, 's2', 1e-12);
  });

  test('are not where it was not: the gap is then against its score as evaluated, and knows nothing of them', () => {
    const sums = sumsBy('log_loss', ['score_prod_online']);
    expect(sums.productionStep('s0', 's2')).toBeUndefined();
    expectNear(sums.stepOfGap('s0', 's2').value, sums.step('s0', 's2').value, 's2', 1e-12);
  });
});

describe('the influence of a row on a metric of sums is its derivative by the row’s weight', () => {
  test.each(['calibration', 'log_mae'])('%s', (id) => {
    const metric = gapMetric(id) as SumGapMetric;
    const row = fc.record({ p: uniform(0.02, 0.98), y: fc.integer({ min: 0, max: 1 }), w: uniform(0.2, 3) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 12, maxLength: 40 }), fc.nat(), (drawn, at) => {
        // A positive more, or no ratio would be finite.
        const all = [...drawn, { p: 0.5, y: 1, w: 1 }];
        const column = (key: 'p' | 'y' | 'w') => Float64Array.from(all, (one) => one[key]);
        const [p, y, w] = [column('p'), column('y'), column('w')];
        const groups = groupsOf(metric, p);
        const { influence } = sumLoss(metric, w, p, y, groups);
        const r = at % all.length;
        const step = 1e-6;
        const moved = (by: number) =>
          sumLoss(
            metric,
            w.map((x, i) => (i === r ? x * (1 + by) : x)),
            p,
            y,
            groups,
          ).value;
        expectNear(influence[r]!, (moved(step) - moved(-step)) / (2 * step), `row ${r}`, 1e-5);
      }),
    );
  });
});

describe('the loss of a request', () => {
  const rowsOf = (n: number) => Array.from({ length: n }, (_, i) => i);

  test('by GAUC is the share of wrong pairs, a tie being half of one', () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 4 }), label: fc.constantFrom(0, 0.25, 1) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (all) => {
        const [score, label] = [all.map((one) => one.score), all.map((one) => one.label)];
        let [wrong, pairs] = [0, 0];
        // A label between 0 and 1 is that much of a positive, and the rest of a negative; no row is a pair with itself
        // but for those two parts of it, which are tied.
        for (const i of all.keys())
          for (const j of all.keys()) {
            const weight = label[i]! * (1 - label[j]!);
            pairs += weight;
            wrong += weight * (score[i]! < score[j]! ? 1 : score[i] === score[j] ? 0.5 : 0);
          }
        const loss = separationLoss(Float64Array.from(score), Float64Array.from(label), rowsOf(all.length));
        expectNear(loss, pairs > 0 ? wrong / pairs : null, 'loss', 1e-12);
      }),
    );
  });

  test('by NDCG with ties is the mean over every order of the tied', () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 2 }), grade: fc.integer({ min: 0, max: 3 }) });
    const loss = rankedLoss(3, (grade) => 2 ** grade - 1);
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 5 }), (all) => {
        const dcg = (order: readonly number[]) =>
          order.slice(0, 3).reduce((sum, i, rank) => sum + (2 ** all[i]!.grade - 1) / Math.log2(2 + rank), 0);
        const orders = permutations(rowsOf(all.length));
        const sorted = orders.filter((order) =>
          order.every((i, n) => n === 0 || all[order[n - 1]!]!.score >= all[i]!.score),
        );
        const mean = sorted.reduce((sum, order) => sum + dcg(order), 0) / sorted.length;
        const [best, worst] = [Math.max(...orders.map(dcg)), Math.min(...orders.map(dcg))];
        const found = loss(
          Float64Array.from(all, (one) => one.score),
          Float64Array.from(all, (one) => one.grade),
          rowsOf(all.length),
        );
        // Where every order is as good as the others it tells nothing; it may tell nothing of others that cut off alike.
        if (best === worst) expect(found).toBeNaN();
        else expectNear(found, 1 - mean / best, 'loss', 1e-12);
      }),
      { numRuns: 60 },
    );
  });
});

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
