/** Every check on evidence is whole: a step of ARCHITECTURE.md that was left out is named, with what to do. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.js';

const root = resolve(import.meta.dirname, '../..');
/** Metrics that no test asks for by name yet: may this become shorter. */
const WAITING: readonly string[] = ['i_squared', 'latency_p90', 'filtered_gain'];
const FOLDERS = { model: 1, serving: 2, funnel: 3 } as const;

/** Every object of the three layers' folders that examines evidence. */
const defined = await Promise.all(
  Object.entries(FOLDERS).flatMap(([folder, layer]) =>
    readdirSync(join(root, 'src/checks', folder))
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const file = `src/checks/${folder}/${name}`;
        const exported = Object.values((await import(join(root, file))) as object);
        return exported.filter(isCheck).map((check) => ({ file, folder, layer, check }));
      }),
  ),
).then((found) => found.flat());

function isCheck(value: unknown): value is { readonly id: string; readonly layer: number } {
  return typeof value === 'object' && value !== null && 'examine' in value && 'id' in value;
}

/** All that the other tests say. */
const tests = readdirSync(join(root, '__tests__'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && name !== join('checks', 'registry.test.ts'))
  .map((name) => readFileSync(join(root, '__tests__', name), 'utf8'))
  .join('\n');

describe.each(defined)('the check of $file', ({ file, folder, layer, check }) => {
  it('has its line in the registry', () => {
    const listed = CHECKS.map(({ id }) => id as string);
    expect(listed, `${file}: add onEvidence(…) to src/checks/registry.ts, then run: npm run schemas`).toContain(
      check.id,
    );
  });

  it('stands in the folder of its layer', () => {
    expect(check.layer, `${file}: it says layer ${check.layer}, and src/checks/${folder}/ holds layer ${layer}`).toBe(
      layer,
    );
  });
});

const checks = CHECKS.map((check) => [check.id, check] as const);

describe.each(checks)('%s is not half done', (id, { metrics, tables, ways }) => {
  it('has the author’s words on its page', () => {
    const page = readFileSync(join(root, `docs/checks/${id}.md`), 'utf8');
    const mend = `docs/checks/${id}.md is as npm run schemas began it: say what is measured under Statistic`;
    expect(page, mend).not.toContain('What is measured stands under Decision');
  });

  it('has a test that asks for it, and one of every metric', () => {
    const where = 'write one in __tests__/checks/';
    expect(tests.includes(id), `no test names ${id}: ${where}`).toBe(true);
    const untested = metrics
      .map((metric) => metric.id)
      .filter((metric) => !tests.includes(metric) && !WAITING.includes(metric));
    expect(untested, `metrics of ${id} that no test names: ${where}`).toEqual([]);
  });

  it('says how it is tested: by evidence that settles it, of tables that it reads', () => {
    const mend = 'its ways (src/checks/ways.ts)';
    expect(
      ways.some(({ settles, given }) => settles && !given),
      mend,
    ).toBe(true);
    for (const { table, columns } of ways.flatMap(({ needs }) => needs)) {
      if (table.name !== 'ledger') expect(tables, `${table.name}: ${mend}`).toContain(table);
      const unknown = columns.filter((column) => !table.optional?.includes(column));
      expect(unknown, `columns of ${table.name} that are required anyway, or not read: ${mend}`).toEqual([]);
    }
    // A table that tells nothing of the hypothesis is there for the rules that name it.
    const needed = new Set(ways.flatMap(({ needs }) => needs.map(({ table }) => table.name)));
    const forRules = tables.filter(({ name }) => !needed.has(name) && name !== 'ledger');
    for (const { name } of forRules)
      expect(metrics.some(({ needs }) => new RegExp(`\\b${name}\\b`).test(needs)) || name === 'arms', name).toBe(true);
  });

  it.each(tables.map((table) => [table.name, table] as const))(
    'says on which page the query of %s is',
    (name, { page, sql }) => {
      const path = join(root, 'docs', page);
      expect(existsSync(path), `the TableSpec ${name} names docs/${page}, which is not there`).toBe(true);
      for (const query of Object.values(sql))
        expect(readFileSync(path, 'utf8'), `docs/${page} has not the query of ${name}`).toContain(query);
    },
  );

  it.each(tables.map((table) => [table.name, table] as const))(
    'writes every column that it requires of %s',
    (name, { required, sql }) => {
      for (const query of Object.values(sql)) {
        const missing = required.filter((column) => !new RegExp(`\\b${column}\\b`).test(query));
        expect(missing, `columns that the query of ${name} does not write`).toEqual([]);
      }
    },
  );
});

it('no two tables of evidence have one name', () => {
  const specs = new Set(CHECKS.flatMap((check) => [...check.tables, ...(check.beside ?? [])]));
  const names = [...specs].map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
