/** Parquet → columns, by hyparquet (snappy, zstd, gzip, lz4, brotli; nested lists; dictionary pages). */
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../errors.js';
import { printable } from '../lib/text.js';
import { buildColumn, type Column, UnsupportedValue } from './column.js';
import type { Table } from './table.js';

/** @param dates columns whose dates and times are read as ISO 8601 texts in UTC, as a timestamp of Parquet is; elsewhere they are refused */
export async function readParquet(
  path: string,
  shown: string,
  wanted: readonly string[],
  dates: readonly string[] = [],
): Promise<Table> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const columnNames = parquetSchema(metadata).children.map((child) => child.element.name);
    const rows = Number(metadata.num_rows);
    const names = columnNames.filter((name) => wanted.includes(name));
    const chunks = new Map<string, { rowStart: number; data: ArrayLike<unknown> }[]>(names.map((name) => [name, []]));
    if (names.length > 0 && rows > 0)
      await parquetRead({
        file,
        metadata,
        compressors,
        columns: names,
        onChunk: ({ columnName, columnData, rowStart }) =>
          chunks.get(columnName)?.push({ rowStart, data: columnData as ArrayLike<unknown> }),
      });
    const columns = new Map<string, Column>();
    for (const [name, parts] of chunks) {
      parts.sort((a, b) => a.rowStart - b.rowStart);
      const column = build(
        shown,
        name,
        parts.map((part) => (dates.includes(name) ? Array.from(part.data, isoTime) : part.data)),
      );
      if (column.length !== rows) throw new Error(`column ${name} has ${column.length} of ${rows} values`);
      columns.set(name, column);
    }
    return { file: shown, rows, columnNames, columns };
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError([
      {
        place: { file: shown },
        found: `a Parquet file that cannot be read (${printable((error as Error).message)})`,
        expected: 'a whole Parquet file',
      },
    ]);
  }
}

function isoTime(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

function build(shown: string, name: string, parts: readonly ArrayLike<unknown>[]): Column {
  try {
    return buildColumn(parts);
  } catch (error) {
    if (!(error instanceof UnsupportedValue)) throw error;
    throw new DataError([
      {
        place: { file: shown },
        found: `column "${printable(name)}" with ${error.message}`,
        expected: 'numbers, truth values, strings, or lists of one of them',
      },
    ]);
  }
}
