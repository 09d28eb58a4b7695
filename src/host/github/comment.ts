/**
 * One comment on the pull request, edited in place: found again by a marker that only its own author's comments are
 * searched for.
 */

import { type CheckIdentity, markerOf } from './check-identity.js';
import type { GitHubClient } from './client.js';

export interface CommentTarget {
  readonly client: GitHubClient;
  readonly owner: string;
  readonly repo: string;
  readonly pullRequest: number;
}

/** Characters of a comment. */
const COMMENT_LIMIT = 65_536;

/** One a check: every policy and release keeps a comment of its own. */
export async function stickyComment(target: CommentTarget, identity: CheckIdentity, body: string): Promise<void> {
  const { client, owner, repo, pullRequest } = target;
  const text = `${markerOf(identity)}\n${body}`.slice(0, COMMENT_LIMIT);
  const where = { owner, repo, issue_number: pullRequest };
  for await (const { id } of botComments(target, identity)) if (await edited(target, id, text)) return;
  const { data } = await client.rest.issues.createComment({ ...where, body: text });
  if (!Number.isSafeInteger(data?.id)) throw new Error('an answer that is no comment');
}

/** The comments that start with the marker. Anyone may write it; only a bot's comment can be ours. */
export async function* botComments({ client, owner, repo, pullRequest }: CommentTarget, identity: CheckIdentity) {
  const marker = markerOf(identity);
  const where = { owner, repo, issue_number: pullRequest, per_page: 100 };
  for await (const { data } of client.paginate.iterator(client.rest.issues.listComments, where)) {
    if (!Array.isArray(data)) throw new Error('an answer that is no list of comments');
    for (const { id, body, user } of data) if (body?.startsWith(marker) && user?.type === 'Bot') yield { id, body };
  }
}

/** False where the comment is not ours to edit, or is gone. Throws on any other refusal. */
export async function edited({ client, owner, repo }: CommentTarget, id: number, body: string): Promise<boolean> {
  try {
    const { data } = await client.rest.issues.updateComment({ owner, repo, comment_id: id, body });
    if (data?.id !== id) throw new Error('an answer that is no comment');
    return true;
  } catch (error) {
    if (![403, 404].includes((error as { status?: number }).status ?? 0)) throw error;
    return false;
  }
}
