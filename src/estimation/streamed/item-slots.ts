/**
 * Items as numbers below a fixed one, however many there are: the first ones by name, any further one by hash beside
 * one of them. Items that share a number are counted as one cluster, which only lowers an effective number of clusters.
 */
import { hash32 } from '../../lib/hash.js';

/** Numbers of sums that are kept for the items of all cells. */
const ROOM = 1 << 23;
const MOST = 1 << 16;
/** Twice the buckets, beyond which no degree of freedom is counted. */
const LEAST = 1 << 11;

/** How many items have a number of their own, where as many sums are kept of each. */
export function itemCapacity(sums: number): number {
  let capacity = MOST;
  while (capacity > LEAST && capacity * sums > ROOM) capacity /= 2;
  return capacity;
}

export class ItemSlots {
  private readonly known = new Map<string, number>();

  constructor(readonly capacity: number) {}

  /** True where some item shares its number with another. */
  get shared(): boolean {
    return this.more;
  }

  private more = false;

  /** Shape (names). */
  of(names: readonly string[]): Int32Array {
    return Int32Array.from(names, (name) => {
      const found = this.known.get(name);
      if (found !== undefined) return found;
      if (this.known.size === this.capacity) {
        this.more = true;
        return hash32(name) % this.capacity;
      }
      // A copy of its own: a piece of a longer text would keep all of it.
      this.known.set(Buffer.from(name).toString(), this.known.size);
      return this.known.size - 1;
    });
  }
}
