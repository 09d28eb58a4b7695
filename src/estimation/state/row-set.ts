/**
 * The rows that a state is of, as two numbers that add up: a row that is missing, foreign or there twice changes them.
 */
import { FACTOR, finalise, hashesOf } from '../../lib/hash.js';
import type { RowSet } from './summed-state.js';

/** Names and the name of each row. Shape of `codes`: (rows). */
interface Named {
  readonly codes: Int32Array;
  readonly names: readonly string[];
}

/** The key of a row by the hashes of its query's and its item's ids: fmix32((query · 0x9e3779b1 mod 2^32) xor item). */
export function rowKey(query: number, item: number): number {
  return finalise(Math.imul(query, FACTOR) ^ item);
}

/** The number of rows and the XOR of their keys; both add up over sets of rows. */
export function rowSetOf(query: Named, item: Named): RowSet {
  const [queries, items] = [hashesOf(query.names), hashesOf(item.names)];
  let keys = 0;
  for (let r = 0; r < query.codes.length; r++) keys ^= rowKey(queries[query.codes[r]!]!, items[item.codes[r]!]!);
  return { rows: query.codes.length, keys: keys >>> 0 };
}

export function addRowSets(a: RowSet, b: RowSet): RowSet {
  return { rows: a.rows + b.rows, keys: (a.keys ^ b.keys) >>> 0 };
}

export function sameRowSet(a: RowSet, b: RowSet): boolean {
  return a.rows === b.rows && a.keys === b.keys;
}
