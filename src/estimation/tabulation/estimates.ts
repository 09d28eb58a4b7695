/**
 * Estimates of metrics in every cell and state: values, paired changes, contrasts, each with its error, from partial
 * sums alone.
 */
import { lookUp } from '../../lib/lookup.js';
import { combine, type Gradient } from '../state/partial-sums.js';
import { BUCKETS } from '../state/slots.js';
import type { SummedState } from '../state/summed-state.js';
import type { Estimate, FloorCounts } from '../statistics/noninferiority.js';
import type { Located, MetricTable, RankingEvidence, WeightedState } from './metric-table.js';
import type { Reliability } from './reliability.js';
import { effectiveBy } from './sum-tables.js';

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

export class Estimates {
  private readonly byWeight: MetricTable['effective'];

  /**
   * @param state       counts, clusters and differences of all cells
   * @param tables      by metric id
   * @param aligned     by state: the one at distance 0 that its change is against
   * @param reliability diagrams; left out where no metric is about calibration, or a state holds none
   */
  constructor(
    readonly state: SummedState,
    private readonly tables: ReadonlyMap<string, MetricTable>,
    private readonly aligned: readonly number[],
    readonly reliability?: Reliability,
  ) {
    this.byWeight = effectiveBy(state, 'w');
  }

  countsOf(cell: number): CellCounts {
    const { rows, positives, positiveMass, negativeMass } = this.state.tallies;
    return {
      rows: rows[cell]!,
      positives: positives[cell]!,
      mass: { positive: positiveMass[cell]!, negative: negativeMass[cell]! },
    };
  }

  /** The counts that floors are about: those of the cell, of a ranking metric those of its informative queries. */
  evidence(metric: string, cell: number): FloorCounts {
    const ranking = this.ranking(metric, cell);
    if (ranking) return ranking;
    const { query, item } = this.byWeight(cell);
    const positives = this.state.tallies.weightedPositives[cell]!;
    return { positives, queryClusters: query, itemClusters: item };
  }

  /** Tells whether a metric is among those that there are estimates of. */
  has(metric: string): boolean {
    return this.tables.has(metric);
  }

  private tableOf(metric: string): MetricTable {
    return lookUp(this.tables, metric, 'table');
  }

  /** The counts that a ranking metric rests on; undefined for metrics of rows. */
  ranking(metric: string, cell: number): RankingEvidence | undefined {
    return this.tableOf(metric).ranking?.(cell);
  }

  /** The metric's value; NaN where it is undefined. */
  value(metric: string, cell: number, state: number): number {
    return this.tableOf(metric).locate(cell, state).value;
  }

  /** Says whether some value is known within a bound alone, as scores were counted in bins. */
  isBounded(metric: string): boolean {
    const table = this.tableOf(metric);
    const { census, columns } = this.state;
    for (let cell = 0; cell < census.cells.length; cell++)
      for (let state = 0; state < columns.length; state++) if ((table.locate(cell, state).bound ?? 0) > 0) return true;
    return false;
  }

  /** The reason why no rule can rest on the value; undefined if one can. */
  meaningless(metric: string, cell: number, state: number): string | undefined {
    return this.tableOf(metric).locate(cell, state).meaningless;
  }

  /** The standard deviation of the value over assignments of versions to items; undefined for an exact expectation. */
  realisation(metric: string, cell: number, state: number): number | undefined {
    return this.tableOf(metric).realisation?.(cell, state);
  }

  /** The value itself with its standard error. */
  level(metric: string, cell: number, state: number): Estimate {
    const table = this.tableOf(metric);
    return this.estimate(table, cell, table.locate(cell, state));
  }

  /**
   * The paired change against distance 0: value_k - value_0, or value_k / value_0 - 1 where `relative`. Its error is
   * that of the difference on the same rows.
   */
  change(metric: string, cell: number, state: number, relative: boolean): Estimate {
    if (state === this.alignedOf(state))
      return this.estimate(this.tableOf(metric), cell, {
        value: this.zeroChange(metric, cell, state, relative),
        gradient: NONE,
      });
    const aligned = this.alignedOf(state);
    const change = this.changeOf(metric, cell, this.tableOf(metric).locate(cell, state), aligned, relative);
    return this.withSpread(change, cell, [state, aligned]);
  }

  /**
   * The same for a mix of states by mass. Exact for sums; other metrics are averaged, which for AUC and for rankings of
   * a mixed index is an approximation.
   */
  mixedChange(metric: string, cell: number, mix: readonly WeightedState[], relative: boolean): Estimate {
    const aligned = this.alignedOf(mix[0]![0]);
    const change = this.changeOf(metric, cell, this.locateMix(metric, cell, mix), aligned, relative);
    return this.withSpread(change, cell, [...mix.map(([state]) => state), aligned]);
  }

  /**
   * Without an error although scores differ nothing is known of how the estimate varies: one cluster carries it, or all
   * move alike. That is no exact value.
   */
  private withSpread(estimate: Estimate, cell: number, states: readonly number[]): Estimate {
    if (estimate.standardError !== 0 || !Number.isFinite(estimate.value)) return estimate;
    return states.some((state) => this.differ(cell, state, states[0]!))
      ? { ...estimate, standardError: Number.NaN }
      : estimate;
  }

  /** Says whether the scores of two states differ in some row of a cell. */
  differ(cell: number, a: number, b: number): boolean {
    return this.state.differences.differ(cell, a, b);
  }

  /**
   * Σ weight · term: a term is a state's value, or its change against its own distance 0. All on the same rows, so that
   * what they share cancels.
   */
  contrast(metric: string, cell: number, terms: readonly Term[]): Estimate {
    const table = this.tableOf(metric);
    const parts = this.parts(metric, cell, terms);
    const estimate = this.estimate(table, cell, {
      value: parts.reduce((sum, { weight, value }) => sum + weight * value, 0),
      gradient: parts.reduce((sum, { weight, gradient }) => combine(1, sum, weight, gradient), NONE),
      scale: parts.reduce((sum, { weight, value, scale }) => sum + Math.abs(weight) * (scale ?? Math.abs(value)), 0),
      bound: parts.reduce((sum, { weight, bound = 0 }) => sum + Math.abs(weight) * bound, 0),
    });
    return this.withSpread(estimate, cell, [
      ...terms.map(({ state }) => state),
      ...terms.filter(({ as }) => as !== 'value').map(({ state }) => this.alignedOf(state)),
    ]);
  }

  /** The part of each bucket of clusters in a contrast, both ways (PartialSums.influences). Shape (BUCKETS) each. */
  influences(metric: string, cell: number, terms: readonly Term[]): Readonly<Record<'query' | 'item', Float64Array>> {
    const gradient = this.parts(metric, cell, terms).reduce(
      (sum, part) => combine(1, sum, part.weight, part.gradient),
      NONE,
    );
    return this.tableOf(metric).sums.influences(cell, gradient);
  }

  private parts(metric: string, cell: number, terms: readonly Term[]): (Scaled & { readonly weight: number })[] {
    const table = this.tableOf(metric);
    return terms.map(({ state, weight, as }) => {
      const now = table.locate(cell, state);
      const zero = table.locate(cell, this.alignedOf(state));
      const part: Scaled = as === 'value' ? now : differenceOf(now, zero, as === 'relative');
      return { weight, ...part };
    });
  }

  /** The value of a mix of states, with its standard error. */
  mixedLevel(metric: string, cell: number, mix: readonly WeightedState[]): Estimate {
    return this.estimate(this.tableOf(metric), cell, this.locateMix(metric, cell, mix));
  }

  private locateMix(metric: string, cell: number, mix: readonly WeightedState[]): Located {
    const table = this.tableOf(metric);
    if (table.locateMix) return table.locateMix(cell, mix);
    const parts = mix.map(([state, mass]) => ({ mass, ...table.locate(cell, state) }));
    return {
      value: parts.reduce((sum, { mass, value }) => sum + mass * value, 0),
      bound: parts.reduce((sum, { mass, bound = 0 }) => sum + mass * bound, 0),
      gradient: parts.reduce((sum, { mass, gradient }) => combine(1, sum, mass, gradient), NONE),
    };
  }

  private alignedOf(state: number): number {
    return this.aligned[state]!;
  }

  private zeroChange(metric: string, cell: number, state: number, relative: boolean): number {
    const { value } = this.tableOf(metric).locate(cell, state);
    return relative ? value / value - 1 : value - value;
  }

  private changeOf(metric: string, cell: number, now: Located, aligned: number, relative: boolean): Estimate {
    const table = this.tableOf(metric);
    const zero = table.locate(cell, aligned);
    return this.estimate(table, cell, differenceOf(now, zero, relative));
  }

  private estimate(table: MetricTable, cell: number, located: Scaled): Estimate {
    const { value, gradient, scale = Math.abs(value), bound = 0 } = located;
    const { query, item } = table.effective(cell);
    const { variance, skewness } = Number.isFinite(value)
      ? table.sums.variance(cell, gradient)
      : { variance: Number.NaN, skewness: 0 };
    const effective = Math.min(query, item, BUCKETS);
    const standardError = Math.sqrt(variance);
    return {
      value,
      // So little is what rounding leaves of no error at all.
      standardError: standardError <= ROUNDING * scale ? 0 : standardError,
      skewness,
      ...(bound > 0 ? { bound } : {}),
      // With a single effective cluster there is no spread to learn from: one degree of freedom at least keeps the
      // bound finite.
      df: Math.max(1, effective - 1),
    };
  }
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
    bound: relative ? quotientBound(now, zero) : (now.bound ?? 0) + (zero.bound ?? 0),
    gradient: relative
      ? combine(1 / zero.value, now.gradient, -now.value / (zero.value * zero.value), zero.gradient)
      : combine(1, now.gradient, -1, zero.gradient),
  };
}

/** The farthest that a quotient of two values can be from that of the exact ones; infinite where those may be 0. */
function quotientBound(now: Located, zero: Located): number {
  const [a, b] = [now.bound ?? 0, zero.bound ?? 0];
  if (a === 0 && b === 0) return 0;
  const [top, bottom] = [Math.abs(now.value), Math.abs(zero.value)];
  return b < bottom ? (top + a) / (bottom - b) - top / bottom : Number.POSITIVE_INFINITY;
}
