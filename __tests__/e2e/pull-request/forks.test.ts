/** The recipe for forks: the workflows of the examples, step by step, against a server that behaves as GitHub does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GitHub } from '../../support/github.js';
import { Project } from '../../support/project.js';
import { POLICY, promotionOf, RELEASE, STRICT } from '../../support/promotion.js';
import { pullRequest, runAction } from '../../support/workflow.js';

type Inputs = Readonly<Record<'report-dir' | 'post-report' | 'comment', string>>;
interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly with?: Inputs }[] }>
  >;
}

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const promotion = (edit?: () => void) => promotionOf(project, edit);

describe('the recipe for forks', () => {
  const recipe = (name: string) =>
    readFileSync(resolve(import.meta.dirname, '../../../examples/workflows', name), 'utf8');
  /** The inputs of the step that uses the Action. */
  const inputsOf = (name: string): Inputs => {
    const [job] = Object.values((parse(recipe(name)) as Workflow).jobs);
    return job!.steps.find(({ uses }) => uses?.startsWith('skewgate/skewgate@'))!.with!;
  };

  /** What the fork's run computes under a token that may only read, then what the base's run posts of it. */
  async function recipeRun(
    options: {
      spoil?: () => void;
      files?: string[];
      conclusion?: string;
      report?: string;
      failing?: boolean;
      artifacts?: number[];
    } = {},
  ) {
    const server = await GitHub.start();
    try {
      if (options.failing) project.edit(POLICY, STRICT, 'max: 0.1');
      const { base, head } = promotion();
      const judge = inputsOf('readiness.yml');
      const judged = await runAction(project, {
        event: 'pull_request',
        payload: pullRequest(base, head),
        inputs: { 'report-dir': judge['report-dir'] },
      });
      const path = join(project.folder, judge['report-dir'], 'report.json');
      if (options.report !== undefined) writeFileSync(path, options.report);
      for (const id of options.artifacts ?? []) server.artifacts.push({ id, run: 76, expired: false });
      server.artifacts.push({ id: 1, run: 75, expired: false }, { id: 2, run: 76, expired: true });
      server.pulls.push({ number: 9, state: 'open', head: { sha: head }, files: options.files ?? [RELEASE] });
      const { 'post-report': report, comment } = inputsOf('readiness-post.yml');
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

  it.each([
    ['itself where the run has one alone', [4711], 'its artifact', '/artifacts/4711'],
    ['among those of a run that has several', [4711, 4712], 'its artifacts', '#artifacts'],
  ])('links the artifact %s', async (_, artifacts, words, there) => {
    const page = 'https://github.example/octo/towers/actions/runs/76';
    const { runs } = await recipeRun({ artifacts });
    expect(runs[0]!.output.summary).toContain(`[${words}](${page}${there}) with the page of pictures`);
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
