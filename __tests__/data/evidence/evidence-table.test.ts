/** Numbers of a table of evidence: each kind holds what it says, and nothing else. */
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, expect, it } from 'vitest';
import { EvidenceTable, type TableSpec } from '../../../src/data/evidence/evidence-table.js';
import { sql } from '../../../src/data/evidence/sql.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

const SPEC: TableSpec = {
  name: 'arms',
  page: 'checks/metric-mismatch.md',
  holds: 'one row per arm',
  required: ['x'],
  sql: sql`SELECT x FROM t`,
  cost: 'query',
};

/** The rows of a column that are refused, counted from 1. */
async function refusedOf(kind: 'finite' | 'positive' | 'shares' | 'counts' | 'flags', values: readonly number[]) {
  const buffer = parquetWriteBuffer({ columnData: [{ name: 'x', data: Float64Array.from(values), type: 'DOUBLE' }] });
  project = new Project({ 'models/arms.parquet': Buffer.from(buffer) });
  const file = { name: 'arms', path: join(project.folder, 'models/arms.parquet'), shown: 'arms', sha256: '' };
  const table = await EvidenceTable.read({ ...file, place: { file: 'release.yml', line: 4, column: 3 } }, SPEC);
  table[kind]('x');
  try {
    table.throwIfBad();
    return [];
  } catch (error) {
    return Array.from(
      (error as Error).message.matchAll(/row (\d+), column "x"/g),
      ([, row]) => values[Number(row) - 1],
    );
  }
}

it('a table whose every column is read is read once, and says what it lacks before what it cannot hold', async () => {
  const other = { ...SPEC, others: true };
  project = new Project({ 'models/a.csv': 'x,y\n1,2\n', 'models/b.jsonl': '{"z":{"a":1},"y":2}\n' });
  const file = (name: string) => ({
    name: 'arms',
    path: join(project.folder, name),
    shown: name,
    sha256: '',
    place: { file: 'release.yml', line: 4, column: 3 },
  });
  expect((await EvidenceTable.read(file('models/a.csv'), SPEC)).has('y')).toBe(false);
  const table = await EvidenceTable.read(file('models/a.csv'), other);
  expect([table.others, [...table.finite('x')], table.cells('y')]).toEqual([['y'], [1], ['2']]);
  await expect(EvidenceTable.read(file('models/b.jsonl'), other)).rejects.toThrow(/without "x"/);
});

it('dates, times and nested records of a table whose every column is read are left out, with a notice', async () => {
  const path = join(import.meta.dirname, '../../fixtures/writers/scan.parquet');
  const line = (value: unknown) => `${JSON.stringify({ x: 1, y: 2, z: value })}\n`;
  project = new Project({ 'models/a.jsonl': line({ a: 1 }) + line(null), 'models/b.jsonl': line([{ a: 1 }]) });
  const read = (own: string, shown: string, required: readonly string[]) => {
    const file = { name: 'arms', path: own, shown, sha256: '', place: { file: 'release.yml', line: 4, column: 3 } };
    return EvidenceTable.read(file, { ...SPEC, required, others: true });
  };
  const scan = await read(path, 'scan.parquet', ['label']);
  expect(scan.others).toEqual(['f', 'flag', 'decimal']);
  expect(scan.notices).toEqual([
    ...['date', 'naive', 'utc', 'time', 'times'].map(
      (name) => `scan.parquet: column "${name}" holds dates or times and is not read.`,
    ),
    ...['record', 'records', 'map'].map(
      (name) => `scan.parquet: column "${name}" holds nested records and is not read.`,
    ),
  ]);
  for (const name of ['models/a.jsonl', 'models/b.jsonl']) {
    const lines = await read(join(project.folder, name), name, ['x']);
    expect([lines.others, lines.notices]).toEqual([
      ['y'],
      [`${name}: column "z" holds nested records and is not read.`],
    ]);
  }
  await expect(read(path, 'scan.parquet', ['date', 'label'])).rejects.toThrow(/column "date" with a date or time/);
});

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus } = Number;

it.each([
  ['finite', [0, -3.5, 1e300], [nan, inf, minus]],
  // A standard error.
  ['positive', [1e-300, 2.5, 1e300], [0, -1, nan, inf]],
  ['shares', [0, 0.25, 1], [-1e-9, 1 + 1e-9, nan, inf]],
  ['counts', [0, 7, 2 ** 53 - 1], [-1, 0.5, 2 ** 53, nan, inf]],
  ['flags', [0, 1], [2, 0.5, -1, nan]],
] as const)('%s are %j, and not %j', async (kind, good, bad) => {
  expect(await refusedOf(kind, good)).toEqual([]);
  project.remove();
  expect(await refusedOf(kind, [...bad, ...good])).toEqual([...bad]);
});
