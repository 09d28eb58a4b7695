/** JSON Lines → columns; whole numbers beyond 2^53 stay exact. */
import { readFileSync } from 'node:fs';
import { parse as parseExact } from 'lossless-json';
import { DataError } from '../errors.js';
import { printable } from '../lib/text.js';
import { buildColumn, type Column, UnsupportedValue } from './column.js';
import { refuseLarge } from './csv.js';
import type { Table } from './table.js';

/** A whole number that float64 might not hold. */
const LONG_INTEGER = /(?<![0-9.eE"+-])-?[0-9]{16,}(?![0-9.eE])/;

export function readJsonLines(path: string, shown: string, wanted: readonly string[]): Table {
  const names = new Set<string>();
  const values = new Map<string, unknown[]>(wanted.map((name) => [name, []]));
  const lines: number[] = [];
  refuseLarge(path, shown);
  for (const [i, text] of linesOf(readFileSync(path))) {
    if (text.trim() === '') continue;
    const record = parseLine(text, shown, i + 1);
    for (const name of Object.keys(record)) names.add(name);
    for (const [name, column] of values) column.push(Object.hasOwn(record, name) ? record[name] : null);
    lines.push(i + 1);
  }
  const columns = new Map<string, Column>();
  for (const [name, column] of values) if (names.has(name)) columns.set(name, build(column, name, shown, lines));
  return { file: shown, rows: lines.length, columnNames: [...names], columns, lineOf: (row) => lines[row]! };
}

/** The lines of a file, without making one string of it; a byte order mark is left out. */
function* linesOf(bytes: Buffer): Generator<[number, string]> {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let i = 0; from < bytes.length; i++) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    yield [i, bytes.toString('utf8', from, to)];
    from = to + 1;
  }
}

function parseLine(text: string, shown: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = LONG_INTEGER.test(text) ? parseExact(text, undefined, { parseNumber: exactNumber }) : JSON.parse(text);
  } catch (error) {
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

function exactNumber(text: string): number | bigint {
  return /^-?[0-9]+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
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
