/** The floors of everything that is judged on a ledger, its sums written out, and sums that are asked for by a name that does not exist. */

import { describe, expect, test } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import { type Ledger, LOG_LOSS_CELLS } from '../../../src/data/evidence/ledger.js';
import { gapMetric, type RowGapMetric } from '../../../src/estimation/ledger/gap-metric.js';
import { countsOf, LedgerSums } from '../../../src/estimation/ledger/ledger-sums.js';
import { winsorisedExcess } from '../../../src/estimation/ledger/outliers.js';
import { linear } from '../../../src/estimation/tabulation/clustered.js';
import { coded, expectNear } from '../../fixtures/metrics.js';

/** A metric whose loss is the score itself, so that losses can be written out. */
const AS_IT_IS: RowGapMetric = { id: 'loss', kind: 'rows', words: 'loss', cells: LOG_LOSS_CELLS, of: (score) => score };

const sumsOf = (own: Ledger) => new LedgerSums(own, AS_IT_IS);

/** 200 requests with 3 of 90 items each, three positives in five; every row weighs what is said. */
function ledger(weight: (r: number) => number, onlineWeight: (r: number) => number): Ledger {
  const rows = 600;
  const all = Array.from({ length: rows }, (_, r) => r);
  const loss = (seed: number) => Float64Array.from(all, (r) => 0.3 + (((r * seed) % 101) / 101) * 0.2);
  return {
    rows,
    request: coded(all.map((r) => `q${Math.floor(r / 3)}`)),
    query: coded(all.map((r) => `q${Math.floor(r / 3)}`)),
    cluster: 'request',
    item: coded(all.map((r) => `i${(r * 7) % 90}`)),
    label: Float64Array.from(all, (r) => (r % 5 < 3 ? 1 : 0)),
    weight: Float64Array.from(all, weight),
    onlineWeight: Float64Array.from(all, onlineWeight),
    strata: new Map(),
    scores: new Map([
      ['score_prod', loss(17)],
      ['s0', loss(29)],
      ['s5', loss(31)],
    ]),
    unexpected: undefined,
    served: undefined,
    servedVersion: undefined,
    itemVersion: undefined,
    scored: undefined,
    leaked: undefined,
    notices: [],
  };
}

const even = () => 1;
/** Nearly all weight on the first few requests, or items: many clusters, of which few are worth anything. */
const fewRequests = (r: number) => (r < 60 ? 1000 : 1);
const fewItems = (r: number) => ((r * 7) % 90 < 12 ? 1000 : 1);

describe('what a few requests carry of the gain', () => {
  /** Four rows of four of 200 requests that gain far more than all others. */
  const withOutliers = (served: boolean): Ledger => {
    const own = ledger(
      (r) => 1 + (r % 3),
      (r) => 1 + (r % 2),
    );
    const [production, s0] = [own.scores.get('score_prod')!, Float64Array.from(own.scores.get('s0')!)];
    for (let r = 0; r < 4; r++) s0[60 * r] = production[60 * r]! - 40;
    const s5 = Float64Array.from(s0, (x, r) => (r % 60 === 0 && r < 240 && !served ? production[r]! : x));
    return { ...own, scores: new Map([...own.scores, ['s0', s0], ['s5', s5]]) };
  };

  /** The gain of the requests that are not among these, by class of labels, each as it weighs in all: by hand. */
  const without = (own: Ledger, state: 's0' | 's5', weight: Float64Array, few: ReadonlySet<number>) => {
    const gain = own.scores.get('score_prod')!.map((x, r) => x - own.scores.get(state)![r]!);
    const sum = (rows: readonly number[], of: (r: number) => number) => rows.reduce((total, r) => total + of(r), 0);
    const all = Array.from(gain.keys());
    return [0, 1].reduce((total, label) => {
      const own_ = all.filter((r) => own.label[r] === label);
      const others = own_.filter((r) => !few.has(own.query.codes[r]!));
      const mean = sum(others, (r) => weight[r]! * gain[r]!) / sum(others, (r) => weight[r]!);
      return total + (sum(own_, (r) => weight[r]!) / sum(all, (r) => weight[r]!)) * mean;
    }, 0);
  };

  test('is the gain less that of the others, at the labels of all; half of them carry half', () => {
    const own = withOutliers(false);
    const sums = sumsOf(own);
    const few = new Set([0, 20, 40, 60]);
    expect(sums.few).toMatchObject({ count: 4, fewestCount: 2, clusters: 200 });
    expect(new Set(Array.from(own.query.codes).filter((_, r) => sums.few!.flags[r] === 1))).toEqual(few);
    for (const [rows, state, weight] of [
      ['offline', 's0', own.weight],
      ['online', 's5', own.onlineWeight!],
    ] as const)
      expect(sums.gainWithoutFew(rows)!.value).toBeCloseTo(without(own, state, weight, few), 12);
    expect(sums.carriedByFew('offline')!.value).toBeCloseTo(
      sums.gainOffline.value - without(own, 's0', own.weight, few),
      12,
    );
    expect(sums.carriedByFewest!.value).toBeGreaterThan(0.4 * sums.gainOffline.value);
  });

  test('is as large online where they are served as they were evaluated', () => {
    const own = withOutliers(true);
    const sums = sumsOf({ ...own, onlineWeight: own.weight });
    const lost = linear(1, sums.carriedByFew('offline')!, -1, sums.carriedByFew('online')!);
    expect(sums.estimate(lost)).toMatchObject({ value: 0, standardError: 0 });
    expect(sums.carriedByFew('offline')!.value).toBeGreaterThan(0.1);
  });

  test('is not lost to another mix: what few lose is held on the rows as production weighs them', () => {
    const served = withOutliers(true);
    const mixed = { ...served, onlineWeight: served.weight.map((w, r) => w * (r % 60 === 0 && r < 240 ? 0.1 : 1)) };
    const sums = sumsOf(mixed);
    // The few weigh next to nothing in production, so that they carry less of the gain there, and lose none of it.
    expect(sums.carriedByFew('online')!.value).toBeLessThan(0.5 * sums.carriedByFew('offline')!.value);
    expect(sums.lostByFew!.value).toBeCloseTo(0, 12);
    expect(sumsOf(withOutliers(false)).lostByFew!.value).toBeGreaterThan(0.1);
  });

  test('is not told of a part, nor of a metric of sums', () => {
    const own = withOutliers(true);
    expect(sumsOf(own).within([1, 2, 3]).carriedByFew('offline')).toBeUndefined();
    expect(new LedgerSums(own, gapMetric('log_mae')).carriedByFew('offline')).toBeUndefined();
  });
});

describe('a ledger is below the floors', () => {
  test('of no kind where both mixes spread over requests and items', () => {
    expect(sumsOf(ledger(even, even)).open).toBeUndefined();
  });

  test.each<[string, (r: number) => number, (r: number) => number, RegExp]>([
    ['offline requests', fewRequests, even, /^too few query clusters: 2\d\.\d effective of at least 40/],
    ['online requests', even, fewRequests, /^too few query clusters: 2\d\.\d effective of at least 40/],
    ['offline items', fewItems, even, /^too few item clusters: 1\d\.\d effective of at least 30/],
    ['online items', even, fewItems, /^too few item clusters: 1\d\.\d effective of at least 30/],
    [
      'positives that count online',
      even,
      (r) => (r % 5 < 3 && r > 100 ? 0 : 1),
      /^too few positives: 61 of at least 100/,
    ],
    [
      'positives that count offline',
      (r) => (r % 5 < 3 && r > 100 ? 0 : 1),
      even,
      /^too few positives: 61 of at least 100/,
    ],
  ])('by its %s alone', (_, offline, online, reason) => {
    expect(spelled(sumsOf(ledger(offline, online)).open!)).toMatch(reason);
  });
});

test('a column that is not in the ledger is a bug, not a number', () => {
  expect(() => sumsOf(ledger(even, even)).loss('online', 's3')).toThrow(/no column "s3"/);
});

describe('the sums of a ledger', () => {
  const own = ledger(
    (r) => 1 + (r % 2),
    (r) => 1 + (r % 3),
  );
  const unexpected = Uint8Array.from({ length: own.rows }, (_, r) => (r % 4 === 0 ? 1 : 0));
  const full: Ledger = {
    ...own,
    scores: new Map([...own.scores, ['s4', own.scores.get('s0')!.map((x) => x + 0.01)]]),
    unexpected,
  };
  const sums = sumsOf(full);
  const mean = (values: Float64Array, weight: Float64Array) =>
    values.reduce((sum, x, r) => sum + weight[r]! * x, 0) / weight.reduce((sum, w) => sum + w, 0);
  const [offline, online] = [full.weight, full.onlineWeight!];
  const loss = (name: string) => full.scores.get(name)!;

  test('are weighted means: gains over production’s model, their gap, steps, and a step as a share', () => {
    const gainOffline = mean(loss('score_prod'), offline) - mean(loss('s0'), offline);
    const gainOnline = mean(loss('score_prod'), online) - mean(loss('s5'), online);
    const step = mean(loss('s5'), online) - mean(loss('s4'), online);
    expectNear(sums.gainOffline.value, gainOffline, 'offline', 1e-12);
    expectNear(sums.gainOnline!.value, gainOnline, 'online', 1e-12);
    expectNear(sums.gap!.value, gainOffline - gainOnline, 'gap', 1e-12);
    expectNear(sums.step('s4', 's5').value, step, 'step', 1e-12);
    expectNear(
      sums.relative(sums.step('s4', 's5'), sums.loss('online', 's4')).value,
      step / mean(loss('s4'), online),
      'relative',
      1e-12,
    );
  });

  test('have the errors of what they are made of: a gap of twice the losses has twice the error', () => {
    const twice = sumsOf({
      ...full,
      scores: new Map([...full.scores].map(([name, values]) => [name, values.map((x) => 2 * x)])),
    });
    for (const of of [
      (s: LedgerSums) => s.gap!,
      (s: LedgerSums) => s.gainOffline,
      (s: LedgerSums) => s.step('s4', 's5'),
    ])
      expectNear(twice.estimate(of(twice)).standardError, 2 * sums.estimate(of(sums)).standardError, 'error', 1e-12);
    // On the same rows and weights the losses of production's model cancel in the gap, with their error.
    const same = sumsOf({ ...full, onlineWeight: offline });
    expectNear(
      same.estimate(same.gap!).standardError,
      same.estimate(same.step('s0', 's5')).standardError,
      'error of the gap',
      1e-12,
    );
  });

  test('split the gain beyond its tails, and what unexpected versions add', () => {
    const gain = loss('score_prod').map((x, r) => x - loss('s0')[r]!);
    expectNear(sums.excess!.value, mean(winsorisedExcess(gain, offline), offline), 'excess', 1e-12);
    const added = loss('s5').map((x, r) => unexpected[r]! * (x - loss('s4')[r]!));
    expectNear(sums.unexpected.value, mean(added, online), 'unexpected', 1e-12);
  });

  test('are none online without the scores that were logged there', () => {
    const before = sumsOf({ ...own, scores: new Map([...own.scores].filter(([name]) => name !== 's5')) });
    expect([before.gainOnline, before.gap]).toEqual([undefined, undefined]);
    expect([before.has('s0'), before.has('s5')]).toEqual([true, false]);
  });

  test('over some of the rows are theirs alone, with their own clusters', () => {
    const rows = Array.from({ length: 90 }, (_, i) => 2 * i);
    const part = sums.within(rows);
    const picked = (values: Float64Array) => Float64Array.from(rows, (r) => values[r]!);
    const gain = mean(picked(loss('score_prod')), picked(offline)) - mean(picked(loss('s0')), picked(offline));
    expectNear(part.gainOffline.value, gain, 'gain', 1e-12);
    expect(part.gap).toBeUndefined();
    // Offline every weight is 1; rows 0 … 178 are of 60 requests, of which every other one has two rows.
    const { positives: _, ...counts } = countsOf(full, { ...part.units, onlineWeight: part.units.weight });
    expect(counts).toEqual({ queryClusters: 90 ** 2 / (30 * 4 + 30), itemClusters: 45 });
  });
});
