/**
 * From score columns to estimates. One pass over the rows fills the partial sums of every summed metric in every cell; metrics that
 * need an order of the rows (AUC, bins, positions) give values and influences, which go through the same sums and the same
 * estimator.
 */
import { DataError } from '../errors.js';
import type { Coded, EvalSet } from '../evalset/evalset.js';
import { combineCodes } from '../lib/sort.js';
import { quoted } from '../lib/text.js';
import { binOf, quantileEdges } from '../metrics/bins.js';
import type { GroupedMetric, Part, PositionMetric, Quantity, RowMetric, SumMetric } from '../metrics/metric.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Link } from '../release/release.js';
import { clippedRows, type Predictor, predictor } from '../scores/link.js';
import type { Sweep } from '../scores/sweep.js';
import { type Cells, type ClusterCounts, type Cut, countClusters } from './cells.js';
import type { Estimate } from './noninferiority.js';
import { BUCKETS, buckets, combine, type Gradient, PartialSums, Slots } from './partial-sums.js';

/** How much a score column counts in a row: the mass of the row's histogram at that version. */
export interface Mass {
  /** Shape (rows): which histogram. */
  readonly histogram: Int32Array;
  /** Shape (histograms). */
  readonly mass: Float64Array;
}

/** What is judged: one score column, or a mix of several by version distance. */
export interface State {
  readonly parts: readonly { readonly column: number; readonly mass?: Mass }[];
}

/** Counts of a cell, for the report and the floors. */
export interface CellCounts {
  readonly rows: number;
  readonly positives: number;
  /** Distinct clusters of the query side with a row of weight above 0. */
  readonly queryClusters: number;
  /** Effective item clusters, by row weight. */
  readonly itemClusters: number;
}

/** A value with the gradient of its estimate in the sums it comes from. */
interface Located {
  readonly value: number;
  readonly meaningless?: string;
  readonly gradient: Gradient;
}

export interface TabulateInputs {
  readonly evalSet: EvalSet;
  readonly sweep: Sweep;
  readonly link: Link;
  readonly cells: Cells;
  readonly metrics: readonly MetricRef[];
  readonly states: readonly State[];
  /** The state at distance 0, which changes are measured against. */
  readonly aligned: number;
  readonly weightQueries: boolean;
  /** Rankings run over distinct items (a catalogue), not over the query's rows. */
  readonly distinctItems: boolean;
}

const NO_BINS = { edges: new Float64Array(0), alignedBin: new Uint8Array(0) };

/** The estimates of one metric in every cell and state. */
interface MetricTable {
  readonly sums: PartialSums;
  locate(cell: number, state: number): Located;
  /** Effective clusters of a cell, by the statistic's denominator; no item side for metrics of whole queries. */
  effective(cell: number): { query: number; item?: number };
}

export class Tabulation {
  private readonly tables = new Map<string, MetricTable>();
  private readonly counts: CellCounts[];
  readonly cells: Cells;

  constructor(private readonly inputs: TabulateInputs) {
    this.cells = inputs.cells;
    this.counts = countCells(inputs.evalSet, inputs.cells);
    const context = new Context(inputs);
    const sumMetrics = inputs.metrics.filter((ref) => ref.metric.kind === 'sums');
    const sums = context.sumTables(sumMetrics.map((ref) => ref.metric as SumMetric));
    for (const ref of sumMetrics) this.tables.set(ref.id, sums.get(ref.metric.id)!);
    for (const ref of inputs.metrics) {
      const { metric } = ref;
      if (metric.kind === 'rows') this.tables.set(ref.id, context.rowTable(metric));
      if (metric.kind === 'positions') this.tables.set(ref.id, context.positionTable(metric, ref.k));
      if (metric.kind === 'groups') this.tables.set(ref.id, context.groupTable(metric));
    }
  }

  countsOf(cell: number): CellCounts {
    return this.counts[cell]!;
  }

  /** The metric's value; NaN where it is undefined. */
  value(metric: string, cell: number, state: number): number {
    return this.tables.get(metric)!.locate(cell, state).value;
  }

  /** Why no rule can rest on the value; undefined if one can. */
  meaningless(metric: string, cell: number, state: number): string | undefined {
    return this.tables.get(metric)!.locate(cell, state).meaningless;
  }

  /** The value itself with its standard error. */
  level(metric: string, cell: number, state: number): Estimate {
    const table = this.tables.get(metric)!;
    return this.estimate(table, cell, table.locate(cell, state));
  }

  /**
   * The paired change against distance 0: value_k - value_0, or value_k / value_0 - 1 where `relative`. Its error is that of the
   * difference on the same rows.
   */
  change(metric: string, cell: number, state: number, relative: boolean): Estimate {
    const table = this.tables.get(metric)!;
    const now = table.locate(cell, state);
    const zero = table.locate(cell, this.inputs.aligned);
    const value = relative ? now.value / zero.value - 1 : now.value - zero.value;
    const gradient =
      state === this.inputs.aligned
        ? { columns: [], weights: [] }
        : relative
          ? combine(1 / zero.value, now.gradient, -now.value / (zero.value * zero.value), zero.gradient)
          : combine(1, now.gradient, -1, zero.gradient);
    return this.estimate(table, cell, { value, gradient });
  }

  private estimate(table: MetricTable, cell: number, { value, gradient }: Located): Estimate {
    const { query, item } = table.effective(cell);
    const variance = Number.isFinite(value) ? table.sums.variance(cell, gradient) : Number.NaN;
    const effective = Math.min(query, item ?? Number.POSITIVE_INFINITY, BUCKETS);
    return {
      value,
      standardError: Math.sqrt(variance),
      // With a single effective cluster there is no spread to learn from: one degree of freedom at least keeps the bound finite.
      df: Math.max(1, effective - 1),
    };
  }
}

function countCells(evalSet: EvalSet, cells: Cells): CellCounts[] {
  return cells.cuts.flatMap((cut) => {
    const rows = new Int32Array(cut.slices.length);
    const positives = new Int32Array(cut.slices.length);
    for (let r = 0; r < evalSet.rows; r++) {
      rows[cut.cell[r]!]!++;
      if (evalSet.label[r]! > 0) positives[cut.cell[r]!]!++;
    }
    const query = countClusters(cut, evalSet.cluster, evalSet.weight, evalSet.weight);
    const item = countClusters(cut, evalSet.item, evalSet.weight, evalSet.weight);
    return cut.slices.map((_, c) => ({
      rows: rows[c]!,
      positives: positives[c]!,
      queryClusters: query.distinct[c]!,
      itemClusters: item.effective[c]!,
    }));
  });
}

/** What several metrics share: predictions, buckets, slots, bins. */
class Context {
  private readonly predictors: readonly Predictor[];
  /** Shape (rows) a column: what AUC orders rows by. A softmax compares across queries only after normalising. */
  private readonly ordered: readonly Float64Array[];
  private readonly queryBucket: Uint16Array;
  private readonly itemBucket: Uint16Array;
  private rowSlots?: { query: Slots; item: Slots };
  private binned?: { edges: Float64Array; alignedBin: Uint8Array };
  private readonly stateParts = new Map<number, readonly Part[]>();
  private readonly clusterCounts = new Map<string, readonly ClusterCounts[]>();

  constructor(private readonly inputs: TabulateInputs) {
    const { evalSet, sweep, link } = inputs;
    this.predictors = sweep.columns.map((column) =>
      predictor(link, column.scores, evalSet.query.codes, evalSet.query.names.length),
    );
    this.ordered = sweep.columns.map(({ scores }, c) =>
      link === 'softmax' ? scores.map((_, r) => this.predictors[c]!.prediction(r)) : scores,
    );
    this.queryBucket = buckets(evalSet.cluster.names);
    this.itemBucket = buckets(evalSet.item.names);
    this.requireProbabilities();
  }

  private get alignedColumn(): number {
    return this.inputs.states[this.inputs.aligned]!.parts[0]!.column;
  }

  /** Identity links may give anything: metrics of probabilities refuse what is none, and too much clipping. */
  private requireProbabilities(): void {
    const { metrics, link, evalSet } = this.inputs;
    const needing = metrics.find(({ metric }) => metric.probabilities);
    if (!needing || link === 'sigmoid') return;
    for (const predict of this.predictors) {
      for (let r = 0; r < evalSet.rows; r++) {
        const p = predict.prediction(r);
        if (p >= 0 && p <= 1) continue;
        throw new DataError([
          {
            found: `prediction ${p} of query ${quoted(evalSet.query.names[evalSet.query.codes[r]!])} and item ${quoted(evalSet.item.names[evalSet.item.codes[r]!])}, in a policy that asks for ${needing.id}`,
            expected: 'predictions between 0 and 1',
            mend: 'Write: score: {link: sigmoid}, or ask for metrics of rankings alone (roc_auc, gauc, recall@10 …)',
          },
        ]);
      }
      const clipped = clippedRows(link, evalSet.label, predict);
      if (
        clipped > evalSet.rows * 0.001 &&
        metrics.some(({ metric }) => metric.kind === 'sums' && metric.quantity === 'loss')
      )
        throw new DataError([
          {
            found: `${clipped} of ${evalSet.rows} predictions within 1e-7 of 0 or 1 on the wrong side of their label`,
            expected: 'at most 0.1 % of the rows, as their log loss is cut off',
            mend: 'Export logits and write: score: {link: sigmoid}',
          },
        ]);
    }
  }

  private slots(): { query: Slots; item: Slots } {
    if (this.rowSlots) return this.rowSlots;
    const { evalSet, cells } = this.inputs;
    const query = new Slots(cells.count);
    const item = new Slots(cells.count);
    for (const cut of cells.cuts)
      for (let r = 0; r < evalSet.rows; r++) {
        const cell = cut.first + cut.cell[r]!;
        query.claim(cell, this.queryBucket[evalSet.cluster.codes[r]!]!);
        item.claim(cell, this.itemBucket[evalSet.item.codes[r]!]!);
      }
    this.rowSlots = { query, item };
    return this.rowSlots;
  }

  /** One pass over the rows for all summed metrics, all cells, all states. */
  sumTables(metrics: readonly SumMetric[]): Map<string, MetricTable> {
    const tables = new Map<string, MetricTable>();
    if (metrics.length === 0) return tables;
    const quantities = [...new Set(metrics.map((metric) => metric.quantity))];
    const sums = this.accumulate(quantities);
    for (const metric of metrics) tables.set(metric.id, this.sumTable(metric, sums.get(metric.quantity)!));
    return tables;
  }

  private accumulate(quantities: readonly Quantity[]): Map<Quantity, PartialSums> {
    const { evalSet, cells, states } = this.inputs;
    const { query, item } = this.slots();
    const width = 2 + states.length;
    const sums = new Map(quantities.map((q) => [q, new PartialSums(cells.count, width, query, item)]));
    const row = new Float64Array(width);
    const perColumn = new Float64Array(this.predictors.length);
    const cellOf = new Int32Array(cells.cuts.length);
    const querySlot = new Int32Array(cells.cuts.length);
    const itemSlot = new Int32Array(cells.cuts.length);
    for (let r = 0; r < evalSet.rows; r++) {
      const y = evalSet.label[r]!;
      const w = evalSet.weight[r]!;
      for (const [i, cut] of cells.cuts.entries()) {
        cellOf[i] = cut.first + cut.cell[r]!;
        querySlot[i] = query.slot(cellOf[i]!, this.queryBucket[evalSet.cluster.codes[r]!]!);
        itemSlot[i] = item.slot(cellOf[i]!, this.itemBucket[evalSet.item.codes[r]!]!);
      }
      row[0] = w;
      row[1] = w * y;
      for (const [quantity, partial] of sums) {
        for (let c = 0; c < perColumn.length; c++) perColumn[c] = w * this.quantity(quantity, c, r, y);
        for (let s = 0; s < states.length; s++) {
          let value = 0;
          for (const { column, mass } of states[s]!.parts)
            value += mass ? perColumn[column]! * mass.mass[mass.histogram[r]!]! : perColumn[column]!;
          row[2 + s] = value;
        }
        for (let i = 0; i < cellOf.length; i++) partial.add(cellOf[i]!, querySlot[i]!, itemSlot[i]!, row);
      }
    }
    return sums;
  }

  private quantity(quantity: Quantity, column: number, r: number, y: number): number {
    const predict = this.predictors[column]!;
    switch (quantity) {
      case 'loss':
        return predict.logLoss(r, y);
      case 'prediction':
        return predict.prediction(r);
      case 'squared_error':
        return (predict.prediction(r) - y) ** 2;
    }
  }

  private sumTable(metric: SumMetric, sums: PartialSums): MetricTable {
    const { aligned } = this.inputs;
    const denominator = () => this.denominator(metric);
    const totals = new Map<number, Float64Array>();
    const totalsOf = (cell: number): Float64Array => {
      let total = totals.get(cell);
      if (!total) {
        total = Float64Array.from({ length: sums.columns }, (_, column) => sums.total(cell, column));
        totals.set(cell, total);
      }
      return total;
    };
    return {
      sums,
      locate: (cell, state) => {
        const total = totalsOf(cell);
        const result = metric.evaluate({
          w: total[0]!,
          wy: total[1]!,
          current: total[2 + state]!,
          aligned: total[2 + aligned]!,
        });
        return {
          value: result.value,
          ...(result.meaningless === undefined ? {} : { meaningless: result.meaningless }),
          gradient: {
            columns: [0, 1, 2 + state, 2 + aligned],
            weights: [result.w ?? 0, result.wy ?? 0, result.current ?? 0, result.aligned ?? 0],
          },
        };
      },
      effective: this.rowClusters(`${metric.denominator}:${metric.quantity}`, denominator),
    };
  }

  /** The denominator of a metric, row by row. */
  private denominator(metric: SumMetric): Float64Array {
    const { label, weight } = this.inputs.evalSet;
    if (metric.denominator === 'w') return weight;
    if (metric.denominator === 'wy') return weight.map((w, r) => w * label[r]!);
    return weight.map((w, r) => w * this.quantity(metric.quantity, this.alignedColumn, r, label[r]!));
  }

  /** Clusters of each cell on both sides, counted once for each denominator. */
  private rowClusters(key: string, denominator: () => Float64Array): MetricTable['effective'] {
    const { evalSet, cells } = this.inputs;
    const count = (side: string, coded: Coded): readonly ClusterCounts[] => {
      const id = `${side}:${key}`;
      let counts = this.clusterCounts.get(id);
      if (!counts) {
        const d = denominator();
        counts = cells.cuts.map((cut) => countClusters(cut, coded, d, evalSet.weight));
        this.clusterCounts.set(id, counts);
      }
      return counts;
    };
    return (cell) => {
      const { cut, local } = locateCell(cells, cell);
      const query = count('query', evalSet.cluster)[cut]!;
      const item = count('item', evalSet.item)[cut]!;
      return { query: query.effective[local]!, item: item.effective[local]! };
    };
  }

  /** The parts of a state, with row weights; kept, so that each state is sorted once. */
  private partsOf(state: number): readonly Part[] {
    let parts = this.stateParts.get(state);
    if (!parts) {
      const { evalSet, states } = this.inputs;
      parts = states[state]!.parts.map(({ column, mass }) => ({
        scores: this.ordered[column]!,
        weight: mass ? evalSet.weight.map((w, r) => w * mass.mass[mass.histogram[r]!]!) : evalSet.weight,
        prediction: (r: number) => this.predictors[column]!.prediction(r),
      }));
      this.stateParts.set(state, parts);
    }
    return parts;
  }

  private bins(): { edges: Float64Array; alignedBin: Uint8Array } {
    if (this.binned) return this.binned;
    const predict = this.predictors[this.alignedColumn]!;
    const predictions = Float64Array.from({ length: this.inputs.evalSet.rows }, (_, r) => predict.prediction(r));
    const edges = quantileEdges(predictions);
    this.binned = { edges, alignedBin: Uint8Array.from(predictions, (p) => binOf(edges, p)) };
    return this.binned;
  }

  /** Values and influences of a statistic of ordered or binned rows; the influences are the columns of the sums. */
  rowTable(metric: RowMetric): MetricTable {
    const { evalSet, cells, states } = this.inputs;
    const { query, item } = this.slots();
    const sums = new PartialSums(cells.count, states.length, query, item);
    const values = states.map(() => new Float64Array(cells.count));
    const bins = metric.binned ? this.bins() : NO_BINS;
    const row = new Float64Array(states.length);
    for (const cut of cells.cuts) {
      const influences = states.map((_, state) => {
        const { value, influence } = metric.evaluate({
          parts: this.partsOf(state),
          label: evalSet.label,
          cell: cut.cell,
          cells: cut.slices.length,
          ...bins,
        });
        values[state]!.set(value, cut.first);
        return influence;
      });
      for (let r = 0; r < evalSet.rows; r++) {
        const cell = cut.first + cut.cell[r]!;
        for (let s = 0; s < row.length; s++) row[s] = influences[s]![r]!;
        sums.add(
          cell,
          query.slot(cell, this.queryBucket[evalSet.cluster.codes[r]!]!),
          item.slot(cell, this.itemBucket[evalSet.item.codes[r]!]!),
          row,
        );
      }
    }
    return {
      sums,
      locate: (cell, state) => ({ value: values[state]![cell]!, gradient: { columns: [state], weights: [1] } }),
      effective: this.rowClusters('w', () => evalSet.weight),
    };
  }

  /** Positions of relevant items: one value a query and cell. */
  positionTable(metric: PositionMetric, k: number): MetricTable {
    const { evalSet, sweep, weightQueries, distinctItems } = this.inputs;
    return this.queryTable((_, entries) => {
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
      return { values, weight };
    });
  }

  /** A statistic of each query's own rows. */
  groupTable(metric: GroupedMetric): MetricTable {
    const { evalSet, sweep } = this.inputs;
    const pure = sweep.columns.map((column, c): readonly Part[] => [
      { scores: column.scores, weight: evalSet.weight, prediction: (r) => this.predictors[c]!.prediction(r) },
    ]);
    return this.queryTable((_, entries) => {
      const results = pure.map((parts) =>
        metric.evaluate({ parts, label: evalSet.label, cell: entries.ofRow, cells: entries.count, ...NO_BINS }),
      );
      return { values: results.map((result) => result.value), weight: results[0]!.weight };
    });
  }

  /**
   * The weighted mean over queries of a value a query and cell. Clustered by the query side alone: a query's value has no single item.
   * Under a mix every query sees one version (`mix: per_request`), so that its expectation is the average over versions.
   */
  private queryTable(
    evaluate: (cut: Cut, entries: Entries) => { values: Float64Array[]; weight: Float64Array },
  ): MetricTable {
    const { evalSet, cells, states } = this.inputs;
    const clusterOfQuery = this.clusterOfQuery();
    const width = 1 + states.length;
    const all = cells.cuts.map((cut) => {
      const entries = buildEntries(evalSet, cut);
      return { cut, entries, ...evaluate(cut, entries) };
    });
    const slots = new Slots(cells.count);
    for (const { cut, entries, weight } of all)
      for (let e = 0; e < entries.count; e++)
        if (weight[e]! > 0)
          slots.claim(cut.first + entries.cell[e]!, this.queryBucket[clusterOfQuery[entries.query[e]!]!]!);
    const sums = new PartialSums(cells.count, width, slots, undefined);
    const row = new Float64Array(width);
    const clusters: ClusterCounts[] = [];
    for (const { cut, entries, values, weight } of all) {
      const masses = states.map((state) =>
        state.parts.map(({ mass }) => (mass ? entryMass(entries, mass, evalSet.weight) : undefined)),
      );
      for (let e = 0; e < entries.count; e++) {
        if (!(weight[e]! > 0)) continue;
        row[0] = weight[e]!;
        for (let s = 0; s < states.length; s++) {
          let value = 0;
          for (const [i, { column }] of states[s]!.parts.entries())
            value += values[column]![e]! * (masses[s]![i]?.[e] ?? 1);
          row[1 + s] = weight[e]! * value;
        }
        const cell = cut.first + entries.cell[e]!;
        sums.add(cell, slots.slot(cell, this.queryBucket[clusterOfQuery[entries.query[e]!]!]!), -1, row);
      }
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
    };
  }

  /** Shape (queries): the cluster of each query, which must be one. */
  private clusterOfQuery(): Int32Array {
    const { query, cluster, rows } = this.inputs.evalSet;
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

/** The cut that a cell belongs to, and its number within it. */
export function locateCell(cells: Cells, cell: number): { cut: number; local: number } {
  let cut = cells.cuts.length - 1;
  while (cells.cuts[cut]!.first > cell) cut--;
  return { cut, local: cell - cells.cuts[cut]!.first };
}
