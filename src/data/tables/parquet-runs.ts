/**
 * Runs of a Parquet page (RLE / bit-packing hybrid, parquet-format Encodings.md): a few bytes can declare a run of a
 * billion values, which hyparquet would write out beyond the page's own. Levels and dictionary codes are walked, not
 * decoded.
 */

/** The fields of a page's header, and of its column, that say where runs stand. */
export interface RunLayout {
  /** The page's encoding. */
  readonly encoding: string;
  readonly boolean: boolean;
  readonly values: number;
  /** Bits of a repetition and of a definition level; 0 where the column has none. */
  readonly repetitionBits: number;
  readonly definitionBits: number;
}

/** Values that a bit-packed run may hold beyond the page's, as it is filled up to groups of eight. */
const PADDING = 1024;

/** Levels of the values of a page, shape (values); of a column without lists they are walked, and none is kept. */
export interface Levels {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
}

/**
 * Walks the runs of a data page of version 1, decompressed, and gives its levels. Throws where a run is longer than its
 * page.
 */
export function walkRuns(page: Uint8Array, layout: RunLayout): Levels {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  const levelsOf = (bits: number): Uint8Array => {
    if (bits === 0) return new Uint8Array();
    const length = view.getUint32(at, true);
    const levels = walkLevels(page.subarray(at + 4), bits, layout);
    at += 4 + length;
    return levels;
  };
  const levels = { repetition: levelsOf(layout.repetitionBits), definition: levelsOf(layout.definitionBits) };
  walkCodes(page.subarray(at), layout);
  return levels;
}

/** The runs of the values alone: of a page of version 2, whose levels have their lengths in its header. */
export function walkCodes(values: Uint8Array, { encoding, boolean, values: count }: RunLayout): void {
  const end = values.byteOffset + values.byteLength;
  if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
    const bits = values[0] ?? 0;
    if (bits > 32) throw new Error(`dictionary codes of ${bits} bits`);
    if (bits > 0) walk(values.buffer, values.byteOffset + 1, end, bits, count);
  } else if (encoding === 'RLE' && boolean) walk(values.buffer, values.byteOffset + 4, end, 1, count);
}

/** Walks levels of one kind, and gives them where the column has lists. */
export function walkLevels(
  bytes: Uint8Array,
  bits: number,
  { values, repetitionBits }: Pick<RunLayout, 'values' | 'repetitionBits'>,
): Uint8Array {
  const levels = new Uint8Array(repetitionBits > 0 ? values : 0);
  if (bits > 0 && bytes.length > 0)
    walk(bytes.buffer, bytes.byteOffset, bytes.byteOffset + bytes.byteLength, bits, values, levels);
  return levels;
}

/**
 * Walks until `count` values, or the end of the bytes: fewer is for the reader to say.
 *
 * @param into takes the values, where it has room
 */
function walk(
  buffer: ArrayBufferLike,
  from: number,
  to: number,
  bits: number,
  count: number,
  into = new Uint8Array(),
): void {
  const bytes = new Uint8Array(buffer, 0, to);
  let at = from;
  for (let seen = 0; seen < count && at < to; ) {
    const [header, behind] = varint(bytes, at);
    at = behind;
    const packed = header % 2 === 1;
    const length = packed ? Math.floor(header / 2) * 8 : header / 2;
    if (length > count - seen + (packed ? PADDING : 0))
      throw new Error(
        `a run of ${length.toLocaleString('en-US')} values in a page of ${count.toLocaleString('en-US')}`,
      );
    const size = packed ? (length / 8) * bits : (bits + 7) >> 3;
    if (into.length > 0) {
      const own = into.subarray(seen, seen + length);
      if (packed) unpack(bytes.subarray(at, at + size), bits, own);
      else own.fill(bytes[at] ?? 0);
    }
    seen += length;
    at += size;
  }
}

/** A number in groups of seven bits, and the place behind it. */
function varint(bytes: Uint8Array, from: number): [value: number, behind: number] {
  let value = 0;
  let at = from;
  for (let shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return [value, at];
}

/** Writes out bit-packed levels of at most 8 bits, least significant bit first. */
function unpack(bytes: Uint8Array, bits: number, into: Uint8Array): void {
  const mask = (1 << bits) - 1;
  for (let i = 0, bit = 0; i < into.length; i++, bit += bits) {
    const byte = bit >> 3;
    into[i] = (((bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8)) >> (bit & 7)) & mask;
  }
}
