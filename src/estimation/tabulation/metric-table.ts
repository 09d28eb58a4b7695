/** The states that are judged, and the form in which every kind of metric gives its estimates. */

import type { Cells } from '../../data/evalset/cells.js';
import type { EvalRows } from '../../data/evalset/evalset.js';
import type { Place } from '../../errors.js';
import type { Progress } from '../../lib/progress.js';
import type { Sweep } from '../../models/scores/sweep.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Gradient, PartialSums } from '../state/partial-sums.js';
import type { Census } from '../state/summed-state.js';
import type { FloorCounts } from '../statistics/noninferiority.js';

/** A score column counts in a row with the mass of the row's histogram at that version. */
export interface Mass {
  /** Shape (rows): which histogram. */
  readonly histogram: Int32Array;
  /** Shape (histograms). */
  readonly mass: Float64Array;
  /**
   * Shape (histograms): what each is called where sums are written, such as the slice value that has it. Left out:
   * their numbers.
   */
  readonly names?: readonly string[];
}

/** A state that is judged: one score column, or a mix of several by version distance. */
export interface State {
  readonly parts: readonly { readonly column: number; readonly mass?: Mass }[];
  /**
   * Items of different parts meet in one ranking, drawn one by one or by shard; absent: every query sees one of the
   * parts.
   */
  readonly mixedIndex?: { readonly shards?: number };
  /** The state that its change is against; left out: the run's aligned state. */
  readonly aligned?: number;
}

/** A value with the gradient of its estimate in the sums it comes from. */
export interface Located {
  readonly value: number;
  readonly meaningless?: string;
  /** How far the value may be from the exact one; left out: it is exact. */
  readonly bound?: number;
  readonly gradient: Gradient;
}

/** A state and its mass. */
export type WeightedState = readonly [state: number, mass: number];

/** Score columns, and all that rankings need to know of what was scored. */
export type ScoredRows = Pick<Sweep, 'columns' | 'positiveRows' | 'embedded' | 'catalogue'>;

export interface TabulateInputs {
  readonly evalSet: EvalRows;
  readonly sweep: ScoredRows;
  /** The first score column of the family that serves today; left out: all are of the candidate. */
  readonly firstCompared?: number;
  /** The census of all rows, where these are a shard of them. */
  readonly census?: Census;
  /** Edges of the bins of the predictions, where these rows are some of those that they are quantiles of. */
  readonly edges?: Float64Array;
  /** Hears of every metric that is tabulated; left out: nobody does. */
  readonly progress?: Progress;
  /** The place where the release says how scores are made, for messages. */
  readonly scorePlace?: Place;
  readonly cells: Cells;
  readonly metrics: readonly MetricRef[];
  readonly states: readonly State[];
  /** The state at distance 0, which changes are measured against. */
  readonly aligned: number;
  readonly weightQueries: boolean;
  /** Rankings run over distinct items (a catalogue), not over the query's rows. */
  readonly distinctItems: boolean;
  /** Values are all that is asked for: no error is, so that no products are summed. */
  readonly valuesAlone?: boolean;
}

/** A ranking metric rests on the queries of a cell whose value some other order of their candidates would change. */
export interface RankingEvidence extends FloorCounts {
  /** Informative queries. */
  readonly queries: number;
  /** Queries that have a value, informative or not. */
  readonly counted: number;
}

/** The estimates of one metric in every cell and state. */
export interface MetricTable {
  readonly sums: PartialSums;
  locate(cell: number, state: number): Located;
  /** The value where each state counts with a mass (masses sum to 1). Absent: the average of the states' values. */
  locateMix?(cell: number, mix: readonly WeightedState[]): Located;
  /** Effective clusters of a cell on both sides, by the statistic's denominator; of rankings by what could move. */
  effective(cell: number): { readonly query: number; readonly item: number };
  /** Metrics of whole queries: counts of what could move. */
  ranking?(cell: number): RankingEvidence;
  /**
   * Metrics averaged over assignments of versions to items: the standard deviation of the cell's value from one to
   * another.
   */
  realisation?(cell: number, state: number): number | undefined;
}
