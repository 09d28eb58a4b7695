/** Texts as spreadsheets, warehouses and engines write them: read as what they say, or refused by their dialect. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doubtfulSlices, idsOf, sliceValuesOf } from '../../../src/data/tables/identity.js';
import { numberColumn } from '../../../src/data/tables/numbers.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import { BadRows, columnNamed, type Table } from '../../../src/data/tables/table.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-dialects-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(name: string, text: string): Promise<Table> {
  writeFileSync(join(folder, name), text);
  return readTable(join(folder, name), name, (names) => names);
}

describe('a CSV of another dialect', () => {
  it.each([
    [
      'a;b\n1;x\n',
      /rows.csv:1:1: a header whose cells are separated by ";".*sep=";", dtype=str, keep_default_na=False/,
    ],
    ['a;b\n1,5;x\n', /t\.replace\(r"\^\(-\?\\d\+\),\(\\d\+\)\$", r"\\1\.\\2", regex=True\)/],
    ['a|b\n1|x\n', /separated by "\|"/],
    ['a\tb\n1\tx\n', /separated by tabs; .*Name it \.tsv/],
    ['sep=;\na;b\n1;x\n', /"sep=;", the line by which a spreadsheet .*sed -i 1d rows.csv/],
    ['sep=,\na,b\n1,x\n', /"sep=,", the line/],
    ['# by hand\na,b\n1,x\n', /a line of comment, "# by hand".*sed -i '\/\^#\/d' rows.csv/],
    ['# a,b\n1,x\n', /a header that is a comment, behind #.*sed -i '1s\/\^# \*\/\/' rows.csv/],
    [
      'a,b\n1,x\n2,"say \\"hi\\" now"\n',
      /rows.csv:3:1: a quotation mark behind a backslash, as Spark.*option\("escape", '"'\)/,
    ],
  ])('is named, with what mends it: %j', async (text, message) => {
    await expect(read('rows.csv', text)).rejects.toThrow(message);
  });

  it('is none for one column, or a value that ends with a backslash', async () => {
    expect((await read('rows.csv', 'a\n1\n')).columnNames).toEqual(['a']);
    expect((await read('rows.csv', 'a,b\n"x\\",1\n')).rows).toBe(1);
  });
});

/** The numbers of column x, and what is noted of its cells. */
async function numbersOf(name: string, text: string) {
  const table = await read(name, text);
  const bad = new BadRows(table);
  const numbers = numberColumn(columnNamed(table, 'x'), 'x', bad, 'a label between 0 and 1', (y) => y >= 0 && y <= 1);
  return { numbers: [...numbers], problems: bad.problems.map(({ found, mend }) => `${found} ${mend ?? ''}`) };
}

describe('numbers', () => {
  it.each([
    ['of BigQuery, texts in JSON', 'r.json', '{"x":"1"}\n{"x":"0"}\n', [1, 0]],
    ['real ones as texts', 'r.jsonl', '{"x":"0.25"}\n{"x":"1e-3"}\n', [0.25, 0.001]],
    ['truth values of BigQuery', 'r.csv', 'x\ntrue\nfalse\n', [1, 0]],
    ['of R and Excel', 'r.csv', 'x\nTRUE\nFALSE\n', [1, 0]],
    ['of PostgreSQL', 'r.csv', 'x\nt\nf\n', [1, 0]],
    ['of PostgreSQL as texts', 'r.jsonl', '{"x":"t"}\n{"x":"f"}\n', [1, 0]],
  ])('%s are read', async (_, name, text, expected) => {
    expect(await numbersOf(name, text)).toEqual({ numbers: expected, problems: [] });
  });

  it.each([
    ['a decimal comma', 'r.csv', 'x\n"0,5"\n0.5\n', 'row 1, column "x" is "0,5" Write a decimal point'],
    ['a missing value of MySQL', 'r.csv', 'x\n\\N\n0.5\n', 'row 1, column "x" is "\\N" That is how a missing value'],
    ['a truth value among numbers', 'r.csv', 'x\nt\n1\n', 'row 1, column "x" is "t" '],
    ['hexadecimal', 'r.jsonl', '{"x":"0x1"}\n', 'row 1, column "x" is "0x1" '],
  ])('%s is refused with its row', async (_, name, text, problem) => {
    const { problems } = await numbersOf(name, text);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});

describe('a slice value', () => {
  const values = (text: string) => `x\nuk\n${text}\n`;

  it.each(['\\N', 'nan', 'NaN', '<NA>', '#N/A'])('%s is how a missing one is written, and refused', async (text) => {
    for (const reader of [sliceValuesOf, idsOf]) {
      const table = await read('r.csv', values(text));
      const bad = new BadRows(table);
      reader(columnNamed(table, 'x'), 'x', bad);
      expect(bad.problems.map(({ found }) => found)).toEqual([
        `row 2, column "x" is "${text}", as missing values are written`,
      ]);
    }
  });

  it.each(['NA', 'NULL', 'None'])('%s may be meant, and is noticed', async (text) => {
    const table = await read('r.csv', values(text));
    const bad = new BadRows(table);
    const coded = sliceValuesOf(columnNamed(table, 'x'), 'x', bad);
    expect([bad.any, doubtfulSlices(coded, 'x', 'r.csv')]).toEqual([
      false,
      [
        `r.csv: column "x" has the value "${text}", as some writers write a missing one. ` +
          'It is judged as a slice of its own.',
      ],
    ]);
  });
});
