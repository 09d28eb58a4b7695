/** The workflow that publishes a history: its own scripts, run by bash as the runner does, on runs that keep reports. `gh` answers here from a folder. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderJson } from '../../src/report/json.js';
import { PastReports, pastReport } from '../support/past-reports.js';

const root = resolve(import.meta.dirname, '../..');

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly permissions: object;
        readonly steps: readonly { readonly name?: string; readonly run?: string }[];
      }
    >
  >;
}
const workflow = parse(readFileSync(join(root, 'examples/workflows/history.yml'), 'utf8')) as Workflow;

/** `gh run list` and `gh run download` over a folder: `runs.json` has the runs, `artifacts/ID/NAME` what each keeps. */
const GH = `#!/usr/bin/env node
const { cpSync, existsSync, readdirSync, readFileSync } = require('node:fs');
const [, , run, verb, ...rest] = process.argv;
const option = (name) => rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
if (run !== 'run' || !process.env.GH_TOKEN || process.env.GH_REPO !== 'octo/towers') process.exit(4);
if (verb === 'list') {
  if (option('--json') !== 'databaseId' || option('--jq') !== '.[].databaseId') process.exit(5);
  for (const one of JSON.parse(readFileSync('runs.json', 'utf8')).slice(0, Number(option('--limit'))))
    if (one.branch === option('--branch') && one.event === option('--event') && (option('--workflow') ?? one.workflow) === one.workflow)
      console.log(one.id);
} else if (verb === 'download') {
  const kept = 'artifacts/' + rest[0];
  const [name, pattern] = [option('--name'), option('--pattern')];
  const names = (existsSync(kept) ? readdirSync(kept) : []).filter((one) => name ? one === name : one.startsWith(pattern.replace('*', '')));
  if (names.length === 0) { console.error('no artifact matches any of the names or patterns provided'); process.exit(1); }
  for (const one of names) cpSync(kept + '/' + one, names.length === 1 ? option('--dir') : option('--dir') + '/' + one, { recursive: true });
} else process.exit(6);
`;

let past: PastReports;
beforeEach(() => {
  past = new PastReports().put('bin/gh', GH);
  chmodSync(join(past.folder, 'bin/gh'), 0o755);
  symlinkSync(root, join(past.folder, 'skewgate'));
});
afterEach(() => past.remove());

/** The scripts of the job that collects, one after the other; `run` is the run that it is part of. */
function collect(run: string) {
  const steps = workflow.jobs.collect!.steps.filter((step) => step.run !== undefined);
  expect(steps).toHaveLength(2);
  return steps.map((step) =>
    spawnSync('bash', ['-e', '-c', step.run!], {
      cwd: past.folder,
      encoding: 'utf8',
      env: {
        PATH: `${join(past.folder, 'bin')}:${process.env.PATH}`,
        GH_TOKEN: 'x',
        GH_REPO: 'octo/towers',
        BRANCH: 'main',
        RUN: run,
        GITHUB_STEP_SUMMARY: join(past.folder, 'summary.md'),
      },
    }),
  );
}

const at = (...parts: string[]) => join(past.folder, ...parts);
const runs = (...all: readonly (readonly [id: number, event: string, branch?: string, workflow?: string])[]) =>
  past.put(
    'runs.json',
    JSON.stringify(
      all.map(([id, event, branch = 'main', name = 'history.yml']) => ({ id, event, branch, workflow: name })),
    ),
  );

describe('the workflow of a history', () => {
  it('runs on what is merged and between promotions, and may no more than it needs', () => {
    expect(Object.keys(workflow.on)).toEqual(['push', 'schedule', 'workflow_dispatch']);
    expect(workflow.permissions).toEqual({});
    expect(Object.entries(workflow.jobs).map(([name, { permissions }]) => [name, permissions])).toEqual([
      ['judge', { contents: 'read' }],
      ['collect', { actions: 'read', contents: 'read' }],
      ['publish', { pages: 'write', 'id-token': 'write' }],
    ]);
    expect(workflow.jobs.collect!.if).toBe('${' + '{ !cancelled() }}');
  });

  it('collects the reports of the default branch’s runs, this one’s among them, and draws them', () => {
    runs([12, 'schedule'], [11, 'push'], [10, 'pull_request'], [9, 'push', 'main', 'readiness.yml'], [8, 'push']);
    past
      .put('artifacts/12/skewgate-report/report.json', pastReport('v3', 12, 0.004))
      .put('artifacts/12/skewgate-report/report.html', 'a page')
      .put('artifacts/11/skewgate-report-a/report.json', pastReport('v2', 11, 0.004))
      .put('artifacts/11/skewgate-report-b/report.json', pastReport('v1', 10, 0.004))
      .put('artifacts/10/skewgate-report/report.json', pastReport('proposed', 10, 0.004))
      .put('artifacts/9/skewgate-report/report.json', pastReport('v0', 9, 0.03, { finding: { verdict: 'fail' } }));
    const [collected, drawn] = collect('12');
    expect([collected!.status, drawn!.status], collected!.stderr + drawn!.stderr).toEqual([0, 0]);
    expect(collected!.stdout).toContain('run 8 keeps no report');
    const { releases } = JSON.parse(readFileSync(at('site/history.json'), 'utf8')) as {
      releases: { runs: { live: string }[] }[];
    };
    expect(releases.map((release) => release.runs.map(({ live }) => live))).toEqual([['v0', 'v1', 'v2', 'v3']]);
    expect(readFileSync(at('site/index.html'), 'utf8')).toContain('<title>Releases over time</title>');
    expect(readFileSync(at('summary.md'), 'utf8')).toMatch(/^# Releases over time/);
    expect(existsSync(at('reports/12/report.html'))).toBe(false);
  });

  it('keeps what was collected before, of runs whose artifacts are gone', () => {
    runs([11, 'push']);
    past.put('artifacts/11/skewgate-report/report.json', pastReport('v1', 1, 0.004));
    expect(collect('11').map(({ status }) => status)).toEqual([0, 0]);
    // The runner starts anew; the run has kept what it collected, and its own report has expired.
    cpSync(at('reports'), at('artifacts/11/skewgate-history'), { recursive: true });
    for (const gone of ['reports', 'site', 'artifacts/11/skewgate-report']) rmSync(at(gone), { recursive: true });
    runs([12, 'schedule'], [11, 'push']);
    past.put('artifacts/12/skewgate-report/report.json', pastReport('v2', 2, 0.004));
    expect(collect('12').map(({ status }) => status)).toEqual([0, 0]);
    expect(readdirSync(at('reports')).sort()).toEqual(['11', '12']);
    expect(readFileSync(at('reports/11/report.json'), 'utf8')).toBe(renderJson(pastReport('v1', 1, 0.004)));
  });

  it('publishes nothing where runs cannot be listed, or none keeps a report', () => {
    expect(collect('1')[0]!.status).not.toBe(0);
    runs([1, 'push']);
    const [collected, drawn] = collect('1');
    expect([collected!.status, drawn!.status]).toEqual([0, 2]);
    expect(drawn!.stderr).toContain('in which no report.json stands');
    expect(existsSync(at('site'))).toBe(false);
  });
});
