/** A server that answers nothing: every request is given up, tried twice more and gathered as a failure, on a machine of any speed. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GitHub } from '../../support/github.js';

let server: GitHub;
let host: typeof import('../../../src/host/github/client.js') &
  typeof import('../../../src/host/github/pull-request-view.js');
beforeAll(async () => {
  server = await GitHub.start();
  // The client's library reads it when it is loaded.
  vi.stubEnv('GITHUB_API_URL', server.url);
  host = {
    ...(await import('../../../src/host/github/client.js')),
    ...(await import('../../../src/host/github/pull-request-view.js')),
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const HEAD = 'c'.repeat(40);
const OUTCOME = { conclusion: 'success', title: 'Ready', summary: 'All held.', annotations: [] } as const;

/** Gives every request up after as many milliseconds. */
function viewWaiting(milliseconds: number, comment: boolean) {
  const trigger = {
    event: 'pull_request',
    headSha: HEAD,
    pullRequest: 5,
    repository: { owner: 'octo', repo: 'towers' },
  };
  const identity = { name: 'skewgate / gate / model', externalId: `skewgate:${'d'.repeat(40)}` };
  const inputs = { token: 't', comment };
  const view = host.PullRequestView.of(
    inputs,
    trigger,
    '/workspace',
    () => identity,
    (token) => host.clientOf(token, milliseconds),
  );
  return view!;
}

it('of a server that answers in time gathers nothing', async () => {
  const view = viewWaiting(600_000, true);
  view.begin();
  await view.finish(OUTCOME, () => 'a comment');
  expect(view.failures).toEqual([]);
  expect([...server.checkRuns.values()].map(({ conclusion }) => conclusion)).toEqual(['success']);
  expect([...server.comments.values()].map(({ issue }) => issue)).toEqual([5]);
});

it('is no error: it is asked three times, then gathered', async () => {
  const [asked, checks] = [server.requests.length, server.checkRuns.size];
  server.fault({ answer: 'hang', times: Number.POSITIVE_INFINITY });
  const view = viewWaiting(100, false);
  await view.finish(OUTCOME, () => 'a comment');
  expect(view.failures).toEqual([expect.stringMatching(/^check run \(500: .*timeout/)]);
  expect(server.requests.slice(asked).map(({ answer }) => answer)).toEqual(['hang', 'hang', 'hang']);
  expect(server.checkRuns.size).toBe(checks);
});
