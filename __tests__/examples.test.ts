/**
 * The examples of text, late interaction and image–text: small, judged, and scored as numpy and torch score them; the
 * PySpark job against the release that it is of.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHECKS } from '../src/checks/registry.js';
import { run } from '../src/commands/run.js';
import { sql } from '../src/commands/sql.js';
import { renderHtml } from '../src/report/html.js';
import { renderText } from '../src/report/text.js';
import { viewOf } from '../src/report/view/view.js';
import { root } from './support/docs-pages.js';
import { KeepingHost } from './support/host.js';
import { sound } from './support/report-schema.js';
import { sweepOf } from './support/sweep-report.js';

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

describe('the examples of text and images', () => {
  it.each([
    ['text-retrieval', 'ready', 'ndcg@10'],
    ['late-interaction', 'ready', 'mrr'],
    ['image-text', 'not_ready', 'log_loss'],
  ])('%s is %s, and its %s is that of an independent script', async (name, verdict, metric) => {
    const folder = join(root, 'examples', name);
    expect(bytesBelow(folder)).toBeLessThan(1_000_000);
    const host = new KeepingHost(root);
    const status = await run.run({ policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml') }, host);
    expect([status, host.report?.verdict, host.message]).toEqual([verdict === 'ready' ? 0 : 1, verdict, '']);
    sound(host.report!);
    const expected: Record<string, number> = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))[metric];
    const { curve } = sweepOf(host.report);
    expect(Object.keys(expected)).toEqual(['0', '1', '2']);
    for (const [distance, value] of Object.entries(expected)) {
      const point = curve.find(
        (one) => one.metric === metric && one.distance === Number(distance) && !Object.keys(one.slice).length,
      );
      expect(Math.abs(point!.value - value)).toBeLessThan(1e-6);
    }
  });
});

/** The inputs of a tower as a release has them. */
type Inputs = Record<string, string[] | { column: string; length: number; mask: string }>;

describe('the PySpark job', () => {
  const read = (path: string) => readFileSync(join(root, 'examples', path), 'utf8');
  const job = read('spark/job.py');

  it.each(['query_tower', 'item_tower'])('feeds the %s what its release says', (tower) => {
    const release = parse(read('online-retail/release.warm.yml')) as Record<string, { inputs: Inputs }>;
    const inputs = Object.entries(release[tower]!.inputs);
    expect(inputs.length).toBeGreaterThan(1);
    for (const [name, from] of inputs)
      expect(job).toContain(
        Array.isArray(from)
          ? `"${name}": [${from.map((column) => `"${column}"`).join(', ')}]`
          : `"${name}": ("${from.column}", ${from.length}, "${from.mask}")`,
      );
  });

  it('has the keys of the policy', () => {
    const policy = parse(read('online-retail/policy.yml')) as {
      eval_set: { columns: { query: string; item: string } };
    };
    const { query, item } = policy.eval_set.columns;
    expect(job).toContain(`KEYS = {"query": "${query}", "item": "${item}"}`);
  });

  it('splits the SQL at blank lines, which stand between its statements alone', async () => {
    const host = new KeepingHost(root);
    const [policy, release] = ['policy.yml', 'release.warm.yml'].map((file) =>
      join(root, 'examples/online-retail', file),
    );
    await sql.run({ policy: policy!, release: release!, engine: 'spark', to: 'spark-out/state' }, host);
    expect(job).toContain('.split("\\n\\n")');
    for (const statement of host.printed.trimEnd().split('\n\n')) {
      expect(statement).toMatch(/^(INSERT OVERWRITE DIRECTORY|CREATE OR REPLACE TEMPORARY VIEW) /);
      expect(statement.match(/;\s*$/gm)).toHaveLength(1);
    }
    // Every column that is read is one that the job writes.
    const columns = new Set(host.printed.match(/`(score|aligned|older)_v\d+`/g));
    expect(columns.size).toBeGreaterThan(10);
    for (const column of columns) expect(job).toContain(`"${column.slice(1).replace(/v\d+`/, '{v}')}"`);
  });
});

describe('the example of a gap', () => {
  it('shows all thirteen hypotheses, those that nobody asked for as such', async () => {
    const folder = join(root, 'examples/gap');
    const host = new KeepingHost(root);
    await run.run({ policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml') }, host);
    const view = viewOf(host.report!);
    const ids = CHECKS.map(({ id }) => id);
    expect(ids).toHaveLength(13);
    const text = renderText(view);
    for (const id of ids) expect(text).toContain(id);
    const asked = host.report!.diagnosis!.hypotheses.length;
    expect(text.match(/not asked/g)).toHaveLength(13 - asked);
    for (const id of ids) expect(renderHtml(view)).toContain(id);
  });
});
