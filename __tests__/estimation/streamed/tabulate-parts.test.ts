/** Rows in parts against the same rows in one pass. */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { tabulateParts } from '../../../src/estimation/streamed/tabulate-parts.js';
import type { Estimates } from '../../../src/estimation/tabulation/estimates.js';
import { estimatesOf } from '../../../src/estimation/tabulation/state-estimates.js';
import { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { expectError, expectNear, metricRef } from '../../fixtures/metrics.js';
import { HELD, inParts, inputsOf, rowList } from '../state/states.js';

const RANKINGS = ['gauc', 'recall@1', 'ndcg@2', 'mrr'];
const ORDERS = ['roc_auc', 'average_precision'];
const BINNED = ['ece', 'log_mae'];
const ALL = [...HELD, ...RANKINGS, ...ORDERS, ...BINNED];
const STATES = 5;
/** `npm run slow` draws more. */
const RUNS = process.env.SKEWGATE_CAMPAIGN ? 25 : 8;

function expectSame(
  found: Estimates,
  expected: Estimates,
  cells: number,
  metrics: readonly string[],
  tolerance: number,
) {
  for (const metric of metrics)
    for (let cell = 0; cell < cells; cell++) {
      const [own, other] = [found.evidence(metric, cell), expected.evidence(metric, cell)];
      expectNear(own.positives, other.positives, `${metric} positives`);
      expectNear(own.queryClusters, other.queryClusters, `${metric} query clusters`, 1e-12);
      expectNear(own.itemClusters, other.itemClusters, `${metric} item clusters`, 1e-12);
      for (let state = 0; state < STATES; state++) {
        const what = `${metric} in cell ${cell} at state ${state}`;
        for (const relative of [false, true]) {
          const [a, b] = [found, expected].map((one) => one.change(metric, cell, state, relative)) as [
            ReturnType<Estimates['change']>,
            ReturnType<Estimates['change']>,
          ];
          expectNear(a.value, Number.isFinite(b.value) ? b.value : null, what, tolerance);
          expectError(a.standardError, Number.isFinite(b.standardError) ? b.standardError : null, what);
        }
        const [a, b] = [found.level(metric, cell, state), expected.level(metric, cell, state)];
        expectNear(a.value, Number.isFinite(b.value) ? b.value : null, what, tolerance);
        expectNear(a.df, b.df, what, 1e-12);
      }
    }
}

describe('rows in parts have the estimates of one pass', () => {
  // A softmax over a query of one row is 1, so that log losses would be cut off.
  const asked = { identity: ALL, sigmoid: ALL, softmax: ['calibration', ...RANKINGS, ...ORDERS, ...BINNED] } as const;
  for (const link of ['identity', 'sigmoid', 'softmax'] as const)
    test(`under the link ${link}, in every cell at every state`, async () => {
      const metrics = asked[link];
      await fc.assert(
        fc.asyncProperty(rowList, fc.integer({ min: 1, max: 6 }), async (rows, of) => {
          const options = { link, metrics };
          const { state } = await tabulateParts(inParts(rows, of, options));
          const cells = state.census.cells.length;
          expectSame(
            estimatesOf(state, metrics.map(metricRef)),
            new Tabulation(inputsOf(rows, options)),
            cells,
            metrics,
            1e-12,
          );
        }),
        { numRuns: RUNS },
      );
    });
});
