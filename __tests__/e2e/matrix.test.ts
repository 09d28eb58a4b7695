/** The recipe of a matrix of jobs: the scripts of its steps, by bash as the runner starts them, on a repository of git. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Project } from '../support/project.js';
import { commit } from '../support/workflow.js';

const root = resolve(import.meta.dirname, '../..');

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly index: readonly number[] } };
  readonly steps: readonly Step[];
}
const { jobs } = parse(readFileSync(join(root, 'examples/workflows/matrix.yml'), 'utf8')) as {
  jobs: Readonly<Record<'shard' | 'judge', Job>>;
};
const { index } = jobs.shard.strategy!.matrix;

const project = new Project({});
afterAll(() => project.remove());

/** Runs the script of a step. */
function step(job: 'shard' | 'judge', name: string, env: Record<string, string>) {
  const { run } = jobs[job].steps.find((one) => one.name === name)!;
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', run!], {
    cwd: project.folder,
    // The steps' node is that of the run they are held against: powers differ in their last bit from one V8 to another.
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: process.env.HOME ?? '/',
      GITHUB_WORKSPACE: project.folder,
      ...env,
    },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A step of `uses:` that the recipe needs. */
function used(job: 'shard' | 'judge', action: string): Readonly<Record<string, string>> {
  return jobs[job].steps.find(({ uses }) => uses?.startsWith(`actions/${action}@`))!.with!;
}

describe('the workflow of a matrix', () => {
  it('judges always, as a job that is skipped counts as passed', () => {
    expect([jobs.judge.needs, jobs.judge.if]).toEqual(['shard', '${' + '{ always() }}']);
  });

  it('gives each shard an artifact, all of which are downloaded', () => {
    const { name, path } = used('shard', 'upload-artifact');
    const { pattern } = used('judge', 'download-artifact');
    expect([name, path]).toEqual(['skewgate-shard-${' + '{ matrix.index }}', 'skewgate-shard']);
    expect(pattern).toBe('skewgate-shard-*');
  });

  it('reaches by four jobs the report of one machine, to the byte', () => {
    const example = join(root, 'examples/online-retail');
    cpSync(example, join(project.folder, 'models'), { recursive: true });
    mkdirSync(join(project.folder, '.skewgate'));
    symlinkSync(join(root, 'dist'), join(project.folder, '.skewgate/dist'));
    project.write('.gitignore', '.skewgate\nskewgate-*\nalone\n');
    const env = {
      POLICY: 'models/policy.yml',
      RELEASE: 'models/release.scratch.yml',
      POLICY_REF: commit(project),
      GITHUB_STEP_SUMMARY: join(project.folder, 'skewgate-summary.md'),
    };
    for (const number of index) {
      const embedded = step('shard', 'embed', { ...env, INDEX: String(number), OF: String(index.length) });
      expect([embedded.status, embedded.stderr.match(/error/)]).toEqual([0, null]);
      mkdirSync(join(project.folder, 'skewgate-shards'), { recursive: true });
      renameSync(
        join(project.folder, 'skewgate-shard'),
        join(project.folder, `skewgate-shards/skewgate-shard-${number}`),
      );
    }
    expect(step('judge', 'merge', env).status).toBe(1);
    expect(step('judge', 'summary', env).status).toBe(0);
    const alone = spawnSync(
      process.execPath,
      [
        join(root, 'dist/cli.cjs'),
        ...['run', '--policy', env.POLICY, '--release', env.RELEASE, '--policy-ref', env.POLICY_REF, '--out', 'alone'],
      ],
      { cwd: project.folder, env: { PATH: process.env.PATH! }, encoding: 'utf8' },
    );
    expect(alone.status).toBe(1);
    const [merged, judged] = ['skewgate-report', 'alone'].map((folder) =>
      JSON.parse(project.read(`${folder}/report.json`)),
    );
    const { run, ...report } = merged;
    const { run: _, ...expected } = judged;
    expect(JSON.stringify(report)).toBe(JSON.stringify(expected));
    expect(report.policy.from).toBe('base');
    expect(run.vectors).toMatchObject({ from: 'shards', embedded: 0 });
    expect(run.vectors.taken).toBeGreaterThan(index.length);
    expect(project.read('skewgate-summary.md')).toMatch(/^## ❌ Not ready/);
  });

  it('is red where a shard has failed, and leaves no report', () => {
    renameSync(join(project.folder, 'skewgate-shards/skewgate-shard-3'), join(project.folder, 'skewgate-elsewhere'));
    const env = { POLICY: 'models/policy.yml', RELEASE: 'models/release.scratch.yml', POLICY_REF: 'HEAD' };
    const { status, stderr } = step('judge', 'merge', env);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/error: no shard 3; expected all 4 shards\./)]);
    expect(existsSync(join(project.folder, 'skewgate-report/report.json'))).toBe(false);
  });
});

describe('the workflow of a cache', () => {
  const cached = parse(readFileSync(join(root, 'examples/workflows/cached.yml'), 'utf8')) as { jobs: { judge: Job } };
  const at = (action: string) => cached.jobs.judge.steps.find(({ uses }) => uses?.startsWith(`${action}@`))!;

  it('takes a cache from outside of the checkout, and a pull request saves none', () => {
    const folder = '${' + '{ runner.temp }}/skewgate-cache';
    const [restore, gate, save] = [at('actions/cache/restore'), at('skewgate/skewgate'), at('actions/cache/save')];
    expect([restore.with!.path, gate.with!['cache-dir'], save.with!.path]).toEqual([folder, folder, folder]);
    expect(save.if).toBe('${' + "{ github.event_name == 'push' && !cancelled() }}");
    expect(save.with!.key).toBe(restore.with!.key);
    expect(cached.jobs.judge.steps.some(({ uses }) => uses?.startsWith('actions/cache@'))).toBe(false);
  });
});
