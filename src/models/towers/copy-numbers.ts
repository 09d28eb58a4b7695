/**
 * Numbers of a column into a tensor, many at a time: what `putValue` does for each, where none is missing and all fit.
 * Where one does not, nothing is said here: `putValue` finds it again and names its row.
 */
import type { Column } from '../../data/tables/column.js';
import { isWithin } from './put-value.js';
import type { InputType, TensorData } from './runtime.js';

/** Columns that can be copied at once have all their numbers in float64. */
export function numbersOf(column: Column): Float64Array | undefined {
  const plain = column.type === 'float' || column.type === 'int' || column.type === 'bool';
  return plain && !column.nulls ? column.values : undefined;
}

/**
 * Copies values[rows[e]] to out[at + e · step] for every e.
 *
 * @returns false where some value does not fit the type
 */
export function copyRows(
  out: TensorData,
  type: InputType,
  values: Float64Array,
  rows: Int32Array,
  at: number,
  step: number,
): boolean {
  if (out instanceof Float32Array || out instanceof Float64Array) {
    for (let e = 0; e < rows.length; e++) out[at + e * step] = values[rows[e]!]!;
    return true;
  }
  if (out instanceof BigInt64Array) {
    const halves = new Halves(out);
    for (let e = 0; e < rows.length; e++) if (!halves.put(at + e * step, values[rows[e]!]!)) return false;
    return true;
  }
  const whole = wholeNumbers(out, type);
  if (!whole) return false;
  for (let e = 0; e < rows.length; e++) {
    const value = values[rows[e]!]!;
    if (!isWithin(value, type)) return false;
    whole[at + e * step] = value;
  }
  return true;
}

/** Copies values[from … from+count-1] to out[at …]; false as above. */
export function copyRun(
  out: TensorData,
  type: InputType,
  values: Float64Array,
  from: number,
  count: number,
  at: number,
): boolean {
  if (out instanceof Float32Array || out instanceof Float64Array) {
    for (let i = 0; i < count; i++) out[at + i] = values[from + i]!;
    return true;
  }
  if (out instanceof BigInt64Array) {
    const halves = new Halves(out);
    for (let i = 0; i < count; i++) if (!halves.put(at + i, values[from + i]!)) return false;
    return true;
  }
  const whole = wholeNumbers(out, type);
  if (!whole) return false;
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    if (!isWithin(value, type)) return false;
    whole[at + i] = value;
  }
  return true;
}

type WholeNumbers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Tensors of whole numbers; texts are none, nor are the bits of float16. */
function wholeNumbers(out: TensorData, type: InputType): WholeNumbers | undefined {
  return Array.isArray(out) || type === 'float16' ? undefined : (out as WholeNumbers);
}

/** 64-bit whole numbers as two halves, low first: no bigint is made of each. */
class Halves {
  private readonly words: Int32Array;

  constructor(out: BigInt64Array) {
    this.words = new Int32Array(out.buffer, out.byteOffset, 2 * out.length);
  }

  /** False for a fraction, and beyond 2^53. */
  put(i: number, value: number): boolean {
    if (!Number.isSafeInteger(value)) return false;
    // The remainder of a division by 2^32, in two's complement.
    this.words[2 * i] = (value % 0x1_0000_0000) | 0;
    this.words[2 * i + 1] = Math.floor(value / 0x1_0000_0000);
    return true;
  }
}
