/**
 * Statistics of sums over all rows of a table, clustered by two of its columns: the one estimator (partial-sums.ts)
 * without cells.
 */
import type { Coded } from '../../data/tables/identity.js';
import { combineCodes, groupBy } from '../../lib/sort.js';
import { Geometry } from '../state/geometry.js';
import { combine, type Gradient, PartialSums } from '../state/partial-sums.js';
import { BUCKETS, rowBuckets, Slots } from '../state/slots.js';
import type { Estimate } from '../statistics/noninferiority.js';
import { accumulate, measure, type Target } from './accumulate.js';

/** A statistic with its derivatives by the column sums. */
export interface Statistic {
  readonly value: number;
  readonly gradient: Gradient;
}

export class ClusteredSums {
  private readonly sums: PartialSums;
  private readonly totals: Float64Array;
  private readonly df: number;

  /**
   * @param columns shape (columns)(rows), weights included
   * @param weights shape (rows) each: what the effective number of clusters is counted by, the fewest of them
   */
  constructor(query: Coded, item: Coded, columns: readonly Float64Array[], weights: readonly Float64Array[]) {
    const { place, all, geometry } = layOut(query, item, weights);
    this.sums = new PartialSums(columns.length, geometry);
    const fill: Target['fill'] = (rows, out, stride) => {
      for (const [c, column] of columns.entries())
        for (let i = 0; i < rows.length; i++) out[i * stride + c] = column[rows[i]!]!;
    };
    accumulate(place, all, [{ sums: this.sums, fill }]);
    this.totals = Float64Array.from(columns, (_, c) => this.sums.total(0, c));
    this.df = degreesOfFreedom(weights.flatMap((w) => [effectiveClusters(query, w), effectiveClusters(item, w)]));
  }

  /** Σ numerator / Σ denominator, by the delta method. */
  ratio(numerator: number, denominator: number): Statistic {
    const [n, d] = [this.totals[numerator]!, this.totals[denominator]!];
    return { value: n / d, gradient: { columns: [numerator, denominator], weights: [1 / d, -n / (d * d)] } };
  }

  estimate({ value, gradient }: Statistic): Estimate {
    const { variance, skewness } = this.sums.variance(0, gradient);
    return { value, standardError: Math.sqrt(variance), df: this.df, skewness };
  }
}

/** A statistic whose derivatives by the rows are known. */
export interface RowStatistic {
  readonly value: number;
  /** The row's mass times the derivative by it; these sum to 0. */
  influence(r: number): number;
  readonly df: number;
}

/**
 * Estimates of many statistics in one pass over the rows, each by itself: of two of them no covariance is known.
 *
 * @param weights as of `ClusteredSums`
 */
export function estimatesOf(
  query: Coded,
  item: Coded,
  weights: readonly Float64Array[],
  statistics: readonly RowStatistic[],
): Estimate[] {
  const { place, all, geometry } = layOut(query, item, weights);
  const targets = statistics.map(({ influence }) => ({
    sums: new PartialSums(1, geometry),
    fill: ((rows, out, stride) => {
      for (let i = 0; i < rows.length; i++) out[i * stride] = influence(rows[i]!);
    }) satisfies Target['fill'],
  }));
  accumulate(place, all, targets);
  return statistics.map(({ value, df }, i) => {
    const { variance, skewness } = targets[i]!.sums.variance(0, { columns: [0], weights: [1] });
    return { value, standardError: Math.sqrt(variance), df, skewness };
  });
}

/** The places of rows in one cell, and how much of its weight each bucket has. */
function layOut(query: Coded, item: Coded, weights: readonly Float64Array[]) {
  const rows = weights[0]!.length;
  const [querySlots, itemSlots] = [new Slots(1), new Slots(1)];
  const [queryBucket, itemBucket] = [rowBuckets(query), rowBuckets(item)];
  for (let r = 0; r < rows; r++) {
    querySlots.claim(0, queryBucket[r]!);
    itemSlots.claim(0, itemBucket[r]!);
  }
  querySlots.close();
  itemSlots.close();
  const { codes, count } = combineCodes(query.codes, item.codes, item.names.length);
  const place = {
    pairs: groupBy(codes, count),
    query: { slots: querySlots, bucket: queryBucket },
    item: { slots: itemSlots, bucket: itemBucket },
  };
  const all = [{ columns: [], cell: new Int32Array(rows), slices: [{}], first: 0 }];
  const geometry = new Geometry(1, querySlots, itemSlots);
  measure(geometry, place, all, [meanShare(weights)]);
  return { place, all, geometry };
}

/** The fewest effective clusters of those that errors are clustered by, less one. */
export function degreesOfFreedom(clusters: readonly number[]): number {
  return Math.max(1, Math.min(...clusters, BUCKETS) - 1);
}

/** Shape (rows): the mean over several weights of a row's share of each. */
function meanShare(weights: readonly Float64Array[]): Float64Array {
  const total = weights.map((weight) => weight.reduce((sum, w) => sum + w, 0));
  return weights[0]!.map((_, r) =>
    weights.reduce((sum, weight, i) => sum + (total[i]! > 0 ? weight[r]! / total[i]! : 0) / weights.length, 0),
  );
}

/** a·x + b·y. */
export function linear(a: number, x: Statistic, b: number, y: Statistic): Statistic {
  return { value: a * x.value + b * y.value, gradient: combine(a, x.gradient, b, y.gradient) };
}

/** (ΣD)² / ΣD² over clusters. */
export function effectiveClusters({ codes, names }: Coded, weight: Float64Array): number {
  const sums = new Float64Array(names.length);
  for (let r = 0; r < weight.length; r++) sums[codes[r]!]! += weight[r]!;
  const total = sums.reduce((a, b) => a + b, 0);
  return (total * total) / sums.reduce((a, b) => a + b * b, 0);
}

/** x / y, by the delta method. */
export function quotient(x: Statistic, y: Statistic): Statistic {
  return {
    value: x.value / y.value,
    gradient: combine(1 / y.value, x.gradient, -x.value / (y.value * y.value), y.gradient),
  };
}

/** x · y, by the delta method. */
export function product(x: Statistic, y: Statistic): Statistic {
  return { value: x.value * y.value, gradient: combine(y.value, x.gradient, x.value, y.gradient) };
}
