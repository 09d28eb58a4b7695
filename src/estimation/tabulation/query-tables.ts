/** Metrics that are means over queries: positions of relevant items, or a statistic of each query's own rows. */

import type { EvalRows } from '../../data/evalset/evalset.js';
import { gatherFloats } from '../../lib/gather.js';
import { present } from '../../lib/lookup.js';
import { groupBy, orderWithin } from '../../lib/sort.js';
import type { Positions } from '../../models/scores/ranks.js';
import { NO_BINS } from '../metrics/bins.js';
import type { GroupedMetric, PositionMetric, RelevantItems } from '../metrics/metric.js';
import type { QueryParts } from '../state/metric-parts.js';
import { type Entries, relevantOf, rowsPerQuery } from './entries.js';
import type { State, TabulateInputs } from './metric-table.js';
import { type MixedValues, mixedGroups, mixedPositions } from './mixed-ranking.js';
import { type QueryValues, queryParts } from './query-table.js';
import type { QueryWeights } from './ranking-evidence.js';
import { gainsOf, rankedBy } from './relevant-items.js';
import type { RowContext } from './row-context.js';

/** Positions of relevant items: one value a query and cell. */
export function positionParts(context: RowContext, metric: PositionMetric, k: number): QueryParts {
  return queryParts(context, positionsBy(context, metric, k));
}

/** Gives the values of the queries of a cut. */
type Evaluate = (entries: Entries) => QueryValues;

export function positionsBy(context: RowContext, metric: PositionMetric, k: number): Evaluate {
  return (entries) => valuesOfPositions(context, metric, k, entries);
}

/** The weights of a metric of positions: of the versions the aligned one alone is ranked, for its shares. */
export function positionWeights(
  context: RowContext,
  metric: PositionMetric,
  k: number,
): (entries: Entries) => QueryWeights {
  return (entries) => weightsOfPositions(context, metric, k, entries);
}

/** The relevant items of the entries of a cut, and how they count. */
interface WeighedPositions extends QueryWeights {
  readonly relevant: readonly (readonly number[])[];
  /**
   * Shape (positive rows): what `of` gives each relevant item of every entry that counts, the best position first.
   */
  perItem(positions: Positions, of: (items: RelevantItems, list: readonly number[]) => ArrayLike<number>): Float64Array;
}

function weightsOfPositions(
  context: RowContext,
  metric: PositionMetric,
  k: number,
  entries: Entries,
): WeighedPositions {
  const { evalSet, sweep, weightQueries, distinctItems } = context.inputs;
  const relevant = relevantOf(evalSet, sweep.positiveRows, entries, distinctItems);
  const weight = weightsOf(evalSet, entries, relevant, weightQueries);
  const gainOf = gainsOf(evalSet, sweep.positiveRows, metric);
  const perItem: WeighedPositions['perItem'] = (positions, of) => {
    const found = new Float64Array(sweep.positiveRows.length);
    for (let e = 0; e < entries.count; e++) {
      if (weight[e] === 0) continue;
      const { list, items } = rankedBy(relevant[e]!, positions, gainOf);
      const values = of(items, list);
      for (const [n, i] of list.entries()) found[i] = values[n]!;
    }
    return found;
  };
  const share = perItem(present(sweep.columns[context.alignedColumn]!.positions, 'positions'), (items) =>
    metric.share(items),
  );
  return { relevant, weight, share, perItem, informative: informativeOf(context.inputs, metric, k, entries, relevant) };
}

function valuesOfPositions(context: RowContext, metric: PositionMetric, k: number, entries: Entries): QueryValues {
  const { sweep, states } = context.inputs;
  const { relevant, weight, share, informative, perItem } = weightsOfPositions(context, metric, k, entries);
  const works = sweep.columns.length + states.length;
  const credit = sweep.columns.map(({ positions }, c) =>
    context.share.part(c, works, () =>
      perItem(present(positions, 'positions'), (items, list) => {
        if (metric.credit) return metric.credit(items, k);
        const value = metric.evaluate(items, k);
        return list.map((i) => value * share[i]!);
      }),
    ),
  );
  const mixed = mixedOf(context, (state) => mixedPositions(context, state, { metric, k, relevant, share }));
  return { weight, informative, share, credit, mixed };
}

/** The values of each state of a mixed index, by its number. */
function mixedOf(context: RowContext, valuesOf: (state: State) => MixedValues): Map<number, MixedValues> {
  const { states, sweep } = context.inputs;
  const works = sweep.columns.length + states.length;
  const found = new Map<number, MixedValues>();
  for (const [s, state] of states.entries())
    if (state.mixedIndex)
      found.set(
        s,
        context.share.part(sweep.columns.length + s, works, () => valuesOf(state)),
      );
  return found;
}

/** Shape (entries): 1 for every entry with a relevant item, or the weight of its rows; 0 for the others. */
function weightsOf(
  evalSet: EvalRows,
  entries: Entries,
  relevant: readonly (readonly number[])[],
  weightQueries: boolean,
): Float64Array {
  const weight = new Float64Array(entries.count);
  if (weightQueries) for (let r = 0; r < evalSet.rows; r++) weight[entries.ofRow[r]!]! += evalSet.weight[r]!;
  else weight.fill(1);
  for (const [e, list] of relevant.entries()) if (list.length === 0) weight[e] = 0;
  return weight;
}

/** Shape (entries): 1 where some order of the candidates would give another value than some other one. */
function informativeOf(
  { evalSet, sweep, distinctItems }: TabulateInputs,
  metric: PositionMetric,
  k: number,
  entries: Entries,
  relevant: readonly (readonly number[])[],
): Uint8Array {
  const logged = rowsPerQuery(evalSet);
  const gainOf = gainsOf(evalSet, sweep.positiveRows, metric);
  return Uint8Array.from(relevant, (list, e) => {
    const candidates = distinctItems ? sweep.embedded.item : logged[entries.query[e]!]!;
    return list.length > 0 && metric.canMove(list.map(gainOf), candidates, k) ? 1 : 0;
  });
}

/** A statistic of each query's own rows: it belongs to the positives of its pairs. */
export function groupParts(context: RowContext, metric: GroupedMetric): QueryParts {
  return queryParts(context, groupsBy(context, metric));
}

export function groupsBy(context: RowContext, metric: GroupedMetric): Evaluate {
  // Once a column, for all cuts.
  const orders = ordersByQuery(context, context.inputs.sweep.columns);
  return (entries) => valuesOfGroups(context, metric, entries, orders);
}

/** The weights of a metric of groups: no version changes them, so that the first column says them for all. */
export function groupWeights(context: RowContext, metric: GroupedMetric): (entries: Entries) => QueryWeights {
  const orders = ordersByQuery(context, context.inputs.sweep.columns.slice(0, 1));
  return (entries) => weightsOfGroups(context, entries, resultOf(context, metric, entries, 0, orders[0]!).weight);
}

/** By column: the rows by query, then by score. */
function ordersByQuery(
  { inputs: { evalSet } }: RowContext,
  columns: readonly { readonly scores: Float64Array }[],
): Uint32Array[] {
  const { codes, names } = evalSet.query;
  const byQuery = groupBy(codes, names.length);
  return columns.map(({ scores }) => orderWithin(byQuery, scores));
}

function resultOf(context: RowContext, metric: GroupedMetric, entries: Entries, column: number, order: Uint32Array) {
  const parts = context.partsOfColumn(column);
  const { label } = context.inputs.evalSet;
  return metric.evaluate({ parts, label, cell: entries.ofRow, cells: entries.count, ...NO_BINS }, order);
}

function weightsOfGroups({ inputs }: RowContext, entries: Entries, weight: Float64Array): QueryWeights {
  const { evalSet, sweep } = inputs;
  const positive = new Float64Array(entries.count);
  for (const r of sweep.positiveRows) positive[entries.ofRow[r]!]! += evalSet.weight[r]! * evalSet.label[r]!;
  return {
    weight,
    // Queries of one class have no value, and every other one could have another.
    informative: Uint8Array.from(weight, (w) => (w > 0 ? 1 : 0)),
    share: Float64Array.from(sweep.positiveRows, (r) => {
      const e = entries.ofRow[r]!;
      return weight[e]! > 0 ? (evalSet.weight[r]! * evalSet.label[r]!) / positive[e]! : 0;
    }),
  };
}

/** @param orders by column: the rows by query, then by score */
function valuesOfGroups(
  context: RowContext,
  metric: GroupedMetric,
  entries: Entries,
  orders: readonly Uint32Array[],
): QueryValues {
  const { sweep, states } = context.inputs;
  const { positiveRows } = sweep;
  // Of rows without a positive label nothing is kept: they have no credit.
  const works = sweep.columns.length + states.length;
  const results = sweep.columns.map((_, c) => {
    const { weight, credit } = context.share.part(c, works, () => resultOf(context, metric, entries, c, orders[c]!));
    return { weight, credit: gatherFloats(credit, positiveRows) };
  });
  const mixed = mixedOf(context, (state) => mixedGroups(context, state, metric, entries.ofRow, entries.count));
  return {
    ...weightsOfGroups(context, entries, results[0]!.weight),
    credit: results.map(({ credit }) => credit),
    mixed,
  };
}
