/** Tables with many rows: the first ones are looked at, and a query that they cut says nothing. */
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/data/artefacts/files.js';
import { candidatesOf } from '../../src/starter/candidates.js';
import { readTables } from '../../src/starter/facts.js';
import type { Given } from '../../src/starter/given.js';
import { Interview } from '../../src/starter/interview.js';
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

/** Queries of one or two positives, each with four negatives, one after the other; 3,000 rows in 400 queries. */
async function read(looked: { above: number; rows: number }) {
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
    expect([tables.rows.sampledOf, tables.rows.table.rows]).toEqual([3000, 332]);
    const { candidates, count } = candidatesOf(GIVEN, tables, ROLES, new Interview(true, undefined));
    expect([candidates, count]).toEqual(['sampled', 5]);
  });

  it('are all read where they are not', async () => {
    const tables = await read({ above: 3000, rows: 332 });
    expect([tables.rows.sampledOf, tables.rows.table.rows]).toEqual([undefined, 3000]);
    const { candidates } = candidatesOf(GIVEN, tables, ROLES, new Interview(true, undefined));
    expect(candidates).toBe('sampled');
  });
});
