/** Text tables as bytes: UTF-8 or refused, with the row and the column of the first byte that is not. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DataError, type Problem } from '../../errors.js';
import { plural, printable, shellPath } from '../../lib/text.js';
import { type ForeignByte, foreignByte, utf16Mark } from '../../lib/utf8.js';
import { MAX_BUFFER, sizeOf } from '../artefacts/files.js';
import { BYTES_A_TEXT_BYTE, maxDecodedBytes, refuseBeyondLimit } from '../artefacts/limits.js';
import { isPacked } from './format.js';

/** Names what a byte belongs to, for whoever has to find it: `row 3, column "tier" is "gro\ufffd"`. */
export type Naming = (bytes: Buffer, foreign: ForeignByte) => string | undefined;

/**
 * The whole of a text file, and about how many bytes it takes decoded. Past what one buffer holds, or what the limit
 * allows, a columnar file is the right form.
 *
 * @param before bytes that its table takes already, of other parts
 * @param head   bytes that are read at most, to the end of a line; left out: all
 */
export function readTextFile(
  path: string,
  shown: string,
  naming: Naming,
  before: number,
  head = Number.POSITIVE_INFINITY,
): { readonly bytes: Buffer; readonly decoded: number; readonly cut: boolean } {
  const size = Math.min(sizeOf(path), head);
  const cut = size < sizeOf(path);
  if (size > MAX_BUFFER)
    throw new DataError([
      { place: { file: shown }, found: 'a text file of more than 2 GiB', expected: 'Parquet for tables of that size' },
    ]);
  const decoded = size * BYTES_A_TEXT_BYTE;
  refuseBeyondLimit(before + decoded, shown, `a text file of ${size.toLocaleString('en-US')} bytes`);
  const bytes = isPacked(path) ? unpacked(path, shown, before) : cut ? beginning(path, size) : readFileSync(path);
  const problem = encodingProblem(bytes, shown, naming);
  if (problem) throw new DataError([problem]);
  return { bytes, decoded: bytes.length * BYTES_A_TEXT_BYTE, cut };
}

/** As many bytes of a file at most, to the end of a line; of a line that is longer all of them. */
function beginning(path: string, size: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(size);
    const read = bytes.subarray(0, readSync(file, bytes, 0, size, 0));
    const end = read.lastIndexOf(NEWLINE);
    return end < 0 ? read : read.subarray(0, end + 1);
  } finally {
    closeSync(file);
  }
}

const NEWLINE = 10;

/** The text of a gzip file, of which no more is unpacked than the limit allows. */
function unpacked(path: string, shown: string, before: number): Buffer {
  const room = Math.floor((maxDecodedBytes() - before) / BYTES_A_TEXT_BYTE);
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: Math.max(1, Math.min(room, MAX_BUFFER)) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw new DataError([
        {
          place: { file: shown },
          found: `a gzip file that cannot be unpacked (${printable((error as Error).message)})`,
          expected: 'a whole gzip file',
          mend: 'It is damaged: write it again, or fetch it again.',
        },
      ]);
    refuseBeyondLimit(before + (room + 1) * BYTES_A_TEXT_BYTE, shown, `a text of more than ${plural(room, 'byte')}`);
    throw new DataError([
      { place: { file: shown }, found: 'a text of more than 2 GiB', expected: 'Parquet for tables of that size' },
    ]);
  }
}

/** Finds what is wrong with the encoding; undefined for UTF-8. */
export function encodingProblem(bytes: Buffer, shown: string, naming: Naming): Problem | undefined {
  const mark = utf16Mark(bytes);
  const mend = (from: string) => `iconv -f ${from} -t utf-8 ${shellPath(shown)} > ${shellPath(shown)}.utf8`;
  if (mark !== undefined)
    return {
      place: { file: shown, line: 1, column: 1 },
      found: `text in UTF-16 (it starts with ${mark})`,
      expected: 'text in UTF-8',
      mend: `Run: ${mend('utf-16')}`,
    };
  const foreign = foreignByte(bytes);
  if (!foreign) return undefined;
  const named = naming(bytes, foreign);
  return {
    place: { file: shown, line: foreign.line, column: foreign.column },
    found:
      `${named === undefined ? '' : `${named}, in which `}byte ` +
      `${foreign.shown}${named === undefined ? ', which' : ''} is not UTF-8`,
    expected: 'text in UTF-8',
    mend: `If it is Latin-1, run: ${mend('latin1')}`,
  };
}
