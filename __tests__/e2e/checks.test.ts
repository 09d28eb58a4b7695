/** One check a release: what a reviewer sees of several judgements at one commit, in whatever order they end. The built Action, real git, a server that behaves as GitHub does. */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GitHub } from '../support/github.js';
import { Project } from '../support/project.js';
import { commit, git, pullRequest, runAction } from '../support/workflow.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';
const OTHER = 'models/other.yml';

let project: Project;
let server: GitHub;
beforeAll(async () => {
  server = await GitHub.start();
});
afterAll(() => server.close());
beforeEach(() => {
  project = new Project();
  server.checkRuns.clear();
  server.comments.clear();
  server.requests.length = 0;
});
afterEach(() => project.remove());

const runs = () => [...server.checkRuns.values()];
const shown = () => runs().map(({ name, status, conclusion }) => [name, status, conclusion]);

/** A second release under the same policy. */
function second(name: string): void {
  project.write(OTHER, project.read(RELEASE).replace('release: test-model', `release: ${name}`));
}

function judge(release: string, base: string, options: { inputs?: Record<string, string>; event?: string } = {}) {
  return runAction(project, {
    event: options.event ?? 'pull_request',
    payload: options.event === 'push' ? { after: base } : pullRequest(base, base),
    inputs: { token: 'secret-token', comment: 'true', release, ...options.inputs },
    env: { GITHUB_API_URL: server.url, GITHUB_SHA: base },
  });
}

describe('two releases under one policy', () => {
  /** The first is ready; the second, whose scores are off, is not. */
  function twoReleases(name = 'other-model'): string {
    project.edit(POLICY, 'max_increase: 5%, at: production', 'max: 0.69, at: production');
    second(name);
    project.edit(OTHER, 'link: sigmoid}', 'link: sigmoid, bias: 3}');
    return commit(project, 'base');
  }

  it.each([
    ['the red one last', [RELEASE, OTHER]],
    ['the green one last', [OTHER, RELEASE]],
  ])('keep a check and a comment each, %s', async (_, order) => {
    const base = twoReleases();
    const statuses: Record<string, number | null> = {};
    for (const release of order) statuses[release] = (await judge(release, base)).status;
    expect(statuses).toEqual({ [RELEASE]: 0, [OTHER]: 1 });
    expect(shown().sort()).toEqual([
      ['skewgate / test-gate / other-model', 'completed', 'failure'],
      ['skewgate / test-gate / test-model', 'completed', 'success'],
    ]);
    expect(new Set(runs().map(({ external_id }) => external_id)).size).toBe(2);
    const titles = [...server.comments.values()].map(({ body }) => body.split('\n')[1]!.replaceAll('&#45;', '-'));
    expect(titles.sort()).toEqual([
      '### ✅ test-gate / test-model v3: ready',
      '### ❌ test-gate / other-model v3: not ready',
    ]);
    // A second attempt takes up its own again.
    await judge(OTHER, base);
    await judge(RELEASE, base);
    expect(shown()).toHaveLength(2);
    expect(server.comments.size).toBe(2);
    expect(
      runs()
        .map(({ conclusion }) => conclusion)
        .sort(),
    ).toEqual(['failure', 'success']);
  });

  it('keep them apart where both bear one name, or one check-name', async () => {
    const base = twoReleases('test-model');
    await judge(OTHER, base);
    await judge(RELEASE, base);
    expect(shown().sort()).toEqual([
      ['skewgate / test-gate / test-model (models/other.yml)', 'completed', 'failure'],
      ['skewgate / test-gate / test-model (models/release.yml)', 'completed', 'success'],
    ]);
    server.checkRuns.clear();
    const { stdout: first } = await judge(OTHER, base, { inputs: { 'check-name': 'readiness' } });
    const { stdout: then } = await judge(RELEASE, base, { inputs: { 'check-name': 'readiness' } });
    expect(shown().sort()).toEqual([
      ['readiness', 'completed', 'failure'],
      ['readiness', 'completed', 'success'],
    ]);
    expect(first).not.toMatch(/::warning::Another judgement/);
    expect(then).toMatch(/^::warning::Another judgement of this commit has a check named "readiness" too/m);
  });
});

describe('twelve models in one repository', () => {
  it('are twelve checks, each with its own verdict, none overwritten, also by a second run', async () => {
    project.edit(POLICY, 'max_increase: 5%, at: production', 'max: 0.69, at: production');
    const names = Array.from({ length: 12 }, (_, i) => `model-${i + 1}`);
    const isBad = (name: string) => Number(name.slice(6)) % 3 === 0;
    for (const name of names) {
      const own = project.read(RELEASE).replace('release: test-model', `release: ${name}`);
      project.write(`models/${name}.yml`, isBad(name) ? own.replace('link: sigmoid}', 'link: sigmoid, bias: 3}') : own);
    }
    const base = commit(project, 'base');
    // Jobs of a matrix have folders of their own; here they share one.
    const judged = (name: string) =>
      judge(`models/${name}.yml`, base, { inputs: { 'report-dir': `.runner/report-${name}` } });
    const verdicts = names.map((name) => `${name} completed ${isBad(name) ? 'failure' : 'success'}`).sort();
    for (const round of [names, names.slice(1, 3)]) {
      const statuses = (await Promise.all(round.map(judged))).map(({ status }) => status);
      expect(statuses).toEqual(round.map((name) => (isBad(name) ? 1 : 0)));
      const found = shown().map((one) => one.join(' ').replace('skewgate / test-gate / ', ''));
      expect(found.sort()).toEqual(verdicts);
    }
    for (const { name, output } of runs()) expect(output?.title ?? '', name).not.toBe('');
    expect(new Set(runs().map(({ external_id }) => external_id)).size).toBe(12);
  });
});

describe('one release', () => {
  it('judged by its own policy on a push, and by the base’s on a pull request, has a check for each', async () => {
    project.edit(POLICY, 'max_increase: 5%', 'max: 0.1');
    const base = commit(project, 'base');
    project.edit(POLICY, 'max: 0.1', 'max_increase: 5%');
    const head = commit(project, 'lax');
    const payload = pullRequest(base, head);
    const env = { GITHUB_API_URL: server.url, GITHUB_SHA: head };
    const inputs = { token: 'secret-token' };
    expect((await runAction(project, { event: 'pull_request', payload, inputs, env })).status).toBe(1);
    const push = await runAction(project, { event: 'push', payload: {}, inputs, env });
    expect(push.status).toBe(0);
    expect(shown()).toEqual([
      ['skewgate / test-gate / test-model', 'completed', 'failure'],
      ['skewgate / test-gate / test-model', 'completed', 'success'],
    ]);
    expect(push.stdout).toMatch(/::warning::Another judgement of this commit has a check named/);
  });

  it('never completes a check with another external id, or with none', async () => {
    const base = commit(project, 'base');
    const name = 'skewgate / test-gate / test-model';
    for (const external_id of ['skewgate:someone-else', undefined])
      server.addCheckRun({
        name,
        head_sha: base,
        status: 'completed',
        conclusion: 'failure',
        ...(external_id === undefined ? {} : { external_id }),
      });
    await judge(RELEASE, base);
    expect(shown()).toEqual([
      [name, 'completed', 'failure'],
      [name, 'completed', 'failure'],
      [name, 'completed', 'success'],
    ]);
  });

  it('finds its own among more checks than a page holds', async () => {
    const base = commit(project, 'base');
    await judge(RELEASE, base);
    for (let i = 0; i < 130; i++) server.addCheckRun({ name: `other ${i}`, head_sha: base, status: 'queued' });
    await judge(RELEASE, base);
    expect(runs().filter(({ name }) => name.startsWith('skewgate'))).toHaveLength(1);
  });
});

describe('a check is red where', () => {
  /** A green check of an earlier attempt, which must not outlive what follows. */
  async function green(base: string, head = base): Promise<void> {
    await runAction(project, attempt(base, head));
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'success']]);
  }
  const attempt = (base: string, head: string, inputs: Record<string, string> = {}) => ({
    event: 'pull_request',
    payload: pullRequest(base, head),
    inputs: { token: 'secret-token', ...inputs },
    env: { GITHUB_API_URL: server.url },
  });

  it('the base’s policy cannot be read, under the name that it gives itself', async () => {
    const good = commit(project, 'good');
    project.write(POLICY, `${project.read(POLICY)}nonsense: true\n`);
    const broken = commit(project, 'broken');
    project.edit(POLICY, 'nonsense: true\n', '');
    const head = commit(project, 'mended');
    await green(good, head);
    const { status, stdout } = await runAction(project, attempt(broken, head));
    expect(status).toBe(2);
    expect(stdout).toMatch(/gates\/gate.yml:\d+:1: unknown key "nonsense"/);
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'failure']]);
    expect(runs()[0]!.output.title).toBe('Could not judge');
  });

  it('the base’s policy is nothing that has a name: by that of its file', async () => {
    const text = project.read(POLICY);
    project.write(POLICY, '\u0000');
    const broken = commit(project, 'broken');
    project.write(POLICY, text);
    const { status } = await runAction(project, attempt(broken, commit(project, 'mended')));
    expect(status).toBe(2);
    expect(shown()).toEqual([['skewgate / gate / test-model', 'completed', 'failure']]);
  });

  it('the base commit cannot be had', async () => {
    const head = commit(project, 'head');
    const { status } = await runAction(project, attempt(`${'0'.repeat(39)}1`, head));
    expect(status).toBe(2);
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'failure']]);
  });

  it('the release cannot be read', async () => {
    const base = commit(project, 'base');
    await green(base);
    project.write(RELEASE, 'release: test-model\nlive: [\n');
    expect((await runAction(project, attempt(base, base))).status).toBe(2);
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'failure']]);
    rmSync(join(project.folder, RELEASE));
    expect((await runAction(project, attempt(base, base))).status).toBe(2);
    expect(shown()).toEqual([['skewgate / test-gate / release', 'completed', 'failure']]);
  });

  it('the report’s folder is refused', async () => {
    const base = commit(project, 'base');
    await green(base);
    const { status } = await runAction(project, attempt(base, base, { 'report-dir': '/tmp/skewgate-report' }));
    expect(status).toBe(2);
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'failure']]);
  });

  it('a version was rewritten', async () => {
    const base = commit(project, 'base');
    project.write('models/item/v2.onnx', project.bytes('models/item/v1.onnx'));
    const { status, stdout } = await runAction(project, attempt(base, commit(project, 'rewrite')));
    expect(status).toBe(2);
    expect(stdout).toMatch(/v2 of the item tower: its file had/);
    expect(shown()).toEqual([['skewgate / test-gate / test-model', 'completed', 'failure']]);
  });
});

describe('a name', () => {
  it('with a slash in it is not taken for two', async () => {
    project.edit(POLICY, 'policy: test-gate', 'policy: "test / gate"');
    await judge(RELEASE, commit(project, 'base'));
    expect(runs()[0]!.name).toBe('skewgate / test/gate / test-model');
  });
});

describe('a workspace that is reached through a link', () => {
  let link: string;
  beforeEach(() => {
    link = join(realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-link-'))), 'workspace');
    symlinkSync(project.folder, link);
  });
  afterEach(() => rmSync(join(link, '..'), { recursive: true }));

  it('is judged by the base’s policy, and its past holds', async () => {
    project.edit(POLICY, 'max_increase: 5%', 'max: 0.1');
    const base = commit(project, 'base');
    project.edit(POLICY, 'max: 0.1', 'max_increase: 5%');
    const head = commit(project, 'lax');
    const options = {
      event: 'pull_request',
      payload: pullRequest(base, head),
      inputs: { policy: join(link, POLICY), release: join(link, RELEASE), 'report-dir': join(link, '.runner/report') },
      env: { GITHUB_WORKSPACE: link },
    };
    const { status, report } = await runAction(project, options);
    expect([status, report!.policy.from, report!.policy.path]).toEqual([1, 'base', POLICY]);
    project.write('models/item/v1.onnx', project.bytes('models/item/v2.onnx'));
    git(project.folder, 'commit', '-qam', 'rewrite');
    const rewritten = await runAction(project, options);
    expect(rewritten.status).toBe(2);
    expect(rewritten.stdout).toMatch(/v1 of the item tower: its file had/);
    expect(rewritten.report).toBeUndefined();
  });
});
