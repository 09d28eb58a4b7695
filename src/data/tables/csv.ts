/** CSV and TSV → texts of cells. */
import { isUtf8 } from 'node:buffer';
import { type CsvError, parse } from 'csv-parse/sync';
import { DataError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { dialectProblem } from './csv-dialect.js';
import { namesAsked, type ReadOptions, type Source, type TablePart, type WantedColumns } from './table-part.js';
import { readTextFile } from './text-file.js';

interface CsvRecord {
  readonly record: readonly string[];
  /** The line that the record ends on. */
  readonly line: number;
}

/** @param before bytes that the table takes already, decoded, of other parts */
export function readCsv(
  { path, shown }: Source,
  wanted: WantedColumns,
  delimiter: string,
  before: number,
  { head }: ReadOptions,
): TablePart {
  const { bytes, decoded, cut } = readTextFile(path, shown, (foreign) => cellOf(foreign, delimiter), before, head);
  const records: CsvRecord[] = [];
  try {
    recordsOf(bytes, delimiter, 'utf8', records);
  } catch (error) {
    const { code, lines, message } = error as CsvError & { lines?: number };
    // The end of a line within quotation marks is no end of a row.
    if (!(cut && code === 'CSV_QUOTE_NOT_CLOSED'))
      throw new DataError([
        dialectProblem(bytes, shown, delimiter) ?? {
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
  const dialect = header.length === 1 || header[0]?.startsWith('#') || header[0]?.startsWith('sep=');
  const problem = dialect ? dialectProblem(bytes, shown, delimiter) : undefined;
  if (problem) throw new DataError([problem]);
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError([
      {
        place: { file: shown, line: 1, column: 1 },
        found: `column ${quoted(twice)} twice`,
        expected: 'every column once',
        mend: 'Rename one of the two.',
      },
    ]);
  const body = records.slice(1);
  const columns = new Map(
    namesAsked(wanted, header).map((name) => {
      const i = header.indexOf(name);
      return [name, body.map(({ record }) => record[i]!)];
    }),
  );
  return {
    file: shown,
    rows: body.length,
    columnNames: header,
    columns,
    lineOf: (row) => body[row]!.line,
    decoded,
  };
}

/** @param records get every record, up to the one that cannot be read */
function recordsOf(
  bytes: Buffer,
  delimiter: string,
  encoding: 'utf8' | 'latin1',
  records: CsvRecord[] = [],
): readonly CsvRecord[] {
  parse(bytes, {
    bom: true,
    delimiter,
    encoding,
    skip_empty_lines: true,
    // Kept here, with the line that each ends on; of what is null the parser keeps nothing.
    on_record: (record, { lines }) => {
      records.push({ record, line: lines });
      return null;
    },
  });
  return records;
}

/** The first cell that is not UTF-8: in Latin-1 every byte is a character, so the cells can still be told apart. */
function cellOf(bytes: Buffer, delimiter: string): string | undefined {
  let records: readonly CsvRecord[];
  try {
    records = recordsOf(bytes, delimiter, 'latin1');
  } catch {
    return undefined;
  }
  for (const [r, { record }] of records.entries())
    for (const [i, cell] of record.entries()) {
      const own = Buffer.from(cell, 'latin1');
      if (isUtf8(own)) continue;
      if (r === 0) return `the name of column ${i + 1} is ${quoted(own.toString())}`;
      return (
        `row ${r}, column ${quoted(Buffer.from(records[0]!.record[i] ?? '', 'latin1').toString())} is ` +
        `${quoted(own.toString())}`
      );
    }
  return undefined;
}
