/** Check runs, comments and lists as GitHub's API shows them. */
import type { CheckRun, Comment } from './types.js';

interface Server {
  /** Where the API lives. */
  readonly url: string;
  readonly repository: string;
}

/** One page of a list and, where there are more, the Link header to the others. */
export function pageOf<T>(
  { url }: Server,
  all: readonly T[],
  path: string,
  query: Record<string, unknown> & { per_page: number; page: number },
) {
  const size = query.per_page < 1 ? 30 : Math.min(query.per_page, 100);
  const page = Math.max(query.page, 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (number: number, relation: string) => {
    const search = new URLSearchParams({ ...(query as Record<string, string>), page: String(number) });
    const byNumber = path.replace(/^\/repos\/[^/]+\/[^/]+/, '/repositories/1');
    return `<${url}${byNumber}?${search}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const headers: Record<string, string> = links.length > 0 ? { link: links.join(', ') } : {};
  return { items: all.slice((page - 1) * size, page * size), headers };
}

export function shownRun({ url: api, repository }: Server, { annotations, output, ...run }: CheckRun): object {
  const url = `${api}/repos/${repository}/check-runs/${run.id}`;
  return {
    ...run,
    node_id: `CR_${run.id}`,
    url,
    html_url: `https://github.com/${repository}/runs/${run.id}`,
    output: { ...output, annotations_count: annotations.length, annotations_url: `${url}/annotations` },
    check_suite: { id: run.app.id },
    pull_requests: [],
  };
}

export function shownComment({ url, repository: name }: Server, { issue, user, ...comment }: Comment): object {
  const repository = `${url}/repos/${name}`;
  return {
    ...comment,
    node_id: `IC_${comment.id}`,
    url: `${repository}/issues/comments/${comment.id}`,
    html_url: `https://github.com/${name}/pull/${issue}#issuecomment-${comment.id}`,
    issue_url: `${repository}/issues/${issue}`,
    user: { login: user, type: user.endsWith('[bot]') ? 'Bot' : 'User' },
    author_association: 'CONTRIBUTOR',
  };
}
