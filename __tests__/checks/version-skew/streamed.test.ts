/** Rows that are read in parts are judged as rows in memory: the same cells, values, errors and refusals. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CurvePoint, Finding } from '../../../src/checks/check-report.js';
import { useThreads } from '../../../src/lib/threads.js';
import { digest, Project } from '../../support/project.js';
import { addColumns, byScores, repinRows, similarities } from '../../support/scored-columns.js';
import { sweepOf } from '../../support/sweep-report.js';

const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';
const SERVING = 'models/production.yml';
const ROWS = 'gates/eval/rows.parquet';

/** The example by scores, which its towers have computed once. */
let scored: Project;
/** A copy of it, for one test. */
let project: Project;
beforeAll(async () => {
  const example = resolve('examples/online-retail');
  scored = new Project({
    [POLICY]: readFileSync(join(example, 'policy.yml')),
    [MODEL]: readFileSync(join(example, 'release.scratch.yml')),
    [SERVING]: readFileSync(join(example, 'release.warm.yml')),
  });
  cpSync(join(example, 'eval'), join(scored.folder, 'gates/eval'), { recursive: true });
  cpSync(join(example, 'checkpoints'), join(scored.folder, 'models/checkpoints'), { recursive: true });
  scored.edit(MODEL, 'release.warm.yml', 'production.yml');
  const columns = new Map([
    ...(await similarities(scored.folder, POLICY, MODEL, 's_')),
    ...(await similarities(scored.folder, POLICY, SERVING, 'w_')),
  ]);
  await addColumns(join(scored.folder, ROWS), columns);
  pinAgain(scored);
  scored.write(MODEL, byScores(scored.read(MODEL), 's_'));
  scored.write(SERVING, byScores(scored.read(SERVING), 'w_'));
  const more = ['ece, max_change: 0.05', 'average_precision, max_decrease: 0.1', 'gauc, max_decrease: 0.05']
    .map((rule) => `      - {metric: ${rule}, at: production, slices: [all, market]}\n`)
    .join('');
  scored.edit(POLICY, '    confidence: 95%', `${more}    confidence: 95%`);
  // Fewer old versions than the example sweeps, but for `npm run slow`.
  if (!process.env.SKEWGATE_CAMPAIGN) scored.edit(POLICY, 'to: 5}', 'to: 3}');
});
afterAll(() => scored.remove());
beforeEach(() => {
  project = new Project({});
  cpSync(scored.folder, project.folder, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  project.remove();
});

function pinAgain({ folder }: Project = project): void {
  const pin = /rows: ([0-9a-f]{64})/.exec(readFileSync(join(folder, POLICY), 'utf8'))![1]!;
  repinRows(folder, POLICY, pin, 'eval/rows.parquet');
}

/** Writes the rows with an edit, as a file of small row groups. */
async function rewrite(edit: (rows: Record<string, unknown>[]) => Record<string, unknown>[]): Promise<void> {
  const file = join(project.folder, ROWS);
  const bytes = readFileSync(file);
  const rows = edit(
    await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
      compressors,
    }),
  );
  parquetWriteFile({
    filename: file,
    rowGroupSize: 1000,
    columnData: Object.keys(rows[0]!).map((name) => ({ name, data: rows.map((row) => row[name]) })),
  });
  pinAgain();
}

/** From now on rows are read in parts of some 4,000. */
function inParts(): void {
  vi.stubEnv('SKEWGATE_STREAM_FROM_ROWS', '1');
  vi.stubEnv('SKEWGATE_PART_ROWS', '4000');
}

const EXACT = 1e-9;
/** Metrics of the order of all rows have a bound of their own; bins have edges of the rows that are a sample. */
const COUNTED_IN_BINS = ['roc_auc', 'average_precision'];
const FIGURES = ['value', 'change', 'atZero', 'stale', 'incompatible', 'mde'] as const;

type Shown = CurvePoint | Finding;

function expectFigures(found: Shown, expected: Shown): void {
  const what = `${expected.metric} ${JSON.stringify(expected.slice)}`;
  const wide = COUNTED_IN_BINS.includes(expected.metric);
  const [a, b] = [found, expected].map((shown) => shown as unknown as Record<string, number | null>);
  for (const name of FIGURES) {
    const [own, other] = [a![name] ?? null, b![name] ?? null];
    if (own === null || other === null || Number.isNaN(other)) expect(own, `${what} ${name}`).toEqual(other);
    else expect(Math.abs(own - other), `${what} ${name}`).toBeLessThan(wide ? 2e-3 : EXACT);
  }
  for (const [name, sign] of [
    ['lower', -1],
    ['upper', 1],
  ] as const) {
    const [own, other] = [a![name]!, b![name]!];
    if (!Number.isFinite(other)) expect(own).toEqual(other);
    else if (!wide) expect(Math.abs(own - other), `${what} ${name}`).toBeLessThan(EXACT);
    // What bins may hide is on both sides, and never narrows an interval by more than what they do to its error.
    else expect(sign * (own - other), `${what} ${name}`).toBeGreaterThan(-1e-4);
  }
}

describe('the real example in parts', () => {
  it('has the figures, the verdict and the counts of one pass', async () => {
    const whole = await project.judge();
    inParts();
    const parts = await project.judge();
    expect(parts.message).toBe('');
    expect(parts.status).toBe(whole.status);
    expect(parts.report!.evalSet).toEqual(whole.report!.evalSet);
    const [found, expected] = [sweepOf(parts.report), sweepOf(whole.report)];
    expect(found.production).toEqual(expected.production);
    expect(found.curve.map(({ metric, slice, distance }) => [metric, slice, distance])).toEqual(
      expected.curve.map(({ metric, slice, distance }) => [metric, slice, distance]),
    );
    for (const [i, point] of expected.curve.entries()) expectFigures(found.curve[i]!, point);
    for (const [i, point] of expected.compared!.curve.entries()) expectFigures(found.compared!.curve[i]!, point);
    for (const [i, finding] of expected.findings.entries()) {
      expectFigures(found.findings[i]!, finding);
      // A bound may leave open what the exact value decides, and decides nothing else.
      const may = COUNTED_IN_BINS.includes(finding.metric) ? [finding.verdict, 'inconclusive'] : [finding.verdict];
      expect(may).toContain(found.findings[i]!.verdict);
    }
    expect(found.notices.join('\n')).toMatch(/the rows were read in \d+ parts .* bins of the scores/);
    for (const notice of expected.notices) expect(found.notices).toContain(notice);
  });
});

describe('threads', () => {
  afterEach(() => useThreads('', 1, false));

  it('share the parts out, and the report is the same to the byte', async () => {
    await rewrite((rows) => rows.slice(0, 10_000));
    inParts();
    vi.stubEnv('SKEWGATE_PART_ROWS', '2000');
    const worker = join(project.folder, 'worker.cjs');
    await build({
      entryPoints: [resolve('src/worker.ts')],
      outfile: worker,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
    });
    const reports = new Set<string>();
    for (const count of [1, 2, 3]) {
      useThreads(worker, count, true);
      const { report, message } = await project.judge();
      expect(message).toBe('');
      const [notice] = sweepOf(report).notices.filter((own) => own.startsWith('the rows were read in '));
      expect(notice).toMatch(/ in 5 parts /);
      reports.add(digest(Buffer.from(JSON.stringify({ ...report, run: undefined }))));
    }
    expect(reports.size).toBe(1);
  });
});

describe('what is refused of rows in memory is refused of rows in parts', () => {
  /** The message that rows with an edit are refused by, whole and in parts. */
  async function edited(edit: (rows: Record<string, unknown>[]) => void): Promise<string> {
    await rewrite((rows) => {
      edit(rows);
      return rows;
    });
    const whole = await project.judge();
    inParts();
    const parts = await project.judge();
    expect([whole.status, parts.status]).toEqual([2, 2]);
    expect(parts.message).toBe(whole.message);
    return parts.message;
  }

  it.each([
    ['a label', (rows: Record<string, unknown>[]) => Object.assign(rows[4321]!, { label: 3n }), /row 4322.*label/],
    [
      'an id that is missing',
      (rows: Record<string, unknown>[]) => Object.assign(rows[17]!, { request_id: null }),
      /row 18/,
    ],
    ['a weight', (rows: Record<string, unknown>[]) => Object.assign(rows[2500]!, { weight: -1 }), /row 2501.*weight/],
    [
      'rows that contradict each other',
      (rows: Record<string, unknown>[]) => rows.push({ ...rows[1234]!, label: 1n - BigInt(Number(rows[1234]!.label)) }),
      /where row 1235 has/,
    ],
  ] as const)('%s', async (_what, edit, said) => {
    expect(await edited((rows) => void edit(rows))).toMatch(said);
  });

  it('a prediction that is none, by the names of its row though parts are read without them', async () => {
    project.edit(MODEL, 'link: sigmoid', 'link: identity');
    inParts();
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(/prediction -?\d[^ ]* of query "[^"]+" and item "[^"]+"/);
    expect(message).not.toMatch(/undefined/);
  });

  it('a file that is cut off', async () => {
    const file = join(project.folder, ROWS);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 100));
    pinAgain();
    inParts();
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(/cannot be read|not a Parquet|Parquet/);
    expect(digest(bytes)).toHaveLength(64);
  });

  it('a temporary folder that is not there', async () => {
    inParts();
    vi.stubEnv('TMPDIR', join(project.folder, 'none'));
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(/no temporary file in .*none.* TMPDIR/);
  });
});
