/** The walk up the scores that an AUC is made from: of several cuts at once, as most of it is reading rows. */
import type { RowCut, RowInputs, RowResult } from './metric.js';
import { type Pooled, poolByBlocks } from './pooled.js';

/** Σwy and Σw(1 - y), by cell. */
export interface ClassMasses {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/** The cells of several cuts, numbered through. */
export interface CellCodes {
  /** Shape (rows, cuts): those of a row stand side by side, as the walk in score order reads rows at random. */
  readonly of: Uint8Array | Uint16Array | Int32Array;
  /** Shape (cuts): the first cell of each. */
  readonly first: readonly number[];
  readonly count: number;
}

/** Codes of cuts that are walked over once a version. */
const known = new WeakMap<readonly RowCut[], CellCodes>();

/** Numbers the cells of cuts through; once for every list of cuts. */
export function codesOf(cuts: readonly RowCut[]): CellCodes {
  const found = known.get(cuts) ?? numbered(cuts);
  known.set(cuts, found);
  return found;
}

function numbered(cuts: readonly RowCut[]): CellCodes {
  const first: number[] = [];
  let count = 0;
  for (const { cells } of cuts) {
    first.push(count);
    count += cells;
  }
  const rows = cuts[0]!.cell.length;
  // Few bytes a row stay in the cache.
  const Codes = count <= 0x100 ? Uint8Array : count <= 0x1_0000 ? Uint16Array : Int32Array;
  const of = new Codes(rows * cuts.length);
  for (const [n, { cell }] of cuts.entries())
    for (let r = 0; r < rows; r++) of[r * cuts.length + n] = first[n]! + cell[r]!;
  return { of, first, count };
}

/** Masses that have been walked over, by cell. */
interface Below {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  /** Of the score at hand. */
  readonly tiePositive: Float64Array;
  readonly tieNegative: Float64Array;
}

/** The cells of the rows, and Σwy of each. */
interface Walked {
  readonly cells: CellCodes;
  readonly cuts: number;
  readonly total: Float64Array;
}

/**
 * Walks up the scores. For each row and cut it sums the mass of the other class in its cell that stands on the right
 * side of it, half of what is tied; for each cell the pairs that are in order.
 *
 * @param totals by cut
 * @param credit shape (rows): what each positive row adds to the value of its cell in the first cut, where it is wanted
 * @returns values by the number of the cell; the sums of rows, shape (rows, cuts)
 */
export function placements(
  inputs: Pick<RowInputs, 'parts' | 'label'>,
  cells: CellCodes,
  totals: readonly ClassMasses[],
  credit: Float64Array | undefined,
): RowResult {
  const total = new Float64Array(cells.count);
  for (const [n, { positive }] of totals.entries()) total.set(positive, cells.first[n]!);
  const found = {
    value: new Float64Array(cells.count),
    influence: new Float64Array(inputs.label.length * totals.length),
  };
  const below: Below = {
    positive: new Float64Array(cells.count),
    negative: new Float64Array(cells.count),
    tiePositive: new Float64Array(cells.count),
    tieNegative: new Float64Array(cells.count),
  };
  const walked = { cells, cuts: totals.length, total };
  for (const block of poolByBlocks(inputs)) placeBlock(block, walked, below, found, credit);
  return found;
}

/** Written out twice, for a score of its own and for ties, as most of the time is spent here. */
function placeBlock(
  block: Pooled,
  walked: Walked,
  below: Below,
  found: RowResult,
  credit: Float64Array | undefined,
): void {
  const { row, positive, negative, tieStart } = block;
  const { cells, cuts, total } = walked;
  const { positive: belowPositive, negative: belowNegative } = below;
  const { value, influence } = found;
  const codes = cells.of;
  for (let t = 0; t + 1 < tieStart.length; t++) {
    const from = tieStart[t]!;
    if (tieStart[t + 1]! !== from + 1) {
      placeTies(block, t, walked, below, found, credit);
      continue;
    }
    const p = positive[from]!;
    const q = negative[from]!;
    const first = row[from]! * cuts;
    if (credit) credit[row[from]!]! += p * (belowNegative[codes[first]!]! + q / 2);
    for (let at = first; at < first + cuts; at++) {
      const c = codes[at]!;
      const nb = belowNegative[c]! + q / 2;
      influence[at]! += p * nb + q * (total[c]! - belowPositive[c]! - p / 2);
      value[c]! += p * nb;
      belowPositive[c]! += p;
      belowNegative[c]! += q;
    }
  }
}

/** The entries of one score, group t of the block. */
function placeTies(
  { row, positive, negative, tieStart }: Pooled,
  t: number,
  { cells, cuts, total }: Walked,
  { positive: belowPositive, negative: belowNegative, tiePositive, tieNegative }: Below,
  { value, influence }: RowResult,
  credit: Float64Array | undefined,
): void {
  const codes = cells.of;
  const from = tieStart[t]!;
  const to = tieStart[t + 1]!;
  for (let i = from; i < to; i++)
    for (let at = row[i]! * cuts; at < (row[i]! + 1) * cuts; at++) {
      tiePositive[codes[at]!]! += positive[i]!;
      tieNegative[codes[at]!]! += negative[i]!;
    }
  for (let i = from; i < to; i++) {
    const p = positive[i]!;
    const first = row[i]! * cuts;
    if (credit) credit[row[i]!]! += p * (belowNegative[codes[first]!]! + tieNegative[codes[first]!]! / 2);
    for (let at = first; at < first + cuts; at++) {
      const c = codes[at]!;
      const nb = belowNegative[c]! + tieNegative[c]! / 2;
      influence[at]! += p * nb + negative[i]! * (total[c]! - belowPositive[c]! - tiePositive[c]! / 2);
      value[c]! += p * nb;
    }
  }
  for (let i = from; i < to; i++)
    for (let at = row[i]! * cuts; at < (row[i]! + 1) * cuts; at++) {
      const c = codes[at]!;
      belowPositive[c]! += tiePositive[c]!;
      belowNegative[c]! += tieNegative[c]!;
      tiePositive[c] = 0;
      tieNegative[c] = 0;
    }
}
