/**
 * A geometry from rows that come in parts: the weight of every bucket and the squares of its pairs' weights are summed
 * first and divided at the end, as no share is known before the last part.
 */
import { Geometry } from './geometry.js';
import { BUCKETS, Slots } from './slots.js';

/** Slots in which every bucket of every cell has a place, at cell · BUCKETS + bucket. */
export function denseSlots(cells: number): Slots {
  const first = Uint32Array.from({ length: cells + 1 }, (_, cell) => cell * BUCKETS);
  return Slots.of(
    first,
    Uint16Array.from({ length: cells * BUCKETS }, (_, at) => at % BUCKETS),
  );
}

/** Sums of one way. Shape (cells · BUCKETS) each. */
export interface WayWeights {
  /** 1 where a bucket occurs. */
  readonly seen: Uint8Array;
  readonly weight: Float64Array;
  /** Σ_p W_p² over the pairs of a bucket. */
  readonly squares: Float64Array;
}

/** Everything that a geometry is made of, as arrays, each of which merges by addition (`seen` by or). */
export interface GeometryWeights {
  readonly query: WayWeights;
  readonly item: WayWeights;
  /** Shape (cells) each: Σ W, and Σ_p W_p². */
  readonly total: Float64Array;
  readonly squares: Float64Array;
}

class WaySums implements WayWeights {
  readonly seen: Uint8Array;
  readonly weight: Float64Array;
  readonly squares: Float64Array;

  constructor(private readonly cells: number) {
    this.seen = new Uint8Array(cells * BUCKETS);
    this.weight = new Float64Array(cells * BUCKETS);
    this.squares = new Float64Array(cells * BUCKETS);
  }

  add(at: number, weight: number): void {
    this.seen[at] = 1;
    this.weight[at]! += weight;
  }

  addAll({ seen, weight, squares }: WayWeights): void {
    for (let at = 0; at < seen.length; at++) {
      if (seen[at] === 0) continue;
      this.seen[at] = 1;
      this.weight[at]! += weight[at]!;
      this.squares[at]! += squares[at]!;
    }
  }

  arrays(): WayWeights {
    const { seen, weight, squares } = this;
    return { seen, weight, squares };
  }

  /** Slots of the buckets that occur, their shares h_a, and Σ_p h_p² / h_a(p) by cell. */
  shares(total: Float64Array): { slots: Slots; share: Float64Array; within: Float64Array } {
    const { cells, seen, weight, squares } = this;
    const slots = new Slots(cells);
    for (let at = 0; at < seen.length; at++) if (seen[at] === 1) slots.claim(Math.floor(at / BUCKETS), at % BUCKETS);
    slots.close();
    const share = new Float64Array(slots.count);
    const within = new Float64Array(cells);
    for (let at = 0; at < seen.length; at++) {
      if (!(weight[at]! > 0)) continue;
      const cell = Math.floor(at / BUCKETS);
      const h = weight[at]! / total[cell]!;
      share[slots.slot(cell, at % BUCKETS)] = h;
      within[cell]! += squares[at]! / (total[cell]! * total[cell]!) / h;
    }
    return { slots, share, within };
  }
}

/** Places are those of `denseSlots`. */
export class GeometrySums {
  private readonly query: WaySums;
  private readonly item: WaySums;
  private readonly total: Float64Array;
  private readonly squares: Float64Array;

  constructor(cells: number) {
    this.query = new WaySums(cells);
    this.item = new WaySums(cells);
    this.total = new Float64Array(cells);
    this.squares = new Float64Array(cells);
  }

  addRow(cell: number, query: number, item: number, weight: number): void {
    this.query.add(query, weight);
    this.item.add(item, weight);
    this.total[cell]! += weight;
  }

  /** Another part may follow: nothing is divided yet. */
  closeRows(): void {
    // Shares are of all rows.
  }

  addPair(cell: number, query: number, item: number, weight: number): void {
    const square = weight * weight;
    this.squares[cell]! += square;
    this.query.squares[query]! += square;
    this.item.squares[item]! += square;
  }

  /** Adds the weights of other rows. */
  addAll({ query, item, total, squares }: GeometryWeights): void {
    this.query.addAll(query);
    this.item.addAll(item);
    for (let cell = 0; cell < total.length; cell++) {
      this.total[cell]! += total[cell]!;
      this.squares[cell]! += squares[cell]!;
    }
  }

  arrays(): GeometryWeights {
    return { query: this.query.arrays(), item: this.item.arrays(), total: this.total, squares: this.squares };
  }

  /** The geometry of everything that was added. */
  geometry(): Geometry {
    const { total } = this;
    const [query, item] = [this.query.shares(total), this.item.shares(total)];
    const pairs = this.squares.map((square, cell) => (total[cell]! > 0 ? square / (total[cell]! * total[cell]!) : 0));
    return Geometry.of(query.slots, item.slots, { total, pairs, query, item });
  }
}
