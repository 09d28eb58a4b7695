/** Vectors of a stretch of entities as bytes, and back: an entry of the cache, and a part of a shard. */
import { checksum } from './checksum.js';

/** Vectors of `count` entities, one each, or several by `offsets`. */
export interface VectorBlock {
  readonly count: number;
  readonly dimension: number;
  /** Shape (vectors, dimension), row after row. */
  readonly data: Float32Array | Float64Array;
  /** Shape (count + 1): entity e has the vectors offsets[e] … offsets[e+1]-1. Absent: vector e alone. */
  readonly offsets?: Int32Array;
}

/** The version of the format: anything that a reader of this version would misread gets another number. */
const FORMAT = 'skewgate.vectors/2';
/** The end of the header, which is one line of JSON. */
const LINE_FEED = 10;
/** A multiple of the size of every kind of number. */
const ALIGNED = 8;
/** A header is shorter than this. */
const MAX_HEADER = 4096;

interface Header {
  readonly format: typeof FORMAT;
  /** The digest of all that the vectors depend on. */
  readonly key: string;
  readonly count: number;
  readonly dimension: number;
  readonly type: 'f32' | 'f64';
  /** The number of vectors, where an entity may have several. */
  readonly vectors?: number;
  /** Checksum of the bytes after the header: offsets where there are several, then the numbers, little-endian. */
  readonly check: string;
}

/** An entry: its header, its offsets, its numbers. Its checksum tells damage, nothing of who has written it. */
export function encodeBlock(key: string, { count, dimension, data, offsets }: VectorBlock): Uint8Array {
  const content = offsets ? Buffer.concat([bytesOf(offsets), gapAfter(offsets), bytesOf(data)]) : bytesOf(data);
  const header: Header = {
    format: FORMAT,
    key,
    count,
    dimension,
    type: data instanceof Float64Array ? 'f64' : 'f32',
    ...(offsets ? { vectors: data.length / dimension } : {}),
    check: checksumOf(content),
  };
  const line = JSON.stringify(header);
  // Spaces after it, so that numbers start at a multiple of 8 and need not be copied.
  const length = Math.ceil((Buffer.byteLength(line) + 1) / ALIGNED) * ALIGNED - 1;
  return Buffer.concat([Buffer.from(`${line.padEnd(length)}\n`), content]);
}

/**
 * The vectors of an entry, which may be views of its bytes; undefined where it is cut off, changed, of another format
 * or of another key.
 */
export function decodeBlock(key: string, bytes: Uint8Array): VectorBlock | undefined {
  const end = bytes.subarray(0, MAX_HEADER).indexOf(LINE_FEED);
  const header = end < 0 ? undefined : headerOf(Buffer.from(bytes.subarray(0, end)).toString('utf8'));
  if (!header || header.format !== FORMAT || header.key !== key) return undefined;
  const { count, dimension, type, vectors } = header;
  const content = bytes.subarray(end + 1);
  const width = type === 'f64' ? Float64Array.BYTES_PER_ELEMENT : Float32Array.BYTES_PER_ELEMENT;
  const ofOffsets = vectors === undefined ? 0 : Int32Array.BYTES_PER_ELEMENT * (count + 1);
  const before = Math.ceil(ofOffsets / ALIGNED) * ALIGNED;
  if (content.length !== before + width * (vectors ?? count) * dimension || checksumOf(content) !== header.check)
    return undefined;
  const offsets = vectors === undefined ? undefined : viewOf(Int32Array, content, 0, count + 1);
  if (offsets && !areOffsets(offsets, vectors)) return undefined;
  const numbers = (vectors ?? count) * dimension;
  const data =
    type === 'f64' ? viewOf(Float64Array, content, before, numbers) : viewOf(Float32Array, content, before, numbers);
  return { count, dimension, data, ...(offsets ? { offsets } : {}) };
}

function headerOf(text: string): Header | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isHeader(value) ? value : undefined;
}

function isHeader(value: unknown): value is Header {
  if (typeof value !== 'object' || value === null) return false;
  const { format, key, count, dimension, type, vectors, check } = value as Partial<Record<keyof Header, unknown>>;
  const whole = (n: unknown) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  return (
    format === FORMAT &&
    typeof key === 'string' &&
    typeof check === 'string' &&
    whole(count) &&
    whole(dimension) &&
    dimension !== 0 &&
    (type === 'f32' || type === 'f64') &&
    (vectors === undefined || whole(vectors))
  );
}

function areOffsets(offsets: Int32Array, vectors: number | undefined): boolean {
  return (
    offsets[0] === 0 && offsets.at(-1) === vectors && offsets.every((offset, e) => e === 0 || offset >= offsets[e - 1]!)
  );
}

/** Of whole words, as all numbers of a block are. */
function checksumOf(content: Uint8Array): string {
  return checksum(viewOf(Int32Array, content, 0, content.length / Int32Array.BYTES_PER_ELEMENT));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Zeros up to a multiple of 8. */
function gapAfter({ byteLength }: ArrayBufferView): Buffer {
  return Buffer.alloc((ALIGNED - (byteLength % ALIGNED)) % ALIGNED);
}

type NumberArray<T> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
};

/** Numbers at a byte; a copy where the bytes stand at no multiple of their size in memory. */
function viewOf<T>(Type: NumberArray<T>, bytes: Uint8Array, from: number, length: number): T {
  const at = bytes.byteOffset + from;
  if (at % Type.BYTES_PER_ELEMENT === 0) return new Type(bytes.buffer, at, length);
  const copy = Uint8Array.from(bytes.subarray(from, from + length * Type.BYTES_PER_ELEMENT));
  return new Type(copy.buffer, 0, length);
}
