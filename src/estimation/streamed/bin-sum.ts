/** Metrics of bins of the predictions, of rows that come in parts: sums a bin add up, whatever the parts. */
import { present } from '../../lib/lookup.js';
import { BINS, binsOf, predictionsOf } from '../metrics/bins.js';
import type { BinnedStatistic, RowMetric } from '../metrics/metric.js';
import type { RowParts } from '../state/metric-parts.js';
import type { PartialSums } from '../state/partial-sums.js';
import { accumulate, type Target } from '../tabulation/accumulate.js';
import type { RowContext } from '../tabulation/row-context.js';

/** Σw, Σwp and Σwy of every bin by cell and state, and the metric that is made of them. */
export class BinSum {
  /** Shape (cells, states, bins) each. */
  private readonly weight: Float64Array;
  private readonly predicted: Float64Array;
  private readonly actual: Float64Array;
  private statistics: BinnedStatistic[] | undefined;

  constructor(
    private readonly metric: RowMetric,
    private readonly cells: number,
    private readonly states: number,
  ) {
    const zeros = () => new Float64Array(cells * states * BINS);
    this.weight = zeros();
    this.predicted = zeros();
    this.actual = zeros();
  }

  /** The first of two passes. */
  weigh(context: RowContext): void {
    const { evalSet, cells, states } = context.inputs;
    for (let state = 0; state < states.length; state++)
      for (const { bin, weight, prediction } of this.partsOf(context, state))
        for (const { first, cell } of cells.cuts)
          for (let r = 0; r < evalSet.rows; r++) {
            const at = ((first + cell[r]!) * this.states + state) * BINS + bin[r]!;
            const w = weight[r]!;
            this.weight[at]! += w;
            this.predicted[at]! += w * prediction[r]!;
            this.actual[at]! += w * evalSet.label[r]!;
          }
  }

  /** The second one. */
  add(context: RowContext, sums: PartialSums): void {
    const { evalSet, cells, states } = context.inputs;
    const statistics = this.found();
    const parts = states.map((_, state) => this.partsOf(context, state));
    for (const cut of cells.cuts) {
      const fill: Target['fill'] = (rows, out, stride) => {
        for (const [s, ofState] of parts.entries()) {
          for (let i = 0; i < rows.length; i++) out[i * stride + s] = 0;
          for (const { bin, weight, prediction } of ofState)
            for (let i = 0; i < rows.length; i++) {
              const r = rows[i]!;
              const { influence } = statistics[(cut.first + cut.cell[r]!) * parts.length + s]!;
              out[i * stride + s]! += influence(bin[r]!, weight[r]!, prediction[r]!, evalSet.label[r]!);
            }
        }
      };
      accumulate(context, [cut], [{ sums, fill }]);
    }
  }

  /** @param sums those of the influences of all parts */
  parts(sums: PartialSums): RowParts {
    const statistics = this.found();
    const values = Array.from({ length: this.states }, (_, state) =>
      Float64Array.from({ length: this.cells }, (__, cell) => statistics[cell * this.states + state]!.value),
    );
    return { sums: sums.arrays(), values };
  }

  /** By cell and state. */
  private found(): BinnedStatistic[] {
    this.statistics ??= Array.from({ length: this.cells * this.states }, (_, n) => {
      const of = (values: Float64Array) => values.subarray(n * BINS, (n + 1) * BINS);
      return present(this.metric.ofBins, 'sums by bin').evaluate(of(this.weight), of(this.predicted), of(this.actual));
    });
    return this.statistics;
  }

  private partsOf(context: RowContext, state: number) {
    const { rows } = context.inputs.evalSet;
    const { edges, alignedBin } = context.bins();
    return context.partsOf(state).map((part) => ({
      weight: part.weight,
      prediction: predictionsOf(part, rows),
      bin: present(this.metric.ofBins, 'sums by bin').by === 'aligned' ? alignedBin : binsOf(part, edges, rows),
    }));
  }
}
