/**
 * Metrics that are means over queries: positions of relevant items, or a statistic of each query's own rows. A stale
 * item moves every query that wants it, so that a query's value is split over its relevant items and goes through the
 * same two-way sums as every other metric.
 */

import { type ClusterCounts, type Cut, countClusters, locateCell } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { combineCodes, groupBy } from '../../lib/sort.js';
import type { Positions } from '../../models/scores/ranks.js';
import { NO_BINS } from '../metrics/bins.js';
import type { GroupedMetric, Part, PositionMetric, RelevantItems } from '../metrics/metric.js';
import { Geometry } from '../state/geometry.js';
import { PartialSums } from '../state/partial-sums.js';
import { Slots } from '../state/slots.js';
import { accumulate, measure, type Placement } from './accumulate.js';
import { buildEntries, type Entries, entryMass, relevantOf, requireOneCluster, rowsPerQuery } from './entries.js';
import type { MetricTable, RankingEvidence } from './metric-table.js';
import { type MixedValues, mixedGroups, mixedPositions } from './mixed-ranking.js';
import type { RowContext } from './row-context.js';

/** The values that a metric gives for the queries of a cut. */
interface QueryValues {
  /** Shape (entries); 0 where the query has no value. */
  readonly weight: Float64Array;
  /** Shape (entries): 1 where some order of the candidates would give another value than some other one. */
  readonly informative: Uint8Array;
  /**
   * Shape (positive rows): the share of its entry's weight that a relevant row stands for; sums to 1 over an entry. 0
   * where it does not count.
   */
  readonly share: Float64Array;
  /** By score column, shape (positive rows): what a relevant row adds to its entry's value. */
  readonly credit: readonly Float64Array[];
  /** By state, for states of a mixed index. */
  readonly mixed: ReadonlyMap<number, MixedValues>;
}

/** Positions of relevant items: one value a query and cell. */
export function positionTable(context: RowContext, metric: PositionMetric, k: number): MetricTable {
  const { evalSet, sweep, states, weightQueries, distinctItems } = context.inputs;
  const { positiveRows } = sweep;
  const logged = rowsPerQuery(evalSet);
  const labelOf = (i: number) => evalSet.label[positiveRows[i]!]!;
  return queryTable(context, (entries) => {
    const relevant = relevantOf(evalSet, positiveRows, entries, distinctItems);
    const weight = new Float64Array(entries.count);
    if (weightQueries) for (let r = 0; r < evalSet.rows; r++) weight[entries.ofRow[r]!]! += evalSet.weight[r]!;
    const informative = new Uint8Array(entries.count);
    for (let e = 0; e < entries.count; e++) {
      if (relevant[e]!.length === 0) weight[e] = 0;
      else if (!weightQueries) weight[e] = 1;
      const candidates = distinctItems ? sweep.embedded.item : logged[entries.query[e]!]!;
      if (relevant[e]!.length > 0 && metric.canMove(relevant[e]!.map(labelOf), candidates, k)) informative[e] = 1;
    }
    /** Writes what `of` gives each relevant item of every entry, the best position first. */
    const perItem = (
      { above, tied }: Positions,
      of: (items: RelevantItems, list: readonly number[]) => ArrayLike<number>,
    ) => {
      const found = new Float64Array(positiveRows.length);
      for (let e = 0; e < entries.count; e++) {
        if (weight[e] === 0) continue;
        const list = relevant[e]!.toSorted((a, b) => above[a]! - above[b]! || a - b);
        const items = {
          count: list.length,
          above: list.map((i) => above[i]!),
          tied: list.map((i) => tied[i]!),
          gain: list.map(labelOf),
        };
        const values = of(items, list);
        for (let n = 0; n < list.length; n++) found[list[n]!] = values[n]!;
      }
      return found;
    };
    const share = perItem(sweep.columns[context.alignedColumn]!.positions!, (items) => metric.share(items));
    const credit = sweep.columns.map(({ positions }) =>
      perItem(positions!, (items, list) => {
        if (metric.credit) return metric.credit(items, k);
        const value = metric.evaluate(items, k);
        return list.map((i) => value * share[i]!);
      }),
    );
    const mixed = new Map<number, MixedValues>();
    for (const [s, state] of states.entries())
      if (state.mixedIndex) mixed.set(s, mixedPositions(context, state, metric, k, relevant, share));
    return { weight, informative, share, credit, mixed };
  });
}

/** A statistic of each query's own rows: it belongs to the positives of its pairs. */
export function groupTable(context: RowContext, metric: GroupedMetric): MetricTable {
  const { evalSet, sweep, states } = context.inputs;
  const { positiveRows } = sweep;
  const pure = sweep.columns.map((column, c): readonly Part[] => [
    { scores: column.scores, weight: evalSet.weight, prediction: (r) => context.predictors[c]!.prediction(r) },
  ]);
  return queryTable(context, (entries) => {
    const results = pure.map((parts) =>
      metric.evaluate({ parts, label: evalSet.label, cell: entries.ofRow, cells: entries.count, ...NO_BINS }),
    );
    const positive = new Float64Array(entries.count);
    for (const r of positiveRows) positive[entries.ofRow[r]!]! += evalSet.weight[r]! * evalSet.label[r]!;
    const mixed = new Map<number, MixedValues>();
    for (const [s, state] of states.entries())
      if (state.mixedIndex) mixed.set(s, mixedGroups(context, state, metric, entries.ofRow, entries.count));
    const { weight } = results[0]!;
    return {
      weight,
      // Queries of one class have no value, and every other one could have another.
      informative: Uint8Array.from(weight, (w) => (w > 0 ? 1 : 0)),
      share: Float64Array.from(positiveRows, (r) => {
        const e = entries.ofRow[r]!;
        return weight[e]! > 0 ? (evalSet.weight[r]! * evalSet.label[r]!) / positive[e]! : 0;
      }),
      credit: results.map(({ credit }) => Float64Array.from(positiveRows, (r) => credit[r]!)),
      mixed,
    };
  });
}

/**
 * The weighted mean over queries of a value a query and cell. Under a mix in which every query sees one version (`mix:
 * per_request`) the expectation is the average over versions; in a mixed index it is `mixed`.
 */
function queryTable(context: RowContext, evaluate: (entries: Entries) => QueryValues): MetricTable {
  const { evalSet, cells, states, sweep } = context.inputs;
  const { positiveRows } = sweep;
  requireOneCluster(evalSet);
  const all = cells.cuts.map((cut) => {
    const entries = buildEntries(evalSet, cut);
    return { cut: relevantCut(cut, positiveRows), entries, slices: cut.slices.length, ...evaluate(entries) };
  });
  const place = placement(context, all);
  const geometry = new Geometry(cells.count, place.query, place.item);
  // One cut after the other: what a relevant row weighs is of its entry there.
  const weights = all.map(({ entries, weight, share }) =>
    Float64Array.from(positiveRows, (r, i) => weight[entries.ofRow[r]!]! * share[i]!),
  );
  measure(
    geometry,
    place,
    all.map(({ cut }) => cut),
    weights,
  );
  const sums = new PartialSums(1 + states.length, geometry);
  const realisations = new Map<string, number>();
  const evidence = all.map(({ cut, entries, slices, weight, informative, credit, mixed, share }, n) => {
    const masses = states.map((state) =>
      state.parts.map(({ mass }) => (mass ? entryMass(entries, mass, evalSet.weight) : undefined)),
    );
    const fill = (i: number, out: Float64Array, at: number) => {
      const e = entries.ofRow[positiveRows[i]!]!;
      out[at] = weights[n]![i]!;
      for (let s = 0; s < states.length; s++) {
        const inMixedIndex = mixed.get(s)?.credit[i];
        let value = inMixedIndex ?? 0;
        if (inMixedIndex === undefined)
          for (const [p, { column }] of states[s]!.parts.entries())
            value += credit[column]![i]! * (masses[s]![p]?.[e] ?? 1);
        out[at + 1 + s] = weight[e]! * value;
      }
    };
    accumulate(place, [cut], [{ sums, fill }]);
    for (const [s, { replicates }] of mixed)
      if (replicates)
        for (const [cell, sd] of realisationSd(replicates, weight, entries.cell, slices).entries())
          realisations.set(`${cut.first + cell}:${s}`, sd);
    return evidenceOf(evalSet, cut, entries, positiveRows, weight, informative, share);
  });
  const at = (cell: number) => {
    const { cut, local } = locateCell(cells, cell);
    return evidence[cut]!(local);
  };
  return {
    sums,
    locate: (cell, state) => {
      const weight = sums.total(cell, 0);
      const value = weight > 0 ? sums.total(cell, 1 + state) / weight : Number.NaN;
      return { value, gradient: { columns: [0, 1 + state], weights: [-value / weight, 1 / weight] } };
    },
    effective: (cell) => {
      const { queryClusters, itemClusters } = at(cell);
      return { query: queryClusters, item: itemClusters };
    },
    ranking: at,
    realisation: (cell, state) => realisations.get(`${cell}:${state}`),
  };
}

/** The same cut over the positive rows alone. */
function relevantCut(cut: Cut, positiveRows: Int32Array): Cut {
  return { ...cut, cell: Int32Array.from(positiveRows, (r) => cut.cell[r]!) };
}

/** The places of the positive rows in sums: `i` counts positive rows. */
function placement(
  { inputs: { evalSet, cells, sweep }, queryBucket, itemBucket }: RowContext,
  cuts: readonly { readonly cut: Cut }[],
): Placement & { readonly query: Slots; readonly item: Slots } {
  const cluster = Int32Array.from(sweep.positiveRows, (r) => evalSet.cluster.codes[r]!);
  const item = Int32Array.from(sweep.positiveRows, (r) => evalSet.item.codes[r]!);
  const slots = { query: new Slots(cells.count), item: new Slots(cells.count) };
  for (const { cut } of cuts)
    for (let i = 0; i < cluster.length; i++) {
      slots.query.claim(cut.first + cut.cell[i]!, queryBucket[cluster[i]!]!);
      slots.item.claim(cut.first + cut.cell[i]!, itemBucket[item[i]!]!);
    }
  slots.query.close();
  slots.item.close();
  const { codes, count } = combineCodes(cluster, item, evalSet.item.names.length);
  return {
    ...slots,
    pairs: groupBy(codes, count),
    querySlot: (cell, i) => slots.query.slot(cell, queryBucket[cluster[i]!]!),
    itemSlot: (cell, i) => slots.item.slot(cell, itemBucket[item[i]!]!),
  };
}

/** Counts of what could move, by cell of a cut. */
function evidenceOf(
  evalSet: EvalSet,
  cut: Cut,
  entries: Entries,
  positiveRows: Int32Array,
  weight: Float64Array,
  informative: Uint8Array,
  share: Float64Array,
): (local: number) => RankingEvidence {
  const cells = cut.slices.length;
  const counted = new Int32Array(cells);
  const queries = new Int32Array(cells);
  for (let e = 0; e < entries.count; e++) {
    if (!(weight[e]! > 0)) continue;
    counted[entries.cell[e]!]!++;
    if (informative[e] === 1) queries[entries.cell[e]!]!++;
  }
  const positives = new Int32Array(cells);
  const own = Float64Array.from(positiveRows, (r, i) => {
    const e = entries.ofRow[r]!;
    if (informative[e] !== 1 || !(weight[e]! > 0)) return 0;
    if (evalSet.weight[r]! > 0) positives[cut.cell[i]!]!++;
    return weight[e]! * share[i]!;
  });
  const clusters = (codes: Int32Array, names: readonly string[]): ClusterCounts =>
    countClusters(cut, { codes: Int32Array.from(positiveRows, (r) => codes[r]!), names }, own, own);
  const query = clusters(evalSet.cluster.codes, evalSet.cluster.names);
  const item = clusters(evalSet.item.codes, evalSet.item.names);
  return (local) => ({
    positives: positives[local]!,
    queryClusters: query.effective[local]!,
    itemClusters: item.effective[local]!,
    queries: queries[local]!,
    counted: counted[local]!,
  });
}

/** Shape (cells): how much a cell's mean over queries varies from one assignment of versions to the next. */
function realisationSd(
  replicates: readonly Float64Array[],
  weight: Float64Array,
  cell: Int32Array,
  cells: number,
): Float64Array {
  const means = replicates.map((values) => {
    const sum = new Float64Array(cells);
    const total = new Float64Array(cells);
    for (let e = 0; e < weight.length; e++) {
      sum[cell[e]!]! += weight[e]! * values[e]!;
      total[cell[e]!]! += weight[e]!;
    }
    return sum.map((s, c) => s / total[c]!);
  });
  return Float64Array.from({ length: cells }, (_, c) => {
    const mean = means.reduce((s, m) => s + m[c]!, 0) / means.length;
    return Math.sqrt(means.reduce((s, m) => s + (m[c]! - mean) ** 2, 0) / (means.length - 1));
  });
}
