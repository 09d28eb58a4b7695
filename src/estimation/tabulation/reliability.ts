/** Reliability diagrams: what was predicted beside what happened, by bins of the aligned predictions. */

import { BINS, binsOf, predictionsOf } from '../metrics/bins.js';
import { CALIBRATION } from '../metrics/calibration.js';
import { ECE } from '../metrics/ece.js';
import type { MetricRef } from '../metrics/registry.js';
import type { RowContext } from './row-context.js';

/** One bin of a reliability diagram (Murphy & Winkler 1977); bins that hold no weight are left out. */
export interface ReliabilityBin {
  /** Share of the cell's weight. */
  readonly share: number;
  /** Weighted means over the bin's rows. */
  readonly predicted: number;
  readonly actual: number;
}

/** By metric that is about calibration: each has a diagram at every point of its curve. */
const CALIBRATED: readonly string[] = [CALIBRATION, ECE];

/** Σw, Σwp and Σwy of every bin of every cell at every state. */
export class Reliability {
  /** @param sums by state, as `binSums` gives them */
  constructor(private readonly sums: readonly Float64Array[]) {}

  /** The bins of a cell, from low predictions to high ones; undefined for a metric that is not about calibration. */
  bins(metric: string, cell: number, state: number): ReliabilityBin[] | undefined {
    const sums = this.sums[state];
    if (!sums || !CALIBRATED.includes(metric)) return undefined;
    const at = (b: number) => FIGURES * (cell * BINS + b);
    const all = Array.from({ length: BINS }, (_, b) => sums.subarray(at(b), at(b + 1)));
    const total = all.reduce((sum, [weight = 0]) => sum + weight, 0);
    return all.flatMap(([weight = 0, predicted = 0, actual = 0]) =>
      weight > 0 ? [{ share: weight / total, predicted: predicted / weight, actual: actual / weight }] : [],
    );
  }
}

/** Says whether any of the metrics has a diagram. */
export function hasDiagrams(metrics: readonly MetricRef[]): boolean {
  return metrics.some(({ id }) => CALIBRATED.includes(id));
}

/** Sums that diagrams are made of, by state: one pass over the rows each. */
export function binSums(context: RowContext): Float64Array[] {
  const { states } = context.inputs;
  return states.map((_, state) => context.share.part(state, states.length, () => sumsOf(context, state)));
}

/** Σw, Σwp, Σwy. */
const FIGURES = 3;

/** Shape (cells · BINS · FIGURES). */
function sumsOf(context: RowContext, state: number): Float64Array {
  const { evalSet, cells } = context.inputs;
  const { label, rows } = evalSet;
  const { edges } = context.bins();
  const sums = new Float64Array(cells.count * BINS * FIGURES);
  for (const part of context.partsOf(state)) {
    const { weight } = part;
    const predictions = predictionsOf(part, rows);
    const bins = binsOf(part, edges, rows);
    for (const { first, cell } of cells.cuts)
      for (let r = 0; r < rows; r++) {
        const w = weight[r]!;
        const at = FIGURES * ((first + cell[r]!) * BINS + bins[r]!);
        sums[at]! += w;
        sums[at + 1]! += w * predictions[r]!;
        sums[at + 2]! += w * label[r]!;
      }
  }
  return sums;
}
