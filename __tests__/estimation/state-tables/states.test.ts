/** States that engines have written (fixtures/states): judged as the rows are, and refused where they are not whole. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/commands/sql.js';
import { planDigest } from '../../../src/estimation/state-tables/layout.js';
import { KeepingHost } from '../../support/host.js';
import { digest } from '../../support/project.js';
import { differences, judged, removeWorkspaces, workspaceOf } from '../../support/states.js';

afterAll(removeWorkspaces);

const workspace = () => workspaceOf('states');

/** A point of a curve, as far as it is looked at here. */
interface Point {
  readonly metric: string;
  readonly distance: number | string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Takes the points out that bins of the scores may have moved: those of the oldest version, whose scores are not
 * rounded. Scores of two decimals have a bin each.
 */
function withoutBinned(printed: string): { readonly report: unknown; readonly binned: readonly Point[] } {
  const report = JSON.parse(printed) as { checks: { curve: Point[]; findings: { metric: string; at: unknown }[] }[] };
  const moved = (metric: string, at: unknown) => ['roc_auc', 'average_precision'].includes(metric) && at === 3;
  const binned = report.checks.flatMap(({ curve }) => curve.filter(({ metric, distance }) => moved(metric, distance)));
  for (const check of report.checks) {
    check.curve = check.curve.filter(({ metric, distance }) => !moved(metric, distance));
    check.findings = check.findings.filter(({ metric, at }) => !moved(metric, at));
  }
  return { report, binned };
}

describe('a state that an engine has written', () => {
  let folder: string;
  let overRows: ReturnType<typeof withoutBinned>;
  beforeAll(async () => {
    folder = workspace();
    overRows = withoutBinned((await judged(folder)).printed);
  });

  it.each(['duckdb', 'spark'])('has the verdict, the findings and the curve of its rows: %s', async (engine) => {
    const host = await judged(folder, `state-${engine}`);
    expect(host.message).toBe('');
    expect(differences(overRows.report, withoutBinned(host.printed).report)).toEqual([]);
  });

  it.each(['duckdb', 'spark'])(
    'has intervals that hold those of its rows, where scores are in bins: %s',
    async (engine) => {
      const { binned } = withoutBinned((await judged(folder, `state-${engine}`)).printed);
      expect(binned).toHaveLength(overRows.binned.length);
      expect(binned.filter(({ value }, i) => value !== overRows.binned[i]!.value).length).toBeGreaterThan(5);
      for (const [i, { lower, upper, value }] of binned.entries()) {
        const exact = overRows.binned[i]!;
        // Influences are those of bins too, so that the errors differ a little.
        const room = 0.001 * (exact.upper - exact.lower);
        expect(Math.abs(value - exact.value)).toBeLessThan(2e-4);
        expect(lower).toBeLessThanOrEqual(exact.lower + room);
        expect(upper).toBeGreaterThanOrEqual(exact.upper - room);
      }
    },
  );

  it('needs no rows, and says what it leaves out', async () => {
    rmSync(join(folder, 'rows.parquet'));
    const host = await judged(folder, 'state-duckdb');
    expect(host.report?.verdict).toBe((overRows.report as { verdict: string }).verdict);
    expect(host.report?.notices.join('\n')).toContain('judged from a state: drift and its repair');
    expect(host.report?.notices.join('\n')).toContain('counts roc_auc and average_precision by bins of the scores');
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

/** Rewrites a table of the state, its figures as numbers and its texts as texts. */
async function changeTable(
  folder: string,
  name: string,
  change: (rows: Record<string, unknown>[]) => Record<string, unknown>[],
): Promise<void> {
  const path = join(folder, `state-duckdb/${name}.parquet`);
  const rows = (await parquetReadObjects({ file: await asyncBufferFromFile(path) })) as Record<string, unknown>[];
  const changed = change(rows);
  parquetWriteFile({
    filename: path,
    columnData: Object.keys(changed[0]!).map((column) => {
      const text = typeof changed[0]![column] === 'string';
      return {
        name: column,
        data: changed.map((row) => (text ? row[column] : Number(row[column]))),
        type: text ? 'STRING' : 'DOUBLE',
      };
    }),
  });
}

/** Changes figures of the table of pairs. */
async function changePairs(folder: string, change: (pair: Record<string, number>, p: number) => object): Promise<void> {
  await changeTable(folder, 'pairs', (rows) =>
    rows.map((row) => {
      const numbers = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
      return { ...numbers, state_of: row.state_of, ...change(numbers, Number(row.pair)) };
    }),
  );
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
    [
      'without the tables of its rankings',
      (folder) => rmSync(join(folder, STATE, 'query_counts.parquet')),
      /query_counts: no such table/,
    ],
    [
      'with a metric that its tables do not have',
      (folder) => changePlan(folder, (plan) => plan.replace('"queryMetrics":[', '"queryMetrics":["recall@9",')),
      /query_counts\.parquet: 0 cells of recall@9; expected the 9 that have relevant rows, each once/,
    ],
    [
      'with values of a metric of order that are not there',
      (folder) => changePlan(folder, (plan) => plan.replace('"rowMetrics":["roc_auc",', '"rowMetrics":[')),
      /row_values\.parquet: a state or a metric that the plan does not have/,
    ],
    [
      'whose queries are in several clusters',
      (folder) => changeManifest(folder, (manifest) => Object.assign(manifest, { split_queries: 4 })),
      /4 queries are in several clusters; expected one cluster a query, as ndcg@5 is a mean over queries/,
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
      'of an older format, which has less in it',
      (folder) =>
        changeManifest(folder, (manifest) => {
          Object.assign(manifest, { format: 'skewgate.state/1-parquet', split_queries: undefined });
        }),
      /format "skewgate\.state\/1-parquet"; expected skewgate\.state\/2-parquet/,
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
      'whose table is there twice, as a folder of two parts',
      (folder) => {
        const [file, parts] = ['marginals', 'parts'].map((name) => join(folder, STATE, name)) as [string, string];
        mkdirSync(parts);
        for (const n of [0, 1]) cpSync(`${file}.parquet`, join(parts, `part-${n}.parquet`));
        rmSync(`${file}.parquet`);
        renameSync(parts, file);
      },
      /marginals: .*; expected /,
    ],
    [
      'whose cells are there twice',
      (folder) => changeTable(folder, 'cells', (rows) => [...rows, ...rows]),
      /cells\.parquet: a cell that stands there twice/,
    ],
    [
      'with a part of a table that another run has written',
      (folder) =>
        changeTable(folder, 'moments', (rows) => rows.map((row, r) => (r === 3 ? { ...row, state_of: 'other' } : row))),
      /moments\.parquet: rows of another writing than the manifest’s/,
    ],
    [
      'with a table that lacks some of its rows',
      (folder) => changeTable(folder, 'row_values', (rows) => rows.slice(1)),
      /row_values\.parquet: \d+ values; expected \d+: one of each metric, cell and state/,
    ],
    [
      'without a bucket of a cell',
      (folder) => changeTable(folder, 'marginals', (rows) => rows.filter((row) => Number(row.bucket) !== 5)),
      /marginals\.parquet: buckets of weight .*; expected all buckets of every cell/,
    ],
    [
      'with a figure that is missing',
      (folder) => changeTable(folder, 'clusters', (rows) => rows.map(({ total0: _, ...row }) => row)),
      /clusters\.parquet: a table without "total0"/,
    ],
    [
      'of which the manifest stands there twice',
      (folder) => {
        const path = join(folder, STATE, 'manifest.json');
        const text = readFileSync(path, 'utf8').trimEnd();
        writeFileSync(path, `${text}\n${text}\n`);
      },
      /manifest\.json: 2 manifests; expected one, as a folder holds one state/,
    ],
    [
      'of no rows',
      async (folder) => {
        changeManifest(folder, (manifest) => Object.assign(manifest, { row_count: 0 }));
        await changeTable(folder, 'cells', (rows) => rows.slice(0, 1).map((row) => ({ ...row, cut: 0, row_count: 0 })));
      },
      /cells\.parquet: .*; expected /,
    ],
    [
      'of rows that weigh nothing',
      (folder) =>
        changeTable(folder, 'cells', (rows) => rows.map((row) => ({ ...row, positive_mass: 0, negative_mass: 0 }))),
      /cells\.parquet: a state of rows whose weights are all 0; expected at least one row that counts/,
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
    const policy = `${readFileSync(join(folder, 'policy.yml'), 'utf8')}      - {metric: recall@7, max_decrease: 1%, at: each}\n`;
    const before = digest(readFileSync(join(folder, 'policy.yml')));
    writeFileSync(join(folder, 'policy.yml'), policy);
    changePlan(folder, (plan) => plan.replace(before, digest(policy)));
    const host = await judged(folder, STATE);
    expect(host.message).toMatch(/policy\.yml:\d+:\d+: a rule on recall@7, where the state .*does not hold recall@7/);
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
  ])('writes the manifest last, and lets go of what it has made: %s', async (engine, written) => {
    const { printed: text, message } = await printed(engine);
    expect(message).toBe('');
    const statements = text.split('\n\n');
    const manifest = statements.findIndex((statement) => statement.includes(written));
    const lettingGo = /^(DROP TABLE|INSERT OVERWRITE DIRECTORY 'state\/_between\/\w+' USING parquet\nSELECT 0 AS gone)/;
    expect(manifest).toBeGreaterThan(0);
    expect(statements.slice(manifest + 1).filter((statement) => !lettingGo.test(statement))).toEqual([]);
    const made = statements.filter((statement) => /^CREATE OR REPLACE TEMP(ORARY VIEW| TABLE) /.test(statement));
    expect(statements.filter((statement) => lettingGo.test(statement))).toHaveLength(made.length);
    expect(statements.every((statement) => statement.trimEnd().endsWith(';'))).toBe(true);
  });

  it('quotes what a policy calls its columns and slice values', async () => {
    const { printed: text } = await printed('duckdb', (policy) =>
      policy.replace('item: item', 'item: "it\'em\\"; DROP"'),
    );
    expect(text).toContain('ELSE CAST("it\'em""; DROP" AS VARCHAR) END AS i');
  });

  it('has a column for every pair of an older live version, where a sweep is repeated for some', async () => {
    const folder = workspace();
    const policy = readFileSync(join(folder, 'policy.yml'), 'utf8');
    writeFileSync(join(folder, 'policy.yml'), policy.replace('{from: 0, to: 3}', '{from: 0, to: 1, anchors: 3}'));
    for (const side of ['query', 'item'])
      for (const version of ['v4', 'v3', 'v2', 'v1'])
        parquetWriteFile({
          filename: join(folder, `${side}-${version}.parquet`),
          columnData: [
            { name: 'id', data: ['a'], type: 'STRING' },
            { name: 'vector', data: [[1, 2]] },
          ],
        });
    const towers = ['query', 'item'].map((side) => `${side}_tower: {embeddings: '${side}-{version}.parquet'}`);
    const release = readFileSync(join(folder, 'release.yml'), 'utf8').replace(/^scores: .*$/m, towers.join('\n'));
    writeFileSync(join(folder, 'release.yml'), release.replace('{link:', '{similarity: dot, link:'));
    const host = new KeepingHost(folder);
    await sql.run({ policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml'), engine: 'duckdb' }, host);
    expect(host.message).toBe('');
    const read = host.printed.match(/CAST\("\w+_v\d(_v\d)?" AS DOUBLE\) \+/g)?.map((text) => text.split('"')[1]);
    expect(read?.sort()).toEqual(
      ['aligned_v2', 'aligned_v3', 'score_v2_v1', 'score_v3', 'score_v3_v2', 'score_v4'].sort(),
    );
  });

  it.each(['duckdb', 'spark', 'bigquery'])(
    'counts ids that say that they are missing among bad rows: %s',
    async (engine) => {
      const { printed: text } = await printed(engine);
      const condition = text.split('\n\n').find((statement) => statement.includes(' AS bad'));
      for (const missing of ["'nan'", "'<NA>'", "'#N/A'"]) expect(condition).toContain(missing);
      expect(condition).toContain('[eE]');
    },
  );

  it.each([
    [
      'a mixed index',
      (policy: string) => policy.replace('mix: per_request', 'mix: per_item'),
      /policy\.yml:\d+:\d+: a rule on ndcg@5, where items of several versions meet in one ranking \(mix: per_item\)/,
    ],
    [
      'the catalogue',
      (policy: string) =>
        policy
          .replace('candidates: logged', 'candidates: full\n  items: rows.parquet')
          .replace(/sha256: \{rows: (\w+)\}/, 'sha256: {rows: $1, items: $1}'),
      /a rule on ndcg@5, which ranks the whole catalogue \(candidates: full\): the scored table has the rows alone/,
    ],
  ])('refuses a rule on rankings over %s', async (_, change, said) => {
    const { message, printed: text } = await printed('spark', change);
    expect(message).toMatch(said);
    expect(text).toBe('');
  });

  it('leaves out what no rule asks for', async () => {
    const { printed: text } = await printed(
      'duckdb',
      (policy) => `${policy.slice(0, policy.indexOf('      - {metric: roc_auc'))}`,
    );
    for (const table of ['row_values', 'query_counts', 'diagrams']) expect(text).not.toContain(`/${table}.parquet`);
  });
});
