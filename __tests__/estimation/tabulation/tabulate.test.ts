/** Tabulations against exact two-way clusters, and what must not matter to them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/documents/release/release.js';
import type { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { sigmoid } from '../../../src/models/scores/link.js';
import {
  type CellFixture,
  cellOf,
  coded,
  type Estimates,
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
import { type SmallRow, smallSet } from '../../support/tabulations.js';

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
