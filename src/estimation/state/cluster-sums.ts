/**
 * Sums of denominators over the rows of a cluster, in every cell: what effective numbers of clusters are counted from.
 */

import { createHash } from 'node:crypto';
import { lookUp } from '../../lib/lookup.js';
import type { Denominator } from './keys.js';

/**
 * The name of the hash that clusters go by where sums are written: the first 64 bits, big-endian, of SHA-256 over the
 * UTF-8 bytes of the name.
 */
export const CLUSTER_HASH = 'sha256-64';

/** The key of a cluster: two of n names share one with a chance of n²/2^65, and would be counted as one cluster. */
export function clusterKey(name: string): bigint {
  return createHash('sha256').update(name).digest().readBigUInt64BE(0);
}

/** Clusters as estimates see them, and the sums that their effective numbers are counted from. */
export interface Clusters {
  /**
   * (Σ_g D_g)² / Σ_g D_g² of a cell, D_g the denominator's sum in cluster g (MacKinnon & Webb 2017); 0 where every D_g
   * is 0.
   */
  effective(cell: number, denominator: Denominator): number;
  sums(): ClusterSums;
}

export class ClusterSums implements Clusters {
  private hashed: BigUint64Array | undefined;

  /**
   * @param first  shape (cells + 1): the clusters of cell c stand at first[c] … first[c + 1] - 1
   * @param hash   gives the keys of the clusters, shape (places); asked for only where sums are written or merged
   * @param values shape (places) each
   */
  constructor(
    readonly first: Uint32Array,
    private readonly hash: () => BigUint64Array,
    readonly values: ReadonlyMap<Denominator, Float64Array>,
  ) {}

  /** Shape (places). */
  get keys(): BigUint64Array {
    this.hashed ??= this.hash();
    return this.hashed;
  }

  sums(): ClusterSums {
    return this;
  }

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

/**
 * Adds sums of several sets of rows by cell and key; the clusters of a cell come in ascending order of their keys. All
 * have the same cells and denominators.
 */
export function addClusters(parts: readonly ClusterSums[]): ClusterSums {
  const cells = parts[0]!.first.length - 1;
  const names = [...parts[0]!.values.keys()];
  const places = parts.reduce((sum, { keys }) => sum + keys.length, 0);
  const first = new Uint32Array(cells + 1);
  const keys = new BigUint64Array(places);
  const values = names.map(() => new Float64Array(places));
  let next = 0;
  for (let cell = 0; cell < cells; cell++) {
    const from = next;
    for (const { key, part, at } of sortedPlaces(parts, cell)) {
      if (next === from || keys[next - 1] !== key) keys[next++] = key;
      for (const [d, name] of names.entries()) values[d]![next - 1]! += lookUp(part.values, name, 'sums')[at]!;
    }
    first[cell + 1] = next;
  }
  const merged = keys.slice(0, next);
  return new ClusterSums(first, () => merged, new Map(names.map((name, d) => [name, values[d]!.slice(0, next)])));
}

/**
 * The clusters of a cell in all parts, by key; one that several parts have stays in their order, so that sums are added
 * in it.
 */
function sortedPlaces(parts: readonly ClusterSums[], cell: number) {
  return parts
    .flatMap((part) =>
      Array.from({ length: part.first[cell + 1]! - part.first[cell]! }, (_, i) => {
        const at = part.first[cell]! + i;
        return { key: part.keys[at]!, part, at };
      }),
    )
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
