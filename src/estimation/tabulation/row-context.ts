/** Predictions, the places of the rows and bins are shared by the metrics of one run. */

import { DataError } from '../../errors.js';
import { Share } from '../../lib/progress.js';
import { quoted } from '../../lib/text.js';
import { clippedRows, type Predictor, predictor } from '../../models/scores/link.js';
import { binsOf, predictionsOf, quantileEdges } from '../metrics/bins.js';
import type { ScorePart } from '../metrics/metric.js';
import { metricsOfOrder } from '../metrics/registry.js';
import { Geometry } from '../state/geometry.js';
import { PartialSums } from '../state/partial-sums.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { Clipped } from '../state/summed-state.js';
import { refuseClippedScores } from './clipping.js';
import { pairKey } from './column-keys.js';
import type { Mass, State, TabulateInputs } from './metric-table.js';
import { RowPlacement } from './row-placement.js';

export class RowContext extends RowPlacement {
  /** Shape (rows) a column: what AUC orders rows by. A softmax compares across queries only after normalising. */
  private ordered: readonly Float64Array[];
  private made: readonly Predictor[] | undefined;
  /** Rows whose log loss is cut off, by pair of versions; where one is asked for, and the link may reach 0 or 1. */
  readonly clipped: Clipped[] = [];
  private binned?: { edges: Float64Array; alignedBin: Uint8Array };
  private readonly stateParts = new Map<number, readonly ScorePart[]>();
  private readonly weights = new Map<Mass, Float64Array>();
  private readonly columnParts = new Map<number, readonly ScorePart[]>();

  /** @param share hears of the job that is worked on; left out: nobody does */
  constructor(
    readonly inputs: TabulateInputs,
    readonly share: Share = new Share(() => undefined),
  ) {
    super(inputs.evalSet, inputs.cells, inputs.census);
    this.ordered = inputs.sweep.columns.map(({ scores, link }, c) =>
      link === 'softmax' ? scores.map((_, r) => this.predictors[c]!.prediction(r)) : scores,
    );
    this.requireProbabilities();
  }

  /** By score column. Bins and predictions of all rows are kept for as long as these are. */
  get predictors(): readonly Predictor[] {
    const { evalSet, sweep } = this.inputs;
    this.made ??= sweep.columns.map(({ link, scores }) =>
      predictor(link, scores, evalSet.query.codes, evalSet.query.names.length),
    );
    return this.made;
  }

  /** Partial sums over the places of all rows. @param filled sums that were filled elsewhere; left out: zeros */
  partialSums(columns: number, filled?: SumArrays): PartialSums {
    if (!this.inputs.valuesAlone) return new PartialSums(columns, this.geometry(), 'errors', filled);
    const { query, item } = this.slots();
    return new PartialSums(columns, new Geometry(this.cells.count, query, item), 'values', filled);
  }

  /** The state that a state's change is against. */
  alignedOf(state: number): number {
    return this.inputs.states[state]!.aligned ?? this.inputs.aligned;
  }

  get alignedColumn(): number {
    return this.inputs.states[this.inputs.aligned]!.parts[0]!.column;
  }

  /** Identity links may give anything: metrics of probabilities refuse what is none, and count what is clipped. */
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
        const [query, item] = [evalSet.query, evalSet.item].map(({ codes, names }) => quoted(names[codes[r]!]));
        throw new DataError([
          {
            ...place,
            found: `prediction ${p} of query ${query} and item ${item}, in a policy that asks for ${needing.id}`,
            expected: 'predictions between 0 and 1',
            mend:
              'Write: score: {link: sigmoid}, or ask for metrics of rankings alone ' +
              `(${metricsOfOrder().join(', ')} …)`,
          },
        ]);
      }
      if (!metrics.some(({ metric }) => metric.kind === 'sums' && metric.quantity.clipped)) continue;
      this.clipped.push({ pair: pairKey(this.inputs, c), rows: clippedRows(link, evalSet.label, predict) });
      // Of a shard nobody can say yet whether they are too many.
      if (!this.inputs.census) refuseClippedScores(this.clipped, evalSet.rows, scorePlace);
    }
  }

  /** The parts of a state, with row weights; kept, so that each state is sorted once. */
  partsOf(state: number): readonly ScorePart[] {
    let parts = this.stateParts.get(state);
    if (!parts) {
      const { states } = this.inputs;
      const [first, ...more] = states[state]!.parts;
      const raw = first && this.ordered[first.column] === this.inputs.sweep.columns[first.column]!.scores;
      // A pair of versions that is a state by itself is sorted once for it and for the metrics of queries.
      parts =
        raw && more.length === 0 && !first.mass
          ? this.partsOfColumn(first.column)
          : states[state]!.parts.map((part) => this.partOf(part));
      this.stateParts.set(state, parts);
    }
    return parts;
  }

  /** A version as states order it, with the mass that it carries in each row; left out: it counts whole. */
  partOf({ column, mass }: State['parts'][number]): ScorePart {
    return {
      scores: this.ordered[column]!,
      weight: mass ? this.weightBy(mass) : this.inputs.evalSet.weight,
      prediction: this.predictors[column]!.prediction,
    };
  }

  /** Shape (rows): weights times a mass; kept, as every mix of the same versions has them. */
  private weightBy(mass: Mass): Float64Array {
    let found = this.weights.get(mass);
    if (!found) {
      found = this.inputs.evalSet.weight.map((w, r) => w * mass.mass[mass.histogram[r]!]!);
      this.weights.set(mass, found);
    }
    return found;
  }

  /** A pair of versions by its raw scores, with row weights; kept likewise. */
  partsOfColumn(column: number): readonly ScorePart[] {
    let parts = this.columnParts.get(column);
    if (!parts) {
      const { scores } = this.inputs.sweep.columns[column]!;
      const { prediction } = this.predictors[column]!;
      parts = [{ scores, weight: this.inputs.evalSet.weight, prediction }];
      this.columnParts.set(column, parts);
    }
    return parts;
  }

  /** Lets go of what is kept for the next metric. */
  release(): void {
    this.stateParts.clear();
    this.columnParts.clear();
    this.weights.clear();
    this.made = undefined;
  }

  bins(): { edges: Float64Array; alignedBin: Uint8Array } {
    if (this.binned) return this.binned;
    const aligned = this.partsOfColumn(this.alignedColumn)[0]!;
    const edges = this.inputs.edges ?? quantileEdges(predictionsOf(aligned, this.inputs.evalSet.rows));
    this.binned = { edges, alignedBin: binsOf(aligned, edges, this.inputs.evalSet.rows) };
    return this.binned;
  }
}
