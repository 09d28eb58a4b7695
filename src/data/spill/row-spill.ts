/**
 * Rows that do not fit into memory, in parts that do: one temporary file, which has no name once it is open, so that
 * nothing is left of it however the program ends.
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../../errors.js';
import { crc32 } from '../../lib/crc32.js';
import { printable } from '../../lib/text.js';
import { decodeIds, encodeIds } from './id-index.js';
import { type Layout, leastBytes, type SpilledRows } from './layout.js';
import { decodePieces, encodePiece } from './piece.js';

/** Bytes that wait to be written, so that each part's stand in long runs. */
const WAITING = 32 << 20;

/** Bytes of a part that stand together in the file. */
interface Run {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

/** A part of a temporary file, as any thread of this program can read it: they share its open files. */
export interface SpilledPart {
  readonly file: number;
  readonly folder: string;
  readonly layout: Layout;
  readonly rows: number;
  readonly runs: readonly Run[];
  /** Its ids without their names, where they were written. */
  readonly index: Run | undefined;
}

export class RowSpill {
  /** By part: offset, bytes and checksum of each run, one after the other: numbers alone are kept of many. */
  private readonly runs: number[][];
  private readonly indices: Run[] = [];
  private readonly waiting: Buffer[][];
  private waits = 0;
  private end = 0;
  /** Rows of each part. */
  private readonly counts: Int32Array;

  /**
   * @param file   open for reading and writing, and empty
   * @param folder where it is, for messages
   * @param most   bytes that wait to be written
   */
  constructor(
    readonly file: number,
    private readonly folder: string,
    private readonly layout: Layout,
    readonly parts: number,
    private readonly most = WAITING,
  ) {
    this.runs = Array.from({ length: parts }, () => []);
    this.waiting = Array.from({ length: parts }, () => []);
    this.counts = new Int32Array(parts);
  }

  /**
   * Opens a temporary file (`TMPDIR`). DataError where it cannot be, or where there is less room than so many rows
   * take.
   */
  static open(layout: Layout, parts: number, rows: number, folder = tmpdir(), most?: number): RowSpill {
    const free = freeBytes(folder);
    const needed = leastBytes(layout, rows);
    if (free !== undefined && free < needed)
      throw noRoom(folder, `${gigabytes(free)} GB free in ${printable(folder)}`, `${gigabytes(needed)} GB at least`);
    try {
      const own = mkdtempSync(join(folder, 'skewgate-'));
      const file = openSync(join(own, 'rows'), 'wx+', 0o600);
      // The file lives on as long as it is open, and goes with the program, be it killed.
      rmSync(own, { recursive: true });
      return new RowSpill(file, folder, layout, parts, most);
    } catch (error) {
      throw noRoom(folder, `no temporary file in ${printable(folder)} (${codeOf(error)})`, 'a folder to write to');
    }
  }

  /** Adds rows to their parts. @param part shape (rows) */
  add(rows: SpilledRows, part: Uint16Array): void {
    const members = membersOf(part, this.parts);
    for (const [p, own] of members.entries()) {
      if (own.length === 0) continue;
      const piece = encodePiece(this.layout, rows, own);
      this.waiting[p]!.push(piece);
      this.waits += piece.length;
      this.counts[p]! += own.length;
    }
    if (this.waits >= this.most) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    for (const [p, pieces] of this.waiting.entries()) {
      if (pieces.length === 0) continue;
      const { offset, bytes, crc } = this.append(Buffer.concat(pieces));
      this.runs[p]!.push(offset, bytes, crc);
      this.waiting[p] = [];
    }
    this.waits = 0;
  }

  /** Bytes of all parts. */
  get bytes(): number {
    return this.end + this.waits;
  }

  /** Rows of the largest part. */
  get largest(): number {
    return this.counts.reduce((most, count) => Math.max(most, count), 0);
  }

  /** The rows of a part, in the order in which they were added. DataError where they are not as they were written. */
  read(part: number): SpilledRows {
    return readSpilled(this.part(part));
  }

  /** The bytes of a part, all of which are written. */
  part(part: number): SpilledPart {
    this.flush();
    const { file, folder, layout } = this;
    return {
      file,
      folder,
      layout,
      rows: this.counts[part]!,
      runs: runsOf(this.runs[part]!),
      index: this.indices[part],
    };
  }

  /** Keeps the ids of a part as codes and hashes beside its rows: `readSpilled` then reads no names. */
  index(part: number, rows: Pick<SpilledRows, 'ids'>): void {
    this.flush();
    this.indices[part] = this.append(encodeIds(this.layout, rows));
  }

  private append(bytes: Buffer): Run {
    this.write(bytes);
    const run = { offset: this.end, bytes: bytes.length, crc: crc32(bytes) };
    this.end += bytes.length;
    return run;
  }

  close(): void {
    closeSync(this.file);
  }

  private write(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at, bytes.length - at, this.end + at);
    } catch (error) {
      throw noRoom(
        this.folder,
        `no room in ${printable(this.folder)} for a temporary file (${codeOf(error)} after ` +
          `${gigabytes(this.end)} GB)`,
        'room for the rows once more',
      );
    }
  }
}

function runsOf(packed: readonly number[]): Run[] {
  return Array.from({ length: packed.length / 3 }, (_, n) => ({
    offset: packed[3 * n]!,
    bytes: packed[3 * n + 1]!,
    crc: packed[3 * n + 2]!,
  }));
}

/**
 * The rows of a part, in the order in which they were added. DataError where they are not as they were written.
 *
 * @param unnamed whether its ids may be without their names, where an index of them was written
 */
export function readSpilled(part: SpilledPart, unnamed = false): SpilledRows {
  const { layout, runs, index, rows } = part;
  const known = unnamed && index ? decodeIds(layout, readRuns(part, [index]), rows) : undefined;
  return decodePieces(layout, readRuns(part, runs), known);
}

function readRuns({ file, folder }: SpilledPart, runs: readonly Run[]): Buffer {
  const whole = Buffer.from(new ArrayBuffer(runs.reduce((sum, { bytes }) => sum + bytes, 0)));
  let at = 0;
  for (const { offset, bytes, crc } of runs) {
    const own = whole.subarray(at, at + bytes);
    if (!readWhole(file, own, offset) || crc32(own) !== crc) throw changed(file, folder, offset + bytes);
    at += bytes;
  }
  return whole;
}

/** @param end bytes that the file has at least */
function changed(file: number, folder: string, end: number): DataError {
  return new DataError([
    {
      found:
        `a temporary file in ${printable(folder)} that is not what was written ` +
        `(${gigabytes(fstatSync(file).size)} of ${gigabytes(end)} GB)`,
      expected: 'a disk that keeps what it is given',
      mend: 'Set TMPDIR to a folder on another disk, and run again.',
    },
  ]);
}

/** The rows of each part, ascending. */
function membersOf(part: Uint16Array, parts: number): Int32Array[] {
  const counts = new Int32Array(parts);
  for (const p of part) counts[p]!++;
  const members = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  for (let r = 0; r < part.length; r++) members[part[r]!]![counts[part[r]!]!++] = r;
  return members;
}

function readWhole(file: number, into: Buffer, offset: number): boolean {
  for (let at = 0; at < into.length; ) {
    const read = readSync(file, into, at, into.length - at, offset + at);
    if (read === 0) return false;
    at += read;
  }
  return true;
}

/** Bytes that are free for this user; undefined where nobody can say. */
function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function noRoom(folder: string, found: string, expected: string): DataError {
  return new DataError([
    {
      found,
      expected: `${expected}, as these rows go through a temporary file`,
      mend: `Free some of ${printable(folder)}, or set the environment variable TMPDIR to a folder with more room.`,
    },
  ]);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
