/** The walk up the scores that an AUC is made from. */
import type { RowInputs, RowResult } from './metric.js';
import { pool, ROW, type ScoreOrder, scoreOrder, TIED } from './pooled.js';

/** Σwy and Σw(1 - y), by cell. */
export interface ClassMasses {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/** Scores and labels in one cut of the rows. */
export type Ordered = Pick<RowInputs, 'parts' | 'label' | 'cell' | 'cells'>;

/** The cells of rows of two classes. Shape (rows): twice the cell, and one more where the label is 1. */
type ClassCodes = Uint8Array | Uint16Array | Uint32Array;

/** Codes of a cut, and the labels that they are of; undefined where a label is in between. */
const known = new WeakMap<Int32Array, { readonly label: Float64Array; readonly codes: ClassCodes | undefined }>();

/** Once a cut, however many versions are walked over. Undefined where some label is neither 0 nor 1. */
export function classCodes({ label, cell, cells }: Omit<Ordered, 'parts'>): ClassCodes | undefined {
  const found = known.get(cell);
  if (found?.label === label) return found.codes;
  const codes = label.every((y) => y === 0 || y === 1) ? encode(label, cell, cells) : undefined;
  known.set(cell, { label, codes });
  return codes;
}

function encode(label: Float64Array, cell: Int32Array, cells: number): ClassCodes {
  // Few bytes a row stay in the cache, as the walk in score order reads rows at random.
  const Codes = cells <= 0x80 ? Uint8Array : cells <= 0x8000 ? Uint16Array : Uint32Array;
  const codes = new Codes(label.length);
  for (let r = 0; r < codes.length; r++) codes[r] = 2 * cell[r]! + label[r]!;
  return codes;
}

/**
 * Walks up the scores. For each row it sums the mass of the other class in its cell that stands on the right side of
 * it, half of what is tied; for each cell the pairs that are in order.
 *
 * @param into   shape (rows): takes the sums of the rows, whatever stands in it
 * @param credit shape (rows): filled with what each positive row adds to the value of its cell, where it is wanted
 * @returns the values by cell, and `into`
 */
export function placements(
  inputs: Ordered,
  total: ClassMasses,
  into: Float64Array,
  credit: Float64Array | undefined,
): RowResult {
  const codes = classCodes(inputs);
  if (!codes) return placeFractions(inputs, total, into, credit);
  const order = scoreOrder(inputs.parts, inputs.label.length);
  const { weight } = inputs.parts[0] ?? { weight: inputs.label };
  const value = placeClasses(order, weight, codes, total, into);
  if (credit) for (let r = 0; r < credit.length; r++) credit[r] = codes[r]! & 1 ? into[r]! : 0;
  return { value, influence: into };
}

/**
 * Sums by the codes of the cells: what has been walked over, and how it enters a row's sum, which for a positive is the
 * negative mass below it and for a negative the positive mass above.
 */
interface Walked {
  readonly below: Float64Array;
  readonly tied: Float64Array;
  readonly base: Float64Array;
  readonly sign: Float64Array;
  /** Σ mass · sum; of positives: the pairs that are in order. */
  readonly value: Float64Array;
}

function walkedFrom({ positive }: ClassMasses): Walked {
  const size = 2 * positive.length;
  return {
    below: new Float64Array(size),
    tied: new Float64Array(size),
    base: Float64Array.from({ length: size }, (_, code) => (code & 1 ? 0 : positive[code >> 1]!)),
    sign: Float64Array.from({ length: size }, (_, code) => (code & 1 ? 1 : -1)),
    value: new Float64Array(size),
  };
}

/** Rows of two classes. Most of the time of an AUC is spent here: no branch but for ties, which are rare. */
function placeClasses(
  order: ScoreOrder,
  weight: Float64Array,
  codes: ClassCodes,
  total: ClassMasses,
  into: Float64Array,
): Float64Array {
  const { entry } = order;
  const walked = walkedFrom(total);
  // A row has an entry a version in a mix, and none without weight.
  into.fill(0);
  for (let from = 0; from < entry.length; ) {
    from = walkAlone(order, from, weight, codes, walked, into);
    if (from < entry.length) from = placeTies(order, from, weight, codes, walked, into);
  }
  return Float64Array.from(total.positive, (_, c) => walked.value[2 * c + 1]!);
}

/** Walks over the entries as far as no two share a score. @returns the first that shares its score */
function walkAlone(
  { entry, mass }: ScoreOrder,
  from: number,
  weight: Float64Array,
  codes: ClassCodes,
  { below, base, sign, value }: Walked,
  into: Float64Array,
): number {
  const end = entry.length;
  for (let i = from; i < end; i++) {
    if (i + 1 < end && entry[i + 1]! >= TIED) return i;
    const r = entry[i]!;
    const code = codes[r]!;
    const m = mass ? mass[i]! : weight[r]!;
    const sum = m * (base[code]! + sign[code]! * below[code ^ 1]!);
    into[r]! += sum;
    value[code]! += sum;
    below[code]! += m;
  }
  return end;
}

/** The entries of one score, from the first on. @returns where they end */
function placeTies(
  { entry, mass }: ScoreOrder,
  from: number,
  weight: Float64Array,
  codes: ClassCodes,
  { below, tied, base, sign, value }: Walked,
  into: Float64Array,
): number {
  let to = from + 1;
  while (to < entry.length && entry[to]! >= TIED) to++;
  const massOf = (i: number, r: number) => (mass ? mass[i]! : weight[r]!);
  for (let i = from; i < to; i++) {
    const r = entry[i]! & ROW;
    tied[codes[r]!]! += massOf(i, r);
  }
  for (let i = from; i < to; i++) {
    const r = entry[i]! & ROW;
    const code = codes[r]!;
    const other = base[code]! + sign[code]! * below[code ^ 1]! + (sign[code]! * tied[code ^ 1]!) / 2;
    const sum = massOf(i, r) * other;
    into[r]! += sum;
    value[code]! += sum;
  }
  for (let i = from; i < to; i++) {
    const code = codes[entry[i]! & ROW]!;
    below[code]! += tied[code]!;
    tied[code] = 0;
  }
  return to;
}

/** The same where labels split a row's mass between the classes. */
function placeFractions(
  inputs: Ordered,
  { positive: total }: ClassMasses,
  into: Float64Array,
  credit: Float64Array | undefined,
): RowResult {
  const { cell, cells } = inputs;
  const { row, positive, negative, tieStart } = pool(inputs);
  const value = new Float64Array(cells);
  const [belowPositive, belowNegative] = [new Float64Array(cells), new Float64Array(cells)];
  const [tiePositive, tieNegative] = [new Float64Array(cells), new Float64Array(cells)];
  into.fill(0);
  for (let t = 0; t + 1 < tieStart.length; t++) {
    const [from, to] = [tieStart[t]!, tieStart[t + 1]!];
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      tiePositive[c]! += positive[i]!;
      tieNegative[c]! += negative[i]!;
    }
    for (let i = from; i < to; i++) {
      const r = row[i]!;
      const c = cell[r]!;
      const p = positive[i]!;
      const below = belowNegative[c]! + tieNegative[c]! / 2;
      into[r]! += p * below + negative[i]! * (total[c]! - belowPositive[c]! - tiePositive[c]! / 2);
      value[c]! += p * below;
      if (credit) credit[r]! += p * below;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      belowPositive[c]! += tiePositive[c]!;
      belowNegative[c]! += tieNegative[c]!;
      tiePositive[c] = 0;
      tieNegative[c] = 0;
    }
  }
  return { value, influence: into };
}
