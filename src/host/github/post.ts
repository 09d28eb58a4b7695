/**
 * The second half of the fork recipe: a `workflow_run` of the base repository posts the check that a fork's own run,
 * whose token may only read, could not. What that run wrote is not believed further than its own conclusion, and not
 * at all where the change touches `.github/`.
 */
import { readFileSync } from 'node:fs';
import { isFile, sizeOf } from '../../data/artefacts/files.js';
import { ConfigError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { parsePosted, postedVerdict, renderPosted } from '../../report/posted.js';
import type { Inputs } from '../inputs.js';
import { soleArtifact } from './artifacts.js';
import { identityOf } from './check-identity.js';
import { CheckRun, type CheckTarget } from './check-run.js';
import { clientOf } from './client.js';
import { stickyComment } from './comment.js';
import type { Trigger } from './trigger.js';

const MAX_REPORT = 64 * 1024 * 1024;

/**
 * Posts a report; returns what was shown. What GitHub refuses is an error here, as posting is all that this run is
 * for.
 */
export async function postReport(path: string, inputs: Inputs, trigger: Trigger): Promise<string> {
  try {
    return await post(path, inputs, trigger);
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    if (error instanceof ConfigError || status === undefined) throw error;
    throw new ConfigError([
      {
        found: `an answer ${status} of GitHub (${printable(message ?? '', 200)})`,
        expected: 'the check posted',
        mend:
          'The job needs permissions: {actions: read, checks: write, pull-requests: write}. Run it again if ' +
          'GitHub was down.',
      },
    ]);
  }
}

async function post(path: string, inputs: Inputs, trigger: Trigger): Promise<string> {
  const { repository, headSha: sha, completed } = trigger;
  if (trigger.event !== 'workflow_run' || !completed || !repository || sha === undefined)
    throw new ConfigError([
      {
        found: `post-report in the event ${quoted(trigger.event)}`,
        expected: 'the event workflow_run, types: [completed]',
      },
    ]);
  if (inputs.token === '')
    throw new ConfigError([
      {
        found: 'post-report without a token',
        expected: 'a token with checks: write',
        mend: 'Write: token: $' + '{{ github.token }}, and permissions: {checks: write}',
      },
    ]);
  if (!isFile(path) || sizeOf(path) > MAX_REPORT)
    throw new ConfigError([
      { place: { file: path }, found: 'no report of at most 64 MiB', expected: 'the report.json of the fork’s run' },
    ]);
  const report = parsePosted(readFileSync(path, 'utf8'));
  if (!report)
    throw new ConfigError([
      { place: { file: path }, found: 'no report of this schema', expected: 'the report.json of the fork’s run' },
    ]);
  const client = clientOf(inputs.token);
  const pulls = await client.rest.repos.listPullRequestsAssociatedWithCommit({ ...repository, commit_sha: sha });
  const pull = pulls.data.find(({ state, head }) => state === 'open' && head.sha === sha);
  const doubt =
    (completed.conclusion === 'success') !== (postedVerdict(report) !== 'failure')
      ? `The run’s conclusion (${printable(completed.conclusion)}) is not that of its report.`
      : pull === undefined
        ? 'No open pull request has this commit as its head.'
        : (await touchesWorkflows(client, repository, pull.number))
          ? 'The change touches .github/, so that its own run proves nothing: run the gate on a branch of this ' +
            'repository.'
          : undefined;
  const artifact = completed.url && (await soleArtifact(client, repository, completed.url));
  const { title, summary } = renderPosted(report, { run: completed.url, artifact });
  const { policy, release } = report;
  // Never that of a run of this repository: what a fork's run has computed completes no check but its own.
  const subject = { policy, release, judgedBy: 'report', pullRequest: pull?.number };
  const identity = identityOf(subject, inputs.checkName);
  const target: CheckTarget = { client, ...repository, sha, ...(completed.url ? { detailsUrl: completed.url } : {}) };
  const shown =
    doubt === undefined ? { title, summary } : { title: 'Not believed', summary: `**${doubt}**\n\n${summary}` };
  const run = await CheckRun.start(target, identity);
  const conclusion = doubt === undefined ? postedVerdict(report) : 'failure';
  await run.complete({ conclusion, ...shown, annotations: [] });
  if (inputs.comment && pull)
    await stickyComment({ client, ...repository, pullRequest: pull.number }, identity, shown.summary);
  return `${identity.name}: ${conclusion} at ${sha.slice(0, 12)} (${shown.title})`;
}

async function touchesWorkflows(
  client: ReturnType<typeof clientOf>,
  repository: { owner: string; repo: string },
  pull_number: number,
): Promise<boolean> {
  const files = await client.paginate(client.rest.pulls.listFiles, { ...repository, pull_number, per_page: 100 });
  // GitHub lists 3,000 files at most: of a larger change nothing is known.
  return (
    files.length >= 3000 ||
    files.some((f) => [f.filename, f.previous_filename ?? ''].some((n) => n.startsWith('.github/')))
  );
}
