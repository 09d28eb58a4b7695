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

/** Walks the runs of a data page of version 1, decompressed. Throws where one is longer than its page. */
export function walkRuns(page: Uint8Array, layout: RunLayout): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  for (const bits of [layout.repetitionBits, layout.definitionBits]) {
    if (bits === 0) continue;
    const length = view.getUint32(at, true);
    walk(view.buffer, page.byteOffset + at + 4, page.byteOffset + page.byteLength, bits, layout.values);
    at += 4 + length;
  }
  walkCodes(page.subarray(at), layout);
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

/** The levels of a page of version 2. */
export function walkLevels(levels: Uint8Array, bits: number, count: number): void {
  if (bits > 0 && levels.length > 0)
    walk(levels.buffer, levels.byteOffset, levels.byteOffset + levels.byteLength, bits, count);
}

/** Until `count` values, or the end of the bytes: fewer is for the reader to say. */
function walk(buffer: ArrayBufferLike, from: number, to: number, bits: number, count: number): void {
  const bytes = new Uint8Array(buffer, 0, to);
  let at = from;
  for (let seen = 0; seen < count && at < to; ) {
    let header = 0;
    for (let shift = 0; at < to; shift += 7) {
      const byte = bytes[at++]!;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const packed = header % 2 === 1;
    const length = packed ? Math.floor(header / 2) * 8 : header / 2;
    if (length > count - seen + (packed ? PADDING : 0))
      throw new Error(
        `a run of ${length.toLocaleString('en-US')} values in a page of ${count.toLocaleString('en-US')}`,
      );
    seen += length;
    at += packed ? (length / 8) * bits : (bits + 7) >> 3;
  }
}
