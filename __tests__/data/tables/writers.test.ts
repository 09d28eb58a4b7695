/** Files of real engines (fixtures/make_writers.py): read to the last value, or refused by what they are. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNull, textAt } from '../../../src/data/tables/column.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import type { Table } from '../../../src/data/tables/table.js';

const fixtures = join(import.meta.dirname, '../../fixtures/writers');
const open = (name: string) => readTable(join(fixtures, name), name, (names) => names);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-writers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads what is written to a file of that name. */
function written(name: string, content: string | Uint8Array): Promise<Table> {
  writeFileSync(join(folder, name), content);
  return readTable(join(folder, name), name, (names) => names);
}

/** A column's cells as texts, null where one is missing. */
function cellsOf(table: Table, name: string): (string | null)[] {
  const column = table.columns.get(name);
  if (!column) throw new Error(`no column ${name}`);
  return Array.from({ length: table.rows }, (_, r) => (isNull(column, r) ? null : textAt(column, r)));
}

describe('lists', () => {
  it.each(['v1', 'v2'])(
    'of DuckDB with a NULL in FLOAT[2] are refused, as every later one would shift: pages %s',
    async (version) => {
      await expect(open(`duckdb-null-array-${version}.parquet`)).rejects.toThrow(
        /1 value of column "vector" that continue no list, in row group 1, .*CAST\("vector" AS FLOAT\[\]\) AS "vector"/,
      );
    },
  );

  it('of such lists within lists are refused alike', async () => {
    await expect(open('duckdb-nested.parquet')).rejects.toThrow(/1 value of column "vector" that continue no list/);
  });

  it('cast as the message says are read, each beside its id', async () => {
    const table = await open('duckdb-null-list.parquet');
    expect(cellsOf(table, 'id')).toEqual(['0', '1', '2', '3', '4']);
    expect(cellsOf(table, 'vector')).toEqual(['[0.5, 0.25]', '[1.5, 1.25]', null, '[3.5, 3.25]', '[4.5, 4.25]']);
  });

  it.each(['lists.parquet', 'lists-old-names.parquet'])('that are empty are not missing: %s', async (name) => {
    const table = await open(name);
    for (const column of ['list', 'large']) expect(cellsOf(table, column)).toEqual(['[]', '[1]', null]);
    expect(cellsOf(table, 'texts')).toEqual(['[]', '[a]', null]);
    expect(cellsOf(table, 'nested')).toEqual(['[]', '[[]]', '[[1], []]']);
  });
});

describe('a file that is not what its ending says', () => {
  it.each([
    ['feather.parquet', /an Arrow \(Feather\) file under the ending ".parquet".*format="feather"/],
    ['orc.parquet', /an ORC file under the ending ".parquet".*d\.dataset\("orc.parquet", format="orc"\)/],
    ['stream.parquet', /an Arrow stream under the ending ".parquet".*open_stream\(open\("stream.parquet", "rb"\)\)/],
    ['numpy.parquet', /a NumPy array under the ending ".parquet".*Name it numpy.npy/],
    ['parquet.csv', /a Parquet file under the ending ".csv".*Name it parquet.parquet/],
    ['gzip.csv', /a gzip file under the ending ".csv".*Name it gzip.csv.gz/],
    ['encrypted.parquet', /an encrypted Parquet file .*Write it without encryption/],
    ['encrypted-column.parquet', /column "a", which is encrypted.*Write it without encryption/],
  ])('is named by its first bytes: %s', async (name, message) => {
    await expect(open(name)).rejects.toThrow(message);
  });

  it.each([
    ['rows.parquet', 'a,b\n1,2\n', /a text under the ending ".parquet".*Name it rows.csv/],
    ['rows.parquet', '{"a":1}\n', /a text under the ending ".parquet".*Name it rows.jsonl/],
    ['rows.parquet', '', /an empty file under the ending ".parquet"/],
    ['rows.csv.gz', 'a\n1\n', /a text under the ending ".csv.gz".*Name it rows.csv/],
    ['rows.csv.bz2', 'BZh9\x01', /the ending ".csv.bz2", a bzip2 file.*bunzip2 --keep rows.csv.bz2/],
    ['rows.safetensors', '@\0\0\0\0\0\0\0{"emb":', /the ending ".safetensors", a safetensors file.*load_file/],
    ['rows.faiss', 'IxFI\x08\0\0\0d\0\0\0\0\0\0\0', /the ending ".faiss", a FAISS index.*read_index\("rows.faiss"\)/],
  ])('or by its text: %s', async (name, content, message) => {
    await expect(written(name, Buffer.from(content, 'latin1'))).rejects.toThrow(message);
  });

  it('is not taken for one by letters that a text may begin with', async () => {
    expect((await written('rows.csv', 'ORCHID,PAR1\n1,2\n')).columnNames).toEqual(['ORCHID', 'PAR1']);
  });
});

describe('a text', () => {
  it('of one JSON object a line is read under .json, as Spark writes it', async () => {
    expect(cellsOf(await written('rows.json', '{"a":1}\n{"a":2}\n'), 'a')).toEqual(['1', '2']);
  });

  it.each([
    ['[{"a":1},\n{"a":2}]\n', /rows.json:1:1: a JSON array.*jq -c '\.\[\]' rows.json > rows.jsonl/],
    ['\n  [\n{"a":1}]', /a JSON array/],
    ['{\n  "a": 1\n}\n', /a JSON object over several lines.*jq -c '\.' rows.json > rows.jsonl/],
  ])('that is JSON of another shape is said as that: %j', async (text, message) => {
    await expect(written('rows.json', text)).rejects.toThrow(message);
  });

  it('packed with gzip is read, of several members too', async () => {
    const members = Buffer.concat([gzipSync('a,b\n1,x\n'), gzipSync('2,y\n')]);
    expect(cellsOf(await written('rows.csv.gz', members), 'b')).toEqual(['x', 'y']);
    expect(cellsOf(await written('rows.json.gz', gzipSync('{"a":1}\n')), 'a')).toEqual(['1']);
  });

  it('that is damaged, or unpacks to more than may be decoded, is refused', async () => {
    const packed = gzipSync(Buffer.alloc(1_000_000, 'a'));
    await expect(written('rows.csv.gz', packed.subarray(0, 500))).rejects.toThrow(
      /a gzip file that cannot be unpacked/,
    );
    process.env.SKEWGATE_MAX_DECODED_BYTES = '100000';
    try {
      await expect(written('rows.csv.gz', packed)).rejects.toThrow(
        /a text of more than 12,500 bytes, .*at most 0.0001 GB/,
      );
    } finally {
      delete process.env.SKEWGATE_MAX_DECODED_BYTES;
    }
  });
});

it('the fixtures are what their engines wrote', () => {
  expect(readFileSync(join(fixtures, 'duckdb-null-array-v1.parquet')).includes('DuckDB version v2.0.1')).toBe(true);
});
