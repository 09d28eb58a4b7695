/** Ratio of sums over clusters. */
import type { Estimate } from './noninferiority.js';

/** The terms that one cluster adds to both sums. */
export interface ClusterSum {
  readonly n: number;
  readonly hit: number;
}

/**
 * Σ hit / Σ n over independent clusters, by the delta method (Deng et al. 2018, KDD, 3.1):
 *
 *     V = G/(G-1) · Σ_g (hit_g - R n_g)² / (Σ n)².
 */
export function clusteredRatio(clusters: readonly ClusterSum[]): Estimate {
  let [n, hit] = [0, 0];
  for (const cluster of clusters) {
    n += cluster.n;
    hit += cluster.hit;
  }
  const value = hit / n;
  let squares = 0;
  for (const cluster of clusters) squares += (cluster.hit - value * cluster.n) ** 2;
  const g = clusters.length;
  return {
    value,
    standardError: Math.sqrt((squares * g) / Math.max(1, g - 1)) / n,
    df: Math.max(1, g - 1),
  };
}
