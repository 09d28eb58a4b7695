/** JSON Lines → columns; whole numbers beyond 2^53 stay exact. */
import { isUtf8 } from 'node:buffer';
import { DataError } from '../../errors.js';
import { doubledKey, parseExactJson } from '../../lib/json.js';
import { printable, quoted, shellPath } from '../../lib/text.js';
import { buildColumn, type Column, UnsupportedValue } from './column.js';
import { namesAsked, type ReadOptions, type Source, type TablePart, type WantedColumns } from './table-part.js';
import { readTextFile } from './text-file.js';

/** @param before bytes that the table takes already, decoded, of other parts */
export function readJsonLines(
  { path, shown }: Source,
  wanted: WantedColumns,
  before: number,
  { skips, head }: ReadOptions,
): TablePart {
  const { bytes, decoded } = readTextFile(path, shown, foreignValue, before, head);
  refuseArray(bytes, shown);
  const { names, values, lines } = recordsOf(bytes, shown, typeof wanted === 'function' ? undefined : wanted);
  const columns = new Map<string, Column>();
  const skipped = new Map<string, string>();
  for (const name of namesAsked(wanted, [...names])) {
    const column = values.get(name) ?? [];
    while (column.length < lines.length) column.push(null);
    if (skips?.(name) && column.some(isRecord)) skipped.set(name, 'nested records');
    else columns.set(name, build(column, name, shown, lines));
  }
  const lineOf = (row: number) => lines[row]!;
  return { file: shown, rows: lines.length, columnNames: [...names], columns, lineOf, decoded, skipped };
}

interface Records {
  readonly names: ReadonlySet<string>;
  /** By column: values from the first record on, which may end before the last. */
  readonly values: ReadonlyMap<string, unknown[]>;
  /** Lines of the records. */
  readonly lines: readonly number[];
}

/** @param wanted columns whose values are kept; undefined: all, as who asks has to see all names first */
function recordsOf(bytes: Buffer, shown: string, wanted: readonly string[] | undefined): Records {
  const names = new Set<string>();
  const asked = wanted && new Set(wanted);
  const values = new Map<string, unknown[]>();
  const lines: number[] = [];
  for (const [i, text] of linesOf(bytes)) {
    if (text.trim() === '') continue;
    const record = parseLine(text, shown, i + 1);
    for (const [name, value] of Object.entries(record)) {
      names.add(name);
      if (asked && !asked.has(name)) continue;
      const column = values.get(name) ?? [];
      values.set(name, column);
      while (column.length < lines.length) column.push(null);
      column.push(value);
    }
    lines.push(i + 1);
  }
  return { names, values, lines };
}

/** Tells a nested record, or a list that begins with one. */
function isRecord(value: unknown): boolean {
  if (Array.isArray(value)) return isRecord(value[0]);
  return typeof value === 'object' && value !== null;
}

/** Refuses a file that is one JSON array, or one object over several lines. */
function refuseArray(bytes: Buffer, shown: string): void {
  const [first] = linesOf(bytes.subarray(0, HEAD));
  const begin = bytes
    .subarray(0, HEAD)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  const array = begin.startsWith('[');
  if (!array && first?.[1].trim() !== '{') return;
  throw new DataError([
    {
      place: { file: shown, line: 1, column: 1 },
      found: array ? 'a JSON array' : 'a JSON object over several lines',
      expected: 'one JSON object a line',
      mend: `Run: jq -c '${array ? '.[]' : '.'}' ${shellPath(shown)} > rows.jsonl`,
    },
  ]);
}

/** Bytes that tell how a file begins. */
const HEAD = 1024;

/** The lines of a file, without making one string of it; a byte order mark is left out. */
function* linesOf(bytes: Buffer, encoding: 'utf8' | 'latin1' = 'utf8'): Generator<[number, string]> {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let i = 0; from < bytes.length; i++) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    yield [i, bytes.toString(encoding, from, to)];
    from = to + 1;
  }
}

/** The value that is not UTF-8: in Latin-1 every byte is a character, so the line can still be taken apart. */
function foreignValue(bytes: Buffer, { line }: { readonly line: number }): string | undefined {
  let row = 0;
  for (const [i, text] of linesOf(bytes, 'latin1')) {
    if (text.trim() !== '') row++;
    if (i + 1 < line) continue;
    try {
      for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
        const own = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'latin1');
        if (!isUtf8(own))
          return `row ${row}, column ${quoted(Buffer.from(name, 'latin1').toString())} is ${quoted(own.toString())}`;
      }
    } catch {
      // Neither UTF-8 nor JSON: the line says enough.
    }
    return undefined;
  }
  return undefined;
}

function parseLine(text: string, shown: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    // lossless-json has words of its own for a key that stands twice.
    value = JSON.parse(text);
    const doubled = doubledKey(text);
    if (doubled)
      throw new DataError([
        {
          place: { file: shown, line, column: doubled.offset + 1 },
          found: `key ${quoted(doubled.key)} twice in one record`,
          expected: 'every key once',
          mend: 'Remove one of the two.',
        },
      ]);
    value = parseExactJson(text, value);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const message = (error as Error).message;
    const position = /position ([0-9]+)/.exec(message);
    throw new DataError([
      {
        place: { file: shown, line, column: position ? Number(position[1]) + 1 : 1 },
        found: `a line that is no JSON (${printable(message)})`,
        expected: 'one JSON object a line',
      },
    ]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DataError([
      {
        place: { file: shown, line, column: 1 },
        found: `a line with ${printable(text, 40)}`,
        expected: 'one JSON object a line',
      },
    ]);
  return value as Record<string, unknown>;
}

function build(values: readonly unknown[], name: string, shown: string, lines: readonly number[]): Column {
  try {
    return buildColumn([values]);
  } catch (error) {
    if (!(error instanceof UnsupportedValue)) throw error;
    const row = values.indexOf(error.value);
    throw new DataError([
      {
        place: { file: shown, ...(row >= 0 ? { line: lines[row]!, column: 1 } : {}) },
        found: `column "${printable(name)}" with ${error.message}`,
        expected: 'values of one type: numbers, truth values, strings, or lists of one of them',
      },
    ]);
  }
}
