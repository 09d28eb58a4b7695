/** Estimates from a state of all rows, whoever filled it: one pass in this process, or an engine elsewhere. */
import type { Place } from '../../errors.js';
import type { MetricRef } from '../metrics/registry.js';
import { Differences } from '../state/differences.js';
import type { QueryParts } from '../state/metric-parts.js';
import { queryStates, selectQueryStates } from '../state/metric-parts.js';
import { PartialSums } from '../state/partial-sums.js';
import { alignedColumns, type SummedState } from '../state/summed-state.js';
import { refuseClippedScores } from './clipping.js';
import { Estimates } from './estimates.js';
import type { MetricTable } from './metric-table.js';
import { queryTable } from './query-table.js';
import type { Reliability } from './reliability.js';
import { rowTable } from './row-table.js';
import { effectiveBy, sumTable } from './sum-tables.js';

/** Tells whether a state holds a metric: the sums of its quantity, or its parts. */
export function holds(state: SummedState, { id, metric }: MetricRef): boolean {
  return metric.kind === 'sums' ? state.sums.has(metric.quantity.id) : state.metrics.has(id);
}

/**
 * The estimates of metrics from a state. Every metric must be held by it (`holds`), and every column's aligned pair be
 * among its columns.
 *
 * @param scorePlace where the release says how scores are made, for the message where too many log losses are cut off
 *   (DataError)
 * @param reliability diagrams, where whoever filled the state has them
 */
export function estimatesOf(
  state: SummedState,
  metrics: readonly MetricRef[],
  scorePlace?: Place,
  reliability?: Reliability,
): Estimates {
  refuseClippedScores(state.clipped, state.held.rows, scorePlace);
  const aligned = alignedColumns(state.columns);
  if (aligned.includes(-1)) throw new Error('a column whose aligned pair is not in the state');
  const byWeight = effectiveBy(state, 'w');
  const tableOf = ({ id, metric }: MetricRef): MetricTable => {
    if (metric.kind === 'sums') return sumTable(state, metric, aligned);
    const held = state.metrics.get(id);
    if (!held) throw new Error(`${id} is not in the state`);
    if (held.kind === 'queries') return queryTable(held.parts, queryStates(held.parts), 'errors');
    const width = held.parts.values.length;
    return rowTable(new PartialSums(width, state.census.geometry, 'errors', held.parts.sums), held.parts, byWeight);
  };
  return new Estimates(state, new Map(metrics.map((ref) => [ref.id, tableOf(ref)])), aligned, reliability);
}

/**
 * Ranking metrics of two states: the aligned model as 0, and one score for all candidates as 1. A metric that is no
 * ranking has no table in it.
 *
 * @param aligned the column at distance 0
 */
export function besideChance(state: SummedState, metrics: readonly MetricRef[], aligned: number): Estimates {
  const tables = metrics.flatMap(({ id }): [string, MetricTable][] => {
    const held = state.metrics.get(id);
    return held?.kind === 'queries' ? [[id, chanceTable(held.parts, aligned)]] : [];
  });
  // Nobody asks which of their scores differ: a lift without an error is what it is.
  const pair = { ...state, differences: new Differences(state.census.cells.length, 2) };
  return new Estimates(pair, new Map(tables), [0, 1]);
}

function chanceTable(parts: QueryParts, aligned: number): MetricTable {
  return queryTable(selectQueryStates(parts, [aligned, queryStates(parts) - 1]), 2, 'errors');
}
