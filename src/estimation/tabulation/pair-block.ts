/** Some pairs of a pass over the rows: where their columns go is found once, whatever sums they are added to. */

import type { Cut } from '../../data/evalset/cells.js';
import type { ColumnSums } from '../../lib/kernels/column-sums.js';
import type { Placement, Target } from './accumulate.js';

/** Rows that are added at a time, unless one pair has more: their columns stay in the cache. */
export const BLOCK = 2048;

/** Places in partial sums, with room for more. Shape (`count`, or more) each. */
class Places {
  count = 0;
  cell = new Int32Array(0);
  querySlot = new Int32Array(0);
  itemSlot = new Int32Array(0);

  /** Makes room for so many, of which nothing is known yet. */
  reset(count: number): void {
    this.count = count;
    if (this.cell.length >= count) return;
    this.cell = new Int32Array(count);
    this.querySlot = new Int32Array(count);
    this.itemSlot = new Int32Array(count);
  }
}

/** Pairs of a cut in their order. Shape (pairs, or more) each. */
interface Members {
  readonly count: number;
  /** A row of the pair, by its number in the block. */
  readonly row: ArrayLike<number>;
  /** The vector that its columns are: that row's number where it is alone; beyond the rows, a sum of several. */
  readonly vector: ArrayLike<number>;
}

/** A block in one cut: its rows, and its pairs one cell after the other. */
class BlockCut {
  readonly rows = new Places();
  readonly pairs = new Places();
  /** Shape (pairs, or more). */
  vector = new Int32Array(0);
  /** Shape (cells + 1). */
  private readonly next: Uint32Array;

  constructor(
    readonly cut: Cut,
    private readonly place: Placement,
  ) {
    this.next = new Uint32Array(cut.slices.length + 1);
  }

  takeRows(rows: Uint32Array): void {
    const { query, item } = this.place;
    const { first, cell: cellOf } = this.cut;
    this.rows.reset(rows.length);
    const { cell, querySlot, itemSlot } = this.rows;
    for (let i = 0; i < rows.length; i++) {
      const r = rows[i]!;
      const c = first + cellOf[r]!;
      cell[i] = c;
      querySlot[i] = query.slots.slot(c, query.bucket[r]!);
      itemSlot[i] = item.slots.slot(c, item.bucket[r]!);
    }
  }

  /** Sorts pairs by cell, those of each in their order. */
  takePairs({ count, row, vector }: Members): void {
    const { next, rows, pairs } = this;
    const { first } = this.cut;
    pairs.reset(count);
    if (this.vector.length < count) this.vector = new Int32Array(count);
    next.fill(0);
    for (let n = 0; n < count; n++) next[rows.cell[row[n]!]! - first + 1]!++;
    for (let c = 1; c < next.length; c++) next[c]! += next[c - 1]!;
    for (let n = 0; n < count; n++) {
      const i = row[n]!;
      const at = next[rows.cell[i]! - first]!++;
      pairs.cell[at] = rows.cell[i]!;
      pairs.querySlot[at] = rows.querySlot[i]!;
      pairs.itemSlot[at] = rows.itemSlot[i]!;
      this.vector[at] = vector[n]!;
    }
  }
}

export class PairBlock {
  private rows: Uint32Array = new Uint32Array(0);
  /** The rows of each vector that is a sum, by their numbers in the block. */
  private sums: (readonly number[])[] = [];
  private readonly inCuts: readonly BlockCut[];
  private readonly rooms = new Map<Target, ColumnSums>();
  /** 0, 1, 2 …: pairs of one row each. */
  private alone = new Int32Array(0);

  constructor(
    private readonly place: Placement,
    cuts: readonly Cut[],
  ) {
    this.inCuts = cuts.map((cut) => new BlockCut(cut, place));
  }

  /** Takes the pairs from … to-1. */
  take(from: number, to: number): void {
    const { order, start } = this.place.pairs;
    this.rows = order.subarray(start[from]!, start[to]!);
    this.sums = [];
    const count = this.rows.length;
    if (this.alone.length < count) this.alone = Int32Array.from({ length: count }, (_, i) => i);
    const whole = new Map<number, number>();
    for (const inCut of this.inCuts) {
      inCut.takeRows(this.rows);
      inCut.takePairs(
        count === to - from
          ? { count, row: this.alone, vector: this.alone }
          : this.membersIn(inCut.rows.cell, start.subarray(from, to + 1), whole),
      );
    }
  }

  /**
   * The pairs of a cut. One that lies in several cells is in each a pair of its own.
   *
   * @param cell  shape (rows)
   * @param start of each pair and of the end, counted from anywhere
   * @param whole by pair: the vector of all of its rows, once some cut has asked for it
   */
  private membersIn(cell: Int32Array, start: Uint32Array, whole: Map<number, number>): Members {
    const row: number[] = [];
    const vector: number[] = [];
    for (let p = 0; p + 1 < start.length; p++) {
      const first = start[p]! - start[0]!;
      const end = start[p + 1]! - start[0]!;
      // Most pairs are one row, of which no list is made.
      if (end === first + 1) {
        row.push(first);
        vector.push(first);
        continue;
      }
      const all = Array.from({ length: end - first }, (_, i) => first + i);
      const cells = new Set(all.map((i) => cell[i]!));
      for (const code of cells) {
        const own = cells.size === 1 ? all : all.filter((i) => cell[i] === code);
        const known = cells.size === 1 ? whole.get(p) : undefined;
        const found = known ?? (own.length === 1 ? own[0]! : this.rows.length + this.sums.push(own) - 1);
        if (cells.size === 1) whole.set(p, found);
        row.push(own[0]!);
        vector.push(found);
      }
    }
    return { count: row.length, row, vector };
  }

  /** Adds the block to sums in every cut. They are whole once the pass is closed. */
  addTo(target: Target): void {
    const { sums, fill } = target;
    const { stride } = sums;
    const room = this.roomFor(target, (this.rows.length + this.sums.length) * stride);
    const { values } = room;
    fill(this.rows, values, stride);
    for (const [n, members] of this.sums.entries()) {
      const at = (this.rows.length + n) * stride;
      values.fill(0, at, at + stride);
      for (const i of members) for (let c = 0; c < stride; c++) values[at + c]! += values[i * stride + c]!;
    }
    for (const { rows, pairs, vector } of this.inCuts) {
      sums.addMarginals(rows, room);
      sums.addProducts(pairs, vector, room);
    }
  }

  /** Room for the columns of a block; that of the last block, where it is enough. */
  private roomFor(target: Target, values: number): ColumnSums {
    const { sums } = target;
    const known = this.rooms.get(target);
    if (known && known.values.length >= values && known.at.length >= this.rows.length) return known;
    known?.giveMarginals(sums);
    // Blocks are of about one size, so that one room serves most of them.
    const pairs = Math.max(this.rows.length, BLOCK);
    const room = sums.roomFor(Math.max(values, pairs * sums.stride), pairs);
    this.rooms.set(target, room);
    return room;
  }

  /** Ends the pass: what rooms have kept goes into the sums. */
  close(): void {
    for (const [{ sums }, room] of this.rooms) room.giveMarginals(sums);
    this.rooms.clear();
  }
}
