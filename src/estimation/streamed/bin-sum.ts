/** Metrics of bins of the predictions, of rows that come in parts: sums a bin add up, whatever the parts. */
import type { Cut } from '../../data/evalset/cells.js';
import { present } from '../../lib/lookup.js';
import { BINS, binsOf, predictionsOf } from '../metrics/bins.js';
import type { BinnedStatistic, RowMetric, ScorePart } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { Target } from '../tabulation/accumulate.js';
import type { State } from '../tabulation/metric-table.js';
import type { RowContext } from '../tabulation/row-context.js';
import { combinationOf, combineSums } from './combined-states.js';

/** Σw, Σwp and Σwy. */
const FIGURES = 3;

/** The bin that a row counts in: that of its prediction at each version, or of its aligned one at all of them. */
type By = 'own' | 'aligned';

/** @returns by summand of the states, shape (cells · BINS · FIGURES) */
export function binMasses(context: RowContext, by: By): Float64Array[] {
  const { evalSet, cells, states } = context.inputs;
  const { label } = evalSet;
  return combinationOf(states).summands.map((summand) => {
    const { weight, prediction, bin } = binned(context, context.partOf(summand), by);
    const masses = new Float64Array(cells.count * BINS * FIGURES);
    for (const { first, cell } of cells.cuts)
      for (let r = 0; r < label.length; r++) {
        const at = FIGURES * ((first + cell[r]!) * BINS + bin[r]!);
        const w = weight[r]!;
        masses[at]! += w;
        masses[at + 1]! += w * prediction[r]!;
        masses[at + 2]! += w * label[r]!;
      }
    return masses;
  });
}

/** The rows of a version with their bins. Shape (rows) each. */
function binned(context: RowContext, part: ScorePart, by: By) {
  const { rows } = context.inputs.evalSet;
  const { edges, alignedBin } = context.bins();
  return {
    weight: part.weight,
    prediction: predictionsOf(part, rows),
    bin: by === 'aligned' ? alignedBin : binsOf(part, edges, rows),
  };
}

/** Masses of all parts. */
export class BinSum {
  private readonly masses: Float64Array[] = [];

  add(masses: readonly Float64Array[]): void {
    for (const [summand, own] of masses.entries()) {
      const all = this.masses[summand];
      if (!all) this.masses[summand] = own.slice();
      else for (let at = 0; at < own.length; at++) all[at]! += own[at]!;
    }
  }

  /** By state, shape (cells · BINS · FIGURES); none where no part was added. */
  ofStates(states: readonly State[]): Float64Array[] {
    return this.masses.length > 0 ? combineSums(combinationOf(states), this.masses) : [];
  }
}

/** A metric of bins in every state: by state and cell. @param masses as of `BinSum.ofStates` */
export function binStatistics(metric: RowMetric, masses: readonly Float64Array[]): BinnedStatistic[][] {
  const { evaluate } = present(metric.ofBins, 'sums by bin');
  return masses.map((own) => {
    const figures = (cell: number, figure: number) =>
      Float64Array.from({ length: BINS }, (_, b) => own[FIGURES * (cell * BINS + b) + figure]!);
    return Array.from({ length: own.length / (BINS * FIGURES) }, (_, cell) =>
      evaluate(figures(cell, 0), figures(cell, 1), figures(cell, 2)),
    );
  });
}

/** Writes the influences of a part's rows in a cut. @param statistics by state and cell */
export function binFill(
  context: RowContext,
  metric: RowMetric,
  statistics: readonly (readonly BinnedStatistic[])[],
): (cut: Cut) => Target['fill'] {
  const { label } = context.inputs.evalSet;
  const { by } = present(metric.ofBins, 'sums by bin');
  const parts = context.inputs.states.map((state) =>
    state.parts.map((own) => binned(context, context.partOf(own), by)),
  );
  return ({ first, cell }) =>
    (rows, out, stride) => {
      for (const [s, ofState] of parts.entries()) {
        for (let i = 0; i < rows.length; i++) out[i * stride + s] = 0;
        for (const { bin, weight, prediction } of ofState)
          for (let i = 0; i < rows.length; i++) {
            const r = rows[i]!;
            const { influence } = statistics[s]![first + cell[r]!]!;
            out[i * stride + s]! += influence(bin[r]!, weight[r]!, prediction[r]!, label[r]!);
          }
      }
    };
}

/** @param sums those of the influences of all parts */
export function binParts(statistics: readonly (readonly BinnedStatistic[])[], sums: SumArrays): RowParts {
  return { sums, values: statistics.map((ofState) => Float64Array.from(ofState, ({ value }) => value)) };
}
