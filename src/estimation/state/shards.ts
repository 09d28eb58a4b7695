/** The rule by which rows belong to shards. */
import { BUCKETS, buckets } from './slots.js';

/** No more shards than this: each then has four buckets of query clusters at least. */
export const MAX_SHARDS = 256;

/**
 * The shard of each query cluster, counted from 1: its bucket modulo their number. A cluster is in one shard with all
 * of its rows, so that no (cluster, item) pair, whose sum is squared, straddles
 * two; and a bucket of the query side is too, so that its sums are those of one pass over the same rows to the bit.
 *
 * @param of 1 … MAX_SHARDS
 */
export function shardOfClusters(names: readonly string[], of: number): Uint16Array {
  if (!(of >= 1 && of <= MAX_SHARDS)) throw new RangeError(`${of} shards, of 1 to ${MAX_SHARDS} (${BUCKETS} buckets)`);
  return buckets(names).map((bucket) => (bucket % of) + 1);
}
