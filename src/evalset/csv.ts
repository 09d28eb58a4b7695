/** CSV and TSV → columns. */
import { readFileSync } from 'node:fs';
import { type CsvError, parse } from 'csv-parse/sync';
import { DataError } from '../errors.js';
import { MAX_BUFFER, sizeOf } from '../lib/files.js';
import { printable } from '../lib/text.js';
import type { Column } from './column.js';
import type { Table } from './table.js';
import { columnFromTexts } from './text-values.js';

export function readCsv(path: string, shown: string, wanted: readonly string[], delimiter: string): Table {
  refuseLarge(path, shown);
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(readFileSync(path), {
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
    }) as unknown as typeof records;
  } catch (error) {
    const { lines, message } = error as CsvError & { lines?: number };
    throw new DataError([
      {
        place: { file: shown, line: typeof lines === 'number' ? lines : 1, column: 1 },
        found: `CSV that cannot be read (${printable(message)})`,
        expected: 'the same number of cells in every row, and quotation marks that close',
      },
    ]);
  }
  const header = records[0]?.record;
  if (header === undefined)
    throw new DataError([
      { place: { file: shown, line: 1, column: 1 }, found: 'an empty file', expected: 'a header row' },
    ]);
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError([
      {
        place: { file: shown, line: 1, column: 1 },
        found: `column "${printable(twice)}" twice`,
        expected: 'every column once',
      },
    ]);
  const body = records.slice(1);
  const columns = new Map<string, Column>();
  for (const [i, name] of header.entries())
    if (wanted.includes(name)) columns.set(name, columnFromTexts(body.map(({ record }) => record[i]!)));
  // `lines` is the line a record ends on.
  return {
    file: shown,
    rows: body.length,
    columnNames: header,
    columns,
    untyped: true,
    lineOf: (row) => body[row]!.info.lines,
  };
}

/** Text files are read whole: past what one buffer holds, a columnar file is the right form. */
export function refuseLarge(path: string, shown: string): void {
  if (sizeOf(path) <= MAX_BUFFER) return;
  throw new DataError([
    { place: { file: shown }, found: 'a text file of more than 2 GiB', expected: 'Parquet for tables of that size' },
  ]);
}
