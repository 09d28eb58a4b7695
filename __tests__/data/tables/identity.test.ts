/** Ids, slice values and texts as they stand in a table: exactly, or refused with their row. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isNull, textAt } from '../../../src/data/tables/column.js';
import { type Coded, idsOf, namesOf, sliceValuesOf } from '../../../src/data/tables/identity.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import { BadRows } from '../../../src/data/tables/table.js';

const fixtures = join(import.meta.dirname, '../../fixtures/identity');
const folder = mkdtempSync(join(tmpdir(), 'skewgate-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Reading = (...args: Parameters<typeof idsOf>) => Coded;

/** The names of the column `id` of a text table, or what is said of it. */
async function read(name: string, content: string | Buffer, reading: Reading = idsOf): Promise<readonly string[]> {
  writeFileSync(join(folder, name), content);
  return ofFile(join(folder, name), name, 'id', reading);
}

async function ofFile(path: string, shown: string, column: string, reading: Reading = idsOf): Promise<string[]> {
  const table = await readTable(path, shown, [column]);
  const bad = new BadRows(table);
  const { codes, names } = reading(table.columns.get(column)!, column, bad);
  bad.throwIfAny();
  return Array.from(codes, (code) => names[code]!);
}

const csv = (...ids: string[]) => `id\n${ids.join('\n')}\n`;
const jsonl = (...ids: string[]) => ids.map((id) => `{"id": ${id}}\n`).join('');
const versions: Reading = (column, name, bad) => namesOf(column, name, bad, 'a version');

describe('ids of a CSV are what stands there', () => {
  it.each([
    [['1700000000000000001', '1700000000000000002']],
    [['12345678901234567890', '12345678901234567891']],
    [['123456789012345678901234567890', '123456789012345678901234567891']],
    [['007', '7', '07']],
    [['84e2', 'a1', '8400']],
    [['1.7e18x', '1.7e18']],
  ])('%j', async (ids) => {
    expect(await read('ids.csv', csv(...ids))).toEqual(ids);
  });

  it.each([
    ['1.7E+18', ['1', '1.7E+18']],
    ['1.70000E+18', ['1.70000E+18', '1.70000E+18']],
    ['1.7e18', ['1.7e18', '2']],
    ['1e3', ['1e3', '2']],
    ['9007199254740993.0', ['9007199254740993.0', '2']],
  ])('but %s is refused', async (id, ids) => {
    await expect(read('ids.csv', csv(...ids))).rejects.toThrow(
      `ids.csv:${ids.indexOf(id) + 2}:1: row ${ids.indexOf(id) + 1}, column "id" is ${id}, a number that is not exact; expected an id`,
    );
  });

  it.each(['1.7E+18', '1,7E+18', "'1.7E+18"])(
    '%s, which a spreadsheet has rounded, is refused beside texts too',
    async (id) => {
      await expect(read('ids.csv', csv('r17', `"${id}"`))).rejects.toThrow(
        `ids.csv:3:1: row 2, column "id" is "${id}", a number that has been rounded; expected an id`,
      );
    },
  );

  it.each(['123.0', '1.5', 'nan', '-inf'])('a real number is none: %s', async (id) => {
    await expect(read('ids.csv', csv('4', id))).rejects.toThrow(`ids.csv:3:1: row 2, column "id" is ${id}`);
  });

  it('versions are names, of which 1.10 is not 1.1', async () => {
    expect(await read('ids.csv', csv('1.1', '1.10', '1.1'), versions)).toEqual(['1.1', '1.10', '1.1']);
    await expect(read('ids.csv', csv('1.1', '1E+20'), versions)).rejects.toThrow(/row 2, .* not exact/);
  });

  it('slice values likewise', async () => {
    expect(await read('ids.csv', csv('01', '1'), sliceValuesOf)).toEqual(['01', '1']);
    await expect(read('ids.csv', csv('1', '1.5'), sliceValuesOf)).rejects.toThrow(
      /row 2, column "id" is 1.5; expected a slice value.* Put real numbers into buckets first/,
    );
    await expect(read('ids.csv', csv('1', '1.7E+18'), sliceValuesOf)).rejects.toThrow(/row 2, .* not exact/);
  });
});

describe('ids of JSON Lines', () => {
  it('stay exact, whatever their length', async () => {
    expect(await read('ids.jsonl', jsonl('9007199254740993', '9007199254740992', '18446744073709551615'))).toEqual([
      '9007199254740993',
      '9007199254740992',
      '18446744073709551615',
    ]);
    expect(await read('ids.jsonl', jsonl('123.0', '1e3', '7'))).toEqual(['123', '1000', '7']);
  });

  it.each(['1.7e18', '9007199254740993.0', '9007199254740993e0'])('are refused as %s', async (id) => {
    await expect(read('ids.jsonl', jsonl('4', id))).rejects.toThrow(
      /ids.jsonl:2:1: row 2, column "id" is 9007199254740992|ids.jsonl:2:1: row 2, column "id" is 1700000000000000000/,
    );
  });

  it('a key that stands twice in a record is refused with its place', async () => {
    await expect(read('ids.jsonl', '{"id": 1}\n{"id": 2, "x": "\\"id\\": 1", "id": 3}\n')).rejects.toThrow(
      'ids.jsonl:2:29: key "id" twice in one record; expected every key once',
    );
    await expect(read('ids.jsonl', '{"id": 1, "\\u0069d": 1}\n')).rejects.toThrow(/:1:11: key "id" twice/);
    await expect(read('ids.jsonl', '{"id": 12345678901234567890, "id": 1}\n')).rejects.toThrow(/:1:30: key "id" twice/);
  });
});

describe('numbers of Parquet', () => {
  const numbers = join(fixtures, 'numbers.parquet');
  const ids = (column: string) => ofFile(numbers, 'numbers.parquet', column);

  it('decimals without a fraction are whole numbers', async () => {
    expect(await ids('decimal')).toEqual(['1700000000000000000', '1700000000000000001', '1700000000000000002']);
    expect(await ids('decimal38')).toEqual([0, 1, 2].map((i) => `170000000000000000${i}000000000000000007`));
    const table = await readTable(numbers, 'x', ['decimals', 'cents']);
    expect(textAt(table.columns.get('decimals')!, 1)).toBe('[1700000000000000001]');
    const cents = table.columns.get('cents')!;
    expect([textAt(cents, 0), textAt(cents, 1), isNull(cents, 2)]).toEqual(['0.3', '-12.05', true]);
  });

  it.each([
    ['double', /row 1, column "double" is 1700000000000000000, a number that is not exact/],
    ['single', /row 2, column "single" is 16777216, a number that is not exact/],
    ['half', /row 3, column "half" is 2048, a number that is not exact/],
    ['cents', /row 1, column "cents" is 0.3; expected an id/],
  ])('floats beyond what they tell apart are refused: %s', async (column, message) => {
    await expect(ids(column)).rejects.toThrow(message);
  });

  it('floats within it are whole numbers', async () => {
    expect(await ids('small')).toEqual(['1', '2', '3']);
  });

  it('a byte order mark and a replacement character are parts of a text', async () => {
    expect(await ids('marked')).toEqual(['a', '\ufeffa', '\ufffd']);
  });
});

describe('bytes that are not UTF-8', () => {
  const latin1 = (text: string) => Buffer.from(text, 'latin1');

  it.each<[string, string, Buffer, RegExp]>([
    [
      'CSV',
      'x.csv',
      latin1('id,city\n1,Bonn\n2,"K\u00f6ln\nam Rhein"\n'),
      /^x.csv:3:5: row 2, column "city" is "K.ln\\u000aam Rhein", in which byte 0xf6 is not UTF-8; expected text in UTF-8. If it is Latin-1, run: iconv -f latin1 -t utf-8 x.csv/,
    ],
    ['a column name', 'x.csv', latin1('id,gr\u00f6\u00dfe\n1,2\n'), /^x.csv:1:6: the name of column 2 is "gr..e"/],
    ['TSV', 'x.tsv', latin1('id\n1\n\u00e9\n'), /^x.tsv:3:1: row 2, column "id"/],
    [
      'JSON Lines',
      'x.jsonl',
      latin1('{"id": "a"}\n\n{"id": 1, "city": "K\u00f6ln"}\n'),
      /^x.jsonl:3:21: row 2, column "city" is "K.ln", in which byte 0xf6 is not UTF-8/,
    ],
    ['cut characters', 'x.jsonl', Buffer.from('{"id": "\u20ac"}\n').subarray(0, 9), /^x.jsonl:1:9: .*byte 0xe2/],
    [
      'UTF-16',
      'x.csv',
      Buffer.from('\ufeffid\n1\n', 'utf16le'),
      /^x.csv:1:1: text in UTF-16 \(it starts with FF FE\).* iconv -f utf-16/,
    ],
  ])('are refused in %s', async (_, name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(message);
  });

  it.each([
    ['plain', 'city', 'row 1, column "city" is "K'],
    ['dictionary', 'city', 'row 1, column "city" is "K'],
    ['list', 'cities', 'row 2, column "cities" is "M'],
  ])('are refused in Parquet: %s', async (name, column, message) => {
    const file = `latin1-${name}.parquet`;
    const reading = readTable(join(fixtures, file), file, [column]);
    await expect(reading).rejects.toThrow(`${file}: ${message}`);
    await expect(reading).rejects.toThrow(/in which byte 0xf[6c] is not UTF-8; expected text in UTF-8/);
  });

  it('of a column that nobody reads are no matter', async () => {
    expect((await readTable(join(fixtures, 'latin1-plain.parquet'), 'x', [])).rows).toBe(4);
  });

  it('may be UTF-8 with a byte order mark', async () => {
    expect(await read('x.csv', '\ufeffid\nK\u00f6ln\n')).toEqual(['K\u00f6ln']);
    expect(await read('x.jsonl', '\ufeff{"id": "K\u00f6ln"}\n')).toEqual(['K\u00f6ln']);
  });
});
