/** Vectors of NumPy with their ids beside them (fixtures/make_writers.py): to the last bit, or refused with a line that mends them. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Digests, manifestDigest, sha256 } from '../../../src/data/artefacts/digests.js';
import { artefactAt } from '../../../src/data/artefacts/list.js';
import { textAt } from '../../../src/data/tables/column.js';
import { readTable } from '../../../src/data/tables/read-table.js';

const fixtures = join(import.meta.dirname, '../../fixtures/writers');
const open = (name: string, folder = fixtures) => readTable(join(folder, name), name, ['id', 'vector']);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-npy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function cellsOf(name: string, from = fixtures) {
  const table = await open(name, from);
  return ['id', 'vector'].map((column) =>
    Array.from({ length: table.rows }, (_, r) => textAt(table.columns.get(column)!, r)),
  );
}

const WIDE = ['9007199254740993', '2', '-3'];
const SINGLE = ['[0.5, -2]', '[1.0000000116860974e-7, 65504]', '[3.1415927410125732, 0.3333333432674408]'];

describe('an array', () => {
  it.each([
    ['half', WIDE, ['[0.5, -2]', '[1.1920928955078125e-7, 65504]', '[3.140625, 0.333251953125]']],
    ['single', WIDE, SINGLE],
    ['double', WIDE, ['[0.5, -2]', '[1e-7, 65504]', '[3.141592653589793, 0.3333333333333333]']],
    ['texts', ['ä', '🎉b', 'c d'], SINGLE],
    ['bytes', ['a', 'bb', 'c'], SINGLE],
    ['nested', ['a', 'b b', 'ä'], ['[[0, 1], [2, 3]]', '[[4, 5], [6, 7]]', '[[8, 9], [10, 11]]']],
  ])('of %s is read to the last bit, each vector beside its id', async (name, ids, vectors) => {
    expect(await cellsOf(`${name}.npy`)).toEqual([ids, vectors]);
  });

  it.each([
    ['big-endian', /an array of type ">f4" and shape \(3, 2\).*ascontiguousarray\(a, "<f4"\)/],
    ['integers', /an array of type "\|i1"/],
    ['fortran', /an array in Fortran order.*ascontiguousarray/],
    ['alone', /3 vectors without ids; .*alone\.ids\.npy, or one a line in alone\.ids\.txt/],
    ['objects', /objects\.ids\.npy: ids of type "\|O".*numpy\.array\(ids, dtype=str\)/],
    ['few', /few\.ids\.npy: 2 ids for 3 vectors/],
  ])('that is none of those is refused: %s', async (name, message) => {
    await expect(open(`${name}.npy`)).rejects.toThrow(message);
  });

  it('whose ids stand in two files is refused, as they may not say the same', async () => {
    for (const name of ['single.npy', 'single.ids.npy']) copyFileSync(join(fixtures, name), join(folder, name));
    writeFileSync(join(folder, 'single.ids.txt'), 'c\nb\na\n');
    await expect(open('single.npy', folder)).rejects.toThrow(
      /single.npy: two files of its ids: .*single.ids.npy and .*single.ids.txt; expected one/,
    );
  });

  it('that is cut short is refused', async () => {
    writeFileSync(join(folder, 'v.npy'), readFileSync(join(fixtures, 'single.npy')).subarray(0, -3));
    copyFileSync(join(fixtures, 'single.ids.npy'), join(folder, 'v.ids.npy'));
    await expect(open('v.npy', folder)).rejects.toThrow(/21 bytes of values, where the shape \(3, 2\) of <f4 takes 24/);
    writeFileSync(join(folder, 'v.npy'), readFileSync(join(fixtures, 'single.npy')).subarray(0, 40));
    await expect(open('v.npy', folder)).rejects.toThrow(/an array with the header/);
  });
});

it('the digest of an array covers its ids, by the rule of several files', async () => {
  const digestOf = (name: string) => sha256(readFileSync(join(fixtures, name)));
  expect(await new Digests().of(artefactAt(join(fixtures, 'single.npy'))!)).toBe(
    manifestDigest(new Map(['single.npy', 'single.ids.npy'].map((name) => [name, digestOf(name)]))),
  );
});

it('parts of arrays are one table, each with its ids', async () => {
  mkdirSync(join(folder, 'v'));
  for (const [i, name] of ['single', 'single'].entries()) {
    copyFileSync(join(fixtures, `${name}.npy`), join(folder, `v/part-${i}.npy`));
    writeFileSync(join(folder, `v/part-${i}.ids.txt`), `${i}a\n${i}b\n${i}c\n`);
  }
  expect(await cellsOf('v', folder)).toEqual([
    ['0a', '0b', '0c', '1a', '1b', '1c'],
    [...SINGLE, ...SINGLE],
  ]);
});
