/** Statistics of sums over all rows of a table, clustered by two of its columns: the one estimator (partial-sums.ts) without cells. */
import type { Coded } from '../evalset/evalset.js';
import { combineCodes, groupBy } from '../lib/sort.js';
import type { Estimate } from './noninferiority.js';
import { BUCKETS, buckets, combine, type Gradient, PartialSums, Slots } from './partial-sums.js';

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
    const weight = weights[0]!;
    const [querySlots, itemSlots] = [new Slots(1), new Slots(1)];
    const [queryBucket, itemBucket] = [buckets(query.names), buckets(item.names)];
    for (let r = 0; r < weight.length; r++) {
      querySlots.claim(0, queryBucket[query.codes[r]!]!);
      itemSlots.claim(0, itemBucket[item.codes[r]!]!);
    }
    this.sums = new PartialSums(1, columns.length, querySlots, itemSlots);
    const { codes, count } = combineCodes(query.codes, item.codes, item.names.length);
    const { order, start } = groupBy(codes, count);
    const row = new Float64Array(columns.length);
    const pair = new Float64Array(columns.length);
    for (let p = 0; p + 1 < start.length; p++) {
      pair.fill(0);
      for (let i = start[p]!; i < start[p + 1]!; i++) {
        const r = order[i]!;
        for (let c = 0; c < row.length; c++) {
          row[c] = columns[c]![r]!;
          pair[c]! += row[c]!;
        }
        const [q, k] = [queryBucket[query.codes[r]!]!, itemBucket[item.codes[r]!]!];
        this.sums.addMarginals(querySlots.slot(0, q), itemSlots.slot(0, k), row, 0);
      }
      this.sums.addMoments(0, pair, 0);
    }
    this.totals = Float64Array.from(columns, (_, c) => this.sums.total(0, c));
    this.df = Math.max(
      1,
      Math.min(...weights.flatMap((w) => [effectiveClusters(query, w), effectiveClusters(item, w)]), BUCKETS) - 1,
    );
  }

  /** Σ numerator / Σ denominator, by the delta method. */
  ratio(numerator: number, denominator: number): Statistic {
    const [n, d] = [this.totals[numerator]!, this.totals[denominator]!];
    return { value: n / d, gradient: { columns: [numerator, denominator], weights: [1 / d, -n / (d * d)] } };
  }

  estimate({ value, gradient }: Statistic): Estimate {
    return { value, standardError: Math.sqrt(this.sums.variance(0, gradient)), df: this.df };
  }
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
