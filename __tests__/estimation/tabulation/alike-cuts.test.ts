/** Cuts that split queries alike are evaluated once, and have what each would have by itself. */
import { expect, test, vi } from 'vitest';
import { buildCells } from '../../../src/data/evalset/cells.js';
import { gauc } from '../../../src/estimation/metrics/gauc.js';
import { rankQueries } from '../../../src/estimation/tabulation/query-table.js';
import { groupsBy } from '../../../src/estimation/tabulation/query-tables.js';
import { RowContext } from '../../../src/estimation/tabulation/row-context.js';
import { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { coded, evalSetOf, metricRef, sweepOf } from '../../fixtures/metrics.js';

/** `market` is of the query, `tier` of the item. */
const evalSet = evalSetOf({
  query: coded(['a', 'a', 'b', 'a', 'b', 'c', 'c', 'b', 'c', 'c']),
  item: coded(['x', 'y', 'x', 'z', 'y', 'x', 'z', 'z', 'y', 'v']),
  label: [1, 0, 0, 1, 1, 0, 1, 0, 1, 0],
  weight: [1, 2, 1, 1, 1, 3, 1, 1, 1, 2],
  slices: {
    market: coded(['at', 'at', 'de', 'at', 'de', 'at', 'at', 'de', 'at', 'at']),
    tier: coded(['s', 'l', 's', 'l', 'l', 's', 'l', 'l', 'l', 's']),
  },
});
const scores = [
  [0.9, 0.2, 0.3, 0.4, 0.8, 0.1, 0.6, 0.5, 0.7, 0.3],
  [0.1, 0.8, 0.3, 0.9, 0.2, 0.6, 0.5, 0.7, 0.4, 0.6],
];

function inputs(crosses: readonly (readonly [string, string])[]) {
  const cells = buildCells(evalSet, crosses);
  return {
    evalSet,
    sweep: sweepOf(evalSet, scores, 'sigmoid' as const),
    cells,
    metrics: ['gauc', 'ndcg@3', 'mrr'].map(metricRef),
    states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }],
    aligned: 0,
    weightQueries: false,
    distinctItems: false,
  };
}

test('a query’s own column splits none, and its cross with an item’s column as that column does', () => {
  const context = new RowContext(inputs([['market', 'tier']]));
  const evaluate = vi.fn(groupsBy(context, gauc));
  const { cuts } = rankQueries(context, evaluate);
  expect(cuts.map(({ cut }) => cut.columns)).toEqual([[], ['market'], ['tier'], ['market', 'tier']]);
  expect(evaluate).toHaveBeenCalledTimes(2);
});

test('the values and errors of a cut do not depend on which others there are', () => {
  const crossed = inputs([['market', 'tier']]);
  const all = new Tabulation(crossed);
  let compared = 0;
  for (const cut of crossed.cells.cuts) {
    const alone = { ...crossed, cells: { cuts: [{ ...cut, first: 0 }], count: cut.slices.length } };
    const own = new Tabulation(alone);
    for (const { id } of crossed.metrics)
      for (let cell = 0; cell < cut.slices.length; cell++) {
        expect(all.level(id, cut.first + cell, 1)).toEqual(own.level(id, cell, 1));
        expect(all.evidence(id, cut.first + cell)).toEqual(own.evidence(id, cell));
        if (Number.isFinite(own.level(id, cell, 1).value)) compared++;
      }
  }
  expect(compared).toBeGreaterThan(15);
});
