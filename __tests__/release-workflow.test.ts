/**
 * The release workflow's own scripts, in its order, on clones of a bare remote: what a tag publishes, that `v1` moves
 * and never back, that a release is made once, and what stops it. Left out are the attestation and the whole check.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeGithubCli } from './support/github-cli.js';
import { git } from './support/workflow.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly needs?: string;
  readonly steps: readonly Step[];
}

const root = resolve(import.meta.dirname, '..');
const workflow = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8')) as {
  readonly on: { readonly push: { readonly tags: readonly string[] } };
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, Job>>;
};
/** The shell that GitHub starts for `shell: bash`. */
const BASH = ['--noprofile', '--norc', '-eo', 'pipefail', '-c'];
const LEFT_OUT = 'The whole check';

let folder: string;
let remote: string;
let work: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-release-'));
  [remote, work] = [join(folder, 'remote.git'), join(folder, 'work')];
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(work, 'dist'), { recursive: true });
  writeGithubCli(join(folder, 'bin'));
  git(folder, 'init', '-q', '--bare', '-b', 'main', remote);
  git(work, 'init', '-q', '-b', 'main');
  git(work, 'remote', 'add', 'origin', remote);
  for (const name of ['gates', 'scripts', 'LICENSE', 'README.md', 'action.yml', 'package.json'])
    cpSync(join(root, name), join(work, name), { recursive: true });
  for (const name of ['index.cjs', 'cli.cjs', 'program.cjs'])
    cpSync(join(root, 'dist', name), join(work, 'dist', name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Commits a version with its changes on the branch that is checked out, tags it, and pushes both. */
function tagged(version: string, more: { readonly notes?: string; readonly branch?: string } = {}): string {
  const { notes = `## [${version}] - 2027-01-01\n\n- what ${version} changes\n`, branch = 'main' } = more;
  const packaged = JSON.parse(readFileSync(join(work, 'package.json'), 'utf8'));
  writeFileSync(join(work, 'package.json'), `${JSON.stringify({ ...packaged, version }, null, 2)}\n`);
  writeFileSync(join(work, 'CHANGELOG.md'), `# Changelog\n\n## [Unreleased]\n\n${notes}`);
  git(work, 'add', '-A');
  git(work, 'commit', '-q', '-m', `Version ${version}`);
  git(work, 'tag', `v${version}`);
  git(work, 'push', '-q', 'origin', `HEAD:${branch}`, `v${version}`);
  return git(work, 'rev-parse', 'HEAD');
}

/** Runs the scripts of a job on a clone at the tag, as its runner does; the name of the step that fails, if one does. */
function runJob(name: string, tag: string): { readonly failed?: string; readonly log: string; readonly at: string } {
  const at = mkdtempSync(join(folder, `${name}-`));
  const { steps } = workflow.jobs[name]!;
  if (steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))) {
    git(folder, 'clone', '-q', remote, at);
    git(at, 'checkout', '-q', tag);
  }
  const contexts: Readonly<Record<string, string>> = {
    'github.ref_name': tag,
    'github.token': 'token',
    'github.repository': 'skewgate/skewgate',
  };
  let log = '';
  for (const { name: step = '', run, env = {} } of steps) {
    if (run === undefined || step === LEFT_OUT) continue;
    const own = Object.entries(env).map(([key, value]) => [
      key,
      value.replace(/\$\{\{ ([\w.]+) \}\}/, (_, context) => contexts[context] ?? `no ${context}`),
    ]);
    const { status, stdout, stderr } = spawnSync('bash', [...BASH, run], {
      cwd: at,
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env.PATH!}`,
        HOME: folder,
        GITHUB_SHA: git(work, 'rev-parse', `${tag}^{commit}`),
        FAKE_RELEASES: join(folder, 'releases'),
        FAKE_REMOTE: remote,
        // npm lays the package out and says what it would send.
        npm_config_dry_run: 'true',
        npm_config_registry: 'http://localhost:9',
        npm_config_fetch_retries: '0',
        ...Object.fromEntries(own),
      },
    });
    log += stdout + stderr;
    if (status !== 0) return { failed: step, log, at };
  }
  return { log, at };
}

/** Runs the jobs in the order of their needs until one fails. */
function release(
  tag: string,
  jobs: readonly string[] = ['check', 'publish', 'package', 'major'],
): { readonly failed?: string; readonly log: string } {
  let log = '';
  for (const job of jobs) {
    const done = runJob(job, tag);
    log += done.log;
    if (done.failed !== undefined) return { failed: done.failed, log };
  }
  return { log };
}

const released = () => (existsSync(join(folder, 'releases')) ? readdirSync(join(folder, 'releases')).sort() : []);
const ref = (name: string) => git(remote, 'rev-parse', `refs/tags/${name}`);

describe('the release workflow', () => {
  it('runs its jobs one after the other, in a shell that stops at a failure in a pipe', () => {
    const { jobs, defaults, on } = workflow;
    const needs = Object.entries(jobs).map(([name, job]) => [name, job.needs]);
    expect(needs).toEqual([
      ['check', undefined],
      ['publish', 'check'],
      ['package', 'publish'],
      ['major', 'package'],
    ]);
    expect(defaults.run.shell).toBe('bash');
    expect(on.push.tags).toEqual(['v[0-9]+.[0-9]+.[0-9]+']);
    expect(jobs.check!.steps.some(({ name }) => name === LEFT_OUT)).toBe(true);
  });

  it('publishes bundle, schemas and checksums of the tagged commit, with what the changelog says of it', () => {
    const sha = tagged('1.0.0');
    const { failed, log } = release('v1.0.0');
    expect([failed, failed && log]).toEqual([undefined, undefined]);
    const at = join(folder, 'releases/v1.0.0');
    expect(readdirSync(at).sort()).toEqual([
      'NOTES',
      'SHA256SUMS',
      'policy.schema.json',
      'release.schema.json',
      'report.schema.json',
      'skewgate-v1.0.0.tar.gz',
    ]);
    expect(readFileSync(join(at, 'NOTES'), 'utf8')).toBe('- what 1.0.0 changes\n');
    const listed = spawnSync('tar', ['-tzf', join(at, 'skewgate-v1.0.0.tar.gz')], { encoding: 'utf8' }).stdout;
    for (const name of ['action.yml', 'dist/index.cjs', 'gates/policy.schema.json', 'LICENSE', 'CHANGELOG.md'])
      expect(listed.split('\n')).toContain(`skewgate-v1.0.0/${name}`);
    expect(listed).not.toMatch(/scripts|package\.json/);
    const sums = readFileSync(join(at, 'SHA256SUMS'), 'utf8');
    expect(sums).toMatch(/dist\/index\.cjs\n[\s\S]*dist\/cli\.cjs\n[\s\S]*dist\/program\.cjs\n/);
    const own = sums.split('\n').filter((line) => !line.includes('dist/'));
    const checked = spawnSync('sha256sum', ['--check', '-'], { cwd: at, input: own.join('\n'), encoding: 'utf8' });
    expect([checked.status, checked.stdout.match(/: OK/g)?.length]).toEqual([0, 4]);
    expect(log).toMatch(/\+ skewgate@1\.0\.0/);
    expect([ref('v1'), ref('v1.0.0')]).toEqual([sha, sha]);
  });

  it('moves v1 to the newest of its line, and never back', () => {
    const jobs = ['check', 'publish', 'major'];
    tagged('1.9.0');
    expect(release('v1.9.0', jobs).failed).toBeUndefined();
    const newest = tagged('1.10.0');
    expect(release('v1.10.0', jobs).failed).toBeUndefined();
    expect(ref('v1')).toBe(newest);
    // A mend of an older line that is merged late.
    tagged('1.9.1');
    const { failed, log } = release('v1.9.1', jobs);
    expect([failed, log.includes('v1 stays at v1.10.0')]).toEqual([undefined, true]);
    expect(ref('v1')).toBe(newest);
    const second = tagged('2.0.0');
    expect(release('v2.0.0', jobs).failed).toBeUndefined();
    expect([ref('v1'), ref('v2')]).toEqual([newest, second]);
  });

  it('makes a release once: another run of its tag fails, and nothing of it changes', () => {
    const sha = tagged('1.0.0');
    expect(release('v1.0.0').failed).toBeUndefined();
    const before = readFileSync(join(folder, 'releases/v1.0.0/SHA256SUMS'), 'utf8');
    expect(release('v1.0.0')).toMatchObject({
      failed: 'Release',
      log: expect.stringMatching(/already exists: v1\.0\.0/),
    });
    expect(readFileSync(join(folder, 'releases/v1.0.0/SHA256SUMS'), 'utf8')).toBe(before);
    expect(ref('v1')).toBe(sha);
  });

  it.each([
    ['a tag without its changes', '1.0.0', { notes: '' }, /nothing in CHANGELOG\.md under/],
    ['a commit that main does not have', '1.0.0', { branch: 'side' }, /^$/],
  ])('stops before anything is published: %s', (_, version, more, words) => {
    tagged('0.9.0');
    tagged(version, more);
    const { failed, log } = release(`v${version}`);
    expect(failed).toMatch(/one of main|of one version/);
    expect(log.replace(/^- what.*\n/m, '').trim()).toMatch(words);
    expect(released()).toEqual([]);
  });

  it('stops where a file of the bundle is not in the commit', () => {
    git(work, 'rm', '-q', '--cached', '-f', '--ignore-unmatch', 'action.yml');
    rmSync(join(work, 'action.yml'));
    tagged('1.0.0');
    expect(release('v1.0.0').failed).toBe('Bundle of the commit');
    expect(released()).toEqual([]);
  });
});
