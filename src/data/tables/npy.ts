/**
 * NumPy arrays as tables of vectors: `v42.npy` holds a vector a row (shape n × d) or several (n × t × d), and its ids
 * stand beside it in the order of the rows, in `v42.ids.npy` or `v42.ids.txt`. The format is that of numpy.lib.format.
 */
import { readFileSync } from 'node:fs';
import { DataError } from '../../errors.js';
import { plural, printable, quoted } from '../../lib/text.js';
import { decodeUtf8 } from '../../lib/utf8.js';
import { idFilesOf } from '../artefacts/arrays.js';
import { MAX_BUFFER, sizeOf } from '../artefacts/files.js';
import { decodedBytes, refuseBeyondLimit } from '../artefacts/limits.js';
import { buildColumn, type Column, type ListColumn, type NumberColumn } from './column.js';
import { namesAsked, type Source, type TablePart, type WantedColumns } from './table-part.js';
import { readTextFile } from './text-file.js';

const COLUMNS = ['id', 'vector'];

/**
 * Reads an array and its ids as the columns `id` and `vector`. DataError where the ids are missing or of another
 * number, and for an array that is not of floats in C order.
 *
 * @param before bytes that the table takes already, decoded, of other parts
 */
export function readNpy(source: Source, wanted: WantedColumns, before: number): TablePart {
  const { path, shown } = source;
  const array = openArray(source);
  const [rows = 0, ...inner] = array.shape;
  const floats = FLOATS[array.type];
  const found = `an array of type ${quoted(array.type)} and shape (${array.shape.join(', ')})`;
  if (array.shape.length < 2 || array.shape.length > 3)
    throw new DataError([{ place: { file: shown }, found, expected: 'the shape (n, d), or (n, t, d) under max_sim' }]);
  if (!floats) throw wrong(shown, found);
  const values = array.shape.reduce((product, size) => product * size, 1);
  const decoded = decodedBytes(values, 0, false);
  refuseBeyondLimit(before + decoded, shown, `an array of ${plural(values, 'number')}`);
  const ids = readIds(path, shown, rows, before + decoded);
  const columns = new Map<string, Column>();
  for (const name of namesAsked(wanted, COLUMNS))
    columns.set(name, name === 'id' ? ids : listsOf(floats(viewOf(array, values, shown)), rows, inner));
  return { file: shown, rows, columnNames: COLUMNS, columns, decoded };
}

/** Numbers as lists of lists: row after row, C order. */
function listsOf(numbers: Float64Array, rows: number, [size = 0, ...inner]: readonly number[]): ListColumn {
  const offsets = Int32Array.from({ length: rows + 1 }, (_, r) => r * size);
  const values: Column =
    inner.length > 0
      ? listsOf(numbers, rows * size, inner)
      : ({ type: 'float', length: numbers.length, values: numbers } satisfies NumberColumn);
  return { type: 'list', length: rows, offsets, values };
}

interface OpenArray {
  readonly bytes: Buffer;
  /** Its first value. */
  readonly start: number;
  /** As NumPy writes it: `<f4`. */
  readonly type: string;
  readonly shape: readonly number[];
}

function openArray({ path, shown }: Source): OpenArray {
  if (sizeOf(path) > MAX_BUFFER)
    throw new DataError([
      { place: { file: shown }, found: 'an array of more than 2 GiB', expected: 'Parquet for vectors of that size' },
    ]);
  const bytes = readFileSync(path);
  const long = (bytes[6] ?? 0) > 1;
  const start = long ? 12 : 10;
  const length = bytes.length < start ? 0 : long ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', start, start + length);
  const type = /'descr': '([^']{1,20})'/.exec(header)?.[1];
  const shape = /'shape': \(([0-9, ]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined || start + length > bytes.length)
    throw wrong(shown, `an array with the header ${quoted(printable(header.trim(), 120))}`);
  if (!header.includes("'fortran_order': False")) throw wrong(shown, 'an array in Fortran order');
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  return { bytes, start: start + length, type, shape: sizes };
}

/** The bytes of an array's values. DataError where there are fewer or more than its shape says. */
function viewOf({ bytes, start, type, shape }: OpenArray, values: number, shown: string): Buffer {
  const body = bytes.subarray(start);
  const size = Number(/\d+$/.exec(type)?.[0] ?? 0) * (type[1] === 'U' ? 4 : 1);
  if (body.length === values * size) return body;
  throw new DataError([
    {
      place: { file: shown },
      found:
        `${plural(body.length, 'byte')} of values, where the shape (${shape.join(', ')}) of ${type} takes ` +
        `${values * size}`,
      expected: 'a whole array',
      mend: 'It is damaged: write it again, or fetch it again.',
    },
  ]);
}

const FLOATS: Readonly<Record<string, (bytes: Buffer) => Float64Array>> = {
  '<f8': (bytes) => Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8)),
  '<f4': (bytes) => Float64Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4)),
  '<f2': (bytes) => Float64Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes.readUInt16LE(i * 2))),
};

/** The value of 16 bits of a float (IEEE 754 binary16). */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function wrong(shown: string, found: string): DataError {
  const path = `"${shown.replaceAll(/["\\]/g, '\\$&')}"`;
  return new DataError([
    {
      place: { file: shown },
      found,
      expected: 'float16, float32 or float64 of the shape (n, d), or (n, t, d), in C order',
      mend: `In Python: import numpy; a = numpy.load(${path}); numpy.save(${path}, numpy.ascontiguousarray(a, "<f4"))`,
    },
  ]);
}

/** The ids of the rows. DataError where there is no file of them, or it holds another number. */
function readIds(path: string, shown: string, rows: number, before: number): Column {
  const [beside, other] = idFilesOf(path);
  const name = (ending: string) => shown.replace(/\.npy$/i, ending);
  if (other !== undefined)
    throw new DataError([
      {
        place: { file: shown },
        found: `two files of its ids: ${name('.ids.npy')} and ${name('.ids.txt')}`,
        expected: 'one, as they may not say the same',
        mend: 'Remove the other one.',
      },
    ]);
  if (beside === undefined)
    throw new DataError([
      {
        place: { file: shown },
        found: `${plural(rows, 'vector')} without ids`,
        expected:
          `their ids beside it, in the order of the rows: ${name('.ids.npy')}, or one a line in ` +
          `${name('.ids.txt')}`,
        mend: `In Python: numpy.save("${name('.ids.npy').replaceAll(/["\\]/g, '\\$&')}", ids)`,
      },
    ]);
  const source = { path: beside, shown: name(beside.toLowerCase().endsWith('.txt') ? '.ids.txt' : '.ids.npy') };
  const ids = source.shown.endsWith('.txt') ? idsOfText(source, before) : idsOfArray(source);
  if (ids.length === rows) return ids;
  throw new DataError([
    {
      place: { file: source.shown },
      found: `${plural(ids.length, 'id')} for ${plural(rows, 'vector')}`,
      expected: 'one id a row of the array, in its order',
    },
  ]);
}

function idsOfText({ path, shown }: Source, before: number): Column {
  const text = readTextFile(path, shown, () => undefined, before).bytes.toString('utf8');
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return buildColumn([lines]);
}

function idsOfArray(source: Source): Column {
  const array = openArray(source);
  const [rows = 0, ...inner] = array.shape;
  const read = idReader(array.type);
  if (!read || inner.length > 0)
    throw new DataError([
      {
        place: { file: source.shown },
        found: `ids of type ${quoted(array.type)} and shape (${array.shape.join(', ')})`,
        expected: 'whole numbers or texts of the shape (n,)',
        mend: `In Python: numpy.save("${source.shown.replaceAll(/["\\]/g, '\\$&')}", numpy.array(ids, dtype=str))`,
      },
    ]);
  const bytes = viewOf(array, rows, source.shown);
  return buildColumn([Array.from({ length: rows }, (_, r) => read(bytes, r))]);
}

/** Reads the id of a row; undefined for a type that holds none. */
function idReader(type: string): ((bytes: Buffer, row: number) => unknown) | undefined {
  const size = Number(type.slice(2));
  switch (type) {
    case '<i8':
      return (bytes, r) => bytes.readBigInt64LE(r * 8);
    case '<u8':
      return (bytes, r) => bytes.readBigUInt64LE(r * 8);
    case '<i4':
      return (bytes, r) => bytes.readInt32LE(r * 4);
    case '<u4':
      return (bytes, r) => bytes.readUInt32LE(r * 4);
  }
  if (type.startsWith('|S')) return (bytes, r) => decodeUtf8(unpadded(bytes.subarray(r * size, (r + 1) * size), 1));
  if (type.startsWith('<U'))
    return (bytes, r) => codePoints(unpadded(bytes.subarray(r * size * 4, (r + 1) * size * 4), 4));
  return undefined;
}

/** A text without the zeros that fill it up. */
function unpadded(bytes: Buffer, unit: number): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes.subarray(end - unit, end).every((byte) => byte === 0)) end -= unit;
  return bytes.subarray(0, end);
}

function codePoints(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) text += String.fromCodePoint(bytes.readUInt32LE(at));
  return text;
}
