/** Who judges a pull request, and where a reviewer sees it: the built Action against a real git repository and a server that behaves as GitHub does. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GitHub } from '../support/github.js';
import { digest, Project } from '../support/project.js';
import { commit, git, pullRequest, runAction } from '../support/workflow.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';
const STRICT = 'max_increase: 5%';
const LAX = 'max_increase: 40%';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

/** Base: a live v2; the change promotes v3. */
function promotion(edit: () => void = () => undefined): { base: string; head: string } {
  project.edit(RELEASE, 'live: v3', 'live: v2').edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1');
  const base = commit(project, 'base');
  project.edit(RELEASE, 'live: v2', 'live: v3');
  edit();
  return { base, head: commit(project, 'promote v3') };
}

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
    expect(report!.checks[0].findings[0].margin).toBe(0.05);
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
    expect(report!.checks[0].production[0]).toMatchObject({ histogram: { '0': 0.7, '1': 0.3 }, source: 'counts' });
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
    expect(report!.checks[0].findings[0].margin).toBe(0.05);
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

describe('the recipe for forks', () => {
  const recipe = (name: string) =>
    parse(readFileSync(resolve(import.meta.dirname, '../../examples/workflows', name), 'utf8'));
  /** The step that uses the Action. */
  // biome-ignore lint/suspicious/noExplicitAny: a workflow as it is written
  const step = (workflow: any): Record<string, any> =>
    // biome-ignore lint/suspicious/noExplicitAny: as above
    Object.values<any>(workflow.jobs)[0].steps.find((s: any) => String(s.uses).startsWith('skewgate/skewgate@'));

  /** What the fork's run computes under a token that may only read, then what the base's run posts of it. */
  async function recipeRun(
    options: { spoil?: () => void; files?: string[]; conclusion?: string; report?: string; failing?: boolean } = {},
  ) {
    const server = await GitHub.start();
    try {
      if (options.failing) project.edit(POLICY, STRICT, 'max: 0.1');
      const { base, head } = promotion();
      const judge = step(recipe('readiness.yml')).with;
      const judged = await runAction(project, {
        event: 'pull_request',
        payload: pullRequest(base, head),
        inputs: { 'report-dir': judge['report-dir'] },
      });
      const path = join(project.folder, judge['report-dir'], 'report.json');
      if (options.report !== undefined) writeFileSync(path, options.report);
      server.pulls.push({ number: 9, state: 'open', head: { sha: head }, files: options.files ?? [RELEASE] });
      const { 'post-report': report, comment } = step(recipe('readiness-post.yml')).with;
      const posted = await runAction(project, {
        event: 'workflow_run',
        payload: {
          workflow_run: {
            head_sha: head,
            conclusion: options.conclusion ?? (judged.status === 0 ? 'success' : 'failure'),
            html_url: 'https://github.example/octo/towers/actions/runs/76',
          },
        },
        inputs: {
          policy: '',
          release: '',
          'report-dir': '',
          'post-report': report,
          comment: String(comment),
          token: 't',
        },
        env: { GITHUB_API_URL: server.url, GITHUB_SHA: base },
      });
      return { judged, posted, head, runs: [...server.checkRuns.values()], comments: [...server.comments.values()] };
    } finally {
      await server.close();
    }
  }

  it('judges with a token that may only read, and posts the check and the comment at the fork’s commit', async () => {
    const { judged, posted, head, runs, comments } = await recipeRun();
    expect([judged.status, posted.status, posted.stderr]).toEqual([0, 0, '']);
    expect(runs).toEqual([
      expect.objectContaining({
        name: 'skewgate / test-gate / test-model',
        head_sha: head,
        status: 'completed',
        conclusion: 'success',
      }),
    ]);
    expect(runs[0]!.output.summary).toContain(
      'in a run of the fork: [its log](https://github.example/octo/towers/actions/runs/76)',
    );
    expect(comments.map(({ issue }) => issue)).toEqual([9]);
  });

  it('posts a red check for a red run', async () => {
    const { posted, runs } = await recipeRun({ failing: true });
    expect([posted.status, runs[0]!.conclusion]).toEqual([0, 'failure']);
    expect(runs[0]!.output.title).toMatch(/^Not ready: /);
  });

  it.each([
    ['that the run’s conclusion denies', { conclusion: 'failure' }, /conclusion \(failure\) is not that of its report/],
    ['of a change to the workflows', { files: ['.github/workflows/readiness.yml'] }, /touches .github\//],
  ])('posts nothing green of a report %s', async (_, options, doubt) => {
    const { runs } = await recipeRun(options);
    expect(runs[0]).toMatchObject({ conclusion: 'failure', output: { title: 'Not believed' } });
    expect(runs[0]!.output.summary).toMatch(doubt);
  });

  it('posts nothing green of a report whose findings are not its verdict', async () => {
    const forged = new Project();
    forged.edit(POLICY, STRICT, 'max: 0.1');
    const { report } = await runAction(forged);
    forged.remove();
    const { runs } = await recipeRun({ report: JSON.stringify({ ...report, verdict: 'ready' }) });
    expect(runs[0]!.conclusion).toBe('failure');
  });

  it.each([
    ['no JSON', 'x'],
    ['another schema', '{"schema": "skewgate.report/2"}'],
  ])('refuses %s', async (_, report) => {
    const { posted, runs } = await recipeRun({ report });
    expect(posted.status).toBe(2);
    expect(posted.stdout).toMatch(/no report of this schema/);
    expect(runs).toEqual([]);
  });
});
