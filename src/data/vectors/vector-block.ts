/** Vectors of a stretch of entities as bytes, and back: an entry of the cache, and a part of a shard. */
import { sha256 } from '../artefacts/digests.js';

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
const FORMAT = 'skewgate.vectors/1';
/** The end of the header, which is one line of JSON. */
const LINE_FEED = 10;
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
  /** Of the bytes after the header: offsets where there are several, then the numbers, little-endian. */
  readonly sha256: string;
}

/** An entry: its header, its offsets, its numbers. Its digest tells damage; it says nothing of who has written it. */
export function encodeBlock(key: string, { count, dimension, data, offsets }: VectorBlock): Uint8Array {
  const content = Buffer.concat([...(offsets ? [bytesOf(offsets)] : []), bytesOf(data)]);
  const header: Header = {
    format: FORMAT,
    key,
    count,
    dimension,
    type: data instanceof Float64Array ? 'f64' : 'f32',
    ...(offsets ? { vectors: data.length / dimension } : {}),
    sha256: sha256(content),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), content]);
}

/** The vectors of an entry; undefined where it is cut off, changed, of another format or of another key. */
export function decodeBlock(key: string, bytes: Uint8Array): VectorBlock | undefined {
  const end = bytes.subarray(0, MAX_HEADER).indexOf(LINE_FEED);
  const header = end < 0 ? undefined : headerOf(Buffer.from(bytes.subarray(0, end)).toString('utf8'));
  if (!header || header.format !== FORMAT || header.key !== key) return undefined;
  const { count, dimension, type, vectors } = header;
  const content = bytes.subarray(end + 1);
  const width = type === 'f64' ? Float64Array.BYTES_PER_ELEMENT : Float32Array.BYTES_PER_ELEMENT;
  const before = vectors === undefined ? 0 : Int32Array.BYTES_PER_ELEMENT * (count + 1);
  if (content.length !== before + width * (vectors ?? count) * dimension || sha256(content) !== header.sha256)
    return undefined;
  const offsets = vectors === undefined ? undefined : new Int32Array(copied(content, 0, before));
  if (offsets && !areOffsets(offsets, vectors)) return undefined;
  const numbers = copied(content, before, content.length);
  const data = type === 'f64' ? new Float64Array(numbers) : new Float32Array(numbers);
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
  const {
    format,
    key,
    count,
    dimension,
    type,
    vectors,
    sha256: digest,
  } = value as Partial<Record<keyof Header, unknown>>;
  const whole = (n: unknown) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  return (
    format === FORMAT &&
    typeof key === 'string' &&
    typeof digest === 'string' &&
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

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** A copy of its own: views of numbers want an offset of their size, which a slice of a file need not have. */
function copied(bytes: Uint8Array, from: number, to: number): ArrayBuffer {
  const copy = new ArrayBuffer(to - from);
  new Uint8Array(copy).set(bytes.subarray(from, to));
  return copy;
}
