/** Metrics of ordered or binned rows: a value a cell, an influence a row. */

import type { Cut } from '../../data/evalset/cells.js';
import { NO_BINS } from '../metrics/bins.js';
import type { RowMetric } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { PartialSums } from '../state/partial-sums.js';
import { accumulate, type Target } from './accumulate.js';
import type { MetricTable } from './metric-table.js';
import type { RowContext } from './row-context.js';

/** Values and influences of a statistic of ordered or binned rows; the influences are the columns of the sums. */
export function rowParts(context: RowContext, metric: RowMetric): RowParts {
  const { evalSet, cells, states } = context.inputs;
  const sums = context.partialSums(states.length);
  const values = states.map(() => new Float64Array(cells.count));
  const bins = metric.merges === 'bins' ? context.bins() : NO_BINS;
  // Memory that was written to before is there at once; new one costs more than a walk over the rows.
  const influences = states.map(() => new Float64Array(evalSet.rows));
  const fill: Target['fill'] = (rows, out, stride) => {
    for (const [s, influence] of influences.entries())
      for (let i = 0; i < rows.length; i++) out[i * stride + s] = influence[rows[i]!]!;
  };
  const { share } = context;
  const works = states.length + 1;
  const evaluateIn = (cut: Cut) => {
    const { cell, slices, first } = cut;
    for (const [state, influence] of influences.entries())
      share.part(state, works, () => {
        const inputs = { parts: context.partsOf(state), label: evalSet.label, cell, cells: slices.length, ...bins };
        values[state]!.set(metric.evaluate(inputs, influence).value, first);
      });
    share.part(states.length, works, () => accumulate(context, [cut], [{ sums, fill }], share));
  };
  for (const [n, cut] of cells.cuts.entries()) share.part(n, cells.cuts.length, () => evaluateIn(cut));
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
