/** A metric's value over all rows, where no error is asked for and nothing is cut. */

import type { Cells } from '../../data/evalset/cells.js';
import type { SumMetric } from '../metrics/metric.js';
import type { TabulateInputs } from './metric-table.js';
import { RowContext } from './row-context.js';
import { Tabulation } from './tabulate.js';

/** The index of the cell of all rows, which is always the first. */
const ALL_ROWS = 0;

/**
 * The value of the first metric at the second score column, whose distance 0 is the first column.
 *
 * @throws DataError where scores leave what the link allows
 */
export function wholeValue(inputs: Omit<TabulateInputs, 'states' | 'aligned' | 'valuesAlone'>): number {
  const { id, metric } = inputs.metrics[0]!;
  const asked = {
    ...inputs,
    cells: allRows(inputs.cells),
    states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }],
    aligned: 0,
    valuesAlone: true,
  };
  return metric.kind === 'sums'
    ? sumValue(new RowContext(asked), metric)
    : new Tabulation(asked).value(id, ALL_ROWS, 1);
}

/** Cut once a run, so that what depends on the cells alone is found once. */
const whole = new WeakMap<Cells, Cells>();

/** The cell of all rows alone. */
function allRows(cells: Cells): Cells {
  const found = whole.get(cells) ?? { cuts: cells.cuts.slice(0, 1), count: 1 };
  whole.set(cells, found);
  return found;
}

/** Sums of distance 0, which many columns are held against, by its scores. */
const alignedSums = new WeakMap<Float64Array, { readonly metric: SumMetric; readonly sum: number }>();

function sumValue(context: RowContext, metric: SumMetric): number {
  const { evalSet, sweep } = context.inputs;
  const { label, weight, rows } = evalSet;
  const sumOf = (column: number): number => {
    const predictions = context.predictors[column]!;
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += weight[r]! * metric.quantity.of(predictions, r, label[r]!);
    return sum;
  };
  const zero = sweep.columns[0]!.scores;
  let known = alignedSums.get(zero);
  if (known?.metric !== metric) {
    known = { metric, sum: sumOf(0) };
    alignedSums.set(zero, known);
  }
  let w = 0;
  let wy = 0;
  for (let r = 0; r < rows; r++) {
    w += weight[r]!;
    wy += weight[r]! * label[r]!;
  }
  return metric.evaluate({ w, wy, current: sumOf(1), aligned: known.sum }).value;
}
