/** `skewgate history`: the reports below a folder over time; what is no report is said, and a folder without one is refused. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Values } from '../../src/commands/command.js';
import { history } from '../../src/commands/history.js';
import { renderJson } from '../../src/report/json.js';
import { FULL } from '../support/full-report.js';
import { KeepingHost } from '../support/host.js';
import { CORPUS } from '../support/hostile.js';
import { PastReports, pastReport } from '../support/past-reports.js';
import { lostGap } from '../support/reports.js';

let past: PastReports;
beforeEach(() => {
  past = new PastReports();
});
afterEach(() => past.remove());

/** Of a run what is looked at by name. */
interface Run {
  readonly live: string;
  readonly levels: readonly { readonly production: number }[];
  readonly worst: Readonly<Record<'used' | 'least' | 'most', number>>;
  readonly changes: readonly ({ readonly at: string; readonly allowed?: string } & Readonly<
    Record<'change' | 'lower' | 'upper', number>
  >)[];
  readonly gap: object | null;
  readonly waivers: readonly object[];
}

interface Written {
  readonly schema: string;
  readonly releases: readonly {
    readonly release: string;
    readonly policy: string;
    readonly notices: readonly string[];
    readonly runs: readonly Run[];
  }[];
  readonly left_out: readonly { readonly path: string; readonly why: string }[];
}

async function shown(values: Values = {}) {
  const host = new KeepingHost(past.folder);
  const status = await history.run({ argument: join(past.folder, 'reports'), ...values }, host);
  return { status, text: host.printed, message: host.message };
}

async function figures(): Promise<Written> {
  return JSON.parse((await shown({ format: 'json' })).text) as Written;
}

describe('skewgate history', () => {
  it('shows the runs of a release in the order of their times, at any depth of folders', async () => {
    past
      .put('reports/a/b/c/report.json', pastReport('v3', 20, 0.009))
      .put('reports/v1/report.json', pastReport('v1', 1, 0.004))
      .put('reports/v2/report.json', pastReport('v2', 10, 0.03, { finding: { verdict: 'fail' } }))
      .put('reports/v2/summary.md', 'no report');
    const { status, text } = await shown();
    expect(status).toBe(0);
    expect(text.split('\n').slice(0, 8)).toEqual([
      'm, judged by a: 3 runs',
      '  began       version  verdict       margin used  log_loss  rows with an embedding  production within the sweep',
      '  2026-01-20  v3       Ready      90\u202f% (≤ 110\u202f%)   +0.90\u202f%                  95.0\u202f%                       90.0\u202f%',
      '      by: log_loss at production (max_increase 1\u202f%)',
      '  2026-01-10  v2       Not ready       3.0 times   +3.00\u202f%                  95.0\u202f%                       90.0\u202f%',
      '      by: log_loss at production (max_increase 1\u202f%)',
      '  2026-01-01  v1       Ready       40\u202f% (≤ 60\u202f%)   +0.40\u202f%                  95.0\u202f%                       90.0\u202f%',
      '      by: log_loss at production (max_increase 1\u202f%)',
    ]);
  });

  it('has the waivers of each run, and what became of them', async () => {
    const [waiver] = FULL.waivers!;
    past.put('reports/report.json', pastReport('v1', 1, 0.004, { report: { waivers: [waiver!] } }));
    const { releases } = await figures();
    const { state, owner, until, reason, findings } = waiver!;
    const what = 'recall@10 max_decrease on at_zero=maxHours';
    expect(releases[0]!.runs[0]!.waivers).toEqual([{ state, what, owner, until, reason, cells: findings }]);
  });

  it('has every figure of the reports: changes with bounds and margins, levels, coverage', async () => {
    past.put('reports/report.json', pastReport('v1', 1, 0.004));
    const { schema, releases } = await figures();
    expect(schema).toBe('skewgate.history/1');
    const [run] = releases[0]!.runs;
    expect(run).toMatchObject({
      path: 'reports/report.json',
      started_at: '2026-01-01T00:00:00.000Z',
      live: 'v1',
      verdict: 'ready',
      worst: { cell: 'log_loss at production', allowed: 'max_increase 1\u202f%' },
      levels: [{ metric: 'log_loss', aligned: 0.4 }],
      coverage: { rows: 0.95, mass: 0.9 },
      waivers: [],
      gap: null,
    });
    expect(run!.levels[0]!.production).toBeCloseTo(0.4016, 12);
    expect([run!.worst.used, run!.worst.least, run!.worst.most].map((x) => x.toFixed(6))).toEqual([
      '0.400000',
      '0.200000',
      '0.600000',
    ]);
    const [near, production] = run!.changes;
    expect([near!.at, near!.change.toFixed(6), near!.allowed]).toEqual(['1', '0.200000', undefined]);
    expect(production).toMatchObject({
      at: 'production',
      percent: true,
      most: 1,
      verdict: 'pass',
      text: '+0.40\u202f%',
    });
    expect([production!.change, production!.lower, production!.upper].map((x) => x.toFixed(6))).toEqual([
      '0.400000',
      '0.200000',
      '0.600000',
    ]);
  });

  it('tells releases and policies apart, those that ran last first', async () => {
    past
      .put('reports/1/report.json', pastReport('v1', 1, 0.004))
      .put(
        'reports/2/report.json',
        pastReport('v1', 3, 0.004, { report: { policy: { ...FULL.policy, name: 'other' } } }),
      )
      .put('reports/3/report.json', pastReport('v2', 2, 0.004))
      .put('reports/4/report.json', lostGap);
    const { releases } = await figures();
    expect(releases.map(({ release, policy, runs }) => [release, policy, runs.map(({ live }) => live)])).toEqual([
      ['m', 'other', ['v1']],
      ['m', 'a', ['v1', 'v42', 'v2']],
    ]);
  });

  it('shows a gap with its bounds, and its steps as parts of it', async () => {
    const [one] = lostGap.diagnosis!.hypotheses;
    const diagnosis = {
      ...lostGap.diagnosis!,
      hypotheses: [
        { ...one!, verdict: 'contributing' as const, contribution: 0.02, share: 0.62 },
        { ...one!, id: 'outlier-domination' as const, contribution: 0.001 },
      ],
    };
    past.put('reports/report.json', { ...lostGap, diagnosis });
    const { releases } = await figures();
    expect(releases[0]!.runs[0]!.gap).toMatchObject({
      value: 0.0299,
      words: 'log loss',
      causes: [{ id: 'feature-parity', verdict: 'contributing', contribution: 0.02, share: 0.62 }],
    });
    expect((await shown()).text).toMatch(/\+0\.0299 \[\+0\.0259, \+0\.0339\] +feature-parity 62\u202f%/);
  });

  it('says when a margin became another, was dropped, or came', async () => {
    past
      .put('reports/1/report.json', pastReport('v1', 1, 0.004))
      .put('reports/2/report.json', pastReport('v2', 2, 0.004, { finding: { margin: 0.02, threshold: '2%' } }))
      .put('reports/3/report.json', pastReport('v3', 3, 0.004, { finding: { at: 1 } }));
    expect((await figures()).releases[0]!.notices).toEqual([
      'with v2 (2026-01-02) the policy changed: log_loss at production has max_increase 2 % (before: max_increase 1 %)'.replaceAll(
        ' %',
        '\u202f%',
      ),
      'with v3 (2026-01-03) the policy changed: log_loss at production is no longer asked (max_increase 2 %) and log_loss at distance 1 has max_increase 1 %'.replaceAll(
        ' %',
        '\u202f%',
      ),
    ]);
  });

  it('orders by version, and says so, where a report says no time', async () => {
    const untimed = (live: string, chain: string[]) =>
      pastReport(live, 1, 0.004, {
        report: { run: { ...FULL.run, startedAt: '' }, release: { ...FULL.release, name: 'm', live, chain } },
      });
    past
      .put('reports/1/report.json', untimed('v10', ['v10', 'v9']))
      .put('reports/2/report.json', untimed('v9', ['v9']))
      .put('reports/3/report.json', untimed('beta', ['beta', 'v10']));
    const [{ runs, notices }] = (await figures()).releases as [Written['releases'][number]];
    expect(runs.map(({ live }) => live)).toEqual(['v9', 'v10', 'beta']);
    expect(notices[0]).toMatch(
      /^3 reports of 3 say no time .*: all stand in the order of their versions, then of their files$/,
    );
  });

  it('leaves out, and says, what is cut off, of another schema, no report, collected twice, or a link', async () => {
    const good = renderJson(pastReport('v1', 1, 0.004));
    past
      .put('reports/a/report.json', good)
      .put('reports/b/report.json', good)
      .put('reports/c/report.json', good.slice(0, 400))
      .put('reports/d/report.json', good.replace('skewgate.report/1', 'skewgate.report/7'))
      .put('reports/e/report.json', '{"schema": "skewgate.report/1"}')
      .put('reports/.hidden/report.json', renderJson(pastReport('v9', 9, 0.004)))
      .put('elsewhere.json', renderJson(pastReport('v8', 8, 0.004)));
    symlinkSync(join(past.folder, 'elsewhere.json'), join(past.folder, 'reports/report.json'));
    const { releases, left_out } = await figures();
    expect(releases.map(({ runs }) => runs.length)).toEqual([1]);
    expect(left_out).toEqual([
      { path: 'reports/b/report.json', why: 'the same bytes as reports/a/report.json' },
      { path: 'reports/c/report.json', why: 'a file that is no JSON' },
      {
        path: 'reports/d/report.json',
        why: 'a report of the schema skewgate.report/7, where this version reads skewgate.report/1',
      },
      { path: 'reports/e/report.json', why: expect.stringMatching(/^no report \(/) },
      { path: expect.stringMatching(/json$/), why: 'a symbolic link, which is not followed' },
    ]);
    expect((await shown()).text).toContain('Left out: 5 files');
  });

  it.each([
    ['no report in it', 'reports/x.txt', 'x', 'in which no report.json stands'],
    [
      'none that can be read',
      'reports/report.json',
      '{',
      'in which no report.json can be read (reports/report.json: a file that is no JSON)',
    ],
  ])('refuses a folder with %s: status 2', async (_, path, text, found) => {
    past.put(path, text);
    const { status, message, text: printed } = await shown();
    expect([status, printed]).toEqual([2, '']);
    expect(message).toContain(found);
    expect(message).toContain('skewgate run … --out reports/v43');
  });

  it('refuses a folder that is not there, or outside the workspace', async () => {
    expect(await shown()).toMatchObject({ status: 2, message: expect.stringMatching(/no report\.json can be read/) });
    const outside = await shown({ argument: '/' });
    expect(outside).toMatchObject({ status: 2, message: expect.stringMatching(/outside the workspace/) });
  });

  it('writes page, Markdown and figures into a folder of the workspace, whatever else stands there', async () => {
    past.put('reports/report.json', pastReport('v1', 1, 0.004));
    const out = join(past.folder, 'reports');
    expect((await shown({ out })).status).toBe(0);
    const [page, markdown, json] = ['history.html', 'history.md', 'history.json'].map((name) =>
      readFileSync(join(out, name), 'utf8'),
    );
    expect(page).toContain('<title>Releases over time</title>');
    expect(markdown).toMatch(/^# Releases over time\n\n## m\n/);
    expect(json).toBe((await shown({ format: 'json' })).text);
    expect(existsSync(join(out, 'report.json'))).toBe(true);
    expect(await shown({ out: '/' })).toMatchObject({ status: 2, text: '' });
  });

  it('lets no name of a report take effect on a terminal', async () => {
    for (const [i, name] of CORPUS.entries())
      past.put(
        `reports/${i}/report.json`,
        pastReport(name, 1 + i, 0.004, {
          report: { headline: name, release: { ...FULL.release, name, live: name, chain: [name] } },
        }),
      );
    const { text } = await shown();
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  });
});
