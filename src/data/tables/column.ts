/**
 * A column of a table: typed arrays, strings by dictionary, lists by offsets. Missing values are counted, never
 * guessed.
 */
import { quoted } from '../../lib/text.js';
import { foreignByte } from '../../lib/utf8.js';

interface ColumnBase {
  readonly length: number;
  /** 1 where the value is missing; absent when none is. */
  readonly nulls?: Uint8Array;
}
/** Real numbers (float64), whole numbers that float64 holds exactly, or truth values as 0 and 1. */
export interface NumberColumn extends ColumnBase {
  readonly type: 'float' | 'int' | 'bool';
  readonly values: Float64Array;
  /**
   * The cells of a CSV that these numbers were read off, where not all are whole numbers in their plain spelling;
   * shape (length).
   */
  readonly written?: readonly string[];
  /** Whole numbers up to here are told apart: 2^53, and less where the file holds narrower floats. */
  readonly exactTo?: number;
}
/** Whole numbers of which at least one is beyond 2^53. */
export interface WideIntColumn extends ColumnBase {
  readonly type: 'wide_int';
  readonly values: BigInt64Array;
}
export interface StringColumn extends ColumnBase {
  readonly type: 'string';
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
  /** Of whole numbers, of which at least one is beyond 64 bits. */
  readonly whole?: true;
}
/** Lists: row r is `values[offsets[r] … offsets[r+1]-1]`. */
export interface ListColumn extends ColumnBase {
  readonly type: 'list';
  readonly offsets: Int32Array;
  readonly values: Column;
}
export type Column = NumberColumn | WideIntColumn | StringColumn | ListColumn;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** A value of a type that no column can hold (a date, a struct, bytes). */
export class UnsupportedValue extends Error {
  readonly described: string;

  constructor(readonly value: unknown) {
    super(`unsupported value ${describe(value)}`);
    this.described = describe(value);
  }
}

function describe(value: unknown): string {
  if (value instanceof Date) return 'a date or time';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof NotUtf8)
    return (
      `${quoted(Buffer.from(value.bytes.subarray(0, 200)).toString())}, in which byte ` +
      `${foreignByte(value.bytes)?.shown} is not UTF-8`
    );
  if (typeof value === 'object' && value !== null) return 'a nested record';
  return quoted(value);
}

/** A text whose bytes are not UTF-8; no column holds it. */
export class NotUtf8 {
  constructor(readonly bytes: Uint8Array) {}
}

/**
 * Builds a column from values as a reader gives them: typed arrays in chunks, or plain arrays with null for missing.
 */
export function buildColumn(chunks: readonly ArrayLike<unknown>[]): Column {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  if (chunks.length > 0 && chunks.every((c) => c instanceof Float32Array || c instanceof Float64Array))
    return { type: 'float', length, values: concatNumbers(chunks as readonly ArrayLike<number>[], length) };
  if (chunks.length > 0 && chunks.every(isSmallIntArray))
    return { type: 'int', length, values: concatNumbers(chunks as readonly ArrayLike<number>[], length) };
  return plainNumbers(chunks, length) ?? buildMixed(chunks, length);
}

/** The column of arrays that hold numbers and missing values alone, in one pass; undefined of any other. */
function plainNumbers(chunks: readonly ArrayLike<unknown>[], length: number): NumberColumn | undefined {
  const values = new Float64Array(length);
  let nulls: Uint8Array | undefined;
  let [at, found, whole] = [0, 0, true];
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++, at++) {
      const value = chunk[i];
      if (typeof value === 'number') {
        values[at] = value;
        found++;
        whole &&= Number.isSafeInteger(value);
      } else if (value === null || value === undefined) {
        nulls ??= new Uint8Array(length);
        nulls[at] = 1;
      } else return undefined;
    }
  if (found === 0) return undefined;
  return { type: whole ? 'int' : 'float', length, values, ...(nulls ? { nulls } : {}) };
}

function isSmallIntArray(chunk: ArrayLike<unknown>): boolean {
  return (
    chunk instanceof Int32Array ||
    chunk instanceof Uint32Array ||
    chunk instanceof Int16Array ||
    chunk instanceof Uint16Array ||
    chunk instanceof Int8Array ||
    chunk instanceof Uint8Array
  );
}

function concatNumbers(chunks: readonly ArrayLike<number>[], length: number): Float64Array {
  const values = new Float64Array(length);
  let at = 0;
  for (const chunk of chunks) {
    values.set(chunk, at);
    at += chunk.length;
  }
  return values;
}

type Kind = 'float' | 'int' | 'bool' | 'string' | 'list';

/** Kind and size of the values of chunks, and where one is missing. */
interface Survey {
  /** Undefined where all values are missing. */
  readonly kind: Kind | undefined;
  readonly missing: { nulls?: Uint8Array };
  /** Some whole number is beyond 2^53. */
  readonly unsafe: boolean;
  /** Some whole number is beyond 64 bits. */
  readonly beyond64: boolean;
}

function surveyOf(chunks: readonly ArrayLike<unknown>[], length: number): Survey {
  let kind: Kind | undefined;
  let nulls: Uint8Array | undefined;
  let unsafe = false;
  let beyond64 = false;
  let at = 0;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++, at++) {
      const value = chunk[i];
      if (value === null || value === undefined) {
        nulls ??= new Uint8Array(length);
        nulls[at] = 1;
        continue;
      }
      kind = widen(kind, value);
      if (typeof value !== 'bigint') continue;
      unsafe ||= value > 9007199254740992n || value < -9007199254740992n;
      beyond64 ||= value > INT64_MAX || value < INT64_MIN;
    }
  return { kind, missing: nulls ? { nulls } : {}, unsafe, beyond64 };
}

function buildMixed(chunks: readonly ArrayLike<unknown>[], length: number): Column {
  const { kind, missing, unsafe, beyond64 } = surveyOf(chunks, length);
  if (kind === undefined) return { type: 'float', length, values: new Float64Array(length), ...missing };
  if (kind === 'list') return buildList(chunks, length, missing);
  if (kind === 'string') return buildStrings(chunks, length, missing);
  if (kind === 'int' && beyond64) return { ...buildStrings(chunks, length, missing), whole: true };
  if (kind === 'int' && unsafe) {
    const values = new BigInt64Array(length);
    forEachValue(chunks, (i, value) => {
      values[i] = BigInt(value as number | bigint);
    });
    return { type: 'wide_int', length, values, ...missing };
  }
  const values = new Float64Array(length);
  forEachValue(chunks, (i, value) => {
    values[i] = Number(value);
  });
  return { type: kind, length, values, ...missing };
}

function forEachValue(chunks: readonly ArrayLike<unknown>[], visit: (i: number, value: unknown) => void): void {
  let at = 0;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++, at++) {
      const value = chunk[i];
      if (value !== null && value !== undefined) visit(at, value);
    }
}

function widen(kind: Kind | undefined, value: unknown): Kind {
  const own = kindOf(value);
  if (kind === undefined || kind === own) return own;
  if ((kind === 'float' && own === 'int') || (kind === 'int' && own === 'float')) return 'float';
  throw new UnsupportedValue(value);
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isSafeInteger(value) ? 'int' : 'float';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
      if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof Uint8Array))) return 'list';
      throw new UnsupportedValue(value);
  }
}

function buildStrings(
  chunks: readonly ArrayLike<unknown>[],
  length: number,
  missing: { nulls?: Uint8Array },
): StringColumn {
  const codes = new Int32Array(length).fill(-1);
  const index = new Map<string, number>();
  const dictionary: string[] = [];
  forEachValue(chunks, (i, value) => {
    const text = String(value);
    let code = index.get(text);
    if (code === undefined) {
      code = dictionary.length;
      dictionary.push(text);
      index.set(text, code);
    }
    codes[i] = code;
  });
  return { type: 'string', length, codes, dictionary, ...missing };
}

function buildList(chunks: readonly ArrayLike<unknown>[], length: number, missing: { nulls?: Uint8Array }): ListColumn {
  const offsets = new Int32Array(length + 1);
  const parts: ArrayLike<unknown>[] = [];
  let total = 0;
  let at = 0;
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++, at++) {
      const value = chunk[i] as ArrayLike<unknown> | null | undefined;
      if (value && value.length > 0) {
        parts.push(value);
        total += value.length;
      }
      offsets[at + 1] = total;
    }
  return { type: 'list', length, offsets, values: buildColumn(parts), ...missing };
}

/**
 * The column by its cells as they are written, where these are texts that read as real numbers: 1.10 is not 1.1 where
 * it is a name.
 */
export function asWritten(column: Column): Column {
  if ((column.type !== 'float' && column.type !== 'int') || !column.written) return column;
  const { length, nulls, written } = column;
  const texts = nulls ? written.map((text, r) => (nulls[r] === 1 ? null : text)) : written;
  return buildStrings([texts], length, nulls ? { nulls } : {});
}

/** Tells if the value of row `r` is missing. */
export function isNull(column: Column, r: number): boolean {
  return column.nulls !== undefined && column.nulls[r] === 1;
}

/** A value as text: how ids and slice values are compared between tables, exact for 64-bit integers. */
export function textAt(column: Column, r: number): string {
  switch (column.type) {
    case 'string':
      return column.dictionary[column.codes[r]!]!;
    case 'wide_int':
      return column.values[r]!.toString();
    case 'bool':
      return column.values[r] === 1 ? 'true' : 'false';
    case 'list': {
      const [from, to] = [column.offsets[r]!, column.offsets[r + 1]!];
      return `[${Array.from({ length: to - from }, (_, i) => textAt(column.values, from + i)).join(', ')}]`;
    }
    default:
      return String(column.values[r]);
  }
}

/** Codes of a column: equal values get equal codes, numbered in order of first appearance; missing values get -1. */
export function encode(column: Column): { codes: Int32Array; names: string[] } {
  if (column.type === 'string') return encodeTexts(column);
  const codes = new Int32Array(column.length);
  const names: string[] = [];
  const seen = new Map<number | bigint | string, number>();
  for (let r = 0; r < column.length; r++) {
    if (isNull(column, r)) {
      codes[r] = -1;
      continue;
    }
    const key = keyAt(column, r);
    let code = seen.get(key);
    if (code === undefined) {
      code = names.length;
      seen.set(key, code);
      names.push(textAt(column, r));
    }
    codes[r] = code;
  }
  return { codes, names };
}

/** Texts have codes already: these are numbered anew, as some of the dictionary may stand in no row. */
function encodeTexts({ codes: before, dictionary, nulls }: StringColumn): { codes: Int32Array; names: string[] } {
  const codes = new Int32Array(before.length);
  const names: string[] = [];
  const codeOf = new Int32Array(dictionary.length).fill(-1);
  for (let r = 0; r < before.length; r++) {
    const old = nulls?.[r] === 1 ? -1 : before[r]!;
    if (old >= 0 && codeOf[old] === -1) codeOf[old] = names.push(dictionary[old]!) - 1;
    codes[r] = old < 0 ? -1 : codeOf[old]!;
  }
  return { codes, names };
}

function keyAt(column: Column, r: number): number | bigint | string {
  switch (column.type) {
    case 'string':
      return column.codes[r]!;
    case 'list':
      return listKey(column, r);
    default:
      return column.values[r]!;
  }
}

function listKey(column: ListColumn, r: number): string {
  const from = column.offsets[r]!;
  const to = column.offsets[r + 1]!;
  const parts: string[] = [];
  for (let i = from; i < to; i++) parts.push(isNull(column.values, i) ? '\u0000null' : `${keyAt(column.values, i)}`);
  return `[${parts.join('\u0001')}]`;
}
