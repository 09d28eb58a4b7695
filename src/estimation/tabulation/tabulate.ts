/**
 * From score columns to estimates. One pass over the rows fills the state of every summed metric, from which alone its
 * estimates come: a run is one shard. Metrics that need an order of the rows (AUC, bins, positions) give values and
 * influences, which go through the same sums and the same estimator.
 */

import type { Place } from '../../errors.js';
import { SILENT, told } from '../../lib/progress.js';
import type { SumMetric } from '../metrics/metric.js';
import type { MetricRef } from '../metrics/registry.js';
import { alignedColumns, type SummedState } from '../state/summed-state.js';
import { refuseClippedScores } from './clipping.js';
import { Estimates } from './estimates.js';
import { fill, needsOf } from './fill-state.js';
import type { MetricTable, TabulateInputs } from './metric-table.js';
import { groupTable, positionTable } from './query-tables.js';
import { Reliability } from './reliability.js';
import { RowContext } from './row-context.js';
import { rowTable } from './row-table.js';
import { effectiveBy, sumTable } from './sum-tables.js';

export type { CellCounts, Term } from './estimates.js';
export type { Mass, State, TabulateInputs } from './metric-table.js';

/** The estimates of all metrics over the rows of a run. */
export class Tabulation extends Estimates {
  /** Undefined where no metric is about calibration. */
  readonly reliability: Reliability | undefined;

  constructor(inputs: TabulateInputs) {
    const context = new RowContext(inputs);
    inputs.progress?.({ stage: 'measuring', detail: 'sums over the rows' });
    const state = fill(context);
    const aligned = inputs.states.map((_, s) => context.alignedOf(s));
    super(state, tablesOf(context, state, aligned), aligned);
    this.reliability = Reliability.of(context);
  }
}

function tablesOf(context: RowContext, state: SummedState, aligned: readonly number[]): Map<string, MetricTable> {
  const byWeight = effectiveBy(state, 'w');
  const tableOf = ({ metric, k }: MetricRef): MetricTable => {
    switch (metric.kind) {
      case 'sums':
        return sumTable(state, metric, aligned);
      case 'rows':
        return rowTable(context, metric, byWeight);
      case 'positions':
        return positionTable(context, metric, k);
      case 'groups':
        return groupTable(context, metric);
    }
  };
  const { metrics, progress = SILENT } = context.inputs;
  const step = { stage: 'measuring', detail: 'metrics in every slice', unit: 'metrics' };
  return new Map(Array.from(told(metrics, progress, step), (ref) => [ref.id, tableOf(ref)]));
}

/**
 * The estimates of summed metrics from a state of all rows, whoever filled it. Every metric must be held by it
 * (`needsOf`), and every column's aligned pair be among its columns.
 *
 * @param scorePlace where the release says how scores are made, for the message where too many log losses are cut off
 *   (DataError)
 */
export function estimatesOf(state: SummedState, metrics: readonly MetricRef[], scorePlace?: Place): Estimates {
  refuseClippedScores(state.clipped, state.held.rows, scorePlace);
  const aligned = alignedColumns(state.columns);
  const held = metrics.map(({ id, metric }): [string, SumMetric] => {
    if (metric.kind !== 'sums') throw new Error(`${id} is not in a state: it needs ${needsOf(metric)}`);
    return [id, metric];
  });
  if (aligned.includes(-1)) throw new Error('a column whose aligned pair is not in the state');
  return new Estimates(state, new Map(held.map(([id, metric]) => [id, sumTable(state, metric, aligned)])), aligned);
}
