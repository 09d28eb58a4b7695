/** The checksum of gzip and of Parquet's pages: CRC-32 (ISO 3309), reflected polynomial 0xEDB88320. */
import * as zlib from 'node:zlib';

let table: Int32Array | undefined;

function tableOf(): Int32Array {
  const made = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    made[n] = c;
  }
  return made;
}

/** By table, for runtimes before Node 22.2. */
export function crc32ByTable(bytes: Uint8Array): number {
  table ??= tableOf();
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}

const native = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32;

/** As an unsigned 32-bit number. */
export const crc32: (bytes: Uint8Array) => number = native ?? crc32ByTable;
