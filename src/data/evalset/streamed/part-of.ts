/** The rule by which rows belong to parts. */
import { hashesOf } from '../../../lib/hash.js';

/** Parts that there are at most: as many files of rows wait to be written at a time. */
export const MOST_PARTS = 4096;

/**
 * The part of each query cluster, from 0: its hash modulo their number. A cluster is in one part with all of its rows,
 * so that no (cluster, item) pair, whose sum is squared, straddles two.
 *
 * @param parts 1 … MOST_PARTS
 */
export function partOfClusters(names: readonly string[], parts: number): Uint16Array {
  if (!(parts >= 1 && parts <= MOST_PARTS)) throw new RangeError(`${parts} parts, of 1 to ${MOST_PARTS}`);
  return Uint16Array.from(hashesOf(names), (hash) => hash % parts);
}
