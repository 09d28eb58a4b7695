/**
 * Metrics of the order of all rows, of rows that come in parts: rows whose scores fall into one of many bins count as
 * tied. The farthest that the order within the bins could move a value is its bound, by which intervals are wider.
 */

import type { Cut } from '../../data/evalset/cells.js';
import { present } from '../../lib/lookup.js';
import { NO_BINS } from '../metrics/bins.js';
import type { RowInputs, RowMetric } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { Target } from '../tabulation/accumulate.js';
import type { State } from '../tabulation/metric-table.js';
import type { RowContext } from '../tabulation/row-context.js';
import { type Combination, combinationOf } from './combined-states.js';
import { RowBins, ScoreBins } from './score-bins.js';

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

/**
 * Σw(1 - y) and Σwy of the rows of a part, by what states are combined of.
 *
 * @returns by summand, shape (cells, bins, 2): both classes side by side, as rows fall into bins at random
 */
export function orderMasses(context: RowContext, edges: Float64Array): Float64Array[] {
  const { evalSet, cells, states } = context.inputs;
  const { label } = evalSet;
  const bins = edges.length + 1;
  const binsOf = new RowBins(new ScoreBins(edges));
  return combinationOf(states).summands.map((summand) => {
    const masses = new Float64Array(cells.count * bins * 2);
    const part = context.partOf(summand);
    const { weight } = part;
    const bin = binsOf.of(part);
    for (const { first, cell } of cells.cuts)
      for (let r = 0; r < label.length; r++) {
        const at = ((first + cell[r]!) * bins + bin[r]!) * 2;
        masses[at]! += weight[r]! * (1 - label[r]!);
        masses[at + 1]! += weight[r]! * label[r]!;
      }
    return masses;
  });
}

/** Masses of all parts. */
export class OrderSum {
  private readonly combination: Combination;
  /** By summand, as of `orderMasses`. */
  private readonly masses: readonly Float64Array[];
  private readonly bins: number;

  /** @param edges ascending and distinct: a bin's rows are above the edge before it, and at most at its own */
  constructor(
    readonly edges: Float64Array,
    private readonly cells: number,
    states: readonly State[],
  ) {
    this.bins = edges.length + 1;
    this.combination = combinationOf(states);
    this.masses = this.combination.summands.map(() => new Float64Array(cells * this.bins * 2));
  }

  add(masses: readonly Float64Array[]): void {
    for (const [summand, own] of masses.entries()) {
      const all = this.masses[summand]!;
      for (let at = 0; at < own.length; at++) all[at]! += own[at]!;
    }
  }

  /** A metric in every cell and state, and what a unit of either class in a bin moves it by. */
  evaluate(metric: RowMetric): OrderTables {
    const { cells, bins } = this;
    const states = this.combination.states.length;
    const value = new Float64Array(cells * states);
    const bound = new Float64Array(cells * states);
    const influence = new Float64Array(cells * states * bins * 2);
    for (let cell = 0; cell < cells; cell++)
      for (let state = 0; state < states; state++) {
        const at = cell * states + state;
        const { positive, negative } = this.massesOf(cell, state);
        const found = metric.evaluate(rowsOfBins(positive, negative));
        value[at] = found.value[0]!;
        bound[at] = present(metric.boundOfTies, 'bound of ties')(positive, negative);
        for (let b = 0; b < bins; b++) {
          const place = (at * bins + b) * 2;
          if (negative[b]! > 0) influence[place] = found.influence[2 * b + 1]! / negative[b]!;
          if (positive[b]! > 0) influence[place + 1] = found.influence[2 * b]! / positive[b]!;
        }
      }
    return { value, bound, influence };
  }

  /** Shape (bins) each. */
  private massesOf(cell: number, state: number): { positive: Float64Array; negative: Float64Array } {
    const { bins } = this;
    const [positive, negative] = [new Float64Array(bins), new Float64Array(bins)];
    for (const { summand, factor } of this.combination.states[state]!) {
      const masses = this.masses[summand]!;
      for (let b = 0; b < bins; b++) {
        const at = (cell * bins + b) * 2;
        negative[b]! += factor * masses[at]!;
        positive[b]! += factor * masses[at + 1]!;
      }
    }
    return { positive, negative };
  }
}

/** A metric of orders over all rows. */
export interface OrderTables {
  /** Values, and how far they may be from the exact ones, by cell and state, at cell · states + state. */
  readonly value: Float64Array;
  readonly bound: Float64Array;
  /** Shape (cells, states, bins, 2): influence of a unit of mass, of a negative and of a positive. */
  readonly influence: Float64Array;
}

/** Writes the influences of a part's rows in a cut. */
export function orderFill(
  context: RowContext,
  binsOf: RowBins,
  bins: number,
  tables: OrderTables,
): (cut: Cut) => Target['fill'] {
  const { evalSet, states } = context.inputs;
  const parts = states.map((state) =>
    state.parts.map((own) => {
      const part = context.partOf(own);
      return { weight: part.weight, bin: binsOf.of(part) };
    }),
  );
  return ({ first, cell }) =>
    (rows, out, stride) => {
      for (const [s, ofState] of parts.entries()) {
        for (let i = 0; i < rows.length; i++) out[i * stride + s] = 0;
        const place = { base: 2 * (first * states.length + s) * bins, step: 2 * states.length * bins, cell };
        for (const { weight, bin } of ofState)
          addInfluences(tables.influence, place, bin, evalSet.label, weight, rows, out, s, stride);
      }
    };
}

/** The place of a cell's tables: base + step · its number in the cut. */
interface CellPlaces {
  readonly base: number;
  readonly step: number;
  /** Shape (rows). */
  readonly cell: Int32Array;
}

function addInfluences(
  influence: Float64Array,
  { base, step, cell }: CellPlaces,
  bin: Uint16Array,
  label: Float64Array,
  weight: Float64Array,
  rows: Uint32Array,
  out: Float64Array,
  column: number,
  stride: number,
): void {
  for (let i = 0; i < rows.length; i++) {
    const r = rows[i]!;
    const at = base + step * cell[r]! + 2 * bin[r]!;
    const y = label[r]!;
    out[i * stride + column]! += weight[r]! * (y * influence[at + 1]! + (1 - y) * influence[at]!);
  }
}

/** @param sums those of the influences of all parts */
export function orderParts({ value, bound }: OrderTables, states: number, sums: SumArrays): RowParts {
  const byState = (all: Float64Array) =>
    Array.from({ length: states }, (_, state) => all.filter((__, at) => at % states === state));
  return { sums, values: byState(value), bounds: byState(bound) };
}

/** Two rows a bin, one of either class, with all of its mass. */
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
