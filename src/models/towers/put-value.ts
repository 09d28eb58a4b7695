/** One value of a table into a tensor. */
import { toFloat16 } from './float16.js';
import type { InputType, TensorData } from './runtime.js';

/** The smallest and the largest number of each whole type that a JavaScript number holds exactly. */
const RANGES: Partial<Readonly<Record<InputType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
};

/** Stores a value; false where it would not survive the conversion (a fraction as integer, an overflow). */
export function putValue(
  out: TensorData,
  i: number,
  value: number | bigint | string | boolean,
  type: InputType,
): boolean {
  if (Array.isArray(out)) {
    out[i] = String(value);
    return true;
  }
  if (typeof value === 'string') return false;
  if (out instanceof Float32Array || out instanceof Float64Array) {
    out[i] = Number(value);
    return true;
  }
  if (type === 'float16') {
    const bits = toFloat16(Number(value));
    // A number beyond the largest of the type is no infinity.
    if (bits % 0x8000 === 0x7c00 && Number.isFinite(Number(value))) return false;
    (out as Uint16Array)[i] = bits;
    return true;
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  if (out instanceof BigInt64Array) {
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
    out[i] = BigInt(value);
    return true;
  }
  const number = Number(value);
  if (!isWithin(number, type)) return false;
  out[i] = number;
  return true;
}

/** True of a whole number that a type of up to 32 bits holds. */
export function isWithin(value: number, type: InputType): boolean {
  const [least, most] = RANGES[type] ?? [0, -1];
  return Number.isInteger(value) && value >= least && value <= most;
}
