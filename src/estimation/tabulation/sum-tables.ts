/** Metrics that are functions of weighted sums: one pass over the rows for all of them. */
import type { SumMetric } from '../metrics/metric.js';
import type { Quantity } from '../metrics/quantity.js';
import { PartialSums } from '../state/partial-sums.js';
import { accumulate } from './accumulate.js';
import type { Located, MetricTable, WeightedState } from './metric-table.js';
import type { RowContext } from './row-context.js';

/** One pass over the rows for all summed metrics, all cells, all states. */
export function sumTables(context: RowContext, metrics: readonly SumMetric[]): Map<string, MetricTable> {
  const tables = new Map<string, MetricTable>();
  if (metrics.length === 0) return tables;
  const quantities = [...new Set(metrics.map((metric) => metric.quantity))];
  const sums = tabulate(context, quantities);
  for (const metric of metrics) tables.set(metric.id, sumTable(context, metric, sums.get(metric.quantity)!));
  return tables;
}

/** The columns of each quantity: w, wy, and w·quantity of every state. */
function tabulate(context: RowContext, quantities: readonly Quantity[]): Map<Quantity, PartialSums> {
  const { evalSet, cells, states } = context.inputs;
  const width = 2 + states.length;
  const sums = new Map(quantities.map((q) => [q, new PartialSums(cells.count, width, context.geometry())]));
  const perColumn = new Float64Array(context.predictors.length);
  const targets = [...sums].map(([quantity, partial]) => ({
    sums: partial,
    fill: (r: number, out: Float64Array, at: number) => {
      const y = evalSet.label[r]!;
      const w = evalSet.weight[r]!;
      out[at] = w;
      out[at + 1] = w * y;
      for (let c = 0; c < perColumn.length; c++) perColumn[c] = w * quantityOf(context, quantity, c, r, y);
      for (let s = 0; s < states.length; s++) {
        let value = 0;
        for (const { column, mass } of states[s]!.parts)
          value += mass ? perColumn[column]! * mass.mass[mass.histogram[r]!]! : perColumn[column]!;
        out[at + 2 + s] = value;
      }
    },
  }));
  accumulate(context, cells.cuts, targets);
  return sums;
}

function quantityOf(context: RowContext, quantity: Quantity, column: number, r: number, y: number): number {
  return quantity.of(context.predictors[column]!, r, y);
}

function sumTable(context: RowContext, metric: SumMetric, sums: PartialSums): MetricTable {
  const denominator = () => denominatorOf(context, metric);
  const totals = new Map<number, Float64Array>();
  const totalsOf = (cell: number): Float64Array => {
    let total = totals.get(cell);
    if (!total) {
      total = Float64Array.from({ length: sums.columns }, (_, column) => sums.total(cell, column));
      totals.set(cell, total);
    }
    return total;
  };
  const locateMix = (cell: number, mix: readonly WeightedState[]): Located => {
    const total = totalsOf(cell);
    const aligned = context.alignedOf(mix[0]![0]);
    const current = mix.reduce((sum, [state, mass]) => sum + mass * total[2 + state]!, 0);
    const result = metric.evaluate({ w: total[0]!, wy: total[1]!, current, aligned: total[2 + aligned]! });
    return {
      value: result.value,
      ...(result.meaningless === undefined ? {} : { meaningless: result.meaningless }),
      gradient: {
        columns: [0, 1, 2 + aligned, ...mix.map(([state]) => 2 + state)],
        weights: [
          result.w ?? 0,
          result.wy ?? 0,
          result.aligned ?? 0,
          ...mix.map(([, mass]) => mass * (result.current ?? 0)),
        ],
      },
    };
  };
  return {
    sums,
    locate: (cell, state) => locateMix(cell, [[state, 1]]),
    locateMix,
    effective: context.rowClusters(`${metric.denominator}:${metric.quantity.id}`, denominator),
  };
}

/** The denominator of a metric, row by row. */
function denominatorOf(context: RowContext, metric: SumMetric): Float64Array {
  const { label, weight } = context.inputs.evalSet;
  if (metric.denominator === 'w') return weight;
  if (metric.denominator === 'wy') return weight.map((w, r) => w * label[r]!);
  return weight.map((w, r) => w * quantityOf(context, metric.quantity, context.alignedColumn, r, label[r]!));
}
