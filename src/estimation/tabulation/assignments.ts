/** Assignments of versions to items, where an expectation over them has no cheap closed form. */

import { hash32 } from '../../lib/hash.js';

/** The number of assignments that are drawn: derived from a hash, they are the same in every run. */
const REPLICATES = 32;
/** Few shards make few draws: more assignments bring the mean to the same precision. */
const SHARD_REPLICATES = 128;

/**
 * Shape (replicates, items): a number in [0, 1) each; the item has the version at which its histogram's cumulated
 * mass passes it.
 */
export function draws(names: readonly string[], shards: number | undefined): Float64Array[] {
  const unit = (replicate: number, name: string) => hash32(`${replicate}\u0000${name}`) / 4294967296;
  if (shards === undefined)
    return Array.from({ length: REPLICATES }, (_, j) => Float64Array.from(names, (name) => unit(j, name)));
  const shardOf = Int32Array.from(names, (name) => hash32(`shard\u0000${name}`) % shards);
  return Array.from({ length: SHARD_REPLICATES }, (_, j) => {
    const ofShard = Float64Array.from({ length: shards }, (_, shard) => unit(j, `shard ${shard}`));
    return Float64Array.from(names, (_, i) => ofShard[shardOf[i]!]!);
  });
}

/** The version that a draw falls on. */
export function versionAt(draw: number, versions: number, mass: (v: number) => number): number {
  let version = 0;
  let passed = mass(0);
  while (draw >= passed && version + 1 < versions) passed += mass(++version);
  return version;
}
