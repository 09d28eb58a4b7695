import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GitHub } from '../../support/github.js';
import { Project } from '../../support/project.js';
import { POLICY, promotionOf, RELEASE, STRICT } from '../../support/promotion.js';
import { commit, pullRequest, runAction } from '../../support/workflow.js';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const promotion = (edit?: () => void) => promotionOf(project, edit);

describe('what a reviewer sees', () => {
  let server: GitHub;
  beforeAll(async () => {
    server = await GitHub.start();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.checkRuns.clear();
    server.comments.clear();
    server.requests.length = 0;
  });

  const shown = (base: string, head: string, inputs: Record<string, string> = {}) => ({
    event: 'pull_request',
    payload: pullRequest(base, head),
    inputs: { token: 'secret-token', ...inputs },
    env: { GITHUB_API_URL: server.url },
  });
  /** A promotion that fails: the policy allows next to nothing. */
  const failing = () => {
    project.edit(POLICY, STRICT, 'max: 0.1');
    return promotion();
  };
  const runs = () => [...server.checkRuns.values()];

  it('is one check, begun before and completed after, named after the policy and the release', async () => {
    const { base, head } = promotion();
    const { status, stdout } = await runAction(project, shown(base, head));
    expect(status).toBe(0);
    expect(runs()).toEqual([
      expect.objectContaining({
        name: 'skewgate / test-gate / test-model',
        external_id: expect.stringMatching(/^skewgate:[0-9a-f]{40}$/),
        head_sha: head,
        status: 'completed',
        conclusion: 'success',
        details_url: 'https://github.example/octo/towers/actions/runs/77',
      }),
    ]);
    expect(server.requests.map(({ method, body }) => [method, (body as { status?: string })?.status])).toEqual([
      ['GET', undefined],
      ['POST', 'in_progress'],
      ['PATCH', 'completed'],
    ]);
    expect(runs()[0]!.output.title).toMatch(/^Ready: nearest to its margin is /);
    expect(stdout.replace('::add-mask::secret-token', '')).not.toContain('secret-token');
  });

  it('is the failing cell in the title, and annotations on the promoted version and on the policy’s line', async () => {
    const { base, head } = failing();
    const { status, stdout } = await runAction(project, shown(base, head));
    expect(status).toBe(1);
    const [run] = runs();
    expect(run).toMatchObject({ conclusion: 'failure' });
    expect(run!.output.title).toMatch(/^Not ready: log_loss 0\.\d+ at production.* \(max 0\.1\)$/);
    const line = (file: string, text: string) =>
      project
        .read(file)
        .split('\n')
        .findIndex((row) => row.includes(text)) + 1;
    expect(run!.annotations.map((a) => [a.path, a.start_line, a.annotation_level])).toEqual([
      [RELEASE, line(RELEASE, 'live: v3'), 'failure'],
      [POLICY, line(POLICY, 'max: 0.1'), 'failure'],
    ]);
    expect(run!.annotations[0]!.title).toBe('v3 is not ready');
    expect(run!.annotations[0]!.message).toMatch(
      new RegExp(`do not pass, by gates/gate.yml:${line(POLICY, 'max: 0.1')}\\.`),
    );
    // The same without a token.
    expect(stdout).toMatch(
      new RegExp(`::error title=v3 is not ready,file=${RELEASE},line=${line(RELEASE, 'live: v3')},`),
    );
  });

  it('is an annotation on a line that the change touched, where that is not the version', async () => {
    project.edit(POLICY, STRICT, 'max: 0.1');
    const base = commit(project, 'base');
    project.edit(RELEASE, 'link: sigmoid}', 'link: sigmoid, scale: 1.01}');
    const head = commit(project);
    await runAction(project, shown(base, head));
    const lines = project.read(RELEASE).split('\n');
    expect(lines[runs()[0]!.annotations[0]!.start_line - 1]).toContain('scale: 1.01');
  });

  it('is updated by a re-run, never doubled', async () => {
    const { base, head } = failing();
    await runAction(project, shown(base, head, { comment: 'true' }));
    const first = runs()[0]!;
    const { annotations } = first;
    const count = annotations.length;
    await runAction(project, shown(base, head, { comment: 'true' }));
    expect(runs()).toHaveLength(1);
    expect(runs()[0]!.annotations).toHaveLength(count);
    expect(runs()[0]).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(server.comments.size).toBe(1);
  });

  it('leads to the artifact itself once the workflow has uploaded it, and to nothing else', async () => {
    const { base, head } = failing();
    const asked = shown(base, head, { comment: 'true' });
    const { status, state, summary } = await runAction(project, asked);
    const run = 'https://github.example/octo/towers/actions/runs/77';
    const texts = () => [runs()[0]!.output.summary!, [...server.comments.values()][0]!.body];
    for (const text of [summary, ...texts()]) expect(text).toContain(`](${run}#artifacts)`);
    const { annotations, conclusion } = runs()[0]!;
    const [before, count] = [texts(), annotations.length];
    const atTheEnd = (url: string) =>
      runAction(project, { ...asked, env: { ...asked.env, ...state, SKEWGATE_ARTIFACT_URL: url } });
    for (const other of [
      `${run}/artifacts/5)[x](https://evil.example`,
      `${run}/../78/artifacts/5`,
      `${run}8/artifacts/5`,
    ]) {
      const refused = await atTheEnd(other);
      expect([refused.status, refused.summary]).toEqual([0, '']);
      expect(refused.stdout).toMatch(/^::warning::SKEWGATE_ARTIFACT_URL is .*, which is no artifact of this run/m);
    }
    expect(texts()).toEqual(before);
    const linked = await atTheEnd(`${run}/artifacts/2147`);
    expect([status, linked.status, linked.stderr]).toEqual([1, 0, '']);
    for (const text of [linked.summary, ...texts()]) {
      expect(text).toContain(`](${run}/artifacts/2147)`);
      expect(text).not.toContain('#artifacts');
    }
    expect(texts()[0]).toContain('in report.html of [the report’s folder]');
    // The check is what it was besides.
    expect([runs().length, runs()[0]!.annotations.length, runs()[0]!.conclusion]).toEqual([1, count, conclusion]);
    expect(server.comments.size).toBe(1);
  });

  it('is left as it is at the end of a job that keeps no artifact, and where GitHub refuses', async () => {
    const { base, head } = promotion();
    const asked = shown(base, head);
    const { state } = await runAction(project, asked);
    const requests = server.requests.length;
    const without = await runAction(project, { ...asked, env: { ...asked.env, ...state } });
    expect([without.status, without.stdout.replace(/^::add-mask::.*\n/, ''), without.summary]).toEqual([0, '', '']);
    expect(server.requests).toHaveLength(requests);
    const fault = server.fault({ method: 'PATCH', answer: 403, times: 3 });
    const url = 'https://github.example/octo/towers/actions/runs/77/artifacts/1';
    const refused = await runAction(project, { ...asked, env: { ...asked.env, ...state, SKEWGATE_ARTIFACT_URL: url } });
    expect([refused.status, refused.summary]).toEqual([0, expect.stringContaining(`](${url})`)]);
    expect(refused.stdout).toMatch(/^::warning::Check and comment could not be linked to the artifact: /m);
    // None is left for another test.
    expect(fault.left).toBe(0);
  });

  it('has every annotation of a policy with more rules than a request may carry', async () => {
    const rules = Array.from(
      { length: 60 },
      (_, i) => `      - {metric: log_loss, max: 0.1${String(i).padStart(2, '0')}, at: production}\n`,
    );
    project.edit(
      POLICY,
      '      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}\n',
      rules.join(''),
    );
    const { base, head } = promotion();
    const { stdout } = await runAction(project, shown(base, head));
    expect(runs()[0]!.annotations).toHaveLength(61);
    const sizes = server.requests.map(
      ({ body }) => (body as { output?: { annotations?: unknown[] } })?.output?.annotations?.length,
    );
    expect(sizes.filter((size) => size !== undefined)).toEqual([50, 11]);
    // By workflow command the first ten alone.
    expect(stdout.match(/^::error /gm)).toHaveLength(10);
    expect(stdout).toMatch(/51 more annotations were left out/);
  });

  it('is a check of its own beside one of the same name that another app made', async () => {
    const { base, head } = promotion();
    server.addCheckRun(
      { name: 'skewgate / test-gate', head_sha: head, status: 'completed', conclusion: 'success' } as never,
      { ...server.app, id: 4711 },
    );
    await runAction(project, shown(base, head));
    expect(runs().map(({ app, status }) => [app.id, status])).toEqual([
      [4711, 'completed'],
      [server.app.id, 'completed'],
    ]);
  });

  it('is named as the workflow says', async () => {
    const { base, head } = promotion();
    await runAction(project, shown(base, head, { 'check-name': 'readiness' }));
    expect(runs().map(({ name }) => name)).toEqual(['readiness']);
  });

  it('is red where nothing could be judged', async () => {
    const { base, head } = promotion(() => project.write('models/item/v2.onnx', 'no model'));
    const { status } = await runAction(project, shown(base, head));
    expect(status).toBe(2);
    expect(runs()).toEqual([expect.objectContaining({ status: 'completed', conclusion: 'failure' })]);
    expect(runs()[0]!.output).toMatchObject({ title: 'Could not judge' });
  });

  it('is neutral where the policy lets an open question pass', async () => {
    project
      .edit(POLICY, STRICT, 'max_increase: 0.0001%')
      .write(POLICY, `${project.read(POLICY)}    on_inconclusive: warn\n`);
    const { base, head } = promotion();
    const { status, report } = await runAction(project, shown(base, head));
    expect([status, report!.verdict]).toEqual([0, 'inconclusive']);
    expect(runs()[0]!.conclusion).toBe('neutral');
  });

  it('is a comment edited in place, where it is asked for, beside whatever others write', async () => {
    const { base, head } = promotion();
    for (let i = 0; i < 120; i++) server.addComment(5, `talk ${i}`);
    await runAction(project, shown(base, head, { comment: 'true' }));
    const own = () => [...server.comments.values()].filter(({ body }) => body.includes('<!-- skewgate:'));
    expect(own()).toHaveLength(1);
    expect(own()[0]!.body.replaceAll('&#45;', '-')).toContain('### ✅ test-gate / test-model v3: ready');
    await runAction(project, shown(base, head, { comment: 'true' }));
    expect(own()).toHaveLength(1);
    expect(server.comments.size).toBe(121);
  });

  it('is not a comment that somebody else has given our marker', async () => {
    const { base, head } = promotion();
    await runAction(project, shown(base, head, { comment: 'true' }));
    const [first] = [...server.comments.values()];
    const marker = first!.body.split('\n')[0]!;
    expect(marker).toMatch(/^<!-- skewgate:[0-9a-f]{40} -->$/);
    server.comments.clear();
    server.addComment(5, `${marker}\nhello`, 'mallory');
    await runAction(project, shown(base, head, { comment: 'true' }));
    expect([...server.comments.values()].map(({ body }) => body.startsWith(`${marker}\nhello`))).toEqual([true, false]);
  });

  it('is the whole verdict without check and comment where the token may only read', async () => {
    const { base, head } = failing();
    const { status, stdout, summary, outputs } = await runAction(
      project,
      shown(base, head, { token: 'read-only', comment: 'true' }),
    );
    expect(status).toBe(1);
    expect(runs()).toEqual([]);
    expect(summary).toMatch(/^## ❌ Not ready/);
    expect(outputs.verdict).toBe('not_ready');
    expect(stdout.match(/^::warning.*$/gm)).toEqual([
      expect.stringMatching(
        /^::warning::The verdict stands, but GitHub could not be told: check run \(403: Resource not accessible by integration/,
      ),
    ]);
  });
});
