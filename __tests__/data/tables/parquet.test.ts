import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Column, encode, isNull, textAt } from '../../../src/data/tables/column.js';
import { readParquet } from '../../../src/data/tables/parquet.js';
import { readTable } from '../../../src/data/tables/read-table.js';

const folder = join(import.meta.dirname, '../../fixtures/parquet');
const files = readdirSync(folder).sort();
const ALL = ['id64', 'id32', 'name', 'real', 'wide', 'flag', 'list', 'vectors', 'fixed', 'holes', 'category'];

describe('Parquet written by pyarrow', () => {
  it('comes in every codec', () => {
    expect(files).toEqual(['brotli', 'gzip', 'lz4', 'none', 'snappy', 'v2', 'zstd'].map((codec) => `${codec}.parquet`));
  });

  it.each(files)('%s is read to the last value', async (file) => {
    const table = await readTable(join(folder, file), file, ALL);
    expect(table.rows).toBe(300);
    expect(table.columnNames).toEqual(ALL);
    const column = (name: string): Column => table.columns.get(name)!;
    for (const r of [0, 1, 127, 128, 255, 299]) {
      expect(textAt(column('id64'), r)).toBe((9007199254740993n + BigInt(r)).toString());
      expect(textAt(column('id32'), r)).toBe(String(r));
      expect(textAt(column('name'), r)).toBe(`n${r % 7}`);
      expect(textAt(column('real'), r)).toBe(String(r / 8));
      expect(textAt(column('wide'), r)).toBe(String(r / 3));
      expect(textAt(column('flag'), r)).toBe(String(r % 3 === 0));
      expect(textAt(column('list'), r)).toBe(`[${Array.from({ length: r % 5 }, (_, i) => i).join(', ')}]`);
      expect(textAt(column('vectors'), r)).toBe(
        `[${Array(1 + (r % 3))
          .fill(`[${r}, 1]`)
          .join(', ')}]`,
      );
      expect(textAt(column('fixed'), r)).toBe(`[${r}, ${r + 0.5}]`);
      expect(isNull(column('holes'), r)).toBe(r % 4 === 0);
      if (r % 4 !== 0) expect(textAt(column('holes'), r)).toBe(String(r));
      expect(textAt(column('category'), r)).toBe(`c${r % 3}`);
    }
    expect(encode(column('id64')).names.length).toBe(300);
    expect(encode(column('category')).names).toEqual(['c0', 'c1', 'c2']);
  });

  it('reads categories whose dictionary is larger than the row group that it stands in', async () => {
    const path = join(folder, '../categories.parquet');
    const category = (await readTable(path, 'categories.parquet', ['category'])).columns.get('category')!;
    const texts = Array.from({ length: category.length }, (_, r) => textAt(category, r));
    expect(texts).toEqual(Array.from({ length: 300 }, (_, r) => `c${r % 200}`));
  });

  it('reads the columns that are asked for alone', async () => {
    const table = await readTable(join(folder, 'zstd.parquet'), 'zstd.parquet', ['name', 'nothing']);
    expect([...table.columns.keys()]).toEqual(['name']);
  });

  it('cut short is an error, not a short table', async () => {
    const source = { path: join(import.meta.dirname, 'parquet.test.ts'), shown: 'x.parquet' };
    await expect(readParquet(source, ALL, 0, {})).rejects.toThrow(/x\.parquet: a Parquet file that cannot be read/);
  });
});
