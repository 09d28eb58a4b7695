/** Parquet files that are damaged, or that declare more than memory holds: refused before they are decoded to something else. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { walkLevels, walkRuns } from '../../../src/data/tables/parquet-runs.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import { DataError } from '../../../src/errors.js';

const fixtures = join(import.meta.dirname, '../../fixtures/identity');
const folder = mkdtempSync(join(tmpdir(), 'skewgate-damage-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function reading(bytes: Buffer, columns: readonly string[]): Promise<unknown> {
  const path = join(folder, 'x.parquet');
  writeFileSync(path, bytes);
  return readTable(path, 'x.parquet', columns).then(
    () => 'read',
    (error: unknown) => error,
  );
}

/** Where the bytes of every page stand that its checksum is of. */
function pagesOf(bytes: Buffer): { from: number; to: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pages: { from: number; to: number }[] = [];
  for (const { columns } of parquetMetadata(new Uint8Array(bytes)).row_groups)
    for (const { meta_data: chunk } of columns) {
      const reader = { view, offset: Number(chunk!.dictionary_page_offset ?? chunk!.data_page_offset) };
      const end = reader.offset + Number(chunk!.total_compressed_size);
      while (reader.offset < end) {
        const { compressed_page_size: size } = parquetHeader(reader);
        pages.push({ from: reader.offset, to: reader.offset + size });
        reader.offset += size;
      }
    }
  return pages;
}

describe('page checksums', () => {
  it.each(['checksums-v1.parquet', 'checksums-v2.parquet'])('%s: every flipped bit of a page is seen', async (file) => {
    const whole = readFileSync(join(fixtures, file));
    expect(await reading(whole, ['x', 'name', 'k'])).toBe('read');
    let flipped = 0;
    for (const { from, to } of pagesOf(whole))
      for (const at of [from, Math.floor((from + to) / 2), to - 1]) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 0x10;
        const error = await reading(bytes, ['x', 'name', 'k']);
        expect(error).toBeInstanceOf(DataError);
        expect(String(error)).toMatch(
          /x.parquet: page \d of column "\w+" in row group \d whose bytes are not those of its checksum; expected the file as/,
        );
        flipped++;
      }
    expect(flipped).toBe(54);
  });

  it('of columns that nobody reads are not looked at', async () => {
    const bytes = readFileSync(join(fixtures, 'checksums-v1.parquet'));
    bytes[pagesOf(bytes)[0]!.to - 1]! ^= 1;
    expect(String(await reading(bytes, ['x']))).toMatch(/page \d of column "x" in row group 1/);
    expect(await reading(bytes, ['k'])).toBe('read');
  });
});

describe('column names', () => {
  it('that stand twice are refused by name', async () => {
    await expect(readTable(join(fixtures, 'doubled.parquet'), 'x.parquet', ['a'])).rejects.toThrow(
      'x.parquet: column "a" twice; expected every column once',
    );
  });

  it('that a damaged file has lost are no bug of ours', async () => {
    const bytes = readFileSync(join(fixtures, 'constant.parquet'));
    // Field 4 of a schema element, a binary of 8 bytes, becomes a field that nobody knows.
    const at = bytes.lastIndexOf(Buffer.from('\x18\x08constant', 'latin1'), bytes.indexOf('ARROW:schema'));
    bytes[at] = 0x88;
    expect(String(await reading(bytes, ['constant']))).toMatch(
      /x.parquet: a Parquet file (whose column 1 has no name|that cannot be read)/,
    );
  });

  it('that are not UTF-8 are refused', async () => {
    const bytes = readFileSync(join(fixtures, 'constant.parquet'));
    for (let at = bytes.indexOf('constant'); at >= 0; at = bytes.indexOf('constant', at + 1)) bytes[at + 1] = 0xf6;
    expect(String(await reading(bytes, ['constant']))).toMatch(/a column whose name "c.nstant" is not UTF-8/);
  });
});

describe('runs', () => {
  const layout = { encoding: 'RLE_DICTIONARY', boolean: false, values: 8, repetitionBits: 0, definitionBits: 1 };
  /** A page of version 1: definition levels (one run of eight ones), the width of its codes, its codes. */
  const page = (...codes: number[]) => Uint8Array.from([2, 0, 0, 0, 16, 1, 3, ...codes]);

  it('of a page are taken as they are', () => {
    expect(() => walkRuns(page(16, 5), layout)).not.toThrow();
    // One group of eight, bit-packed: three bits each.
    expect(() => walkRuns(page(3, 1, 2, 3), layout)).not.toThrow();
    expect(() => walkRuns(page(8, 5, 8, 6), layout)).not.toThrow();
  });

  it('that declare more than their page would fill the memory', () => {
    // 2^29 values as a varint, shifted by one for a run of one value.
    expect(() => walkRuns(page(0x80, 0x80, 0x80, 0x80, 4, 5), layout)).toThrow(
      'a run of 536,870,912 values in a page of 8',
    );
    expect(() => walkRuns(page(0x81, 0x80, 0x80, 0x80, 4, 5), layout)).toThrow(/a run of 4,294,967,296 values/);
    const levels = Uint8Array.from([6, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 4, 1, 0]);
    expect(() => walkRuns(levels, layout)).toThrow(/a run of 536,870,912 values in a page of 8/);
    expect(() => walkLevels(levels.subarray(4), 1, layout)).toThrow(/a run of 536,870,912 values/);
    expect(() => walkRuns(page(16, 5).fill(200, 6, 7), layout)).toThrow('dictionary codes of 200 bits');
  });
});

describe('a row group', () => {
  it('without the columns of the schema is an error that somebody awaits', async () => {
    const bytes = readFileSync(join(fixtures, 'checksums-v1.parquet'));
    // The path of one chunk alone: another name than the schema's.
    const at = bytes.lastIndexOf('name', bytes.lastIndexOf('ARROW:schema'));
    bytes.write('nome', at);
    expect(String(await reading(bytes, ['x', 'name', 'k']))).toMatch(
      /x.parquet: a Parquet file that cannot be read \(row group \d does not have the columns of the schema\)/,
    );
  });
});

describe('decoded sizes', () => {
  afterEach(() => {
    delete process.env.SKEWGATE_MAX_DECODED_BYTES;
  });
  const constant = () => readTable(join(fixtures, 'constant.parquet'), 'x.parquet', ['constant']);

  it('are limited before anything is decoded', async () => {
    process.env.SKEWGATE_MAX_DECODED_BYTES = '10000000';
    await expect(constant()).rejects.toThrow(
      /x.parquet: 2,000,000 rows of 1 column, which take about 0.03\d+ GB to decode; expected at most 0.01 GB. .*SKEWGATE_MAX_DECODED_BYTES=3\d{7} where/,
    );
    process.env.SKEWGATE_MAX_DECODED_BYTES = '40000000';
    expect((await constant()).rows).toBe(2_000_000);
  });

  it('are counted off the pages too, as the metadata may say less', async () => {
    process.env.SKEWGATE_MAX_DECODED_BYTES = '10000000';
    const bytes = readFileSync(join(fixtures, 'constant.parquet'));
    // 2,000,000 as a zigzag varint; as long a varint of 0 in its place.
    const declared = Buffer.from([0x80, 0x92, 0xf4, 0x01]);
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    let found = 0;
    for (let at = bytes.indexOf(declared, footer); at >= 0; at = bytes.indexOf(declared, at + 1), found++)
      Buffer.from([0x82, 0x80, 0x80, 0x00]).copy(bytes, at);
    expect(found).toBeGreaterThan(0);
    expect(String(await reading(bytes, ['constant']))).toMatch(
      /x.parquet: a Parquet file that cannot be read \(page 2 of constant holds more values than its column\)/,
    );
  });

  it('of text files are limited by their size', async () => {
    process.env.SKEWGATE_MAX_DECODED_BYTES = '100';
    const path = join(folder, 'x.csv');
    writeFileSync(path, `id\n${'1\n'.repeat(100)}`);
    await expect(readTable(path, 'x.csv', ['id'])).rejects.toThrow(/x.csv: a text file of 203 bytes, which take about/);
  });

  it('a limit that is none is an error', async () => {
    process.env.SKEWGATE_MAX_DECODED_BYTES = '8GB';
    await expect(constant()).rejects.toThrow(/SKEWGATE_MAX_DECODED_BYTES=8GB; expected a whole number of bytes/);
  });
});
