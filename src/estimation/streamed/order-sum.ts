/**
 * Metrics of the order of all rows, of rows that come in parts: rows whose scores fall into one of many bins count as
 * tied. The farthest that the order within the bins could move a value is its bound, by which intervals are wider.
 */

import { present } from '../../lib/lookup.js';
import { NO_BINS } from '../metrics/bins.js';
import type { RowInputs, RowMetric, ScorePart } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { PartialSums } from '../state/partial-sums.js';
import { accumulate, type Target } from '../tabulation/accumulate.js';
import type { RowContext } from '../tabulation/row-context.js';

/** Masses that are kept of each class. */
const ROOM = 1 << 22;
const MOST = 1 << 13;
const LEAST = 1 << 8;

/** The number of bins that scores fall into, where as many lists of bins are kept. */
export function orderBins(lists: number): number {
  let bins = MOST;
  while (bins > LEAST && bins * lists > ROOM) bins /= 2;
  return bins;
}

/** Σwy and Σw(1 - y) by cell, state and bin. */
export class OrderSum {
  private readonly positive: Float64Array;
  private readonly negative: Float64Array;
  private readonly bins: number;

  /** @param edges ascending and distinct: a bin's rows are above the edge before it, and at most at its own */
  constructor(
    readonly edges: Float64Array,
    private readonly cells: number,
    private readonly states: number,
  ) {
    this.bins = edges.length + 1;
    this.positive = new Float64Array(cells * states * this.bins);
    this.negative = new Float64Array(cells * states * this.bins);
  }

  add(context: RowContext): void {
    const { evalSet, cells, states } = context.inputs;
    const bins = new ScoreBins(this.edges);
    for (let state = 0; state < states.length; state++)
      for (const part of context.partsOf(state)) {
        const bin = bins.of(part);
        for (const { first, cell } of cells.cuts)
          for (let r = 0; r < evalSet.rows; r++) {
            const at = this.at(first + cell[r]!, state) + bin[r]!;
            const w = part.weight[r]!;
            this.positive[at]! += w * evalSet.label[r]!;
            this.negative[at]! += w * (1 - evalSet.label[r]!);
          }
      }
  }

  private at(cell: number, state: number): number {
    return (cell * this.states + state) * this.bins;
  }

  /** A metric in every cell and state, and what a unit of either class in a bin moves it by. */
  evaluate(metric: RowMetric): OrderedMetric {
    const { cells, states, bins } = this;
    const found = new OrderedMetric(cells, states, bins);
    for (let cell = 0; cell < cells; cell++)
      for (let state = 0; state < states; state++) {
        const at = this.at(cell, state);
        const [positive, negative] = [this.positive.subarray(at, at + bins), this.negative.subarray(at, at + bins)];
        found.take(metric, cell * states + state, positive, negative);
      }
    return found;
  }
}

/** The bins of scores: a version that stands in several states has its rows sorted into them once. */
class ScoreBins {
  private readonly known = new Map<Float64Array, Uint16Array>();

  constructor(private readonly edges: Float64Array) {}

  /** Shape (rows). */
  of({ scores }: ScorePart): Uint16Array {
    const found = this.known.get(scores) ?? binsOfScores(scores, this.edges);
    this.known.set(scores, found);
    return found;
  }
}

function binsOfScores(scores: Float64Array, edges: Float64Array): Uint16Array {
  const found = new Uint16Array(scores.length);
  for (let r = 0; r < scores.length; r++) {
    const score = scores[r]!;
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle]! < score) low = middle + 1;
      else high = middle;
    }
    found[r] = low;
  }
  return found;
}

/** Values of a metric by cell and state, at cell · states + state. */
export class OrderedMetric {
  readonly value: Float64Array;
  readonly bound: Float64Array;
  /** Shape (cells, states, bins): influence of a unit of mass. */
  private readonly ofPositive: Float64Array;
  private readonly ofNegative: Float64Array;

  constructor(
    cells: number,
    private readonly states: number,
    private readonly bins: number,
  ) {
    this.value = new Float64Array(cells * states);
    this.bound = new Float64Array(cells * states);
    this.ofPositive = new Float64Array(cells * states * bins);
    this.ofNegative = new Float64Array(cells * states * bins);
  }

  /** The metric of rows that are bins: two a bin, one of either class, with all of its mass. */
  take(metric: RowMetric, at: number, positive: Float64Array, negative: Float64Array): void {
    const { bins } = this;
    const { value, influence } = metric.evaluate(rowsOfBins(positive, negative));
    this.value[at] = value[0]!;
    this.bound[at] = present(metric.boundOfTies, 'bound of ties')(positive, negative);
    for (let b = 0; b < bins; b++) {
      if (positive[b]! > 0) this.ofPositive[at * bins + b] = influence[2 * b]! / positive[b]!;
      if (negative[b]! > 0) this.ofNegative[at * bins + b] = influence[2 * b + 1]! / negative[b]!;
    }
  }

  /** Adds the influences of a part's rows to sums. */
  add(context: RowContext, edges: Float64Array, sums: PartialSums): void {
    const { evalSet, cells, states } = context.inputs;
    const { bins, ofPositive, ofNegative } = this;
    const binsOf = new ScoreBins(edges);
    const parts = states.map((_, state) =>
      context.partsOf(state).map((part) => ({ weight: part.weight, bin: binsOf.of(part) })),
    );
    for (const cut of cells.cuts) {
      const addPart = (
        { weight, bin }: (typeof parts)[number][number],
        s: number,
        rows: Uint32Array,
        out: Float64Array,
        stride: number,
      ): void => {
        for (let i = 0; i < rows.length; i++) {
          const r = rows[i]!;
          const at = ((cut.first + cut.cell[r]!) * parts.length + s) * bins + bin[r]!;
          const y = evalSet.label[r]!;
          out[i * stride + s]! += weight[r]! * (y * ofPositive[at]! + (1 - y) * ofNegative[at]!);
        }
      };
      const fill: Target['fill'] = (rows, out, stride) => {
        for (const [s, ofState] of parts.entries()) {
          for (let i = 0; i < rows.length; i++) out[i * stride + s] = 0;
          for (const part of ofState) addPart(part, s, rows, out, stride);
        }
      };
      accumulate(context, [cut], [{ sums, fill }]);
    }
  }

  /** @param sums those of the influences of all parts */
  parts(sums: PartialSums): RowParts {
    const byState = (all: Float64Array) =>
      Array.from({ length: this.states }, (_, state) => all.filter((__, at) => at % this.states === state));
    return { sums: sums.arrays(), values: byState(this.value), bounds: byState(this.bound) };
  }
}

function rowsOfBins(positive: Float64Array, negative: Float64Array): RowInputs {
  const bins = positive.length;
  const rows = 2 * bins;
  const scores = Float64Array.from({ length: rows }, (_, r) => r >> 1);
  const weight = Float64Array.from({ length: rows }, (_, r) => (r % 2 === 0 ? positive : negative)[r >> 1]!);
  return {
    parts: [{ scores, weight, prediction: (r) => scores[r]! }],
    label: Float64Array.from({ length: rows }, (_, r) => 1 - (r % 2)),
    cell: new Int32Array(rows),
    cells: 1,
    ...NO_BINS,
  };
}
