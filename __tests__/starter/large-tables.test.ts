/** Tables with many rows: the first ones are looked at, and a query that they cut says nothing. */
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/data/artefacts/files.js';
import type { Looked } from '../../src/data/tables/first-rows.js';
import { candidatesOf } from '../../src/starter/candidates.js';
import { readTables } from '../../src/starter/facts.js';
import type { Given } from '../../src/starter/given.js';
import { Interview } from '../../src/starter/interview.js';
import { joinedId } from '../../src/starter/joins.js';
import { Project } from '../support/project.js';

let project: Project;
afterEach(() => project.remove());

const ROLES = { query: 'q', item: 'i', label: 'y', slices: [], grades: 1 };
const GIVEN: Given = {
  tables: { rows: 'rows.parquet' },
  towers: { query: '', item: '' },
  name: 'x',
  columns: {},
  byVersion: {},
  inputs: {},
};

const LOOKED: Looked = { above: 1e6, rows: 332, aboveBytes: 1e9, bytes: 1e9 };

/** Queries of one or two positives, each with four negatives, one after the other; 3,000 rows in 400 queries. */
async function read(own: Partial<Looked>) {
  const looked = { ...LOOKED, ...own };
  const rows = Array.from({ length: 400 }, (_, q) =>
    Array.from({ length: q % 2 === 0 ? 5 : 10 }, (__, k) => ({ q: `q${q}`, i: `i${q}-${k}`, y: k % 5 === 0 ? 1 : 0 })),
  ).flat();
  const column = <T>(of: (row: (typeof rows)[number]) => T) => rows.map(of);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'q', data: column(({ q }) => q), type: 'STRING' },
      { name: 'i', data: column(({ i }) => i), type: 'STRING' },
      { name: 'y', data: column(({ y }) => y), type: 'INT32' },
    ],
    rowGroupSize: 500,
  });
  project = new Project({ 'rows.parquet': Buffer.from(buffer) });
  const tables = { rows: join(project.folder, 'rows.parquet') };
  return readTables({ tables }, new Workspace(project.folder), looked);
}

describe('the rows of a table', () => {
  it('are looked at up to a limit where they are many, and the query at its end is left out', async () => {
    const tables = await read({ above: 1000, rows: 332 });
    expect([tables.rows.of, tables.rows.table.rows]).toEqual([{ rows: 3000, about: false }, 332]);
    const { candidates, count } = candidatesOf(GIVEN, tables, ROLES, new Interview(true, undefined));
    expect([candidates, count]).toEqual(['sampled', 5]);
  });

  it('are all read where they are not', async () => {
    const tables = await read({ above: 3000, rows: 332 });
    expect([tables.rows.of, tables.rows.table.rows]).toEqual([undefined, 3000]);
    const { candidates } = candidatesOf(GIVEN, tables, ROLES, new Interview(true, undefined));
    expect(candidates).toBe('sampled');
  });
});

describe('a text with many rows', () => {
  const looking = (files: Record<string, string>, own: Partial<Looked>) => {
    project = new Project(files);
    const [name = ''] = Object.keys(files);
    const rows = join(project.folder, name.includes('/') ? name.split('/')[0]! : name);
    return readTables({ tables: { rows } }, new Workspace(project.folder), { ...LOOKED, ...own });
  };
  const line = (n: number) => `q${n},"two\nlines ${n}",1\n`;
  const csv = (count: number) => `q,text,y\n${Array.from({ length: count }, (_, n) => line(n)).join('')}`;

  it('is read up to the end of a row, wherever the limit cuts it', async () => {
    const text = csv(100);
    const whole = text.length;
    for (let bytes = 300; bytes < 300 + line(10).length; bytes++) {
      const { rows } = await looking({ 'rows.csv': text }, { aboveBytes: whole - 1, bytes });
      project.remove();
      const { table, of } = rows;
      expect(table.rows).toBe(text.slice(0, bytes).split(',1\n').length - 1);
      expect(rows.facts('text').coded.names.at(-1)).toBe(`two\nlines ${table.rows - 1}`);
      expect([of?.about, Math.abs(of!.rows - 100) < 12]).toEqual([true, true]);
    }
    const { rows } = await looking({ 'rows.csv': text }, { aboveBytes: whole, bytes: 300 });
    expect([rows.of, rows.table.rows]).toEqual([undefined, 100]);
  });

  it('of JSON Lines too, and of a folder of parts', async () => {
    const part = (from: number) =>
      Array.from({ length: 50 }, (_, n) => `${JSON.stringify({ q: `q${from + n}`, y: 1 })}\n`).join('');
    const parts = { 'rows/a.jsonl': part(100), 'rows/b.jsonl': part(200), 'rows/c.jsonl': part(300) };
    const bytes = parts['rows/a.jsonl'].length + 100;
    const { rows } = await looking(parts, { aboveBytes: 2 * bytes, bytes });
    const own = Math.floor(100 / (parts['rows/b.jsonl'].length / 50));
    expect([rows.table.rows, rows.of?.about]).toEqual([50 + own, true]);
    expect(rows.facts('q').coded.names.at(-1)).toBe(`q${199 + own}`);
  });

  it('is an error where a row of its beginning is none, as ever', async () => {
    const text = csv(50).replace('q3,', 'q3,too,many,');
    await expect(looking({ 'rows.csv': text }, { aboveBytes: 10, bytes: 600 })).rejects.toMatchObject({
      shown: [{ found: expect.stringMatching(/^CSV that cannot be read/) }],
    });
  });
});

describe('a large table of items', () => {
  async function tables(items: readonly string[], own: Partial<Looked> = {}) {
    const data = <T>(values: readonly T[], type: 'STRING' | 'INT32') => ({ data: [...values], type });
    const written = (columns: Record<string, ReturnType<typeof data>>) =>
      Buffer.from(
        parquetWriteBuffer({
          columnData: Object.entries(columns).map(([name, column]) => ({ name, ...column })),
          rowGroupSize: 100,
        }),
      );
    project = new Project({
      'rows.parquet': written({
        q: data(
          Array.from({ length: 60 }, (_, r) => `q${r % 20}`),
          'STRING',
        ),
        i: data(
          Array.from({ length: 60 }, (_, r) => `i${(7 * r) % 40}`),
          'STRING',
        ),
        y: data(
          Array.from({ length: 60 }, (_, r) => r % 2),
          'INT32',
        ),
      }),
      'items.parquet': written({
        i: data(items, 'STRING'),
        age: data(Array.from(items.keys()), 'INT32'),
        kind: data(
          items.map((_, n) => `k${n % 3}`),
          'STRING',
        ),
      }),
    });
    const given = { rows: join(project.folder, 'rows.parquet'), items: join(project.folder, 'items.parquet') };
    return readTables({ tables: given }, new Workspace(project.folder), { ...LOOKED, above: 400, rows: 64, ...own });
  }
  const catalogue = Array.from({ length: 1000 }, (_, n) => `i${(13 * n) % 1000}`);

  it('has the rows that are named, each with its own values, and counts all of them as candidates', async () => {
    const { rows, items } = await tables(catalogue);
    expect([items!.table.rows, items!.rows, items!.of]).toEqual([40, 1000, { rows: 1000, about: false }]);
    const { coded } = items!.facts('i');
    expect([...coded.names].toSorted()).toEqual(Array.from({ length: 40 }, (_, n) => `i${n}`).toSorted());
    const ages = items!.table.columns.get('age');
    for (const [r, code] of coded.codes.entries())
      expect(catalogue[ages!.type === 'int' ? ages!.values[r]! : -1]).toBe(coded.names[code]);
    expect(items!.facts('kind').coded.names.toSorted()).toEqual(['k0', 'k1', 'k2']);
    const ranked = candidatesOf(GIVEN, { rows, items: items! }, ROLES, new Interview(true, undefined));
    expect([ranked.candidates, ranked.count]).toEqual(['full', 1000]);
    expect(joinedId('item', rows, items!, ['i'])).toEqual(['i']);
  });

  it('is refused where a named id stands twice in it, or in none of its rows', async () => {
    const twice = await tables([...catalogue, 'i3']);
    expect(() => joinedId('item', twice.rows, twice.items!, ['i'])).toThrow(/"i3" twice/);
    project.remove();
    const without = await tables(catalogue.map((id) => (id === 'i3' ? 'other' : id)));
    expect(() => joinedId('item', without.rows, without.items!, ['i'])).toThrow(/no i "i3"/);
  });
});
