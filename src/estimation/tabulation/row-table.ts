/** Metrics of ordered or binned rows: a value a cell, an influence a row. */
import { isMainThread } from 'node:worker_threads';
import { chunks } from '../../lib/text.js';
import { NO_BINS } from '../metrics/bins.js';
import type { RowCut, RowMetric } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { PartialSums } from '../state/partial-sums.js';
import { accumulate, type Target } from './accumulate.js';
import type { MetricTable } from './metric-table.js';
import type { RowContext } from './row-context.js';

/**
 * Bytes of influences that are held at a time, unless one cut has more: fewer in the only thread, as whoever asks for
 * one wants little memory. Values do not depend on it.
 */
const HELD = isMainThread ? 2 ** 27 : 2 ** 28;

/** Values and influences of a statistic of ordered or binned rows; the influences are the columns of the sums. */
export function rowParts(context: RowContext, metric: RowMetric): RowParts {
  const { evalSet, cells, states } = context.inputs;
  const sums = context.partialSums(states.length);
  const values = states.map(() => new Float64Array(cells.count));
  const bins = metric.merges === 'bins' ? context.bins() : NO_BINS;
  const bytes = evalSet.rows * states.length * Float64Array.BYTES_PER_ELEMENT;
  for (const cuts of chunks(cells.cuts, metric.evaluateCuts ? Math.max(1, Math.floor(HELD / bytes)) : 1)) {
    const asked = cuts.map(({ cell, slices }): RowCut => ({ cell, cells: slices.length }));
    const results = states.map((_, state) => {
      const inputs = { parts: context.partsOf(state), label: evalSet.label, ...bins };
      return metric.evaluateCuts?.(inputs, asked) ?? asked.map((cut) => metric.evaluate({ ...inputs, ...cut }));
    });
    for (const [n, cut] of cuts.entries()) {
      const influences = results.map((ofState, state) => {
        const { value, influence } = ofState[n]!;
        values[state]!.set(value, cut.first);
        return influence;
      });
      const fill: Target['fill'] = (rows, out, stride) => {
        for (const [s, influence] of influences.entries())
          for (let i = 0; i < rows.length; i++) out[i * stride + s] = influence[rows[i]!]!;
      };
      accumulate(context, [cut], [{ sums, fill }]);
    }
  }
  return { sums: sums.arrays(), values };
}

/** @param sums those of the parts, over the places of all rows */
export function rowTable(
  sums: PartialSums,
  { values, bounds }: RowParts,
  effective: MetricTable['effective'],
): MetricTable {
  return {
    sums,
    locate: (cell, state) => ({
      value: values[state]![cell]!,
      ...(bounds ? { bound: bounds[state]![cell]! } : {}),
      gradient: { columns: [state], weights: [1] },
    }),
    effective,
  };
}
