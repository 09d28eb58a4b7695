/** Tables of several files: what Spark, Hive, DuckDB and pyarrow write as a folder is read as one table, or refused by the part that does not fit. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../../src/data/artefacts/files.js';
import { tableAt } from '../../../src/data/artefacts/table-at.js';
import { isNull, textAt } from '../../../src/data/tables/column.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import { BadRows, rowName, type Table } from '../../../src/data/tables/table.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-folders-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

type Cells = Readonly<Record<string, readonly [BasicType, readonly unknown[]]>>;

function parquet(path: string, cells: Cells): void {
  const columnData = Object.entries(cells).map(([name, [type, data]]) => ({ name, type, data: [...data] }));
  write(path, Buffer.from(parquetWriteBuffer({ columnData })));
}

const read = (path: string, wanted: readonly string[] = ['a', 'b', 'tier', 'day']) =>
  readTable(join(folder, path), path, wanted);

/** A column's cells as texts, null where one is missing. */
function cellsOf(table: Table, name: string): (string | null)[] {
  const column = table.columns.get(name)!;
  return Array.from({ length: table.rows }, (_, r) => (isNull(column, r) ? null : textAt(column, r)));
}

describe('a folder', () => {
  it('is its parts in the order of their paths, without markers, checksums and what is hidden', async () => {
    write('t/part-1.csv', 'a,b\n3,x\n');
    write('t/part-0.csv', 'b,a\ny,1\nz,2\n');
    write('t/_SUCCESS', '');
    write('t/.part-0.csv.crc', 'crc');
    write('t/_metadata', 'x');
    const table = await read('t');
    expect([cellsOf(table, 'a'), cellsOf(table, 'b')]).toEqual([
      ['1', '2', '3'],
      ['y', 'z', 'x'],
    ]);
    expect(table.columns.get('a')!.type).toBe('int');
  });

  it('of CSV has the types that all its cells have together, as one file of them would', async () => {
    write('t/part-0.csv', 'a,b\n1,007\n');
    write('t/part-1.csv', '');
    write('t/part-2.csv', 'a,b\n2.5,x\n');
    const table = await read('t');
    expect([table.rows, table.columns.get('a')!.type, table.columns.get('b')!.type]).toEqual([2, 'float', 'string']);
    expect(cellsOf(table, 'b')).toEqual(['007', 'x']);
    expect(table.untyped).toBe(true);
  });

  it('of JSON Lines has missing values where records leave a column out', async () => {
    write('t/part-0.jsonl', '{"a":1,"b":[1,2]}\n');
    write('t/part-1.jsonl', '{"a":12345678901234567890}\n{"a":9007199254740993,"b":[3]}\n');
    const table = await read('t');
    expect(cellsOf(table, 'a')).toEqual(['1', '12345678901234567890', '9007199254740993']);
    expect(cellsOf(table, 'b')).toEqual(['[1, 2]', null, '[3]']);
  });

  it('unites parts that differ in width alone', async () => {
    parquet('t/part-0.parquet', { a: ['INT32', [1, 2]], b: ['FLOAT', [0.5, null]] });
    parquet('t/part-1.parquet', { a: ['INT64', [9007199254740993n]], b: ['DOUBLE', [0.1]] });
    parquet('t/part-2.parquet', { a: ['INT32', [null]], b: ['INT32', [7]] });
    const table = await read('t');
    expect([table.columns.get('a')!.type, cellsOf(table, 'a')]).toEqual([
      'wide_int',
      ['1', '2', '9007199254740993', null],
    ]);
    expect([table.columns.get('b'), cellsOf(table, 'b')]).toMatchObject([
      { type: 'float', exactTo: 2 ** 24 - 1 },
      ['0.5', null, '0.1', '7'],
    ]);
  });

  it('unites texts by dictionary, and lists by offset', async () => {
    for (const [part, values] of [
      ['x', 'y'],
      ['z', 'x'],
      [null, null],
      ['y', null],
    ].entries())
      parquet(`t/part-${part}.parquet`, { b: ['STRING', values] });
    const table = await read('t');
    expect(cellsOf(table, 'b')).toEqual(['x', 'y', 'z', 'x', null, null, 'y', null]);
    expect(table.columns.get('b')).toMatchObject({ dictionary: ['x', 'y', 'z'] });
    write('l/part-0.jsonl', '{"a":[[1,2],[3]]}\n{"a":[]}\n');
    write('l/part-1.jsonl', '{"a":null}\n{"a":[[0.5]]}\n');
    expect(cellsOf(await read('l'), 'a')).toEqual(['[[1, 2], [3]]', '[]', null, '[[0.5]]']);
  });

  it('refuses the part that holds another kind of value', async () => {
    parquet('t/part-0.parquet', { a: ['INT32', [1]] });
    parquet('t/part-1.parquet', { a: ['STRING', ['1']] });
    await expect(read('t')).rejects.toThrow(
      /^t\/part-1.parquet: column "a" with texts, beside whole numbers in the parts before it; expected values of one kind in all parts of t\./,
    );
    parquet('t/part-1.parquet', { a: ['BOOLEAN', [true]] });
    await expect(read('t')).rejects.toThrow(/part-1.parquet: column "a" with truth values, beside whole numbers/);
    parquet('t/part-0.parquet', { a: ['INT64', [9007199254740993n]] });
    parquet('t/part-1.parquet', { a: ['DOUBLE', [1.5]] });
    await expect(read('t')).rejects.toThrow(
      /part-1.parquet: column "a" with real numbers, beside whole numbers beyond/,
    );
  });

  it('refuses the part that lacks a column, or is of another format', async () => {
    parquet('t/part-0.parquet', { a: ['INT32', [1]], b: ['INT32', [1]] });
    parquet('t/part-1.parquet', { a: ['INT32', [1]] });
    await expect(read('t')).rejects.toThrow(
      /^t\/part-1.parquet: a part of t without the column "b", which other parts/,
    );
    expect(cellsOf(await read('t', ['a']), 'a')).toEqual(['1', '1']);
    write('t/part-2.csv', 'a\n1\n');
    await expect(read('t', ['a'])).rejects.toThrow(/ending ".csv", of the part "t\/part-2.csv"; expected parts of one/);
  });

  it('of files without an ending is Parquet where they begin as it does, as Hive writes it', async () => {
    parquet('t/000000_0', { a: ['INT32', [1]] });
    parquet('t/000001_0', { a: ['INT32', [2]] });
    expect(cellsOf(await read('t'), 'a')).toEqual(['1', '2']);
    write('t/000002_0', 'text');
    await expect(read('t')).rejects.toThrow(/of the part "t\/000002_0"/);
  });

  it('names the part and its own row where a cell is wrong', async () => {
    write('t/part-0.csv', 'a\n1\n2\n');
    write('t/part-1.csv', 'a\n3\n\n4\n');
    const table = await read('t/*.csv');
    const bad = new BadRows(table);
    bad.add(3, 'a', '4', 'another');
    expect(bad.problems).toMatchObject([
      { place: { file: 't/part-1.csv', line: 4, column: 1 }, found: 'row 2, column "a" is 4' },
    ]);
    expect([0, 1, 2, 3].map((row) => rowName(table, row))).toEqual([
      'row 1 of t/part-0.csv',
      'row 2 of t/part-0.csv',
      'row 1 of t/part-1.csv',
      'row 2 of t/part-1.csv',
    ]);
  });

  it('may not decode to more than a table of one file may', async () => {
    const before = process.env.SKEWGATE_MAX_DECODED_BYTES;
    const text = `a\n${'1\n'.repeat(50)}`;
    for (const part of [0, 1, 2]) write(`t/part-${part}.csv`, text);
    process.env.SKEWGATE_MAX_DECODED_BYTES = String(text.length * 8 * 2);
    try {
      await expect(read('t')).rejects.toThrow(/^t\/part-2.csv: a text file of 102 bytes, which take about/);
      rmSync(join(folder, 't/part-2.csv'));
      expect((await read('t')).rows).toBe(100);
    } finally {
      if (before === undefined) delete process.env.SKEWGATE_MAX_DECODED_BYTES;
      else process.env.SKEWGATE_MAX_DECODED_BYTES = before;
    }
  });
});

describe('hive partitions', () => {
  it('are columns, decoded, typed by all their values, missing under the default name', async () => {
    write('t/tier=small%2Fold/day=1/part-0.csv', 'a\n1\n2\n');
    write('t/tier=__HIVE_DEFAULT_PARTITION__/day=2/part-0.csv', 'a\n3\n');
    write('t/tier=gro%C3%9F%/day=10/part-0.csv', 'a\n4\n');
    write('t/tier=50%/day=10/part-0.csv', 'a\n5\n');
    const table = await read('t');
    expect(cellsOf(table, 'a')).toEqual(['5', '3', '4', '1', '2']);
    expect(cellsOf(table, 'tier')).toEqual(['50%', null, 'gro%C3%9F%', 'small/old', 'small/old']);
    expect([table.columns.get('day')!.type, cellsOf(table, 'day')]).toEqual(['int', ['10', '2', '10', '1', '1']]);
    expect(table.columnNames).toEqual(['a', 'tier', 'day']);
  });

  it('of texts with leading zeros, lists and wide numbers stay what they say', async () => {
    for (const day of ['007', '010', '[1]']) write(`t/day=${day}/p.csv`, 'a\n1\n');
    expect(cellsOf(await read('t'), 'day')).toEqual(['007', '010', '[1]']);
    for (const day of ['[1]', '[2]']) write(`l/day=${day}/p.csv`, 'a\n1\n');
    expect((await read('l')).columns.get('day')!.type).toBe('string');
    for (const day of ['9007199254740993', '1']) write(`w/day=${day}/p.csv`, 'a\n1\n2\n');
    expect(cellsOf(await read('w'), 'day')).toEqual(['1', '1', '9007199254740993', '9007199254740993']);
    for (const day of ['1.10', '1.1']) write(`v/day=${day}/p.csv`, 'a\n1\n');
    expect((await read('v')).columns.get('day')).toMatchObject({ type: 'float', written: ['1.1', '1.10'] });
  });

  it('are those of a glob too, below its first wildcard', async () => {
    write('t/tier=x/part-0.csv', 'a\n1\n');
    write('t/tier=y/part-0.csv', 'a\n2\n');
    expect(cellsOf(await read('t/tier=*/*.csv'), 'tier')).toEqual(['x', 'y']);
    expect((await read('t/tier=x')).columns.has('tier')).toBe(false);
  });

  it('are refused where parts differ in them, or a file says otherwise than its folder', async () => {
    write('t/tier=x/part-0.csv', 'a\n1\n');
    write('t/tier=y/day=1/part-0.csv', 'a\n2\n');
    await expect(read('t')).rejects.toThrow(
      /^t\/tier=y\/day=1\/part-0.csv: a part by "tier" and "day" of t, whose first part is by "tier"; expected the same/,
    );
    write('u/day=1/part-0.csv', 'a,day\n1,1\n');
    write('u/day=2/part-0.csv', 'a,day\n2,2\n');
    expect(cellsOf(await read('u'), 'day')).toEqual(['1', '2']);
    write('u/day=2/part-0.csv', 'a,day\n2,3\n');
    await expect(read('u')).rejects.toThrow(/row 1 of u\/day=2\/part-0.csv, whose column "day" is not what its folder/);
  });
});

it('one part of several is noticed', async () => {
  for (const part of [0, 1, 2]) write(`t/part-0000${part}.snappy.csv`, 'a\n1\n');
  write('t/part-00000.crc', '');
  expect((await read('t/part-00000.snappy.csv')).notices).toEqual([
    't/part-00000.snappy.csv is one of 3 part files, and the only one that is read. Name their folder to read all of them.',
  ]);
  expect((await read('t')).notices).toEqual([]);
});

describe('a table of another format is refused by name', () => {
  const place = { file: 'gates/gate.yml', line: 3, column: 9 };
  const problemsOf = (path: string) => tableAt(join(folder, path), new Workspace(folder), place)!.problems;

  it.each([
    ['Delta Lake', 't/_delta_log/00000000000000000000.json', 't/part-0.parquet', /delta_scan\('t'\)/],
    [
      'Iceberg',
      't/metadata/00001-0a1b2c3d-0000-0000-0000-000000000000.metadata.json',
      't/data/x.parquet',
      /iceberg_scan\('t'\)/,
    ],
    ['Iceberg', 't/metadata/v2.metadata.json', 't/data/day=1/x.parquet', /iceberg_scan\('t'\)/],
    ['Hudi', 't/.hoodie/hoodie.properties', 't/x.parquet', /format\("hudi"\)\.load\("t"\)/],
    ['Lance', 't/_versions/1.manifest', 't/data/x.lance', /lance\.dataset\("t"\)/],
  ])('%s, by %s', (name, log, part, mend) => {
    write(log, '{}');
    write(part, 'x');
    const paths = ['t', part, dirname(part), `${dirname(part)}/*`];
    for (const path of paths) {
      const [problem, ...others] = problemsOf(path);
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ place, found: expect.stringContaining(`of the ${name} table "t"`) });
      expect(problem!.mend).toMatch(mend);
    }
  });

  it('and nothing else is', () => {
    write('t/metadata/notes.json', '{}');
    write('t/part-0.parquet', 'x');
    write('u/_delta_log/0.json', '{}');
    expect(problemsOf('t')).toEqual([]);
    expect(problemsOf('t/part-0.parquet')).toEqual([]);
  });
});
