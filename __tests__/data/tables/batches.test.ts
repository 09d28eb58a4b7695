/** A table read some rows at a time is the table read whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textAt } from '../../../src/data/tables/column.js';
import { readTable, tableBatches, tableSize } from '../../../src/data/tables/read-table.js';
import { rowName, type Table } from '../../../src/data/tables/table.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-batches-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 5000;

function write(name: string, rowGroupSize: number, pageSize: number): string {
  const filename = join(folder, name);
  const of = <T>(value: (r: number) => T) => Array.from({ length: ROWS }, (_, r) => value(r));
  parquetWriteFile({
    filename,
    rowGroupSize,
    pageSize,
    columnData: [
      { name: 'id', data: of((r) => `r${r}`), type: 'STRING' },
      { name: 'tier', data: of((r) => (r % 7 === 0 ? null : `t${r % 3}`)), type: 'STRING', nullable: true },
      { name: 'score', data: of((r) => r / 7), type: 'DOUBLE' },
    ],
  });
  return filename;
}

function listed({ columns, rows }: Table): string[][] {
  return Array.from({ length: rows }, (_, r) => [...columns.values()].map((column) => textAt(column, r)));
}

test.each([
  ['row groups that are smaller', 300, 1 << 20],
  ['one row group', ROWS, 1 << 20],
  ['one row group of many pages', ROWS, 2000],
  ['row groups that are larger', 2300, 3000],
] as const)('%s than a batch', async (_what, rowGroupSize, pageSize) => {
  const path = write('rows.parquet', rowGroupSize, pageSize);
  const whole = await readTable(path, 'rows.parquet', ['id', 'tier', 'score']);
  const found: string[][] = [];
  for await (const batch of tableBatches(path, 'rows.parquet', ['id', 'tier', 'score'], 700)) {
    expect(batch.rows).toBeLessThanOrEqual(700);
    expect(rowName(batch, 0)).toBe(`row ${found.length + 1}`);
    found.push(...listed(batch));
  }
  expect(found).toEqual(listed(whole));
  expect(await tableSize(path, 'rows.parquet')).toEqual({ rows: ROWS, largest: Math.min(rowGroupSize, ROWS) });
});

test('a folder of files is read one after the other, and its rows are called by their file', async () => {
  write('part-0.parquet', ROWS, 1 << 20);
  write('part-1.parquet', 1000, 1 << 20);
  const names: string[] = [];
  for await (const batch of tableBatches(folder, 'rows', ['id'], 2500)) names.push(rowName(batch, 0));
  expect(names).toEqual(
    ['part-0', 'part-0', 'part-1', 'part-1', 'part-1'].map(
      (part, i) => `row ${[1, 2501, 1, 2001, 4001][i]} of rows/${part}.parquet`,
    ),
  );
});
