/**
 * Items as numbers below a fixed one, however many there are: the first ones by name, any further one by hash beside
 * one of them. Items that share a number are counted as one cluster, which only lowers an effective number of clusters.
 */
import { hash32 } from '../../../lib/hash.js';
import type { Coded } from '../../tables/identity.js';

/** Numbers that there are: a power of two, so that the lower bits of a number are one too. */
export const ITEM_NUMBERS = 1 << 16;

export class ItemNumbers {
  private readonly known = new Map<string, number>();

  /** Shape (rows): the number of each row's item, below ITEM_NUMBERS. */
  of({ codes, names }: Coded): Int32Array {
    const numbers = Int32Array.from(names, (name) => this.numberOf(name));
    return codes.map((code) => numbers[code]!);
  }

  private numberOf(name: string): number {
    const found = this.known.get(name);
    if (found !== undefined) return found;
    if (this.known.size === ITEM_NUMBERS) return hash32(name) % ITEM_NUMBERS;
    // A copy of its own: a piece of a longer text would keep all of it.
    this.known.set(Buffer.from(name).toString(), this.known.size);
    return this.known.size - 1;
  }
}
