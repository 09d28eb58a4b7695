/** What the metrics of one run share: predictions, buckets, slots, bins, cluster counts. */

import { type ClusterCounts, countClusters, locateCell } from '../../data/evalset/cells.js';
import type { Coded } from '../../data/tables/identity.js';
import { DataError } from '../../errors.js';
import { combineCodes, type Grouping, groupBy } from '../../lib/sort.js';
import { quoted } from '../../lib/text.js';
import { clippedRows, type Predictor, predictor } from '../../models/scores/link.js';
import { binOf, quantileEdges } from '../metrics/bins.js';
import type { Part } from '../metrics/metric.js';
import { Geometry } from '../state/geometry.js';
import { buckets, Slots } from '../state/slots.js';
import { measure, type Placement } from './accumulate.js';
import type { MetricTable, TabulateInputs } from './metric-table.js';

/** What several metrics share: predictions, buckets, slots, bins. */
export class RowContext implements Placement {
  readonly predictors: readonly Predictor[];
  /** Shape (rows) a column: what AUC orders rows by. A softmax compares across queries only after normalising. */
  private readonly ordered: readonly Float64Array[];
  readonly queryBucket: Uint16Array;
  readonly itemBucket: Uint16Array;
  private rowPairs?: Grouping;
  private rowGeometry?: Geometry;
  private rowSlots?: { query: Slots; item: Slots };
  private binned?: { edges: Float64Array; alignedBin: Uint8Array };
  private readonly stateParts = new Map<number, readonly Part[]>();
  private readonly clusterCounts = new Map<string, readonly ClusterCounts[]>();

  constructor(readonly inputs: TabulateInputs) {
    const { evalSet, sweep } = inputs;
    this.predictors = sweep.columns.map((column) =>
      predictor(column.link, column.scores, evalSet.query.codes, evalSet.query.names.length),
    );
    this.ordered = sweep.columns.map(({ scores, link }, c) =>
      link === 'softmax' ? scores.map((_, r) => this.predictors[c]!.prediction(r)) : scores,
    );
    this.queryBucket = buckets(evalSet.cluster.names);
    this.itemBucket = buckets(evalSet.item.names);
    this.requireProbabilities();
  }

  /** The state that a state's change is against. */
  alignedOf(state: number): number {
    return this.inputs.states[state]!.aligned ?? this.inputs.aligned;
  }

  get alignedColumn(): number {
    return this.inputs.states[this.inputs.aligned]!.parts[0]!.column;
  }

  /** Identity links may give anything: metrics of probabilities refuse what is none, and too much clipping. */
  private requireProbabilities(): void {
    const { metrics, sweep, evalSet, scorePlace } = this.inputs;
    const place = scorePlace ? { place: scorePlace } : {};
    const needing = metrics.find(({ metric }) => metric.probabilities);
    if (!needing) return;
    for (const [c, predict] of this.predictors.entries()) {
      const { link } = sweep.columns[c]!;
      if (link === 'sigmoid') continue;
      for (let r = 0; r < evalSet.rows; r++) {
        const p = predict.prediction(r);
        if (p >= 0 && p <= 1) continue;
        throw new DataError([
          {
            ...place,
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
            ...place,
            found: `${clipped} of ${evalSet.rows} predictions within 1e-7 of 0 or 1 on the wrong side of their label`,
            expected: 'at most 0.1 % of the rows, as their log loss is cut off',
            mend: 'Export logits and write: score: {link: sigmoid}',
          },
        ]);
    }
  }

  /** The slots of a row's marginals in a cell. */
  querySlot(cell: number, r: number): number {
    return this.slots().query.slot(cell, this.queryBucket[this.inputs.evalSet.cluster.codes[r]!]!);
  }

  itemSlot(cell: number, r: number): number {
    return this.slots().item.slot(cell, this.itemBucket[this.inputs.evalSet.item.codes[r]!]!);
  }

  /** Rows grouped by (cluster, item), in order of first appearance. */
  get pairs(): Grouping {
    if (!this.rowPairs) {
      const { cluster, item } = this.inputs.evalSet;
      const { codes, count } = combineCodes(cluster.codes, item.codes, item.names.length);
      this.rowPairs = groupBy(codes, count);
    }
    return this.rowPairs;
  }

  /** How the rows' weight lies over clusters, in every cell. */
  geometry(): Geometry {
    if (!this.rowGeometry) {
      const { evalSet, cells } = this.inputs;
      const { query, item } = this.slots();
      this.rowGeometry = new Geometry(cells.count, query, item);
      measure(
        this.rowGeometry,
        this,
        cells.cuts,
        cells.cuts.map(() => evalSet.weight),
      );
    }
    return this.rowGeometry;
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

  /** Clusters of each cell on both sides, counted once for each denominator. */
  rowClusters(key: string, denominator: () => Float64Array): MetricTable['effective'] {
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
  partsOf(state: number): readonly Part[] {
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

  bins(): { edges: Float64Array; alignedBin: Uint8Array } {
    if (this.binned) return this.binned;
    const predict = this.predictors[this.alignedColumn]!;
    const predictions = Float64Array.from({ length: this.inputs.evalSet.rows }, (_, r) => predict.prediction(r));
    const edges = quantileEdges(predictions);
    this.binned = { edges, alignedBin: Uint8Array.from(predictions, (p) => binOf(edges, p)) };
    return this.binned;
  }
}
