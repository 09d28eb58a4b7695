/** Who judges a pull request: the built Action against a real git repository. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digest, Project } from '../../support/project.js';
import { LAX, POLICY, promotionOf, STRICT } from '../../support/promotion.js';
import { commit, git, pullRequest, runAction } from '../../support/workflow.js';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const promotion = (edit?: () => void) => promotionOf(project, edit);

describe('the policy that judges a pull request', () => {
  it('is the base commit’s, where the change does not touch it', async () => {
    const { base, head } = promotion();
    const { status, report, stderr } = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(report!.policy).toMatchObject({ from: 'base', path: POLICY });
    expect(report!.policy.difference).toBeUndefined();
  });

  it('is the base commit’s, where the change loosens it: the difference is shown', async () => {
    const { base, head } = promotion(() =>
      project.edit(POLICY, STRICT, LAX).edit(POLICY, 'max_change: 5%', 'max_change: 100%'),
    );
    const before = digest(`${git(project.folder, 'show', `${base}:${POLICY}`)}\n`);
    const { report, summary, stdout } = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
    });
    expect(report!.policy.from).toBe('base');
    expect(report!.policy.sha256).toBe(before);
    expect(report!.policy.difference).toMatch(
      /^@@ line \d+ → \d+\n(.|\n)*-.*max_increase: 5%(.|\n)*\+.*max_increase: 40%/,
    );
    expect(summary).toContain('### This change edits the policy');
    expect(stdout).toContain('note: this change edits the policy: it is judged by the base’s');
    // What the base asks for is what is judged.
    expect(report!.checks[0]!.findings[0]!.margin).toBe(0.05);
  });

  it('fails a change that would pass by its own policy', async () => {
    project.edit(POLICY, STRICT, 'max_increase: 0.0001%');
    const { base, head } = promotion(() => project.edit(POLICY, 'max_increase: 0.0001%', LAX));
    const { status, report } = await runAction(project, { event: 'pull_request', payload: pullRequest(base, head) });
    expect([status, report!.policy.from]).toEqual([1, 'base']);
    const own = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
      inputs: { 'policy-ref': 'head' },
    });
    expect([own.status, own.report!.policy.from]).toEqual([0, 'head']);
  });

  it('is not waived by the change that it judges', async () => {
    project.edit(POLICY, STRICT, 'max_increase: 0.0001%');
    const waive = 'waive:\n  - {rule: log_loss max_increase, until: 2999-12-31, owner: me, reason: mine}\n';
    const { base, head } = promotion(() => project.write(POLICY, `${project.read(POLICY)}${waive}`));
    const judged = await runAction(project, { event: 'pull_request', payload: pullRequest(base, head) });
    expect([judged.status, judged.report!.waivers]).toEqual([1, undefined]);
    const own = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
      inputs: { 'policy-ref': 'head' },
    });
    expect([own.status, own.report!.verdict]).toEqual([0, 'ready']);
  });

  it('pins the eval set by the base’s digests, so that a change cannot bring rows of its own', async () => {
    const { base, head } = promotion(() => {
      const rows = project.read('eval/rows.csv').split('\n').slice(0, 3000).join('\n');
      project.rows(`${rows}\n`);
    });
    const { status, stdout } = await runAction(project, { event: 'pull_request', payload: pullRequest(base, head) });
    expect(status).toBe(2);
    expect(stdout).toMatch(/sha256 [0-9a-f]{12}… of "rows", but eval\/rows.csv has [0-9a-f]{12}…/);
  });

  it('goes by the base’s tables of production, whatever the change makes of them', async () => {
    project
      .write('logs/pairs.csv', 'query_version,item_version,count\nv3,v3,70\nv3,v2,30\n')
      .edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {counts: ../logs/pairs.csv}');
    const { base, head } = promotion(() =>
      project.write('logs/pairs.csv', 'query_version,item_version,count\nv3,v3,100\n'),
    );
    const { report } = await runAction(project, { event: 'pull_request', payload: pullRequest(base, head) });
    expect(report!.checks[0]!.production![0]).toMatchObject({ histogram: { '0': 0.7, '1': 0.3 }, source: 'counts' });
  });

  it('is found again where the change renames it', async () => {
    const { base, head } = promotion(() => {
      project.write('gates/renamed.yml', project.read(POLICY).replace(STRICT, LAX));
      rmSync(join(project.folder, POLICY));
    });
    const { status, report } = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
      inputs: { policy: 'gates/renamed.yml' },
    });
    expect(status).toBe(0);
    expect(report!.policy).toMatchObject({ from: 'base', path: POLICY });
    expect(report!.notices).toContainEqual(
      'the policy gates/gate.yml of the base commit was renamed to gates/renamed.yml: judged by the base’s.',
    );
  });

  it('is the change’s own where the base has none of that name: it introduces it', async () => {
    const { base, head } = promotion(() =>
      project.write('gates/new.yml', project.read(POLICY).replace('policy: test-gate', 'policy: another-gate')),
    );
    const { status, report } = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, head),
      inputs: { policy: 'gates/new.yml' },
    });
    expect([status, report!.policy.from]).toEqual([0, 'head']);
    expect(report!.notices[0]).toMatch(
      /^the base commit [0-9a-f]{12} has no policy of this name: this change introduces it/,
    );
  });

  it('is no link that the base commit holds in its place', async () => {
    project.write('gates/real.yml', project.read(POLICY));
    rmSync(join(project.folder, POLICY));
    git(project.folder, 'init', '-q', '-b', 'main');
    const { symlinkSync } = await import('node:fs');
    symlinkSync('real.yml', join(project.folder, POLICY));
    const base = commit(project, 'base');
    const { status, stdout } = await runAction(project, { event: 'pull_request', payload: pullRequest(base, base) });
    expect(status).toBe(2);
    expect(stdout).toContain('a symbolic link in the base commit');
  });

  it('is fetched where the clone is shallow, and an error where it cannot be', async () => {
    const { base, head } = promotion();
    const shallow = new Project({});
    git(project.folder, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    git(shallow.folder, 'clone', '-q', '--depth=1', `file://${project.folder}`, 'clone');
    cpSync(join(shallow.folder, 'clone'), shallow.folder, { recursive: true });
    rmSync(join(shallow.folder, 'clone'), { recursive: true });
    const options = { event: 'pull_request', payload: pullRequest(base, head) };
    const fetched = await runAction(shallow, options);
    expect([fetched.status, fetched.report!.policy.from]).toEqual([0, 'base']);
    const unknown = await runAction(shallow, { ...options, payload: pullRequest(`${'0'.repeat(39)}1`, head) });
    expect(unknown.status).toBe(2);
    expect(unknown.stdout).toMatch(/no commit 000000000000, the base of this change, in the checkout.*fetch-depth: 0/);
    shallow.remove();
  });

  it.each([
    ['merge_group', (base: string, head: string) => ({ merge_group: { base_sha: base, head_sha: head } }), 'base'],
    ['pull_request_target', pullRequest, 'base'],
    ['push', (base: string, head: string) => ({ before: base, after: head }), 'head'],
    ['workflow_dispatch', () => ({ inputs: {} }), 'head'],
  ])('on %s', async (event, payload, from) => {
    const { base, head } = promotion();
    const { status, report } = await runAction(project, { event, payload: payload(base, head) });
    expect([status, report!.policy.from]).toEqual([0, from]);
  });

  it('is that of a branch, tag or commit where the workflow names one', async () => {
    const { base } = promotion(() => project.edit(POLICY, STRICT, LAX));
    git(project.folder, 'branch', 'accepted', base);
    const { report } = await runAction(project, { inputs: { 'policy-ref': 'accepted' } });
    expect(report!.policy.from).toBe('base');
    expect(report!.checks[0]!.findings[0]!.margin).toBe(0.05);
  });

  it.each([
    ['--upload-pack=touch x', /policy-ref "--upload-pack=touch x"; expected base, head, or the name of a branch/],
    ['no-such-branch', /policy-ref "no-such-branch"; expected a branch, tag or commit/],
    ['base', /no base commit in the event "push", for policy-ref: base; expected one of the events pull_request/],
  ])('is an error where policy-ref is %s on a push', async (ref, message) => {
    promotion();
    const { status, stdout } = await runAction(project, { inputs: { 'policy-ref': ref } });
    expect(status).toBe(2);
    expect(stdout).toMatch(message);
  });

  it('is an error where the workspace is no checkout', async () => {
    const { status, stdout } = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest('a'.repeat(40), 'b'.repeat(40)),
    });
    expect(status).toBe(2);
    expect(stdout).toContain('a workspace that is no git checkout (or has no git)');
  });
});
