/**
 * Percentiles of raw values and of histograms, with intervals that assume no distribution. Percentiles of several
 * hosts are never averaged, as the mean of medians is the median of nothing: raw values are pooled, histograms are
 * merged.
 *
 * `p` is a fraction: 0.99 for the 99th percentile. Errors are DataErrors without a place: the caller knows the table.
 */
import { DataError } from '../../errors.js';

/** A cumulated count that is short of a share of the total by no more than this has reached it: rounding leaves it. */
const ROUNDING = 1e-12;

/**
 * The p quantile by linear interpolation between order statistics x₁ ≤ … ≤ x_n (type 7 of Hyndman & Fan 1996; the
 * default of numpy and R):
 *
 *     h = (n - 1) p + 1,   x_⌊h⌋ + (h - ⌊h⌋) (x_⌊h⌋₊₁ - x_⌊h⌋).
 *
 * With weights, its generalisation (Akinshin 2023, arXiv 2304.07265): Kish's n* = (Σ w)² / Σ w² takes the place of n,
 * and x_i counts with what its stretch of the cumulated weight, scaled to 1, has in common with [(h - 1)/n*, h/n*].
 * Equal weights leave type 7; a common factor, and values of weight 0, change nothing. Weights say how much a value
 * stands for among others; of values that occurred w times, make a histogram.
 *
 * @param values  shape (n), n ≥ 1, in any order
 * @param weights shape (n), not below 0, one at least above
 */
export function percentile(values: ArrayLike<number>, p: number, weights?: ArrayLike<number>): number {
  requireFraction(p, p >= 0 && p <= 1);
  if (!weights) {
    const sorted = sortedValues(values);
    const h = (sorted.length - 1) * p;
    const low = Math.floor(h);
    const x = sorted[low]!;
    return low === h ? x : x + (h - low) * (sorted[low + 1]! - x);
  }
  const { sorted, weight, total } = sortedByValue(values, weights);
  let squares = 0;
  for (const w of weight) squares += (w / total) ** 2;
  const width = squares;
  const start = p * (1 - width);
  let passed = 0;
  let covered = 0;
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) {
    passed += weight[i]! / total;
    const upTo = i === sorted.length - 1 ? 1 : Math.min(1, Math.max(0, (passed - start) / width));
    sum += (upTo - covered) * sorted[i]!;
    covered = upTo;
  }
  return Math.min(Math.max(sum, sorted[0]!), sorted[sorted.length - 1]!);
}

/**
 * The p quantile by nearest rank: the smallest value at which the cumulated weight reaches p Σ w (type 1 of Hyndman &
 * Fan 1996; `inverted_cdf` of numpy). Always one of the values, of weight above 0; what a histogram knows up to a
 * bucket.
 *
 * @param values  shape (n), n ≥ 1, in any order
 * @param weights shape (n), not below 0, one at least above; 1 each where absent
 */
export function nearestRank(values: ArrayLike<number>, p: number, weights?: ArrayLike<number>): number {
  requireFraction(p, p >= 0 && p <= 1);
  const { sorted, weight, total } = sortedByValue(values, weights ?? new Float64Array(values.length).fill(1));
  return sorted[reaching(weight, p, total).index]!;
}

export interface QuantileInterval {
  /**
   * One-sided bounds at `confidence` on either side, or beyond. Infinite where there are too few values to bound the
   * quantile.
   */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Bounds of a quantile by order statistics (Conover 1999, Practical Nonparametric Statistics, 3.2): the number of
 * values below it is binomial (n, p) whatever the distribution, so
 *
 *     lower = x_l, the largest l with P(B < l) ≤ 1 - confidence,
 *     upper = x_u, the smallest u with P(B ≥ u) ≤ 1 - confidence.
 *
 * Exact for independent values; requests of one burst are not.
 *
 * @param values shape (n), n ≥ 1, in any order, each of the same weight
 */
export function percentileInterval(values: ArrayLike<number>, p: number, confidence: number): QuantileInterval {
  const sorted = sortedValues(values);
  const { lower, upper } = quantileRanks(sorted.length, p, confidence);
  return {
    lower: lower === 0 ? Number.NEGATIVE_INFINITY : sorted[lower - 1]!,
    upper: upper > sorted.length ? Number.POSITIVE_INFINITY : sorted[upper - 1]!,
  };
}

/** Counts of values by bucket: bucket b has those above its lower and up to its upper edge. */
export interface BucketCounts {
  /** Upper edges, ascending; the last may be infinite. Shape (buckets), in the unit of the values. */
  readonly edges: readonly number[];
  /** Whole numbers, of each bucket alone (not cumulated); shape (buckets). */
  readonly counts: readonly number[];
  /** Lower edge of the first bucket; 0 where absent, as of latencies. */
  readonly floor?: number;
}

/**
 * The histogram of all values: counts are added. Refuses edges that differ, as counts cannot be moved between buckets.
 */
export function mergeHistograms(histograms: readonly BucketCounts[]): BucketCounts {
  const [first] = histograms;
  if (!first) throw new DataError([{ found: 'no histogram', expected: 'at least one' }]);
  for (const histogram of histograms) requireHistogram(histogram);
  const counts = first.counts.map(() => 0);
  for (const [h, histogram] of histograms.entries()) {
    if (!sameEdges(first, histogram))
      throw new DataError([
        { found: `other bucket edges in histogram ${h + 1} than in the first`, expected: 'the same edges in all' },
      ]);
    for (const [b, count] of histogram.counts.entries()) counts[b]! += count;
  }
  return { ...first, counts };
}

function sameEdges(a: BucketCounts, b: BucketCounts): boolean {
  if (a.edges.length !== b.edges.length || (a.floor ?? 0) !== (b.floor ?? 0)) return false;
  return a.edges.every((edge, i) => edge === b.edges[i]);
}

/**
 * The p quantile of a histogram, values taken as spread evenly over their bucket: where the cumulated count reaches p
 * n, linear between the bucket's edges. In the same bucket as the nearest rank of the raw values. Infinite in a bucket
 * without an upper edge: it is not known, and not its lower edge.
 */
export function histogramPercentile(histogram: BucketCounts, p: number): number {
  requireFraction(p, p >= 0 && p <= 1);
  const n = requireHistogram(histogram);
  const { index, before } = reaching(histogram.counts, p, n);
  const [lower, upper] = edgesOf(histogram, index);
  if (upper === Number.POSITIVE_INFINITY) return upper;
  const share = Math.min(1, Math.max(0, (p * n - before) / histogram.counts[index]!));
  return share === 1 ? upper : lower + share * (upper - lower);
}

/**
 * percentileInterval of a histogram: the lower edge of the bucket of x_l and the upper edge of that of x_u, so no
 * narrower than of the raw values.
 */
export function histogramInterval(histogram: BucketCounts, p: number, confidence: number): QuantileInterval {
  const n = requireHistogram(histogram);
  const { lower, upper } = quantileRanks(n, p, confidence);
  const edges = (rank: number) => edgesOf(histogram, reaching(histogram.counts, rank / n, n).index);
  return {
    lower: lower === 0 ? Number.NEGATIVE_INFINITY : edges(lower)[0],
    upper: upper > n ? Number.POSITIVE_INFINITY : edges(upper)[1],
  };
}

function edgesOf({ edges, floor = 0 }: BucketCounts, bucket: number): [number, number] {
  return [bucket === 0 ? floor : edges[bucket - 1]!, edges[bucket]!];
}

/**
 * The first entry of weight above 0 at which the cumulated weight reaches p of the total, and what was cumulated
 * before it.
 */
function reaching(weight: ArrayLike<number>, p: number, total: number): { index: number; before: number } {
  let before = 0;
  let last = { index: 0, before: 0 };
  for (let index = 0; index < weight.length; index++) {
    const w = weight[index]!;
    if (w === 0) continue;
    last = { index, before };
    before += w;
    if (before >= (p - ROUNDING) * total) break;
  }
  return last;
}

/**
 * Ranks l and u of the order statistics that bound the p quantile of n values (percentileInterval); 0 and n + 1 where
 * there is none. Binomial terms by their ratios, outwards from the mode, until they are too small to count: O(√n).
 */
function quantileRanks(n: number, p: number, confidence: number): { lower: number; upper: number } {
  requireFraction(p, p > 0 && p < 1);
  if (!(confidence >= 0.5 && confidence < 1)) throw new Error(`a confidence of ${confidence}`);
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  const below: number[] = [];
  for (let k = mode, term = 1; k > 0; k--) {
    term *= k / ((n - k + 1) * odds);
    if (!(term > 1e-30)) break;
    below.push(term);
  }
  const terms = [...below.reverse(), 1];
  const first = mode - below.length;
  for (let k = mode, term = 1; k < n; k++) {
    term *= ((n - k) * odds) / (k + 1);
    if (!(term > 1e-30)) break;
    terms.push(term);
  }
  let total = 0;
  for (const term of terms) total += term;
  const most = (1 - confidence) * total;
  let lower = first;
  for (let sum = terms[0]!; sum <= most; sum += terms[lower - first]!) lower++;
  let upper = first + terms.length;
  for (let sum = terms[terms.length - 1]!; sum <= most; sum += terms[upper - 1 - first]!) upper--;
  return { lower, upper };
}

function sortedValues(values: ArrayLike<number>): Float64Array {
  requireValues(values);
  return Float64Array.from(values).sort();
}

/** Values of weight above 0 in ascending order, and their weights; shapes (values). */
function sortedByValue(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
): { sorted: Float64Array; weight: Float64Array; total: number } {
  requireValues(values);
  if (weights.length !== values.length) throw new Error('columns of different lengths');
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]!;
    if (!(w >= 0 && Number.isFinite(w)))
      throw new DataError([{ found: `weight ${w} of value ${i + 1}`, expected: 'a finite weight, 0 or above' }]);
    total += w;
  }
  if (!(total > 0)) throw new DataError([{ found: `weights that sum to ${total}`, expected: 'a sum above 0' }]);
  const order = Uint32Array.from(values, (_, i) => i)
    .filter((i) => weights[i]! > 0)
    .sort((a, b) => values[a]! - values[b]! || a - b);
  return {
    sorted: Float64Array.from(order, (i) => values[i]!),
    weight: Float64Array.from(order, (i) => weights[i]!),
    total,
  };
}

function requireValues(values: ArrayLike<number>): void {
  if (values.length === 0) throw new DataError([{ found: 'no values', expected: 'at least one' }]);
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]!))
      throw new DataError([{ found: `value ${values[i]} at row ${i + 1}`, expected: 'a finite number' }]);
}

function requireFraction(p: number, within: boolean): void {
  if (!within) throw new DataError([{ found: `percentile ${p}`, expected: 'a fraction between 0 and 1, as 0.99' }]);
}

/** The count of values. */
function requireHistogram({ edges, counts, floor = 0 }: BucketCounts): number {
  if (counts.length !== edges.length)
    throw new DataError([
      { found: `${counts.length} counts for ${edges.length} edges`, expected: 'one count an upper edge' },
    ]);
  let n = 0;
  let before = floor;
  for (const [b, count] of counts.entries()) {
    const edge = edges[b]!;
    if (!(edge > before && before > Number.NEGATIVE_INFINITY))
      throw new DataError([
        { found: `upper edge ${edge} of bucket ${b + 1} after ${before}`, expected: 'upper edges that ascend' },
      ]);
    if (!(Number.isSafeInteger(count) && count >= 0))
      throw new DataError([{ found: `count ${count} in bucket ${b + 1}`, expected: 'a whole number, 0 or above' }]);
    before = edge;
    n += count;
  }
  if (!(n > 0)) throw new DataError([{ found: 'a histogram without values', expected: 'at least one value' }]);
  return n;
}
