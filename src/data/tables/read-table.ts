/** Which reader reads a table. */
import { extname } from 'node:path';
import { ConfigError, DataError, type Place } from '../../errors.js';
import { pointerProblem } from '../artefacts/pointers.js';
import { readCsv } from './csv.js';
import { readJsonLines } from './jsonl.js';
import { readParquet } from './parquet.js';
import type { Table } from './table.js';

/**
 * Reads the named columns of a Parquet, CSV or JSON Lines file; columns that do not exist are left out.
 *
 * @param dates columns in which Parquet may hold dates and times
 */
export async function readTable(
  path: string,
  shown: string,
  wanted: readonly string[],
  place?: Place,
  dates: readonly string[] = [],
): Promise<Table> {
  const pointer = pointerProblem(path, shown);
  if (pointer) throw new DataError([pointer]);
  switch (extname(path).toLowerCase()) {
    case '.parquet':
    case '.pq':
      return readParquet(path, shown, wanted, dates);
    case '.csv':
      return readCsv(path, shown, wanted, ',');
    case '.tsv':
      return readCsv(path, shown, wanted, '\t');
    case '.jsonl':
    case '.ndjson':
      return readJsonLines(path, shown, wanted);
    default:
      throw new ConfigError([
        {
          ...(place ? { place } : {}),
          found: `a table with the ending "${extname(path)}"`,
          expected: '.parquet, .csv, .tsv or .jsonl',
        },
      ]);
  }
}
