/** One value of a table into a tensor. */
import type { TensorData } from './runtime.js';

/** Stores a value; false where it would not survive the conversion (a fraction as integer, an overflow). */
export function putValue(out: TensorData, i: number, value: number | bigint | string | boolean): boolean {
  if (Array.isArray(out)) {
    out[i] = String(value);
    return true;
  }
  if (typeof value === 'string') return false;
  if (out instanceof Float32Array || out instanceof Float64Array) {
    out[i] = Number(value);
    return true;
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  if (out instanceof BigInt64Array) {
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
    out[i] = BigInt(value);
    return true;
  }
  const number = Number(value);
  if (out instanceof Int32Array) {
    if (number < -2147483648 || number > 2147483647) return false;
    out[i] = number;
    return true;
  }
  if (number !== 0 && number !== 1) return false;
  (out as Uint8Array)[i] = number;
  return true;
}
