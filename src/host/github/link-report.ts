/**
 * After the job: check and comment of this run lead to the artifact that a step of the workflow has uploaded since.
 * Best effort, as all that is shown.
 */

import { linkedTo } from '../../report/pictures-link.js';
import type { CheckIdentity } from './check-identity.js';
import { earlierRuns } from './check-run.js';
import type { GitHubClient } from './client.js';
import { botComments, edited } from './comment.js';
import type { Trigger } from './trigger.js';

/** The check and the comments that were written for a judgement, as the run's state keeps them. */
export interface Written {
  readonly identity: CheckIdentity;
  readonly comment: boolean;
}

/** Throws what GitHub refuses. @param run the page of this run, and `artifact` that of the artifact */
export async function linkReport(
  client: GitHubClient,
  { repository, headSha: sha, pullRequest }: Trigger,
  { identity, comment }: Written,
  { run, artifact }: { readonly run: string; readonly artifact: string },
): Promise<void> {
  if (!repository || sha === undefined) return;
  const { own } = await earlierRuns({ client, ...repository, sha }, identity);
  for (const { id, output } of own) {
    const linked = linkedTo(artifact, run, output.summary);
    if (linked === output.summary) continue;
    // Annotations are appended, so that none are sent again.
    await client.rest.checks.update({ ...repository, check_run_id: id, output: { ...output, summary: linked } });
  }
  if (!comment || pullRequest === undefined) return;
  const target = { client, ...repository, pullRequest };
  for await (const { id, body } of botComments(target, identity)) {
    const linked = linkedTo(artifact, run, body);
    if (linked !== body) await edited(target, id, linked);
  }
}
