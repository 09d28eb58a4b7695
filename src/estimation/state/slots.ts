/** Hash buckets of cluster names, and which of them occur in which cell. */
import { hash32 } from '../../lib/hash.js';

/** Buckets a side: with 1,024 the standard error is within 2 % (1 sd) of the exact two-way clustered one. */
export const BUCKETS = 1024;

/** Hashed once a list of names, however many statistics are made of its rows. */
const hashed = new WeakMap<readonly string[], Uint16Array>();

/** The bucket of each name. */
export function buckets(names: readonly string[]): Uint16Array {
  let found = hashed.get(names);
  if (!found) {
    found = Uint16Array.from(names, (name) => hash32(name) % BUCKETS);
    hashed.set(names, found);
  }
  return found;
}

/** Which (cell, bucket) pairs occur: marginals are kept for those alone, so that small cells stay small. */
export class Slots {
  /** Shape (cells · BUCKETS): the slot of a (cell, bucket), -1 where there is none. */
  private readonly table: Int32Array;
  private readonly lists = new Map<number, Int32Array>();
  private next = 0;

  constructor(cells: number) {
    this.table = new Int32Array(cells * BUCKETS).fill(-1);
  }

  get count(): number {
    return this.next;
  }

  claim(cell: number, bucket: number): number {
    const at = cell * BUCKETS + bucket;
    if (this.table[at] === -1) this.table[at] = this.next++;
    return this.table[at]!;
  }

  slot(cell: number, bucket: number): number {
    return this.table[cell * BUCKETS + bucket]!;
  }

  /** The slots of a cell; asked for only once all are claimed. */
  of(cell: number): Int32Array {
    let slots = this.lists.get(cell);
    if (!slots) {
      slots = this.table.subarray(cell * BUCKETS, (cell + 1) * BUCKETS).filter((slot) => slot >= 0);
      this.lists.set(cell, slots);
    }
    return slots;
  }
}
