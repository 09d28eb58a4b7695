/** Bytes as text, or not at all: a replacement character would make one value of many. */
import { isUtf8 } from 'node:buffer';

// A byte order mark within a value is a part of it.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes; undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A byte that UTF-8 does not allow where it stands. */
export interface ForeignByte {
  /** From 0, in the bytes. */
  readonly offset: number;
  /** `0xe9`. */
  readonly shown: string;
  /** From 1; columns count UTF-16 code units, as editors do. */
  readonly line: number;
  readonly column: number;
}

/** The first byte that is not UTF-8; undefined where all are. */
export function foreignByte(bytes: Uint8Array): ForeignByte | undefined {
  if (isUtf8(bytes)) return undefined;
  let line = 1;
  let from = 0;
  // No byte of a longer character is a line feed.
  for (; ; line++) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(from, to))) break;
    from = to + 1;
  }
  let offset = from;
  while (offset < bytes.length) {
    const length = characterLength(bytes[offset]!);
    if (length === 0 || !isUtf8(bytes.subarray(offset, offset + length))) break;
    offset += length;
  }
  const before = decodeUtf8(bytes.subarray(from, offset)) ?? '';
  return {
    offset,
    shown: `0x${bytes[offset]!.toString(16).padStart(2, '0')}`,
    line,
    column: before.length + 1,
  };
}

function characterLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** `FF FE` or `FE FF`, where a text starts with the byte order mark of UTF-16. */
export function utf16Mark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'FF FE';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'FE FF' : undefined;
}
