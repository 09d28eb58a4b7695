/**
 * Sums of denominators over the rows of a cluster, in every cell: what effective numbers of clusters are counted from.
 */

import type { Denominator } from './keys.js';

/** Clusters as estimates see them. */
export interface Clusters {
  /**
   * (Σ_g D_g)² / Σ_g D_g² of a cell, D_g the denominator's sum in cluster g (MacKinnon & Webb 2017); 0 where every D_g
   * is 0.
   */
  effective(cell: number, denominator: Denominator): number;
}

export class ClusterSums implements Clusters {
  /**
   * @param first  shape (cells + 1): the clusters of cell c stand at first[c] … first[c + 1] - 1
   * @param values shape (places) each
   */
  constructor(
    private readonly first: Uint32Array,
    private readonly values: ReadonlyMap<Denominator, Float64Array>,
  ) {}

  effective(cell: number, denominator: Denominator): number {
    const sums = this.values.get(denominator);
    if (!sums) throw new Error(`no clusters are counted by ${denominator}`);
    let total = 0;
    let squares = 0;
    for (let at = this.first[cell]!; at < this.first[cell + 1]!; at++) {
      total += sums[at]!;
      squares += sums[at]! * sums[at]!;
    }
    return squares > 0 ? (total * total) / squares : 0;
  }
}
