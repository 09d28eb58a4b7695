/** Metrics that are means over queries: positions of relevant items, or a statistic of each query's own rows. */
import { DataError } from '../errors.js';
import type { EvalSet } from '../evalset/evalset.js';
import { combineCodes } from '../lib/sort.js';
import { quoted } from '../lib/text.js';
import { NO_BINS } from '../metrics/bins.js';
import type { GroupedMetric, Part, PositionMetric } from '../metrics/metric.js';
import { type ClusterCounts, type Cut, countClusters, locateCell } from './cells.js';
import type { Mass, MetricTable } from './metric-table.js';
import { type MixedValues, mixedGroups, mixedPositions } from './mixed-ranking.js';
import { PartialSums, Slots } from './partial-sums.js';
import type { RowContext } from './row-context.js';

/** Positions of relevant items: one value a query and cell. */
export function positionTable(context: RowContext, metric: PositionMetric, k: number): MetricTable {
  const { evalSet, sweep, weightQueries, distinctItems } = context.inputs;
  return queryTable(context, (_, entries) => {
    const relevant = relevantOf(evalSet, sweep.positiveRows, entries, distinctItems);
    const weight = new Float64Array(entries.count);
    if (weightQueries) for (let r = 0; r < evalSet.rows; r++) weight[entries.ofRow[r]!]! += evalSet.weight[r]!;
    for (let e = 0; e < entries.count; e++) {
      if (relevant[e]!.length === 0) weight[e] = 0;
      else if (!weightQueries) weight[e] = 1;
    }
    const values = sweep.columns.map((column) => {
      const value = new Float64Array(entries.count);
      const { above, tied } = column.positions!;
      for (let e = 0; e < entries.count; e++) {
        if (weight[e] === 0) continue;
        const list = relevant[e]!.sort((a, b) => above[a]! - above[b]! || a - b);
        value[e] = metric.evaluate(
          {
            count: list.length,
            above: list.map((i) => above[i]!),
            tied: list.map((i) => tied[i]!),
            gain: list.map((i) => evalSet.label[sweep.positiveRows[i]!]!),
          },
          k,
        );
      }
      return value;
    });
    const mixed = new Map<number, MixedValues>();
    for (const [s, state] of context.inputs.states.entries())
      if (state.mixedIndex) mixed.set(s, mixedPositions(context, state, metric, k, relevant));
    return { values, weight, mixed };
  });
}

/** A statistic of each query's own rows. */
export function groupTable(context: RowContext, metric: GroupedMetric): MetricTable {
  const { evalSet, sweep } = context.inputs;
  const pure = sweep.columns.map((column, c): readonly Part[] => [
    { scores: column.scores, weight: evalSet.weight, prediction: (r) => context.predictors[c]!.prediction(r) },
  ]);
  return queryTable(context, (_, entries) => {
    const results = pure.map((parts) =>
      metric.evaluate({ parts, label: evalSet.label, cell: entries.ofRow, cells: entries.count, ...NO_BINS }),
    );
    const mixed = new Map<number, MixedValues>();
    for (const [s, state] of context.inputs.states.entries())
      if (state.mixedIndex) mixed.set(s, mixedGroups(context, state, metric, entries.ofRow, entries.count));
    return { values: results.map((result) => result.value), weight: results[0]!.weight, mixed };
  });
}

/**
 * The weighted mean over queries of a value a query and cell. Clustered by the query side alone: a query's value has no single item.
 * Under a mix in which every query sees one version (`mix: per_request`) the expectation is the average over versions; in a mixed index it is `mixed`.
 */
function queryTable(context: RowContext, evaluate: (cut: Cut, entries: Entries) => QueryValues): MetricTable {
  const { evalSet, cells, states } = context.inputs;
  const clusterOfQuery = clusterOfQueries(evalSet);
  const width = 1 + states.length;
  const all = cells.cuts.map((cut) => {
    const entries = buildEntries(evalSet, cut);
    return { cut, entries, ...evaluate(cut, entries) };
  });
  const slots = new Slots(cells.count);
  for (const { cut, entries, weight } of all)
    for (let e = 0; e < entries.count; e++)
      if (weight[e]! > 0)
        slots.claim(cut.first + entries.cell[e]!, context.queryBucket[clusterOfQuery[entries.query[e]!]!]!);
  const sums = new PartialSums(cells.count, width, slots, undefined);
  const row = new Float64Array(width);
  const clusters: ClusterCounts[] = [];
  const realisations = new Map<string, number>();
  for (const { cut, entries, values, weight, mixed } of all) {
    const masses = states.map((state) =>
      state.parts.map(({ mass }) => (mass ? entryMass(entries, mass, evalSet.weight) : undefined)),
    );
    for (let e = 0; e < entries.count; e++) {
      if (!(weight[e]! > 0)) continue;
      row[0] = weight[e]!;
      for (let s = 0; s < states.length; s++) {
        const inMixedIndex = mixed.get(s)?.value[e];
        let value = inMixedIndex ?? 0;
        if (inMixedIndex === undefined)
          for (const [i, { column }] of states[s]!.parts.entries())
            value += values[column]![e]! * (masses[s]![i]?.[e] ?? 1);
        row[1 + s] = weight[e]! * value;
      }
      const cell = cut.first + entries.cell[e]!;
      sums.addMarginals(slots.slot(cell, context.queryBucket[clusterOfQuery[entries.query[e]!]!]!), -1, row, 0);
    }
    for (const [s, { replicates }] of mixed)
      if (replicates)
        for (const [cell, sd] of realisationSd(replicates, weight, entries.cell, cut.slices.length).entries())
          realisations.set(`${cut.first + cell}:${s}`, sd);
    const codes = entries.query.map((query) => clusterOfQuery[query]!);
    clusters.push(
      countClusters({ ...cut, cell: entries.cell }, { codes, names: evalSet.cluster.names }, weight, weight),
    );
  }
  return {
    sums,
    locate: (cell, state) => {
      const weight = sums.total(cell, 0);
      const value = weight > 0 ? sums.total(cell, 1 + state) / weight : Number.NaN;
      return { value, gradient: { columns: [0, 1 + state], weights: [-value / weight, 1 / weight] } };
    },
    effective: (cell) => {
      const { cut, local } = locateCell(cells, cell);
      return { query: clusters[cut]!.effective[local]! };
    },
    contributing: (cell) => {
      const { cut, local } = locateCell(cells, cell);
      return clusters[cut]!.distinct[local]!;
    },
    realisation: (cell, state) => realisations.get(`${cell}:${state}`),
  };
}

/** What a metric gives for the queries of a cut. */
interface QueryValues {
  /** By score column, shape (entries). */
  readonly values: readonly Float64Array[];
  /** Shape (entries); 0 where the query has no value. */
  readonly weight: Float64Array;
  /** By state, for states of a mixed index. */
  readonly mixed: ReadonlyMap<number, MixedValues>;
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

/** Shape (queries): the cluster of each query, which must be one. */
function clusterOfQueries({ query, cluster, rows }: EvalSet): Int32Array {
  const of = new Int32Array(query.names.length).fill(-1);
  for (let r = 0; r < rows; r++) {
    const q = query.codes[r]!;
    if (of[q] === -1) of[q] = cluster.codes[r]!;
    else if (of[q] !== cluster.codes[r])
      throw new DataError([
        {
          found: `query ${quoted(query.names[q])} in clusters ${quoted(cluster.names[of[q]!])} and ${quoted(cluster.names[cluster.codes[r]!])} (row ${r + 1})`,
          expected: 'one cluster a query, as ranking metrics are means over queries',
        },
      ]);
  }
  return of;
}

/** A query in a cell: what a ranking metric has one value for. */
interface Entries {
  readonly count: number;
  /** Shape (rows): the entry of each row. */
  readonly ofRow: Int32Array;
  /** Shape (entries): its query, and its cell within the cut. */
  readonly query: Int32Array;
  readonly cell: Int32Array;
}

function buildEntries(evalSet: EvalSet, cut: Cut): Entries {
  const { codes, count } = combineCodes(evalSet.query.codes, cut.cell, cut.slices.length);
  const query = new Int32Array(count);
  const cell = new Int32Array(count);
  for (let r = 0; r < evalSet.rows; r++) {
    query[codes[r]!] = evalSet.query.codes[r]!;
    cell[codes[r]!] = cut.cell[r]!;
  }
  return { count, ofRow: codes, query, cell };
}

/**
 * The relevant items of each entry, as indices into `positiveRows`. Over a catalogue an item counts once, with its largest label.
 */
function relevantOf(evalSet: EvalSet, positiveRows: Int32Array, entries: Entries, distinct: boolean): number[][] {
  const relevant: number[][] = Array.from({ length: entries.count }, () => []);
  for (let i = 0; i < positiveRows.length; i++) relevant[entries.ofRow[positiveRows[i]!]!]!.push(i);
  if (!distinct) return relevant;
  return relevant.map((list) => {
    const best = new Map<number, number>();
    for (const i of list) {
      const item = evalSet.item.codes[positiveRows[i]!]!;
      const other = best.get(item);
      if (other === undefined || evalSet.label[positiveRows[i]!]! > evalSet.label[positiveRows[other]!]!)
        best.set(item, i);
    }
    return [...best.values()];
  });
}

/** Shape (entries): the mean mass over the rows of each entry, by weight (plain where all weights are 0). */
function entryMass(entries: Entries, { histogram, mass }: Mass, weight: Float64Array): Float64Array {
  const sum = new Float64Array(entries.count);
  const total = new Float64Array(entries.count);
  const plain = new Float64Array(entries.count);
  const rows = new Float64Array(entries.count);
  for (let r = 0; r < weight.length; r++) {
    const e = entries.ofRow[r]!;
    const m = mass[histogram[r]!]!;
    sum[e]! += weight[r]! * m;
    total[e]! += weight[r]!;
    plain[e]! += m;
    rows[e]!++;
  }
  return sum.map((value, e) => (total[e]! > 0 ? value / total[e]! : plain[e]! / rows[e]!));
}
