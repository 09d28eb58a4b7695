/** The pass over the rows that fills partial sums. */
import { combineCodes } from '../lib/sort.js';
import type { Cut } from './cells.js';
import { addTriangle, type PartialSums } from './partial-sums.js';
import type { RowContext } from './row-context.js';

/** Partial sums and how a row's columns are computed. */
export interface Target {
  readonly sums: PartialSums;
  /** Writes the columns of row r into `out`, from `at` on. */
  fill(r: number, out: Float64Array, at: number): void;
}

/** Beyond as many numbers, joint moments would cost more memory than they save time. */
const JOINT_LIMIT = 4_000_000;

/**
 * Adds every row to its cell of each cut. Rows that share cluster and item are one pair: the intersection term of the two-way variance is over pairs, so their
 * columns are summed before they enter the moments.
 */
export function accumulate(context: RowContext, cuts: readonly Cut[], targets: readonly Target[]): void {
  const { order, start } = context.pairs();
  const joint = jointCells(cuts);
  const passes = targets.map((target) => new Pass(context, cuts, target, joint));
  for (let p = 0; p + 1 < start.length; p++) {
    if (start[p + 1]! - start[p]! === 1) for (const pass of passes) pass.addRow(order[start[p]!]!);
    else for (const pass of passes) pass.addPair(order.subarray(start[p]!, start[p + 1]!));
  }
  for (const pass of passes) pass.finish();
}

/** The crossing of all cuts: rows of one joint cell are in the same cell of every cut. */
interface JointCells {
  readonly codes: Int32Array;
  readonly count: number;
  /** Shape (joint cells): a row of each. */
  readonly row: Int32Array;
}

function jointCells(cuts: readonly Cut[]): JointCells {
  let { cell: codes, slices } = cuts[0]!;
  let count = slices.length;
  for (const cut of cuts.slice(1)) ({ codes, count } = combineCodes(codes, cut.cell, cut.slices.length));
  const row = new Int32Array(count);
  for (let r = codes.length - 1; r >= 0; r--) row[codes[r]!] = r;
  return { codes, count, row };
}

class Pass {
  private buffer: Float64Array;
  private readonly width: number;
  /** Moments by joint cell, folded into the cuts at the end; undefined where there would be too many. */
  private readonly moments: Float64Array | undefined;

  constructor(
    private readonly context: RowContext,
    private readonly cuts: readonly Cut[],
    private readonly target: Target,
    private readonly joint: JointCells,
  ) {
    this.width = target.sums.columns;
    this.buffer = new Float64Array(this.width);
    const size = joint.count * target.sums.triangle;
    this.moments = cuts.length > 1 && size <= JOINT_LIMIT ? new Float64Array(size) : undefined;
  }

  /** A row whose pair does not repeat. */
  addRow(r: number): void {
    this.target.fill(r, this.buffer, 0);
    this.addMarginals(r, 0);
    this.addMoments(r, 0);
  }

  /** The rows of one (cluster, item) pair. A pair may lie in several cells of a cut; in each it is summed apart. */
  addPair(rows: Uint32Array): void {
    const { width } = this;
    if (this.buffer.length < (rows.length + 1) * width) this.buffer = new Float64Array(2 * (rows.length + 1) * width);
    for (let m = 0; m < rows.length; m++) {
      this.target.fill(rows[m]!, this.buffer, m * width);
      this.addMarginals(rows[m]!, m * width);
    }
    const { codes } = this.joint;
    const sum = rows.length * width;
    if (rows.every((r) => codes[r] === codes[rows[0]!])) {
      this.sumInto(sum, rows, codes, codes[rows[0]!]!);
      this.addMoments(rows[0]!, sum);
      return;
    }
    for (const { cell, first } of this.cuts)
      for (let m = 0; m < rows.length; m++) {
        if (rows.subarray(0, m).some((r) => cell[r] === cell[rows[m]!])) continue;
        this.sumInto(sum, rows, cell, cell[rows[m]!]!);
        this.target.sums.addMoments(first + cell[rows[m]!]!, this.buffer, sum);
      }
  }

  /** Sums the columns of the rows that have a code. */
  private sumInto(sum: number, rows: Uint32Array, codes: Int32Array, code: number): void {
    const { buffer, width } = this;
    buffer.fill(0, sum, sum + width);
    for (let m = 0; m < rows.length; m++)
      if (codes[rows[m]!] === code) for (let c = 0; c < width; c++) buffer[sum + c]! += buffer[m * width + c]!;
  }

  private addMarginals(r: number, at: number): void {
    const { context, cuts, target } = this;
    for (let i = 0; i < cuts.length; i++) {
      const cell = cuts[i]!.first + cuts[i]!.cell[r]!;
      target.sums.addMarginals(context.querySlot(cell, r), context.itemSlot(cell, r), this.buffer, at);
    }
  }

  private addMoments(r: number, at: number): void {
    const { sums } = this.target;
    if (this.moments) addTriangle(this.moments, this.joint.codes[r]! * sums.triangle, this.buffer, at, this.width);
    else for (const { cell, first } of this.cuts) sums.addMoments(first + cell[r]!, this.buffer, at);
  }

  finish(): void {
    if (!this.moments) return;
    const { sums } = this.target;
    for (let j = 0; j < this.joint.count; j++)
      for (const { cell, first } of this.cuts)
        sums.foldMoments(first + cell[this.joint.row[j]!]!, this.moments, j * sums.triangle);
  }
}
