/** The part of a gain that a few rows carry. */

import type { ClusterSum } from '../statistics/clustered-ratio.js';

/** Quantiles at which gains are cut off. */
const TAIL = 0.01;

/** Shape (rows): gain less the same gain cut off at its weighted 1 % and 99 % quantiles (winsorised). */
export function winsorisedExcess(gain: Float64Array, weight: Float64Array): Float64Array {
  const order = Uint32Array.from(gain, (_, r) => r).sort((a, b) => gain[a]! - gain[b]! || a - b);
  const total = weight.reduce((sum, w) => sum + w, 0);
  const quantile = (share: number): number => {
    let passed = 0;
    for (const r of order) {
      passed += weight[r]!;
      if (passed >= share * total) return gain[r]!;
    }
    return gain[order[order.length - 1]!]!;
  };
  const [low, high] = [quantile(TAIL), quantile(1 - TAIL)];
  return gain.map((x) => x - Math.min(Math.max(x, low), high));
}

/**
 * Share of clusters whose rows gain on the whole; and what each cluster adds to the gain of all, and of the 1 % with
 * the largest |gain|.
 */
export function concentration(
  gain: Float64Array,
  weight: Float64Array,
  codes: Int32Array,
  clusters: number,
): { readonly improving: number; readonly topSums: readonly ClusterSum[]; readonly clusters: number } {
  const sums = new Float64Array(clusters);
  for (let r = 0; r < gain.length; r++) sums[codes[r]!]! += weight[r]! * gain[r]!;
  const order = Uint32Array.from(sums, (_, c) => c).sort((a, b) => Math.abs(sums[b]!) - Math.abs(sums[a]!) || a - b);
  const top = new Set(order.subarray(0, Math.max(1, Math.ceil(TAIL * clusters))));
  return {
    improving: sums.filter((sum) => sum > 0).length / clusters,
    topSums: Array.from(sums, (sum, c) => ({ n: sum, hit: top.has(c) ? sum : 0 })),
    clusters,
  };
}
