import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import type { EvalSet } from '../../../src/data/evalset/evalset.js';
import type { Link } from '../../../src/documents/release/release.js';
import { DataError } from '../../../src/errors.js';
import { type Estimate, judge, unjudgeable } from '../../../src/estimation/statistics/noninferiority.js';
import type { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { sigmoid } from '../../../src/models/scores/link.js';
import {
  type CellFixture,
  cellOf,
  coded,
  type Estimates,
  evalSetOf,
  expectError,
  expectNear,
  fixture,
  fixtureStates,
  randomEvalSet,
  realEvalSet,
  TABULATED,
  tabulation,
  uniform,
} from '../../fixtures/metrics.js';

/** Value, change and relative change with their standard errors, and the degrees of freedom; or that nothing is claimed. */
function expectEstimates(
  tab: Tabulation,
  metric: string,
  cell: number,
  state: number,
  expected: Estimates,
  what: string,
): void {
  if (expected[0] === null && tab.meaningless(metric, cell, state) !== undefined) return;
  expectNear(tab.value(metric, cell, state), expected[0]!, `${what}, value`);
  const found = [
    tab.level(metric, cell, state),
    tab.change(metric, cell, state, false),
    tab.change(metric, cell, state, true),
  ];
  for (const [i, name] of ['level', 'change', 'relative change'].entries()) {
    const { value, standardError, df, skewness } = found[i]!;
    // Where the metric has no value nothing is claimed; a ratio with 0 is no relative change.
    if (expected[2 * i] === null) {
      expect(Number.isFinite(value) && Number.isFinite(standardError), `${what}, ${name}`).toBe(false);
      continue;
    }
    expectNear(value, expected[2 * i]!, `${what}, ${name}`);
    // Without a spread from cluster to cluster nothing is known of the error: no interval, though the sums over clusters are 0.
    if (Number.isNaN(standardError)) {
      expect(i > 0 && expected[2 * i + 1]! < 1e-6, `${what}, ${name}: no spread`).toBe(true);
      continue;
    }
    expectError(standardError, expected[2 * i + 1]!, `${what}, standard error of the ${name}`);
    expectNear(df, expected[6]!, `${what}, degrees of freedom`);
    // Of a variance that is all rounding there is no shape.
    if (expected[2 * i + 1]! > 1e-6) expectNear(skewness!, expected[7 + i]!, `${what}, skewness of the ${name}`, 1e-6);
  }
}

function expectCounts(tab: Tabulation, cell: number, expected: CellFixture): void {
  expect(tab.countsOf(cell)).toMatchObject({ rows: expected.rows, positives: expected.positives });
  const evidence = tab.evidence('log_loss', cell);
  expect(evidence.positives).toBe(expected.weightedPositives);
  expectNear(evidence.queryClusters, expected.queryClusters, 'effective query clusters');
  expectNear(evidence.itemClusters, expected.itemClusters, 'effective item clusters');
}

describe('rows with ties, weights of 0, fractional labels and slices, against exact two-way clusters', () => {
  const evalSet = randomEvalSet();
  const { random } = fixture;
  const states = fixtureStates(random.scores.length, coded(random.slices.tier!), random.histograms);
  const { tab, cells } = tabulation(evalSet, random.scores, {
    metrics: TABULATED,
    states,
    crosses: [['tier', 'source']],
  });
  const name = ({ slice }: CellFixture) => Object.values(slice).join(' × ') || 'all rows';

  test('has the cells of every cut, in ascending order of their values', () => {
    expect(cells.cuts.flatMap((cut) => cut.slices)).toEqual(random.links.sigmoid.map(({ slice }) => slice));
  });

  test.each(random.links.sigmoid.map((cell) => [name(cell), cell] as const))('counts %s', (_, cell) => {
    expectCounts(tab, cellOf(cells, cell.slice), cell);
  });

  describe.each(TABULATED)('%s', (metric) => {
    test.each([
      ['distance 0', 0],
      ['distance 1', 1],
      ['distance 2', 2],
      ['the aligned old pair', 3],
      ['a production mix by slice', 4],
    ])('at %s: value, change and their standard errors in every cell', (_, state) => {
      for (const cell of random.links.sigmoid)
        expectEstimates(tab, metric, cellOf(cells, cell.slice), state, cell.metrics[metric]![state]!, name(cell));
    });
  });

  test.each<Link>(['softmax', 'identity'])('gives the same under the link %s', (link) => {
    const scores =
      link === 'identity' ? random.scores.map((list) => list.map((z) => Number(sigmoid(z).toFixed(6)))) : random.scores;
    const other = tabulation(evalSet, scores, { link, metrics: TABULATED, states });
    for (const metric of TABULATED)
      for (const [state] of states.entries())
        expectEstimates(
          other.tab,
          metric,
          0,
          state,
          random.links[link][0]!.metrics[metric]![state]!,
          `${metric}, state ${state}`,
        );
  });
});

describe('rows of the online-retail example, scored by its towers', () => {
  const { real } = fixture;
  const evalSet = realEvalSet();
  const states = fixtureStates(real.scores.length, evalSet.slices.get('market')!, real.histograms);
  const { tab, cells } = tabulation(evalSet, real.scores, { metrics: TABULATED, states });

  test.each(TABULATED)('%s has the values of scikit-learn or its definition in every cell and state', (metric) => {
    for (const { slice, metrics, estimates } of real.cells) {
      const values = estimates ? estimates[metric]! : undefined;
      const cell = cellOf(cells, slice);
      for (const [state, expected] of metrics[metric]!.entries())
        expectNear(tab.value(metric, cell, state), expected[0]!, `${JSON.stringify(slice)}, state ${state}`);
      expect(values === undefined || Object.keys(slice).length === 0).toBe(true);
    }
  });

  test.each(TABULATED)('%s has the standard errors of two-way bucket sums, over more items than buckets', (metric) => {
    for (const [i, state] of [0, 1, 4].entries())
      expectEstimates(tab, metric, 0, state, real.cells[0]!.estimates![metric]![i]!, `state ${state}`);
  });

  test('counts rows, positives and clusters', () => {
    for (const cell of real.cells) expectCounts(tab, cellOf(cells, cell.slice), cell);
  });
});

/** A small eval set from a seed of integers: both classes, ties, several clusters a query side. */
interface SmallRow {
  readonly query: number;
  readonly item: number;
  readonly label: number;
  readonly weight: number;
  readonly scores: readonly number[];
}

const small = fc
  .array(
    fc.record({
      query: fc.integer({ min: 0, max: 5 }),
      item: fc.integer({ min: 0, max: 7 }),
      label: fc.constantFrom(0, 0, 1),
      weight: fc.constantFrom(0.5, 1, 1, 2),
      scores: fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 })),
    }),
    { minLength: 6, maxLength: 30 },
  )
  .filter((rows) => rows.some((row) => row.label === 1) && rows.some((row) => row.label === 0));

function smallSet(rows: readonly SmallRow[]): { evalSet: EvalSet; scores: number[][] } {
  const evalSet = evalSetOf({
    query: coded(rows.map((row) => `q${row.query}`)),
    item: coded(rows.map((row) => `i${row.item}`)),
    label: rows.map((row) => row.label),
    weight: rows.map((row) => row.weight),
    slices: { half: coded(rows.map((row) => (row.item < 4 ? 'low' : 'high'))) },
  });
  return { evalSet, scores: [0, 1].map((k) => rows.map((row) => row.scores[k]! / 3)) };
}

/** Every number of a tabulation, in a fixed order. */
function everything(rows: readonly SmallRow[], metrics: readonly string[], weightQueries = false): number[] {
  const { evalSet, scores } = smallSet(rows);
  const { tab, cells } = tabulation(evalSet, scores, { metrics, weightQueries });
  const out: number[] = [];
  for (const { slice } of cells.cuts.flatMap((cut) => cut.slices.map((own) => ({ slice: own })))) {
    const cell = cellOf(cells, slice);
    for (const metric of metrics)
      for (const estimate of [tab.level(metric, cell, 1), tab.change(metric, cell, 1, false)])
        out.push(estimate.value, estimate.standardError ** 2, estimate.df);
  }
  return out;
}

function expectAllNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    if (Number.isFinite(value)) expectNear(actual[i]!, value, `number ${i}`, tolerance);
    else expect(Number.isFinite(actual[i]!), `number ${i}`).toBe(false);
}

describe('what must not matter', () => {
  test('the order of the rows', () => {
    fc.assert(
      fc.property(small, fc.infiniteStream(uniform(0, 1)), (rows, random) => {
        const shuffled = rows
          .map((row) => ({ row, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expectAllNear(everything(shuffled, TABULATED), everything(rows, TABULATED), 1e-12);
      }),
    );
  });

  test('the unit of the weights: no value, standard error or degree of freedom changes when all are scaled', () => {
    // log_mae adds 1 to the positives of a group, so that it alone has a unit.
    const metrics = TABULATED.filter((metric) => metric !== 'log_mae');
    fc.assert(
      fc.property(small, fc.constantFrom(1e-3, 7, 1e4), fc.boolean(), (rows, factor, weightQueries) => {
        const scaled = rows.map((row) => ({ ...row, weight: row.weight * factor }));
        expectAllNear(everything(scaled, metrics, weightQueries), everything(rows, metrics, weightQueries), 1e-11);
      }),
    );
  });

  test('the scale of the scores, for metrics of rankings', () => {
    const metrics = ['roc_auc', 'average_precision', 'gauc', 'recall@3', 'hit@3', 'ndcg@3', 'mrr'];
    fc.assert(
      fc.property(small, (rows) => {
        const moved = rows.map((row) => ({ ...row, scores: row.scores.map((s) => s ** 3 - 11) }));
        expectAllNear(everything(moved, metrics), everything(rows, metrics), 1e-13);
      }),
    );
  });

  test('which metrics are measured beside it', () => {
    const { evalSet, scores } = smallSet(
      Array.from({ length: 24 }, (_, r) => ({
        query: r % 5,
        item: r % 7,
        label: r % 3 === 0 ? 1 : 0,
        weight: 1 + (r % 2),
        scores: [(r * 5) % 7, (r * 3) % 8],
      })),
    );
    const all = tabulation(evalSet, scores, { metrics: TABULATED }).tab;
    for (const metric of TABULATED) {
      const alone = tabulation(evalSet, scores, { metrics: [metric] }).tab;
      expect(alone.level(metric, 0, 1)).toEqual(all.level(metric, 0, 1));
    }
  });
});

describe('a change', () => {
  const { evalSet, scores } = smallSet(
    Array.from({ length: 40 }, (_, r) => ({
      query: r % 6,
      item: (r * 3) % 8,
      label: r % 4 === 0 ? 1 : 0,
      weight: 1,
      scores: [((r * 5) % 11) - 6, ((r * 7) % 11) - 6],
    })),
  );

  test('at distance 0 is exactly 0 with a standard error of 0', () => {
    const { tab, cells } = tabulation(evalSet, scores, { metrics: TABULATED });
    for (const metric of TABULATED)
      for (let cell = 0; cell < cells.count; cell++)
        expect(tab.change(metric, cell, 0, false)).toMatchObject({ value: 0, standardError: 0 });
  });

  test('between identical columns is 0 with no error but rounding', () => {
    const { tab } = tabulation(evalSet, [scores[0]!, scores[0]!], { metrics: TABULATED });
    for (const metric of TABULATED) {
      expect(tab.change(metric, 0, 1, false).value).toBe(0);
      expect(tab.change(metric, 0, 1, false).standardError).toBeLessThan(1e-8);
    }
  });

  test('under a mix that is all of one version is that version’s change', () => {
    const histogram = new Int32Array(evalSet.rows);
    const only = (mass: number) => ({ histogram, mass: Float64Array.of(mass) });
    const { tab } = tabulation(evalSet, scores, {
      metrics: TABULATED,
      states: [
        { parts: [{ column: 0 }] },
        { parts: [{ column: 1 }] },
        {
          parts: [
            { column: 0, mass: only(0) },
            { column: 1, mass: only(1) },
          ],
        },
      ],
    });
    for (const metric of TABULATED) {
      const pure = tab.change(metric, 0, 1, false);
      const mixed = tab.change(metric, 0, 2, false);
      expectNear(mixed.value, pure.value, metric, 1e-13);
      expect(Number.isNaN(mixed.standardError), metric).toBe(Number.isNaN(pure.standardError));
      if (!Number.isNaN(pure.standardError)) expectNear(mixed.standardError, pure.standardError, metric, 1e-9);
    }
  });

  test('under a mix of a summed metric is the histogram average of the pure changes, unlike AUC', () => {
    const histogram = new Int32Array(evalSet.rows);
    const part = (column: number, mass: number) => ({ column, mass: { histogram, mass: Float64Array.of(mass) } });
    const { tab } = tabulation(evalSet, scores, {
      metrics: ['log_loss', 'brier', 'calibration', 'recall@3', 'gauc', 'roc_auc'],
      states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }, { parts: [part(0, 0.3), part(1, 0.7)] }],
    });
    for (const metric of ['log_loss', 'brier', 'calibration', 'recall@3', 'gauc'])
      expectNear(tab.change(metric, 0, 2, false).value, 0.7 * tab.change(metric, 0, 1, false).value, metric, 1e-12);
    expect(
      Math.abs(tab.change('roc_auc', 0, 2, false).value - 0.7 * tab.change('roc_auc', 0, 1, false).value),
    ).toBeGreaterThan(1e-4);
  });
});

describe('a contrast', () => {
  const { evalSet, scores } = smallSet(
    Array.from({ length: 60 }, (_, r) => ({
      query: r % 6,
      item: (r * 3) % 8,
      label: r % 4 === 0 ? 1 : 0,
      weight: 1 + (r % 2),
      scores: [((r * 5) % 11) - 6, ((r * 7) % 11) - 6],
    })),
  );
  const third = scores[0]!.map((s, r) => s + ((r * 13) % 7) / 5);
  const columns = [...scores, third];
  const run = (metrics: readonly string[], list: readonly (readonly number[])[] = columns) =>
    tabulation(evalSet, list, { metrics }).tab;
  const near = (found: number, expected: number, what: string, tolerance: number) =>
    Number.isFinite(expected) ? expectNear(found, expected, what, tolerance) : expect(found, what).toBe(expected);
  const same = (found: Estimate, expected: Estimate, what: string) => {
    near(found.value, expected.value, `${what}, value`, 1e-12);
    near(found.standardError, expected.standardError, `${what}, standard error`, 1e-9);
    near(found.skewness!, expected.skewness!, `${what}, skewness`, 1e-6);
    expect(found.df, what).toBe(expected.df);
  };

  test.each(TABULATED)('of %s is what its terms say: a value, a change, or one relative to distance 0', (metric) => {
    const tab = run([metric]);
    for (const state of [1, 2]) {
      same(tab.contrast(metric, 0, [{ state, weight: 1, as: 'value' }]), tab.level(metric, 0, state), 'value');
      same(
        tab.contrast(metric, 0, [
          { state, weight: 1, as: 'value' },
          { state: 0, weight: -1, as: 'value' },
        ]),
        tab.change(metric, 0, state, false),
        'difference of values',
      );
      same(
        tab.contrast(metric, 0, [{ state, weight: 1, as: 'absolute' }]),
        tab.change(metric, 0, state, false),
        'change',
      );
      same(
        tab.contrast(metric, 0, [{ state, weight: 1, as: 'relative' }]),
        tab.change(metric, 0, state, true),
        'relative change',
      );
    }
  });

  test('adds its terms up by their weights', () => {
    const tab = run(['log_loss', 'roc_auc']);
    for (const metric of ['log_loss', 'roc_auc']) {
      const [one, two] = [1, 2].map((state) => tab.change(metric, 0, state, false));
      const found = tab.contrast(metric, 0, [
        { state: 1, weight: 0.25, as: 'absolute' },
        { state: 2, weight: -3, as: 'absolute' },
      ]);
      expectNear(found.value, 0.25 * one!.value - 3 * two!.value, metric, 1e-12);
      const thrice = tab.contrast(metric, 0, [{ state: 2, weight: -3, as: 'absolute' }]);
      expectNear(thrice.standardError, 3 * two!.standardError, metric, 1e-12);
    }
  });

  test('that cancels has no error', () => {
    const terms = [0.1, 0.2, -0.3].map((weight, state) => ({ state, weight, as: 'value' as const }));
    for (const metric of ['log_loss', 'roc_auc', 'gauc', 'mrr']) {
      const { value, standardError } = run([metric], [scores[0]!, scores[0]!, scores[0]!]).contrast(metric, 0, terms);
      expectNear(value, 0, metric, 1e-15);
      expect(standardError, metric).toBe(0);
    }
  });

  test('without an error is exact where no score of the cell differs, and is not known where some do', () => {
    // Within no query does an order change: of a copy, of scores that are all larger by 1, of those of one query alone.
    const own = evalSetOf({
      query: coded(['a', 'a', 'b', 'b']),
      item: coded(['w', 'x', 'y', 'z']),
      label: [1, 0, 1, 0],
      slices: { tier: coded(['s', 's', 't', 't']) },
    });
    const versions = [
      [2, 1, 2, 1],
      [2, 1, 2, 1],
      [3, 2, 3, 2],
      [3, 2, 2, 1],
    ];
    const { tab, cells } = tabulation(own, versions, { metrics: ['gauc'] });
    const errors = (tier: string | undefined) => {
      const cell = tier === undefined ? 0 : cellOf(cells, { tier });
      return [1, 2, 3].map((state) => {
        const terms = [
          { state, weight: 1, as: 'value' as const },
          { state: 0, weight: -1, as: 'value' as const },
        ];
        const all = [
          tab.change('gauc', cell, state, false),
          tab.change('gauc', cell, state, true),
          tab.mixedChange('gauc', cell, [[state, 1]], false),
          tab.contrast('gauc', cell, terms),
          tab.contrast('gauc', cell, [{ state, weight: 1, as: 'absolute' }]),
        ];
        expect(all.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0]);
        const found = new Set(all.map(({ standardError }) => standardError));
        expect(found.size).toBe(1);
        return [...found][0];
      });
    };
    expect(errors(undefined)).toEqual([0, Number.NaN, Number.NaN]);
    expect(errors('s')).toEqual([0, Number.NaN, Number.NaN]);
    expect(errors('t')).toEqual([0, Number.NaN, 0]);
    // Of one state alone there is nothing that could differ.
    expect(tab.contrast('gauc', 0, [{ state: 2, weight: 1, as: 'value' }]).standardError).toBe(0);
    expect(tab.level('gauc', 0, 2).standardError).toBe(0);
  });

  test('a mix of states is the average of theirs, with the error of that average', () => {
    const tab = run(['roc_auc', 'log_loss', 'recall@3']);
    const mix = [
      [1, 0.3],
      [2, 0.7],
    ] as const;
    for (const metric of ['roc_auc', 'log_loss', 'recall@3']) {
      const terms = (as: 'value' | 'absolute') => mix.map(([state, weight]) => ({ state, weight, as }));
      same(tab.mixedLevel(metric, 0, mix), tab.contrast(metric, 0, terms('value')), `level of ${metric}`);
      same(tab.mixedChange(metric, 0, mix, false), tab.contrast(metric, 0, terms('absolute')), `change of ${metric}`);
      const zero = tab.value(metric, 0, 0);
      expectNear(
        tab.mixedChange(metric, 0, mix, true).value,
        tab.mixedChange(metric, 0, mix, false).value / zero,
        `relative change of ${metric}`,
        1e-12,
      );
    }
  });
});

describe('counts', () => {
  const evalSet = evalSetOf({
    query: coded(['a', 'a', 'a', 'b', 'b']),
    item: coded(['v', 'w', 'x', 'y', 'z']),
    label: [1, 0, 0.25, 0, 1],
    weight: [2, 1, 4, 3, 0],
  });
  const { tab } = tabulation(evalSet, [[5, 4, 3, 2, 1]], { metrics: ['log_loss', 'recall@1'] });

  test('are of rows, of rows with a label above 0, and of the weight of either class', () => {
    // 2·1 + 4·¼, and 1 + 4·¾ + 3.
    expect(tab.countsOf(0)).toMatchObject({ rows: 5, positives: 3, mass: { positive: 3, negative: 7 } });
  });

  test('are evidence where they have a weight', () => {
    expect(tab.evidence('log_loss', 0)).toEqual({
      positives: 2,
      queryClusters: (7 + 3) ** 2 / (7 ** 2 + 3 ** 2),
      itemClusters: 10 ** 2 / (2 ** 2 + 1 + 4 ** 2 + 3 ** 2),
    });
  });

  test('of a ranking are those of its informative queries', () => {
    // Query b counts too, and ranks 1 of 2; c cannot move, d has nothing relevant.
    const more = evalSetOf({
      query: coded(['a', 'a', 'a', 'b', 'b', 'c', 'd', 'd']),
      item: coded(['v', 'w', 'x', 'y', 'z', 'v', 'v', 'w']),
      label: [1, 1, 0, 0, 1, 1, 0, 0],
    });
    const ranked = tabulation(more, [[5, 4, 3, 2, 1, 0, 0, 0]], { metrics: ['recall@1', 'mrr'] }).tab;
    for (const metric of ['recall@1', 'mrr'])
      expect(ranked.ranking(metric, 0)).toMatchObject({ counted: 3, queries: 2, positives: 3, queryClusters: 2 });
    expect(ranked.ranking('recall@1', 0)!.itemClusters).toBeCloseTo((0.5 + 0.5 + 1) ** 2 / (0.25 + 0.25 + 1), 12);
  });
});

describe('queries', () => {
  const rows = {
    query: coded(['a', 'a', 'a', 'b', 'b', 'c']),
    item: coded(['x', 'y', 'z', 'x', 'y', 'z']),
    label: [1, 0, 0, 0, 1, 0],
  };
  const scores = [[3, 2, 1, 3, 2, 1]];

  test('without a relevant row do not count, and the others count 1', () => {
    const { tab } = tabulation(evalSetOf({ ...rows, weight: [1, 1, 1, 9, 9, 1] }), scores, { metrics: ['mrr'] });
    expect(tab.value('mrr', 0, 0)).toBe(0.75);
  });

  test('count with their rows’ weight where the policy says so', () => {
    const { tab } = tabulation(evalSetOf({ ...rows, weight: [1, 1, 1, 9, 9, 1] }), scores, {
      metrics: ['mrr'],
      weightQueries: true,
    });
    expectNear(tab.value('mrr', 0, 0), (3 * 1 + 18 * 0.5) / 21, 'mrr', 1e-15);
  });

  test('are ranked among all their rows also where a slice holds a few of them', () => {
    const slices = { kind: coded(['s', 't', 't', 't', 's', 't']) };
    const { tab, cells } = tabulation(evalSetOf({ ...rows, slices }), scores, { metrics: ['mrr', 'recall@1'] });
    expect(tab.value('mrr', cellOf(cells, { kind: 's' }), 0)).toBe(0.75);
    expect(tab.value('recall@1', cellOf(cells, { kind: 's' }), 0)).toBe(0.5);
    expect(tab.value('mrr', cellOf(cells, { kind: 't' }), 0)).toBeNaN();
  });

  test('that stand in two clusters are refused by name, for metrics of queries alone', () => {
    const cluster = coded(['u', 'u', 'v', 'u', 'u', 'u']);
    const evalSet = evalSetOf({ ...rows, cluster });
    expect(() => tabulation(evalSet, scores, { metrics: ['mrr'] })).toThrow(DataError);
    expect(() => tabulation(evalSet, scores, { metrics: ['mrr'] })).toThrow(
      /query "a" in clusters "u" and "v" \(row 3\)/,
    );
    expect(() => tabulation(evalSet, scores, { metrics: ['roc_auc'] })).not.toThrow();
  });
});

describe('predictions that are no probabilities', () => {
  const evalSet = evalSetOf({
    query: coded(['a', 'a', 'b']),
    item: coded(['x', 'y', 'z']),
    label: [1, 0, 1],
  });
  const run = (scores: number[], metrics: string[], link: Link = 'identity') =>
    tabulation(evalSet, [scores], { metrics, link }).tab;

  test('are refused with the row, for metrics of probabilities', () => {
    expect(() => run([0.2, 1.5, 0.1], ['log_loss'])).toThrow(/prediction 1\.5 of query "a" and item "y".*log_loss/);
    expect(() => run([0.2, 0.5, -0.1], ['ece'])).toThrow(/prediction -0\.1 of query "b" and item "z".*ece/);
  });

  test('serve metrics of rankings', () => {
    expect(run([2, 1.5, -3], ['roc_auc', 'mrr']).value('roc_auc', 0, 0)).toBe(0.5);
  });

  test('are refused where the log loss would rest on clipping', () => {
    expect(() => run([0, 0.5, 0.5], ['log_loss'])).toThrow(/1 of 3 predictions within 1e-7 of 0 or 1/);
    expect(() => run([0, 0.5, 0.5], ['brier'])).not.toThrow();
    expect(() => run([1, 0, 0.5], ['log_loss'])).not.toThrow();
  });

  test('cannot come from a sigmoid, however large its logit', () => {
    const tab = run([800, -800, -700], ['log_loss', 'ece'], 'sigmoid');
    expectNear(tab.value('log_loss', 0, 0), 700 / 3, 'log loss', 1e-14);
  });
});

describe('evidence that a metric rests on', () => {
  test('a ranking metric that rests on one query alone is not judged, however many rows and clusters surround it', () => {
    // 150 positives, all of one query; 60 other queries without a positive. The mean over one query has no spread to learn
    // from, which must not read as an exact value.
    const query = [...new Array(300).fill('big'), ...Array.from({ length: 120 }, (_, r) => `q${r % 60}`)];
    const item = query.map((_, r) => `i${r}`);
    const label = query.map((_, r) => (r < 150 ? 1 : 0));
    const now = query.map((_, r) => ((r * 37) % 101) / 10 + (r < 150 ? 3 : 0));
    const stale = query.map((_, r) => ((r * 53) % 103) / 10 + (r < 150 ? 2.9 : 0));
    const evalSet = evalSetOf({ query: coded(query), item: coded(item), label });
    for (const metric of ['mrr', 'gauc', 'ndcg@100']) {
      const { tab } = tabulation(evalSet, [now, stale], { metrics: [metric] });
      const change = tab.change(metric, 0, 1, true);
      const open = unjudgeable(change, tab.evidence(metric, 0), 0, 0.005);
      const verdict = open === undefined ? judge(change, { lower: -0.5 }, 0.95, true).verdict : 'inconclusive';
      expect({ metric, verdict }).toEqual({ metric, verdict: 'inconclusive' });
    }
  });

  test('rows of weight 0 are no positives that a floor could be met by', () => {
    const n = 400;
    const query = Array.from({ length: n }, (_, r) => `q${r % 100}`);
    const item = Array.from({ length: n }, (_, r) => `i${r}`);
    const label = Array.from({ length: n }, (_, r) => (r < 200 ? 1 : 0));
    const weight = label.map((y, r) => (y === 1 && r > 4 ? 0 : 1));
    const evalSet = evalSetOf({ query: coded(query), item: coded(item), label, weight });
    const { tab } = tabulation(evalSet, [label.map((_, r) => (r % 13) / 13)], { metrics: ['log_loss'] });
    expect(spelled(unjudgeable(tab.level('log_loss', 0, 0), tab.evidence('log_loss', 0), 0, 0.005)!)).toMatch(
      /too few positives/,
    );
  });
});
