/** The pass over the rows that fills partial sums. */

import type { Cut } from '../../data/evalset/cells.js';
import type { Grouping } from '../../lib/sort.js';
import type { Geometry } from '../state/geometry.js';
import type { PartialSums } from '../state/partial-sums.js';

/** Partial sums and how a row's columns are computed. */
export interface Target {
  readonly sums: PartialSums;
  /** Writes the columns of row r into `out`, from `at` on. */
  fill(r: number, out: Float64Array, at: number): void;
}

/** The places in which a row counts: the slots of its cluster and its item in a cell. */
export interface Placement {
  readonly pairs: Grouping;
  querySlot(cell: number, r: number): number;
  itemSlot(cell: number, r: number): number;
}

/** Fills a geometry with the weights of the rows, one list a cut. */
export function measure(
  geometry: Geometry,
  place: Placement,
  cuts: readonly Cut[],
  weights: readonly Float64Array[],
): void {
  for (const [n, { first, cell }] of cuts.entries())
    for (let r = 0; r < cell.length; r++) {
      const c = first + cell[r]!;
      geometry.addRow(c, place.querySlot(c, r), place.itemSlot(c, r), weights[n]![r]!);
    }
  geometry.closeRows();
  eachPair(place.pairs, (rows) => {
    for (const [n, { first, cell }] of cuts.entries())
      eachCell(rows, cell, (own, members) => {
        let sum = 0;
        for (const r of members) sum += weights[n]![r]!;
        const c = first + own;
        geometry.addPair(c, place.querySlot(c, members[0]!), place.itemSlot(c, members[0]!), sum);
      });
  });
}

/**
 * Adds every row to its cell of each cut. Rows that share cluster and item are one pair: the intersection term of the
 * two-way variance is over pairs, so their columns are summed before they enter the moments.
 */
export function accumulate(place: Placement, cuts: readonly Cut[], targets: readonly Target[]): void {
  const passes = targets.map((target) => new Pass(place, cuts, target));
  eachPair(place.pairs, (rows) => {
    for (const pass of passes) pass.add(rows);
  });
}

function eachPair({ order, start }: Grouping, visit: (rows: Uint32Array) => void): void {
  for (let p = 0; p + 1 < start.length; p++) visit(order.subarray(start[p]!, start[p + 1]!));
}

/** A pair may lie in several cells of a cut: in each it is a pair of its own. */
function eachCell(rows: Uint32Array, cell: Int32Array, visit: (cell: number, rows: Uint32Array) => void): void {
  const own = cell[rows[0]!]!;
  if (rows.length === 1 || rows.every((r) => cell[r] === own)) {
    visit(own, rows);
    return;
  }
  for (const code of new Set(Array.from(rows, (r) => cell[r]!)))
    visit(
      code,
      rows.filter((r) => cell[r] === code),
    );
}

class Pass {
  private buffer: Float64Array;
  private readonly width: number;

  constructor(
    private readonly place: Placement,
    private readonly cuts: readonly Cut[],
    private readonly target: Target,
  ) {
    this.width = target.sums.columns;
    this.buffer = new Float64Array(2 * this.width);
  }

  /** The rows of one (cluster, item) pair. */
  add(rows: Uint32Array): void {
    const { width, cuts } = this;
    const { sums } = this.target;
    if (this.buffer.length < (rows.length + 1) * width) this.buffer = new Float64Array(2 * (rows.length + 1) * width);
    for (let m = 0; m < rows.length; m++) {
      this.target.fill(rows[m]!, this.buffer, m * width);
      this.addMarginals(rows[m]!, m * width);
    }
    const r = rows[0]!;
    if (rows.length === 1) {
      sums.multiply(this.buffer, 0);
      for (const { cell, first } of cuts) this.addProducts(first + cell[r]!, r);
      return;
    }
    // The columns of the whole pair, for the cuts in which it lies in one cell.
    let whole = false;
    for (const { cell, first } of cuts)
      if (rows.every((row) => cell[row] === cell[r])) {
        if (!whole) this.multiply(rows, () => true);
        whole = true;
        this.addProducts(first + cell[r]!, r);
      }
    for (const { cell, first } of cuts)
      if (!rows.every((row) => cell[row] === cell[r]))
        eachCell(rows, cell, (code, members) => {
          this.multiply(rows, (row) => cell[row] === code);
          this.addProducts(first + code, members[0]!);
        });
  }

  /** The products of the pair's columns, summed over the rows that are in. */
  private multiply(rows: Uint32Array, includes: (row: number) => boolean): void {
    const { buffer, width } = this;
    const sum = rows.length * width;
    buffer.fill(0, sum, sum + width);
    for (let m = 0; m < rows.length; m++)
      if (includes(rows[m]!)) for (let c = 0; c < width; c++) buffer[sum + c]! += buffer[m * width + c]!;
    this.target.sums.multiply(buffer, sum);
  }

  private addMarginals(r: number, at: number): void {
    const { place, target } = this;
    for (const { cell, first } of this.cuts) {
      const c = first + cell[r]!;
      target.sums.addMarginals(c, place.querySlot(c, r), place.itemSlot(c, r), this.buffer, at);
    }
  }

  private addProducts(cell: number, r: number): void {
    const { place, target } = this;
    target.sums.addProducts(cell, place.querySlot(cell, r), place.itemSlot(cell, r));
  }
}
