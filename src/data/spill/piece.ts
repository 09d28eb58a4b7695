/**
 * Rows as bytes on their way through a temporary file, laid out as this machine has its numbers: nobody else reads
 * them.
 *
 * A piece is a number of rows, then column after column, each on a multiple of 8 bytes: of ids the number of names,
 * the bytes of their text, their lengths and one code a row; of codes one a row; of numbers one a row.
 */

import { lookUp } from '../../lib/lookup.js';
import type { Coded } from '../tables/identity.js';
import type { Layout, SpilledRows } from './layout.js';
import { mapCodes } from './recode.js';

/** Numbers at the head of a piece: its bytes and its rows. */
const HEAD = 2;

/** Rounds up to a place that numbers of 8 bytes may stand at. */
function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** The names of a column that some rows have, and their codes by row. */
interface Dictionary {
  readonly text: Buffer;
  /** Shape (names): UTF-16 units of each. */
  readonly lengths: Int32Array;
  readonly codes: Int32Array;
}

/** @param rows which rows of `from`, in their order */
export function encodePiece(layout: Layout, from: SpilledRows, rows: Int32Array): Buffer {
  const dictionaries = layout.ids.map((name): Dictionary => {
    const { codes, names } = mapCodes(lookUp(from.ids, name, 'column'), rows);
    return { text: Buffer.from(names.join('')), lengths: Int32Array.from(names, ({ length }) => length), codes };
  });
  const codes = 4 * rows.length;
  let bytes = aligned(4 * HEAD);
  for (const { text, lengths } of dictionaries)
    bytes += 8 + aligned(text.length) + aligned(4 * lengths.length) + aligned(codes);
  bytes += layout.codes.length * aligned(codes) + layout.numbers.length * 8 * rows.length;
  const piece = Buffer.from(new ArrayBuffer(bytes));
  const write = new PieceWriter(piece);
  write.pair(bytes, rows.length);
  for (const dictionary of dictionaries) {
    write.pair(dictionary.lengths.length, dictionary.text.length);
    write.bytes(dictionary.text);
    write.ints(dictionary.lengths);
    write.ints(dictionary.codes);
  }
  for (const name of layout.codes) write.pickedInts(lookUp(from.codes, name, 'column'), rows);
  for (const name of layout.numbers) write.pickedNumbers(lookUp(from.numbers, name, 'column'), rows);
  return piece;
}

class PieceWriter {
  private at = 0;

  constructor(private readonly piece: Buffer) {}

  pair(a: number, b: number): void {
    this.piece.writeUInt32LE(a, this.at);
    this.piece.writeUInt32LE(b, this.at + 4);
    this.at += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.piece.set(bytes, this.at);
    this.at += aligned(bytes.length);
  }

  ints(values: Int32Array): void {
    new Int32Array(this.piece.buffer, this.at, values.length).set(values);
    this.at += aligned(4 * values.length);
  }

  pickedInts(values: Int32Array, rows: Int32Array): void {
    const own = new Int32Array(this.piece.buffer, this.at, rows.length);
    for (let i = 0; i < rows.length; i++) own[i] = values[rows[i]!]!;
    this.at += aligned(4 * rows.length);
  }

  pickedNumbers(values: Float64Array, rows: Int32Array): void {
    const own = new Float64Array(this.piece.buffer, this.at, rows.length);
    for (let i = 0; i < rows.length; i++) own[i] = values[rows[i]!]!;
    this.at += 8 * rows.length;
  }
}

/** A column of ids on its way out of pieces, each of which has names of its own. */
class IdColumn implements Coded {
  readonly names: string[] = [];
  readonly codes: Int32Array;
  private readonly index = new Map<string, number>();

  constructor(rows: number) {
    this.codes = new Int32Array(rows);
  }

  add(read: PieceReader, first: number, count: number): void {
    const own = read.names().map((name) => this.codeOf(name));
    const local = read.ints(count);
    for (let i = 0; i < count; i++) this.codes[first + i] = own[local[i]!]!;
  }

  private codeOf(name: string): number {
    let code = this.index.get(name);
    if (code === undefined) {
      code = this.names.push(name) - 1;
      this.index.set(name, code);
    }
    return code;
  }
}

/**
 * The rows of pieces that stand one after the other.
 *
 * @param bytes on a buffer of their own
 * @param known the columns of ids where they are known, so that no name is read
 */
export function decodePieces(layout: Layout, bytes: Buffer, known?: SpilledRows['ids']): SpilledRows {
  let rows = 0;
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) rows += bytes.readUInt32LE(at + 4);
  const ids = new Map(known ? [] : layout.ids.map((name) => [name, new IdColumn(rows)]));
  const codes = layout.codes.map(() => new Int32Array(rows));
  const numbers = layout.numbers.map(() => new Float64Array(rows));
  let first = 0;
  for (let from = 0; from < bytes.length; ) {
    const read = new PieceReader(bytes, from);
    const [length, count] = read.pair();
    for (const name of layout.ids) {
      const column = ids.get(name);
      if (column) column.add(read, first, count);
      else read.skipIds(count);
    }
    for (const column of codes) column.set(read.ints(count), first);
    for (const column of numbers) column.set(read.numbers(count), first);
    first += count;
    from += length;
  }
  return {
    rows,
    ids: known ?? new Map([...ids].map(([name, column]) => [name, { codes: column.codes, names: column.names }])),
    codes: new Map(layout.codes.map((name, i) => [name, codes[i]!])),
    numbers: new Map(layout.numbers.map((name, i) => [name, numbers[i]!])),
  };
}

class PieceReader {
  constructor(
    private readonly piece: Buffer,
    private at: number,
  ) {}

  pair(): [number, number] {
    const found: [number, number] = [this.piece.readUInt32LE(this.at), this.piece.readUInt32LE(this.at + 4)];
    this.at += 8;
    return found;
  }

  names(): string[] {
    const [count, bytes] = this.pair();
    const text = this.piece.toString('utf8', this.at, this.at + bytes);
    this.at += aligned(bytes);
    const lengths = this.ints(count);
    let from = 0;
    return Array.from(lengths, (length) => {
      from += length;
      return text.slice(from - length, from);
    });
  }

  skipIds(count: number): void {
    const [names, bytes] = this.pair();
    this.at += aligned(bytes) + aligned(4 * names) + aligned(4 * count);
  }

  ints(count: number): Int32Array {
    const found = new Int32Array(this.piece.buffer, this.piece.byteOffset + this.at, count);
    this.at += aligned(4 * count);
    return found;
  }

  numbers(count: number): Float64Array {
    const found = new Float64Array(this.piece.buffer, this.piece.byteOffset + this.at, count);
    this.at += 8 * count;
    return found;
  }
}
