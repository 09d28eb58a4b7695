/** All scores of all parts in one ascending order: what AUC and average precision walk over. */
import { argsort } from '../../lib/sort.js';
import type { RowInputs, ScorePart } from './metric.js';

export interface Pooled {
  /** Entries in all. */
  readonly count: number;
  /** Shape (count): row and mass of each sorted entry; fractional labels split the mass. */
  readonly row: Uint32Array;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  /** Shape (groups + 1): entries of one score, ascending. */
  readonly tieStart: Uint32Array;
}

/** An order of entries, in few bytes: it is kept for as long as a version is judged. */
export interface ScoreOrder {
  /** Shape (entries): the row, and a bit more where the score is that of the entry before it. */
  readonly entry: Uint32Array;
  /** Shape (entries): what each weighs; left out where there is one part, whose weights say it. */
  readonly mass: Float64Array | undefined;
}

/** The bit of an entry that has the score of the one before it. */
export const TIED = 0x8000_0000;
export const ROW = 0x7fff_ffff;

/** Sorted once for every list of parts, however many cuts of the rows are evaluated on it. */
const sorted = new WeakMap<readonly ScorePart[], ScoreOrder>();

/** The entries of all parts by their scores, ties in the order of parts and rows; masses of 0 are left out. */
export function scoreOrder(parts: readonly ScorePart[], rows: number): ScoreOrder {
  let found = sorted.get(parts);
  if (!found) {
    found = sortParts(parts, rows);
    sorted.set(parts, found);
  }
  return found;
}

function sortParts(parts: readonly ScorePart[], n: number): ScoreOrder {
  const [only, ...more] = parts;
  if (only && more.length === 0 && countPositive(only.weight) === n)
    return { entry: entriesOf(argsort(only.scores), undefined, only.scores), mass: undefined };
  const size = parts.reduce((sum, { weight }) => sum + countPositive(weight), 0);
  const scores = new Float64Array(size);
  const rows = new Uint32Array(size);
  const weights = new Float64Array(size);
  let at = 0;
  for (const part of parts)
    for (let r = 0; r < n; r++) {
      if (!(part.weight[r]! > 0)) continue;
      scores[at] = part.scores[r]!;
      weights[at] = part.weight[r]!;
      rows[at++] = r;
    }
  const order = argsort(scores);
  const mass = parts.length > 1 ? new Float64Array(size) : undefined;
  if (mass) for (let i = 0; i < size; i++) mass[i] = weights[order[i]!]!;
  return { entry: entriesOf(order, rows, scores), mass };
}

/** @param rows that of each score; left out: their numbers */
function entriesOf(order: Uint32Array, rows: Uint32Array | undefined, scores: Float64Array): Uint32Array {
  // In place: an entry is written once its score is no longer asked for.
  let before = Number.NaN;
  for (let i = 0; i < order.length; i++) {
    const j = order[i]!;
    const score = scores[j]!;
    const row = rows ? rows[j]! : j;
    order[i] = score === before ? row | TIED : row;
    before = score;
  }
  return order;
}

function countPositive(weight: Float64Array): number {
  let count = 0;
  for (let r = 0; r < weight.length; r++) if (weight[r]! > 0) count++;
  return count;
}

/** Everything at once. */
export function pool({ parts, label }: Pick<RowInputs, 'parts' | 'label'>): Pooled {
  const { entry, mass } = scoreOrder(parts, label.length);
  const { weight } = parts[0] ?? { weight: label };
  const count = entry.length;
  const row = new Uint32Array(count);
  const positive = new Float64Array(count);
  const negative = new Float64Array(count);
  const starts = new Uint32Array(count + 1);
  let groups = 0;
  for (let i = 0; i < count; i++) {
    const r = entry[i]! & ROW;
    const w = mass ? mass[i]! : weight[r]!;
    row[i] = r;
    positive[i] = w * label[r]!;
    negative[i] = w * (1 - label[r]!);
    if (entry[i]! < TIED) starts[groups++] = i;
  }
  starts[groups++] = count;
  return { count, row, positive, negative, tieStart: starts.subarray(0, groups) };
}
