/**
 * The distribution of a cell's weight over the clusters of both ways: the part of the variance that depends on the
 * sizes of clusters alone, and is therefore the same for every statistic of the cell (docs/statistics.md, small-sample
 * bound).
 */
import type { Slots } from './slots.js';

/**
 * One way of clustering (by the query side, or by item), in a cell. h_a: share of the cell's weight in bucket a; h_p:
 * that of a (cluster, item) pair p.
 */
export interface WaySizes {
  /** Σ_a h_a² and Σ_a h_a³. */
  readonly second: number;
  readonly third: number;
  /** Σ_p h_p² / h_a(p). */
  readonly withinShare: number;
}

/** Sizes of one way in every cell, filled row by row and then pair by pair. */
class Way {
  /** Shape (slots): weight of the bucket; after `close` its share h_a. */
  readonly share: Float64Array;
  /** Shape (slots): 1 / h_a, 0 where the bucket has no weight. */
  readonly inverse: Float64Array;
  /** Shape (cells): Σ_p h_p² / h_a(p). */
  readonly within: Float64Array;

  constructor(
    cells: number,
    readonly slots: Slots,
  ) {
    this.share = new Float64Array(slots.count);
    this.inverse = new Float64Array(slots.count);
    this.within = new Float64Array(cells);
  }

  add(slot: number, weight: number): void {
    this.share[slot]! += weight;
  }

  close(cells: number, total: Float64Array): void {
    for (let cell = 0; cell < cells; cell++)
      for (let slot = this.slots.first[cell]!; slot < this.slots.first[cell + 1]!; slot++) {
        if (!(this.share[slot]! > 0)) continue;
        this.share[slot]! /= total[cell]!;
        this.inverse[slot] = 1 / this.share[slot]!;
      }
  }

  /** Takes what another one of the same slots has found. */
  take(share: Float64Array, within: Float64Array): void {
    this.share.set(share);
    this.within.set(within);
    for (const [slot, h] of share.entries()) this.inverse[slot] = h > 0 ? 1 / h : 0;
  }

  addPair(cell: number, slot: number, square: number): void {
    this.within[cell]! += square * this.inverse[slot]!;
  }

  sizes(cell: number): WaySizes {
    let second = 0;
    let third = 0;
    for (let slot = this.slots.first[cell]!; slot < this.slots.first[cell + 1]!; slot++) {
      const h = this.share[slot]!;
      second += h * h;
      third += h * h * h;
    }
    return { second, third, withinShare: this.within[cell]! };
  }
}

/** The findings of a geometry as arrays. A way's `share` has the shape (slots of the way), all others (cells). */
export interface GeometryParts {
  /** Weight of each cell. */
  readonly total: Float64Array;
  /** Σ_p h_p² of each cell. */
  readonly pairs: Float64Array;
  readonly query: { readonly share: Float64Array; readonly within: Float64Array };
  readonly item: { readonly share: Float64Array; readonly within: Float64Array };
}

export class Geometry implements GeometryParts {
  readonly query: Way;
  readonly item: Way;
  readonly total: Float64Array;
  readonly pairs: Float64Array;
  private readonly known = new Map<number, { query: WaySizes; item: WaySizes }>();

  /** @param query, item closed slots of as many cells */
  constructor(
    readonly cells: number,
    query: Slots,
    item: Slots,
  ) {
    this.query = new Way(cells, query);
    this.item = new Way(cells, item);
    this.total = new Float64Array(cells);
    this.pairs = new Float64Array(cells);
  }

  /** The geometry that was found elsewhere. */
  static of(query: Slots, item: Slots, found: GeometryParts): Geometry {
    const geometry = new Geometry(query.cells, query, item);
    geometry.total.set(found.total);
    geometry.pairs.set(found.pairs);
    geometry.query.take(found.query.share, found.query.within);
    geometry.item.take(found.item.share, found.item.within);
    return geometry;
  }

  /** The weight of a row. All rows come before the first pair. */
  addRow(cell: number, querySlot: number, itemSlot: number, weight: number): void {
    this.query.add(querySlot, weight);
    this.item.add(itemSlot, weight);
    this.total[cell]! += weight;
  }

  /** Turns weights into shares. */
  closeRows(): void {
    this.query.close(this.cells, this.total);
    this.item.close(this.cells, this.total);
  }

  /** The weight of a (cluster, item) pair: the rows that share both, summed. */
  addPair(cell: number, querySlot: number, itemSlot: number, weight: number): void {
    if (weight === 0) return;
    const square = (weight / this.total[cell]!) ** 2;
    this.pairs[cell]! += square;
    this.query.addPair(cell, querySlot, square);
    this.item.addPair(cell, itemSlot, square);
  }

  /** Σ_p h_p² of a cell. */
  pairSquares(cell: number): number {
    return this.pairs[cell]!;
  }

  sizes(cell: number): { readonly query: WaySizes; readonly item: WaySizes } {
    let found = this.known.get(cell);
    if (!found) {
      found = { query: this.query.sizes(cell), item: this.item.sizes(cell) };
      this.known.set(cell, found);
    }
    return found;
  }
}

/** The findings of a geometry alone. */
export function geometryParts({ total, pairs, query, item }: Geometry): GeometryParts {
  return {
    total,
    pairs,
    query: { share: query.share, within: query.within },
    item: { share: item.share, within: item.within },
  };
}
