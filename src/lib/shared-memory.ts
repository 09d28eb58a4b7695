/** Typed arrays in memory that threads share: handed to another thread they are not copied. */

/** Smaller arrays are copied faster than they are shared. */
const SMALL = 65_536;

/** Copies that have been made, so that an array that stands in several places is copied once. */
const copies = new WeakMap<object, object>();

/** Zeros that every thread can see. */
export function sharedFloats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * length));
}

/**
 * The same value with every large typed array in it in shared memory: those that are there already as they are, others
 * copied, once each: nobody may write into an array after it was shared. Plain objects, arrays and maps are gone
 * through; whatever else there is stays as it is.
 */
export function inSharedMemory<T>(value: T): T {
  return mapped(value) as T;
}

function mapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return isNumbers(value) ? shared(value) : value;
  if (Array.isArray(value)) return value.some((entry) => typeof entry === 'object') ? value.map(mapped) : value;
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, mapped(entry)]));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapped(entry)]));
}

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

function isNumbers(view: ArrayBufferView): view is Numbers {
  return [Float64Array, Float32Array, Int32Array, Uint32Array, Uint16Array, Uint8Array].some(
    (type) => Object.getPrototypeOf(view) === type.prototype,
  );
}

function shared(numbers: Numbers): Numbers {
  if (numbers.buffer instanceof SharedArrayBuffer || numbers.byteLength < SMALL) return numbers;
  const known = copies.get(numbers);
  if (known) return known as Numbers;
  const bytes = new Uint8Array(new SharedArrayBuffer(numbers.byteLength));
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  const Type = numbers.constructor as new (buffer: SharedArrayBuffer) => Numbers;
  const copy = new Type(bytes.buffer);
  copies.set(numbers, copy);
  return copy;
}

/** The buffers of all typed arrays in a value that are not shared: what can be moved to another thread. */
export function movable(value: unknown, found: Set<ArrayBuffer> = new Set()): Set<ArrayBuffer> {
  if (typeof value !== 'object' || value === null) return found;
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else for (const entry of value instanceof Map ? value.values() : Object.values(value)) movable(entry, found);
  return found;
}
