/**
 * Items as numbers below a fixed one, however many there are: the first ones by name, any further one by hash beside
 * one of them. Items that share a number are counted as one cluster, which only lowers an effective number of clusters.
 */
import { hash32 } from '../../../lib/hash.js';
import type { Coded } from '../../tables/identity.js';

/** Numbers that there are: a power of two, so that the lower bits of a number are one too. */
export const ITEM_NUMBERS = 1 << 16;

export class ItemNumbers {
  private readonly names = new Map<string, number>();

  /** Items that have a number of their own. */
  get known(): number {
    return this.names.size;
  }

  /**
   * The number of each row's item, below ITEM_NUMBERS, shape (rows); and, each once, the items that share theirs with
   * another.
   */
  of({ codes, names }: Coded): { readonly numbers: Int32Array; readonly beyond: Coded } {
    const beyond: string[] = [];
    const ofNames = Int32Array.from(names, (name) => this.numberOf(name) ?? beyondOf(name, beyond));
    return {
      numbers: codes.map((code) => ofNames[code]!),
      beyond: { codes: Int32Array.from(beyond, (_, code) => code), names: beyond },
    };
  }

  /** Undefined where all numbers are given. */
  private numberOf(name: string): number | undefined {
    const found = this.names.get(name);
    if (found !== undefined || this.names.size === ITEM_NUMBERS) return found;
    // A copy of its own: a piece of a longer text would keep all of it.
    this.names.set(Buffer.from(name).toString(), this.names.size);
    return this.names.size - 1;
  }
}

function beyondOf(name: string, beyond: string[]): number {
  beyond.push(name);
  return hash32(name) % ITEM_NUMBERS;
}
