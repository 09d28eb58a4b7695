/** Metrics that are functions of weighted sums, read off a state. */
import type { SumMetric } from '../metrics/metric.js';
import { type Denominator, LEADING } from '../state/keys.js';
import type { SummedState } from '../state/summed-state.js';
import { denominatorName } from './fill-state.js';
import type { Located, MetricTable, WeightedState } from './metric-table.js';

/** @param aligned the column of each column's aligned pair, which changes are against */
export function sumTable(state: SummedState, metric: SumMetric, aligned: readonly number[]): MetricTable {
  const sums = state.sums.get(metric.quantity.id);
  if (!sums) throw new Error(`a state without the quantity of ${metric.id}`);
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
    const zero = LEADING + aligned[mix[0]![0]]!;
    const current = mix.reduce((sum, [column, mass]) => sum + mass * total[LEADING + column]!, 0);
    const result = metric.evaluate({ w: total[0]!, wy: total[1]!, current, aligned: total[zero]! });
    return {
      value: result.value,
      ...(result.meaningless === undefined ? {} : { meaningless: result.meaningless }),
      gradient: {
        columns: [0, 1, zero, ...mix.map(([column]) => LEADING + column)],
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
    locate: (cell, column) => locateMix(cell, [[column, 1]]),
    locateMix,
    effective: effectiveBy(state, denominatorName(metric)),
  };
}

/** Effective clusters of both sides, by a denominator; each cell is counted once. */
export function effectiveBy({ clusters }: SummedState, denominator: Denominator): MetricTable['effective'] {
  const known = new Map<number, { readonly query: number; readonly item: number }>();
  return (cell) => {
    let found = known.get(cell);
    if (!found) {
      found = {
        query: clusters.query.effective(cell, denominator),
        item: clusters.item.effective(cell, denominator),
      };
      known.set(cell, found);
    }
    return found;
  };
}
