/**
 * Nothing depends on GitHub being up: whatever any call is answered with, verdict, exit status, summary and outputs stay the same, and one warning says what was not told.
 * `npm run campaign` runs every call against every fault; `npm test` a sample in which each call and each fault occurs.
 */
import { describe, expect, it } from 'vitest';
import { type Fault, GitHub } from '../support/github.js';
import { Project } from '../support/project.js';
import { commit, pullRequest, runAction } from '../support/workflow.js';

const FAULTS: readonly Omit<Fault, 'method' | 'path'>[] = [
  { answer: 403 },
  { answer: 404 },
  { answer: 422 },
  { answer: 429, retryAfter: 1 },
  { answer: 500 },
  { answer: 502 },
  { answer: 503 },
  { answer: 'rate-limit' },
  { answer: 'secondary-limit' },
  { answer: 'secondary-limit', retryAfter: 600 },
  { answer: 'hang' },
  { answer: 'reset' },
  { answer: 'reset', applied: true },
  { answer: 502, applied: true },
  { answer: 'invalid-json' },
  { answer: 'truncated' },
];

const CALLS = [
  { name: 'finding an earlier check', method: 'GET', path: /\/commits\/.*\/check-runs/ },
  { name: 'creating the check', method: 'POST', path: /\/check-runs$/ },
  { name: 'completing the check', method: 'PATCH', path: /\/check-runs\/\d+$/ },
  { name: 'finding an earlier comment', method: 'GET', path: /\/comments/ },
  { name: 'writing the comment', method: 'POST', path: /\/comments$/ },
] as const;

/** For ever, or once: what another try mends. */
const TIMES = [1_000_000, 1] as const;
/** No answer is waited for as long as users wait for it: once. For ever is __tests__/host/github/unanswered.test.ts. */
const timesOf = ({ answer }: (typeof FAULTS)[number], times: number) => (answer === 'hang' ? 1 : times);

interface Case {
  readonly call: (typeof CALLS)[number];
  readonly fault: (typeof FAULTS)[number];
  readonly times: number;
  readonly ready: boolean;
}

const all: Case[] = CALLS.flatMap((call) =>
  FAULTS.flatMap((fault) =>
    [...new Set(TIMES.map((times) => timesOf(fault, times)))].flatMap((times) =>
      [true, false].map((ready) => ({ call, fault, times, ready })),
    ),
  ),
);
const cases = process.env.SKEWGATE_CAMPAIGN
  ? all
  : FAULTS.map((fault, i) => ({
      call: CALLS[i % CALLS.length]!,
      fault,
      times: timesOf(fault, TIMES[Math.floor(i / CALLS.length) % 2]!),
      ready: i % 2 === 0,
    }));

describe.concurrent('GitHub answers', () => {
  it.each(
    cases.map(
      (c) =>
        [
          `${JSON.stringify(c.fault)} ${c.times === 1 ? 'once' : 'always'} to ${c.call.name} of a ${c.ready ? 'ready' : 'failing'} release`,
          c,
        ] as const,
    ),
  )('%s', async (_, { call, fault, times, ready }) => {
    const server = await GitHub.start();
    const project = new Project();
    try {
      if (!ready) project.edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.1');
      const base = commit(project);
      const fired = server.fault({ ...fault, method: call.method, path: call.path, times });
      const { status, stdout, stderr, outputs, summary } = await runAction(project, {
        event: 'pull_request',
        payload: pullRequest(base, base),
        inputs: { token: 'secret-token', comment: 'true' },
        env: { GITHUB_API_URL: server.url },
      });
      const warnings = stdout.match(/^::warning.*could not be told.*$/gm) ?? [];
      expect(fired.left).toBeLessThan(times);
      expect([status, stderr]).toEqual([ready ? 0 : 1, '']);
      expect(outputs.verdict).toBe(ready ? 'ready' : 'not_ready');
      expect(summary).toMatch(ready ? /^## ✅ Ready/ : /^## ❌ Not ready/);
      expect(warnings.length).toBeLessThanOrEqual(1);
      // Whatever GitHub could be told is the verdict, never something greener.
      for (const run of server.checkRuns.values())
        if (run.status === 'completed') expect(run.conclusion).toBe(ready ? 'success' : 'failure');
      const complete = [...server.checkRuns.values()].some((run) => run.status === 'completed');
      expect(complete || warnings.length === 1).toBe(true);
    } finally {
      project.remove();
      await server.close();
    }
  });
});
