/** One comment on the pull request, edited in place: found again by a marker that only its own author's comments are searched for. */

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
export async function stickyComment(
  { client, owner, repo, pullRequest }: CommentTarget,
  identity: CheckIdentity,
  body: string,
): Promise<void> {
  const marker = markerOf(identity);
  const text = `${marker}\n${body}`.slice(0, COMMENT_LIMIT);
  const where = { owner, repo, issue_number: pullRequest };
  const pages = client.paginate.iterator(client.rest.issues.listComments, { ...where, per_page: 100 });
  for await (const { data } of pages) {
    if (!Array.isArray(data)) throw new Error('an answer that is no list of comments');
    for (const comment of data) {
      // Anyone may write the marker; only a bot's comment can be ours.
      if (!comment.body?.startsWith(marker) || comment.user?.type !== 'Bot') continue;
      try {
        const { data: updated } = await client.rest.issues.updateComment({
          owner,
          repo,
          comment_id: comment.id,
          body: text,
        });
        if (updated?.id !== comment.id) throw new Error('an answer that is no comment');
        return;
      } catch (error) {
        if (![403, 404].includes((error as { status?: number }).status ?? 0)) throw error;
      }
    }
  }
  const { data } = await client.rest.issues.createComment({ ...where, body: text });
  if (!Number.isSafeInteger(data?.id)) throw new Error('an answer that is no comment');
}
