/** Quantiles of values that are clustered by query and item. */
import type { Coded } from '../../data/tables/identity.js';
import { percentile, type QuantileInterval } from '../statistics/percentiles.js';
import { studentQuantile } from '../statistics/student-t.js';
import { ClusteredSums } from './clustered.js';

/**
 * Bounds of the p quantile (Woodruff 1952): the quantiles at p ± t·se, se being the clustered error of the share of
 * values that are at most the estimate; never below that of independent rows. Infinite where p ± t·se lies outside of 0
 * … 1.
 *
 * @param values shape (rows)
 */
export function clusteredQuantile(
  values: Float64Array,
  p: number,
  query: Coded,
  item: Coded,
  confidence: number,
): QuantileInterval & { readonly value: number } {
  const value = percentile(values, p);
  const ones = new Float64Array(values.length).fill(1);
  const sums = new ClusteredSums(query, item, [ones, values.map((x) => (x <= value ? 1 : 0))], [ones]);
  const { standardError, df } = sums.estimate(sums.ratio(1, 0));
  const reach = studentQuantile(confidence, df) * Math.max(standardError, Math.sqrt((p * (1 - p)) / values.length));
  return {
    value,
    lower: p - reach < 0 ? Number.NEGATIVE_INFINITY : percentile(values, p - reach),
    upper: p + reach > 1 ? Number.POSITIVE_INFINITY : percentile(values, p + reach),
  };
}
