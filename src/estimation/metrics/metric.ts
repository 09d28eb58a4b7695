/**
 * The types of a metric. There are four kinds, by what a metric is computed from. Each metric is one file that says
 * everything of itself that the rest of the house asks, and gives its value together with what its standard error
 * needs (the delta method, or the influence of a row).
 */
import type { Quantity } from './quantity.js';
import type { Scale } from './scale.js';

/**
 * Names what the states of two shards of the rows are merged from:
 *   sums         Σ over rows; adds exactly, however the rows are split
 *   bins         sums a bin of the predictions; add exactly once the shards share the edges, which takes one pass more
 *   sorted_runs  scores in order; merge as sorted runs, or as a histogram within a bound
 *   queries      one value a query; adds exactly if no query is split
 */
export type Merge = 'sums' | 'bins' | 'sorted_runs' | 'queries';

interface MetricInfo {
  /** As written in a policy; a `@K` family without its cut-off. */
  readonly id: string;
  readonly title: string;
  /** The direction that is better; `neither` where the target is in between. */
  readonly better: 'lower' | 'higher' | 'neither';
  readonly unit: string;
  /** Says how values compare, how a margin is read, and how a change is shown. */
  readonly scale: Scale;
  /**
   * The value at distance 0 by definition, where the metric itself is against it: values of other pairs of versions
   * then do not compare.
   */
  readonly atZero?: number;
  /** The link under which the metric is the same for every model wherever a cell holds whole queries. */
  readonly fixedUnder?: 'softmax';
  /** The paper or library that the definition comes from. */
  readonly source: string;
  readonly merges: Merge;
  /** Predictions must lie in [0, 1]. */
  readonly probabilities: boolean;
  /**
   * The way in which skill shows, without which there is nothing to lose: `entropy`, a normalised entropy below 1;
   * `order`, an AUC above 0.5; `own`, the metric itself above what a random order of the candidates would give.
   */
  readonly skill: 'entropy' | 'order' | 'own';
  readonly limits: Limits;
  /**
   * The value that predicting the base rate of every row, or ordering at random, gives; left out where that says
   * nothing of the metric.
   */
  chance?(rate: number): number;
}

/**
 * Thresholds that no model could exceed, or that one without skill would keep: a rule with such a one is none.
 * Infinite where there is none.
 */
export interface Limits {
  /** Allowed changes from here on, in the metric's unit, and relative to the value at distance 0. */
  readonly change: number;
  readonly relative: number;
  /** `min` below this, or at it where `attained`, is kept by every model or by one without skill. */
  readonly floor: number;
  readonly attained: boolean;
  /** `max` from here on likewise. */
  readonly ceiling: number;
}

/** Limits of a share between 0 and 1 that a useless model can bring down to 0. */
export const SHARE_LIMITS: Limits = { change: 1, relative: 1, floor: 0, attained: true, ceiling: 1 };
/**
 * Limits of an area under a curve, which is a half by chance; `min: 0.5` itself is a rule, as chance does not hold it
 * by its bound.
 */
export const AUC_LIMITS: Limits = { change: 0.5, relative: 1, floor: 0.5, attained: false, ceiling: 1 };

/** Weighted sums over a cell: Σw, Σwy, Σw·quantity at the version judged and at distance 0. */
export interface Sums {
  readonly w: number;
  readonly wy: number;
  readonly current: number;
  readonly aligned: number;
}

/** A value and its partial derivatives by the sums. */
export interface ValueWithGradient {
  readonly value: number;
  /** The reason why the value, though it can be computed, says nothing that a rule could rest on. */
  readonly meaningless?: string;
  readonly w?: number;
  readonly wy?: number;
  readonly current?: number;
  readonly aligned?: number;
}

/** A smooth function of weighted sums. */
export interface SumMetric extends MetricInfo {
  readonly kind: 'sums';
  readonly merges: 'sums';
  /** The number of each row that is summed. */
  readonly quantity: Quantity;
  /** The sum that a relative change is measured in; the effective number of clusters is counted by it. */
  readonly denominator: 'w' | 'wy' | 'aligned';
  evaluate(sums: Sums): ValueWithGradient;
}

/** One version's share of the rows: a row counts with `weight` (its own weight times the mass of the version). */
export interface ScorePart {
  /** Shape (rows). */
  readonly scores: Float64Array;
  readonly weight: Float64Array;
  prediction(r: number): number;
}

export interface RowInputs {
  /** One part for a pure version; one a version for a production mix. */
  readonly parts: readonly ScorePart[];
  /** Shape (rows), in [0, 1]. */
  readonly label: Float64Array;
  /** Shape (rows), 0 … cells-1: the cell of each row. */
  readonly cell: Int32Array;
  readonly cells: number;
  /** Ascending inner edges of the prediction's bins, from the aligned predictions. */
  readonly edges: Float64Array;
  /** Shape (rows): the bin of the row's aligned prediction. */
  readonly alignedBin: Uint8Array;
}

export interface RowResult {
  /** Shape (cells); NaN where the metric is undefined. */
  readonly value: Float64Array;
  /**
   * Shape (rows): derivative of the cell's value by the row's mass, times that mass. Sums to 0 over a cell, but for
   * smoothing.
   */
  readonly influence: Float64Array;
}

/** A statistic of all rows of a cell together, with the influence of each row. */
export interface RowMetric extends MetricInfo {
  readonly kind: 'rows';
  /** Bins are those of the aligned predictions, and are given to none that does not merge by them. */
  readonly merges: 'bins' | 'sorted_runs';
  /**
   * Says why no scores could give another value, by the mass of either class in a cell; undefined where some could.
   * Left out: some always could.
   */
  immovable?(positive: number, negative: number): string | undefined;
  /** @param into shape (rows): becomes the influences, whatever stands in it; left out: an array is made */
  evaluate(inputs: RowInputs, into?: Float64Array): RowResult;
  /**
   * The farthest that the value which counts the rows of a bin as tied may be from that of any order within the bins.
   * Left out where no bound is known.
   *
   * @param positive Σwy by bin of the scores, ascending; `negative` Σw(1 - y)
   */
  boundOfTies?(positive: Float64Array, negative: Float64Array): number;
  /** The same metric from sums by bin; present where it merges by bins. */
  readonly ofBins?: {
    /** The bin that a row counts in: that of its prediction at each version, or of its aligned one at all of them. */
    readonly by: 'own' | 'aligned';
    /** @param weight Σw of a cell by bin; `predicted` Σwp, `actual` Σwy */
    evaluate(weight: Float64Array, predicted: Float64Array, actual: Float64Array): BinnedStatistic;
  };
}

/** A statistic of the bins of a cell. */
export interface BinnedStatistic {
  readonly value: number;
  /** The influence of a row of weight w in bin b, with prediction p and label y. */
  influence(b: number, w: number, p: number, y: number): number;
}

/** The relevant items of one query, best position first. */
export interface RelevantItems {
  readonly count: number;
  /** Candidates that score higher, ascending; equal numbers are one group of ties. */
  readonly above: ArrayLike<number>;
  /** Candidates with the same score, itself included. */
  readonly tied: ArrayLike<number>;
  /** Gains above 0: labels in (0, 1], or what the metric makes of them. */
  readonly gain: ArrayLike<number>;
}

/** A mean over queries of a function of the positions of a query's relevant items. */
export interface PositionMetric extends MetricInfo {
  readonly kind: 'positions';
  readonly merges: 'queries';
  /** True where the id takes a cut-off, as in `recall@10`. */
  readonly cutoff: boolean;
  /**
   * The gain of a relevant item, above 0; left out: its label.
   *
   * @param label  in (0, 1]
   * @param grades the grade that a label of 1 stands for
   */
  gainOf?(label: number, grades: number): number;
  /** The same metric with another gain, by what a rule calls it. */
  readonly gains?: Readonly<Record<'exponential', PositionMetric>>;
  /** Expected value under random tie-breaking. `k` is Infinity without a cut-off. */
  evaluate(relevant: RelevantItems, k: number): number;
  /**
   * Gives what each relevant item adds to the value, in their order; sums to it. Absent where the value is no sum over
   * them: it then belongs to them by `share`.
   */
  credit?(relevant: RelevantItems, k: number): Float64Array;
  /** The share of the query's weight that each relevant item of the aligned ranking stands for. Sums to 1. */
  share(relevant: RelevantItems): Float64Array;
  /**
   * Says whether any order of the candidates gives another value than any other: a query of which that is not so is no
   * evidence.
   *
   * @param gains      those of the relevant items, above 0
   * @param candidates how many are ranked, relevant ones included
   */
  canMove(gains: readonly number[], candidates: number, k: number): boolean;
  /**
   * Present where the metric is Σ gain·weight(rank) / normaliser over relevant items within the cut-off: its
   * expectation then needs single ranks alone.
   */
  readonly additive?: {
    gain(gain: number): number;
    weight(rank: number): number;
    normaliser(gains: readonly number[], k: number): number;
  };
}

/** A weighted mean over queries of the query's own AUC. */
export interface GroupedMetric extends MetricInfo {
  readonly kind: 'groups';
  readonly merges: 'queries';
  /**
   * Value and weight by cell; shape (rows): what each positive row adds to its cell's value.
   *
   * @param order rows by query and, in each, by ascending score, ties by row; where there is one part, it may be given
   */
  evaluate(
    inputs: RowInputs,
    order?: Uint32Array,
  ): {
    readonly value: Float64Array;
    readonly weight: Float64Array;
    readonly credit: Float64Array;
  };
}

export type Metric = SumMetric | RowMetric | PositionMetric | GroupedMetric;

/** Says whether a metric looks at rankings within a query. */
export function isRanking(metric: Metric): boolean {
  return metric.kind === 'positions' || metric.kind === 'groups';
}
