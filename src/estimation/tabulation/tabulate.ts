/**
 * From score columns to estimates. One pass over the rows fills the partial sums of every summed metric in every cell; metrics that
 * need an order of the rows (AUC, bins, positions) give values and influences, which go through the same sums and the same
 * estimator.
 */

import { type Cells, countClusters, locateCell } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { SumMetric } from '../metrics/metric.js';
import { combine, type Gradient } from '../state/partial-sums.js';
import { BUCKETS } from '../state/slots.js';
import type { Estimate, FloorCounts } from '../statistics/noninferiority.js';
import type { Located, Mass, MetricTable, RankingEvidence, TabulateInputs, WeightedState } from './metric-table.js';
import { groupTable, positionTable } from './query-tables.js';
import { RowContext } from './row-context.js';
import { rowTable } from './row-table.js';
import { sumTables } from './sum-tables.js';

export type { Mass, State, TabulateInputs } from './metric-table.js';

/** Counts of a cell, for the report. */
export interface CellCounts {
  readonly rows: number;
  /** Rows with a label above 0. */
  readonly positives: number;
  /** Σwy and Σw(1 - y). */
  readonly mass: { readonly positive: number; readonly negative: number };
}

/** Part of a contrast. */
export interface Term {
  readonly state: number;
  readonly weight: number;
  readonly as: 'value' | 'absolute' | 'relative';
}

/** The gradient of what cannot vary. */
const NONE: Gradient = { columns: [], weights: [] };

export class Tabulation {
  private readonly tables = new Map<string, MetricTable>();
  private readonly counts: (CellCounts & { readonly evidence: FloorCounts })[];
  /** By cell and two states, whether any of the cell's scores differ between them. */
  private readonly differing = new Map<string, boolean>();

  constructor(private readonly inputs: TabulateInputs) {
    this.counts = countCells(inputs.evalSet, inputs.cells);
    const context = new RowContext(inputs);
    const sumMetrics = inputs.metrics.filter((ref) => ref.metric.kind === 'sums');
    const sums = sumTables(
      context,
      sumMetrics.map((ref) => ref.metric as SumMetric),
    );
    for (const ref of sumMetrics) this.tables.set(ref.id, sums.get(ref.metric.id)!);
    for (const ref of inputs.metrics) {
      const { metric } = ref;
      if (metric.kind === 'rows') this.tables.set(ref.id, rowTable(context, metric));
      if (metric.kind === 'positions') this.tables.set(ref.id, positionTable(context, metric, ref.k));
      if (metric.kind === 'groups') this.tables.set(ref.id, groupTable(context, metric));
    }
  }

  countsOf(cell: number): CellCounts {
    return this.counts[cell]!;
  }

  /** What the floors are about: counts of the cell, of a ranking metric those of its informative queries. */
  evidence(metric: string, cell: number): FloorCounts {
    return this.ranking(metric, cell) ?? this.counts[cell]!.evidence;
  }

  /** What a ranking metric rests on; undefined for metrics of rows. */
  ranking(metric: string, cell: number): RankingEvidence | undefined {
    return this.tables.get(metric)!.ranking?.(cell);
  }

  /** The metric's value; NaN where it is undefined. */
  value(metric: string, cell: number, state: number): number {
    return this.tables.get(metric)!.locate(cell, state).value;
  }

  /** Why no rule can rest on the value; undefined if one can. */
  meaningless(metric: string, cell: number, state: number): string | undefined {
    return this.tables.get(metric)!.locate(cell, state).meaningless;
  }

  /** How much the value varies with the assignment of versions to items; undefined where it is an exact expectation. */
  realisation(metric: string, cell: number, state: number): number | undefined {
    return this.tables.get(metric)!.realisation?.(cell, state);
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
    if (state === this.alignedOf(state))
      return this.estimate(this.tables.get(metric)!, cell, {
        value: this.zeroChange(metric, cell, state, relative),
        gradient: NONE,
      });
    const aligned = this.alignedOf(state);
    const change = this.changeOf(metric, cell, this.tables.get(metric)!.locate(cell, state), aligned, relative);
    return this.withSpread(change, cell, [state, aligned]);
  }

  /**
   * The same for a mix of states by mass. Exact for sums; other metrics are averaged, which for AUC and for rankings of a mixed index is an
   * approximation.
   */
  mixedChange(metric: string, cell: number, mix: readonly WeightedState[], relative: boolean): Estimate {
    const aligned = this.alignedOf(mix[0]![0]);
    const change = this.changeOf(metric, cell, this.locateMix(metric, cell, mix), aligned, relative);
    return this.withSpread(change, cell, [...mix.map(([state]) => state), aligned]);
  }

  /** Without an error although scores differ nothing is known of how the estimate varies: one cluster carries it, or all move alike. That is no exact value. */
  private withSpread(estimate: Estimate, cell: number, states: readonly number[]): Estimate {
    if (estimate.standardError !== 0 || !Number.isFinite(estimate.value)) return estimate;
    return states.some((state) => this.differ(cell, state, states[0]!))
      ? { ...estimate, standardError: Number.NaN }
      : estimate;
  }

  /** Whether the scores of two states differ in some row of a cell. */
  differ(cell: number, a: number, b: number): boolean {
    if (a === b) return false;
    const key = `${cell}:${Math.min(a, b)}:${Math.max(a, b)}`;
    let found = this.differing.get(key);
    if (found === undefined) {
      const { sweep, states, cells } = this.inputs;
      const parts = [...states[a]!.parts, ...states[b]!.parts].map(({ column, mass }) => ({
        scores: sweep.columns[column]!.scores,
        mass,
      }));
      const { cut, local } = locateCell(cells, cell);
      found = cells.cuts[cut]!.cell.some((own, r) => own === local && scoresDiffer(parts, r));
      this.differing.set(key, found);
    }
    return found;
  }

  /** Σ weight · term: a term is a state's value, or its change against its own distance 0. All on the same rows, so that what they share cancels. */
  contrast(metric: string, cell: number, terms: readonly Term[]): Estimate {
    const table = this.tables.get(metric)!;
    const parts = terms.map(({ state, weight, as }) => {
      const now = table.locate(cell, state);
      const zero = table.locate(cell, this.alignedOf(state));
      const part: Scaled = as === 'value' ? now : differenceOf(now, zero, as === 'relative');
      return { weight, ...part };
    });
    const estimate = this.estimate(table, cell, {
      value: parts.reduce((sum, { weight, value }) => sum + weight * value, 0),
      gradient: parts.reduce((sum, { weight, gradient }) => combine(1, sum, weight, gradient), NONE),
      scale: parts.reduce((sum, { weight, value, scale }) => sum + Math.abs(weight) * (scale ?? Math.abs(value)), 0),
    });
    return this.withSpread(estimate, cell, [
      ...terms.map(({ state }) => state),
      ...terms.filter(({ as }) => as !== 'value').map(({ state }) => this.alignedOf(state)),
    ]);
  }

  /** The value of a mix of states, with its standard error. */
  mixedLevel(metric: string, cell: number, mix: readonly WeightedState[]): Estimate {
    return this.estimate(this.tables.get(metric)!, cell, this.locateMix(metric, cell, mix));
  }

  private locateMix(metric: string, cell: number, mix: readonly WeightedState[]): Located {
    const table = this.tables.get(metric)!;
    if (table.locateMix) return table.locateMix(cell, mix);
    const parts = mix.map(([state, mass]) => ({ mass, ...table.locate(cell, state) }));
    return {
      value: parts.reduce((sum, { mass, value }) => sum + mass * value, 0),
      gradient: parts.reduce((sum, { mass, gradient }) => combine(1, sum, mass, gradient), NONE),
    };
  }

  private alignedOf(state: number): number {
    return this.inputs.states[state]!.aligned ?? this.inputs.aligned;
  }

  private zeroChange(metric: string, cell: number, state: number, relative: boolean): number {
    const { value } = this.tables.get(metric)!.locate(cell, state);
    return relative ? value / value - 1 : value - value;
  }

  private changeOf(metric: string, cell: number, now: Located, aligned: number, relative: boolean): Estimate {
    const table = this.tables.get(metric)!;
    const zero = table.locate(cell, aligned);
    return this.estimate(table, cell, differenceOf(now, zero, relative));
  }

  private estimate(table: MetricTable, cell: number, { value, gradient, scale = Math.abs(value) }: Scaled): Estimate {
    const { query, item } = table.effective(cell);
    const { variance, skewness } = Number.isFinite(value)
      ? table.sums.variance(cell, gradient)
      : { variance: Number.NaN, skewness: 0 };
    const effective = Math.min(query, item, BUCKETS);
    const standardError = Math.sqrt(variance);
    return {
      value,
      // What rounding leaves of no error at all.
      standardError: standardError <= ROUNDING * scale ? 0 : standardError,
      skewness,
      // With a single effective cluster there is no spread to learn from: one degree of freedom at least keeps the bound finite.
      df: Math.max(1, effective - 1),
    };
  }
}

/** Whether a row has several scores among versions that carry mass there. */
function scoresDiffer(
  parts: readonly { readonly scores: Float64Array; readonly mass: Mass | undefined }[],
  r: number,
): boolean {
  let first: number | undefined;
  for (const { scores, mass } of parts) {
    if (mass && !(mass.mass[mass.histogram[r]!]! > 0)) continue;
    first ??= scores[r]!;
    if (scores[r] !== first) return true;
  }
  return false;
}

/** A standard error below as much of the values that it is of is rounding. */
const ROUNDING = 1e-13;

/** With the size of the values that it is computed from, where that is not its own. */
type Scaled = Located & { readonly scale?: number };

/** now - zero, or now / zero - 1. */
function differenceOf(now: Located, zero: Located, relative: boolean): Scaled {
  const size = Math.abs(now.value) + Math.abs(zero.value);
  return {
    value: relative ? now.value / zero.value - 1 : now.value - zero.value,
    scale: relative ? size / Math.abs(zero.value) : size,
    gradient: relative
      ? combine(1 / zero.value, now.gradient, -now.value / (zero.value * zero.value), zero.gradient)
      : combine(1, now.gradient, -1, zero.gradient),
  };
}

function countCells(evalSet: EvalSet, cells: Cells): (CellCounts & { evidence: FloorCounts })[] {
  const { rows: n, label, weight, cluster, item } = evalSet;
  return cells.cuts.flatMap((cut) => {
    const rows = new Int32Array(cut.slices.length);
    const positives = new Int32Array(cut.slices.length);
    const weighted = new Int32Array(cut.slices.length);
    const mass = cut.slices.map(() => ({ positive: 0, negative: 0 }));
    for (let r = 0; r < n; r++) {
      const cell = cut.cell[r]!;
      rows[cell]!++;
      mass[cell]!.positive += weight[r]! * label[r]!;
      mass[cell]!.negative += weight[r]! * (1 - label[r]!);
      if (label[r]! > 0) positives[cell]!++;
      // A row of weight 0 is in the counts, but it is no evidence.
      if (label[r]! > 0 && weight[r]! > 0) weighted[cell]!++;
    }
    const queryClusters = countClusters(cut, cluster, weight, weight).effective;
    const itemClusters = countClusters(cut, item, weight, weight).effective;
    return cut.slices.map((_, c) => ({
      rows: rows[c]!,
      positives: positives[c]!,
      mass: mass[c]!,
      evidence: { positives: weighted[c]!, queryClusters: queryClusters[c]!, itemClusters: itemClusters[c]! },
    }));
  });
}
