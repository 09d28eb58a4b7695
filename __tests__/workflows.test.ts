/** The recipe for a required check: it always runs, and its last job is green only where nothing had to be judged or all of it is ready. Its own scripts, run by bash as the runner does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ARTIFACT_URL, isArtifactOf } from '../src/host/github/artifacts.js';
import { workflowText } from '../src/starter/workflow-text.js';
import { Project } from './support/project.js';
import { commit } from './support/workflow.js';

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly on: Readonly<Record<string, { readonly paths?: readonly string[] } | null>>;
  readonly jobs: Readonly<
    Record<string, { readonly if?: string; readonly needs?: unknown; readonly steps: readonly Step[] }>
  >;
}

const workflow = parse(
  readFileSync(resolve(import.meta.dirname, '../examples/workflows/required.yml'), 'utf8'),
) as Workflow;

/** The script of a job, in the shell that the runner starts. */
function script(job: string, env: Record<string, string>, folder = '.') {
  const { run } = workflow.jobs[job]!.steps.find((step) => step.run !== undefined)!;
  return spawnSync('bash', ['-e', '-c', run!], {
    cwd: folder,
    env: { PATH: process.env.PATH!, ...env },
    encoding: 'utf8',
  }).status;
}

const root = resolve(import.meta.dirname, '..');
const [, ofReadme] = /```yaml\n(# \.github\/workflows\/readiness\.yml[\s\S]*?)```/.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)!;
const texts = { README: ofReadme!.replace('<commit sha>', 'x'), init: workflowText('l1-cvr') };
const example = (name: string): [string, string] => [
  name,
  readFileSync(join(root, 'examples/workflows', `${name}.yml`), 'utf8'),
];
const examples = Object.fromEntries(['readiness', 'required', 'many-models', 'nightly', 'history'].map(example));

describe('every workflow that judges', () => {
  it.each(Object.entries({ ...texts, ...examples }))(
    '%s keeps the whole folder of the report, whatever the verdict',
    (_, text) => {
      const jobs = Object.values((parse(text) as Workflow).jobs);
      const [steps] = jobs
        .map((job) => job.steps)
        .filter((all) => all.some(({ uses }) => uses?.startsWith('skewgate/')));
      const judged = steps!.findIndex(({ uses }) => uses?.startsWith('skewgate/'));
      const kept = steps!.findIndex(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
      expect(kept).toBeGreaterThan(judged);
      const folder = steps![judged]!.with!['report-dir'] ?? 'skewgate-report';
      expect([steps![kept]!.with!.path, steps![kept]!.if]).toEqual([folder, '${' + '{ !cancelled() }}']);
    },
  );
});

describe('a step after the report is kept', () => {
  const all = { ...texts, ...examples, ...Object.fromEntries(['cached', 'matrix'].map(example)) };

  it.each(Object.entries(all))('of %s tells the Action where, so that all links lead there', (_, text) => {
    const jobs = Object.values((parse(text) as Workflow).jobs);
    const [steps] = jobs.map((job) => job.steps).filter((own) => own.some(({ id }) => id === 'kept'));
    const kept = steps!.findIndex(({ id }) => id === 'kept');
    expect(steps![kept]!.uses).toMatch(/^actions\/upload-artifact@/);
    const { if: condition, env, run } = steps![kept + 1]!;
    const url = 'steps.kept.outputs.artifact-url';
    // Nothing is linked to where nothing was kept, and the link is no part of the script.
    expect([condition, env]).toEqual([`$\u007b{ !cancelled() && ${url} != '' }}`, { KEPT: `$\u007b{ ${url} }}` }]);
    const folder = mkdtempSync(join(tmpdir(), 'skewgate-env-'));
    try {
      const [file, KEPT] = [join(folder, 'env'), 'https://github.com/o/r/actions/runs/1/artifacts/2'];
      writeFileSync(file, 'OTHER=1\n');
      const env = { PATH: process.env.PATH!, KEPT, GITHUB_ENV: file };
      expect(spawnSync('bash', ['-e', '-c', run!], { env }).status).toBe(0);
      expect(readFileSync(file, 'utf8')).toBe(`OTHER=1\n${ARTIFACT_URL}=${KEPT}\n`);
      expect(isArtifactOf('https://github.com/o/r/actions/runs/1', KEPT)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the workflow of a required check', () => {
  it('is left out by no filter', () => {
    expect(Object.keys(workflow.on)).toEqual(['pull_request', 'merge_group']);
    expect(Object.values(workflow.on).every((event) => event === null)).toBe(true);
  });

  it('ends in a job that is never skipped', () => {
    const { if: condition, needs } = workflow.jobs.readiness!;
    expect([condition, needs]).toEqual(['${' + '{ always() }}', ['changed', 'judge']]);
  });

  it.each([
    ['nothing to judge', 'success', 'false', 'skipped', 0],
    ['all ready', 'success', 'true', 'success', 0],
    ['one not ready', 'success', 'true', 'failure', 1],
    ['cancelled', 'success', 'true', 'cancelled', 1],
    ['judging was skipped though there was something to judge', 'success', 'true', 'skipped', 1],
    ['what changed is not known', 'failure', '', 'skipped', 1],
    ['nothing is known', 'success', '', 'skipped', 1],
  ])('with %s: status %#', (_, FOUND, MODELS, JUDGED, status) => {
    expect(script('readiness', { FOUND, MODELS, JUDGED })).toBe(status);
  });

  describe('asks whether there is something to judge', () => {
    let project: Project;
    beforeEach(() => {
      project = new Project();
    });
    afterEach(() => project.remove());

    it.each([
      ['a model', 'models/item/v3.onnx', 'true'],
      ['a policy', 'gates/gate.yml', 'true'],
      ['the rows', 'eval/rows.csv', 'true'],
      ['something else', 'README.md', 'false'],
    ])('where the change touches %s', (_, path, models) => {
      const base = commit(project, 'base');
      project.write(path, 'x');
      commit(project, 'change');
      rmSync(join(project.folder, 'out'), { force: true });
      expect(script('changed', { BASE: base, GITHUB_OUTPUT: join(project.folder, 'out') }, project.folder)).toBe(0);
      expect(project.read('out')).toBe(`models=${models}\n`);
    });

    it('and judges where the base cannot be had', () => {
      commit(project, 'base');
      const env = { BASE: '1'.repeat(40), GITHUB_OUTPUT: join(project.folder, 'out') };
      expect(script('changed', env, project.folder)).toBe(0);
      expect(project.read('out')).toBe('models=true\n');
    });
  });
});

describe('the workflow of many models', () => {
  const many = parse(
    readFileSync(resolve(import.meta.dirname, '../examples/workflows/many-models.yml'), 'utf8'),
  ) as Workflow;
  const run = (job: string, env: Record<string, string>, folder = '.') => {
    const step = many.jobs[job]!.steps.find(({ run: text }) => text !== undefined)!;
    const options = { cwd: folder, env: { PATH: process.env.PATH!, ...env }, encoding: 'utf8' } as const;
    return spawnSync('bash', ['-e', '-c', step.run!], options).status;
  };
  const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
  let project: Project;
  beforeEach(() => {
    project = new Project(Object.fromEntries(names.map((name) => [`models/${name}.yml`, 'release: x\n'])));
    project.write('models/m1/item/v2.onnx', 'x').write('gates/retrieval.yml', 'policy: x\n').write('notes.md', 'x');
  });
  afterEach(() => project.remove());

  it.each([
    ['one release', ['models/m3.yml'], ['m3']],
    ['a file of one, and another', ['models/m1/item/v3.onnx', 'models/m11.yml'], ['m1', 'm11']],
    ['the policy', ['gates/retrieval.yml'], [...names].sort()],
    ['nothing that is judged', ['notes.md'], []],
    ['a release that is new', ['models/new one.txt', 'models/m12.yml'], ['m12']],
  ])('judges what a change of %s touches', (_, paths, judged) => {
    const base = commit(project, 'base');
    for (const path of paths) project.write(path, 'release: y\n');
    commit(project, 'change');
    expect(run('changed', { BASE: base, GITHUB_OUTPUT: join(project.folder, 'out') }, project.folder)).toBe(0);
    expect(JSON.parse(project.read('out').replace('releases=', '')).sort()).toEqual(judged);
  });

  it('judges all where the base cannot be had', () => {
    commit(project, 'base');
    expect(run('changed', { BASE: '1'.repeat(40), GITHUB_OUTPUT: join(project.folder, 'out') }, project.folder)).toBe(
      0,
    );
    expect(JSON.parse(project.read('out').replace('releases=', ''))).toHaveLength(12);
  });

  it.each([
    ['nothing to judge', 'success', '[]', 'skipped', 0],
    ['all ready', 'success', '["m1"]', 'success', 0],
    ['one not ready', 'success', '["m1","m2"]', 'failure', 1],
    ['judging was skipped though there was something to judge', 'success', '["m1"]', 'skipped', 1],
    ['what changed is not known', 'failure', '', 'skipped', 1],
    ['nothing is known', 'success', '', 'skipped', 1],
  ])('with %s: status %#', (_, FOUND, RELEASES, JUDGED, status) => {
    expect(run('readiness', { FOUND, RELEASES, JUDGED })).toBe(status);
  });
});

it('the message of the nightly workflow is the headline as data, whatever it holds', () => {
  const nightly = readFileSync(resolve(import.meta.dirname, '../examples/workflows/nightly.yml'), 'utf8');
  const step = (parse(nightly) as Workflow).jobs.judge!.steps.at(-1)!;
  expect(Object.keys(step.env!)).toEqual(['SLACK_WEBHOOK', 'HEADLINE', 'RUN']);
  expect(step.run).not.toContain('${' + '{');
});
