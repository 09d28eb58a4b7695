/** States that engines have written (fixtures/states): judged as the rows are, and refused where they are not whole. */
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/commands/run.js';
import { sql } from '../../../src/commands/sql.js';
import { planDigest } from '../../../src/estimation/state-tables/layout.js';
import { KeepingHost } from '../../support/host.js';
import { digest } from '../../support/project.js';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/states');
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A workspace of its own with the fixture's files. */
function workspace(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-state-')));
  made.push(folder);
  cpSync(FIXTURES, folder, { recursive: true });
  return folder;
}

async function judged(folder: string, state?: string): Promise<KeepingHost> {
  const host = new KeepingHost(folder);
  await run.run(
    {
      policy: join(folder, 'policy.yml'),
      release: join(folder, 'release.yml'),
      format: 'json',
      ...(state === undefined ? {} : { state: join(folder, state) }),
    },
    host,
  );
  return host;
}

/** Every place in which two reports differ by more than the rounding of sums in another order. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one === 'number' && typeof other === 'number')
    return Math.abs(one - other) <= 1e-6 * Math.max(Math.abs(one), Math.abs(other)) + 1e-12 || Object.is(one, other)
      ? []
      : [`${path}: ${one} and ${other}`];
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object')
    return one === other ? [] : [`${path}: ${String(one)} and ${String(other)}`];
  const [a, b] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => key !== 'run' && key !== 'notices')
    .flatMap((key) => differences(a[key], b[key], `${path}.${key}`));
}

describe('a state that an engine has written', () => {
  let folder: string;
  let overRows: unknown;
  beforeAll(async () => {
    folder = workspace();
    overRows = JSON.parse((await judged(folder)).printed);
  });

  it.each(['duckdb', 'spark'])('has the verdict, the findings and the curve of its rows: %s', async (engine) => {
    const host = await judged(folder, `state-${engine}`);
    expect(host.message).toBe('');
    expect(differences(overRows, JSON.parse(host.printed))).toEqual([]);
  });

  it('needs no rows, and says what it leaves out', async () => {
    rmSync(join(folder, 'rows.parquet'));
    const host = await judged(folder, 'state-duckdb');
    expect(host.report?.verdict).toBe((overRows as { verdict: string }).verdict);
    expect(host.report?.notices.join('\n')).toContain('judged from a state: drift and its repair');
  });
});

/** Changes the manifest of a state, with a plan whose digest is its own. */
function changeManifest(folder: string, change: (manifest: { plan?: unknown }) => void): void {
  const path = join(folder, 'state-duckdb/manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { plan?: unknown };
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

function changePlan(folder: string, change: (text: string) => string): void {
  changeManifest(folder, (manifest) => {
    const plan = change(String(manifest.plan));
    Object.assign(manifest, { plan, plan_sha256: planDigest(plan) });
  });
}

/** Changes figures of the table of pairs. */
async function changePairs(folder: string, change: (pair: Record<string, number>, p: number) => object): Promise<void> {
  const path = join(folder, 'state-duckdb/pairs.parquet');
  const rows = (await parquetReadObjects({ file: await asyncBufferFromFile(path) })) as Record<string, unknown>[];
  const numbers = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, name === 'state_of' ? value : Number(value)])),
  );
  const changed = numbers.map((row) => ({ ...row, ...change(row as Record<string, number>, Number(row.pair)) }));
  parquetWriteFile({
    filename: path,
    columnData: Object.keys(changed[0]!).map((name) => ({
      name,
      data: changed.map((row) => row[name as keyof typeof row]),
      type: name === 'state_of' ? 'STRING' : 'DOUBLE',
    })),
  });
}

describe('versions that score alike', () => {
  it('are found in a state as over the rows', async () => {
    const folder = workspace();
    const { pairs } = JSON.parse(
      String((JSON.parse(readFileSync(join(folder, 'state-duckdb/manifest.json'), 'utf8')) as { plan: string }).plan),
    ) as { pairs: { query: number; item: number }[] };
    const at = (item: number) => pairs.findIndex((pair) => pair.query === 0 && pair.item === item);
    // Of versions one and two steps behind, 5e-5 of their spread is left between them.
    await changePairs(folder, (pair, p) => (p === at(1) ? { [`a${at(2)}`]: 25e-10 * pair.spread! } : {}));
    const host = await judged(folder, 'state-duckdb');
    const open = host.report?.checks.flatMap(({ findings }) => findings).filter(({ at: where }) => where === 2) ?? [];
    expect(open.length).toBeGreaterThan(0);
    for (const { verdict, reason } of open)
      expect([verdict, reason]).toMatchObject(['inconclusive', { kind: 'identical_versions', by: 'scores' }]);
  });
});

describe('a state is refused', () => {
  const STATE = 'state-duckdb';
  it.each<[what: string, spoil: (folder: string) => void | Promise<void>, said: RegExp]>([
    [
      'that is of another policy',
      (folder) =>
        writeFileSync(join(folder, 'policy.yml'), `# changed\n${readFileSync(join(folder, 'policy.yml'), 'utf8')}`),
      /manifest\.json: a state of another policy \(/,
    ],
    [
      'that is of another release',
      (folder) =>
        writeFileSync(join(folder, 'release.yml'), `# changed\n${readFileSync(join(folder, 'release.yml'), 'utf8')}`),
      /a state of another release \(/,
    ],
    [
      'without a manifest, as its writing was cut off',
      (folder) => rmSync(join(folder, STATE, 'manifest.json')),
      /manifest\.json: no such file; expected the manifest of a state, which is written last/,
    ],
    ['without one of its tables', (folder) => rmSync(join(folder, STATE, 'moments.parquet')), /moments: no such table/],
    [
      'with a table that was cut off',
      (folder) => truncateSync(join(folder, STATE, 'marginals.parquet'), 20_000),
      /marginals\.parquet/,
    ],
    [
      'with tables of several writings',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { state_of: 'other' })),
      /rows of another writing than the manifest’s/,
    ],
    [
      'with cells of other rows',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { row_count: 2001 })),
      /2,000 rows in the cells of all rows; expected 2,001, as the manifest says/,
    ],
    [
      'with rows that no run would judge',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { bad_rows: '3' })),
      /rows of which 3 lack an id, a slice value, a label/,
    ],
    [
      'with buckets of another hash',
      (folder) => changePlan(folder, (plan) => plan.replace('fnv1a32-fmix', 'crc32')),
      /1024 buckets of the hash "crc32"; expected 1024 of "fnv1a32-fmix"/,
    ],
    [
      'with a plan that was changed',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { plan_sha256: digest('') })),
      /a plan that was changed after it was written/,
    ],
    [
      'without a column that is judged',
      (folder) => changePlan(folder, (plan) => plan.replaceAll('0.3', '0.25')),
      /a state without a mix of production/,
    ],
    [
      'of another format',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { format: 'skewgate.state/9' })),
      /format "skewgate\.state\/9"/,
    ],
    [
      'whose table is that of another name',
      (folder) => renameSync(join(folder, STATE, 'cells.parquet'), join(folder, STATE, 'moments.parquet')),
      /cells: no such table/,
    ],
    [
      'of rows that contradict each other',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { contradictions: 2 })),
      /2 \(query, item\) pairs repeat with another label or weight/,
    ],
    [
      'whose scores are the label',
      (folder) => changePairs(folder, (_, p) => (p === 1 ? { not_label: 0 } : {})),
      /pairs.*: scores of query \d and item \d steps behind live that are the label, or one less it, in every row/,
    ],
    [
      'whose scores are one less the label',
      (folder) => changePairs(folder, (_, p) => (p === 0 ? { not_opposite: 0 } : {})),
      /that are the label, or one less it, in every row/,
    ],
  ])('%s', async (_, spoil, said) => {
    const folder = workspace();
    await spoil(folder);
    const host = await judged(folder, STATE);
    expect(host.message).toMatch(said);
    expect(host.report).toBeUndefined();
  });

  it('where it lacks a metric, by the rule that asks for it', async () => {
    const folder = workspace();
    const policy = `${readFileSync(join(folder, 'policy.yml'), 'utf8')}      - {metric: roc_auc, max_decrease: 1%, at: each}\n`;
    const before = digest(readFileSync(join(folder, 'policy.yml')));
    writeFileSync(join(folder, 'policy.yml'), policy);
    changePlan(folder, (plan) => plan.replace(before, digest(policy)));
    const host = await judged(folder, STATE);
    expect(host.message).toMatch(/policy\.yml:\d+:\d+: a rule on roc_auc, where the state .*does not hold roc_auc/);
  });
});

describe('skewgate sql', () => {
  async function printed(
    engine: string,
    change: (policy: string) => string = (policy) => policy,
  ): Promise<KeepingHost> {
    const folder = workspace();
    writeFileSync(join(folder, 'policy.yml'), change(readFileSync(join(folder, 'policy.yml'), 'utf8')));
    const host = new KeepingHost(folder);
    await sql.run({ policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml'), engine }, host);
    return host;
  }

  it.each([
    ['duckdb', "TO 'state/manifest.json' (FORMAT json)"],
    ['spark', "INSERT OVERWRITE DIRECTORY 'state/manifest.json' USING json"],
    ['bigquery', 'EXPORT DATA OPTIONS (uri = "state/manifest.json/part-*.json"'.replaceAll('"', "'")],
  ])('writes the manifest last: %s', async (engine, written) => {
    const { printed: text, message } = await printed(engine);
    expect(message).toBe('');
    const statements = text.split('\n\n');
    expect(statements.at(-1)).toContain(written);
    expect(statements.every((statement) => statement.trimEnd().endsWith(';'))).toBe(true);
  });

  it('quotes what a policy calls its columns and slice values', async () => {
    const { printed: text } = await printed('duckdb', (policy) =>
      policy.replace('item: item', 'item: "it\'em\\"; DROP"'),
    );
    expect(text).toContain('CAST("it\'em""; DROP" AS VARCHAR) AS i');
  });

  it('refuses a rule on a metric that it does not write', async () => {
    const { message } = await printed(
      'spark',
      (policy) => `${policy}      - {metric: gauc, max_decrease: 1%, at: each}\n`,
    );
    expect(message).toMatch(/policy\.yml:\d+:\d+: a rule on gauc, of which no SQL writes the state/);
  });
});
