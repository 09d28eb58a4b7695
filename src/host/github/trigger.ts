/** The event that started the workflow, as the runner says it. */
import { readFileSync } from 'node:fs';

export interface Trigger {
  readonly event: string;
  /** The commit that a change starts from; absent where the event is no change that is still to be merged. */
  readonly baseSha?: string;
  /** The commit that checks belong to: a pull request's own head, not the merge that is checked out. */
  readonly headSha?: string;
  readonly pullRequest?: number;
  readonly repository?: { readonly owner: string; readonly repo: string };
  /** Of a workflow_run: how the run that it follows ended. */
  readonly completed?: { readonly conclusion: string; readonly url?: string };
  /** The page of this run. */
  readonly runUrl?: string;
}

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Never fails: what is missing or strange in the event is left out, and whoever needs it says so. */
export function readTrigger(env: Readonly<Record<string, string | undefined>>): Trigger {
  const event = env.GITHUB_EVENT_NAME ?? '';
  const payload = readPayload(env.GITHUB_EVENT_PATH);
  const pull = record(payload.pull_request);
  const group = record(payload.merge_group);
  const baseSha = sha(record(pull.base).sha) ?? sha(group.base_sha);
  const followed = record(payload.workflow_run);
  const headSha = sha(record(pull.head).sha) ?? sha(group.head_sha) ?? sha(followed.head_sha) ?? sha(env.GITHUB_SHA);
  const number = pull.number ?? payload.number;
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? '').split('/');
  return {
    event,
    ...(baseSha === undefined ? {} : { baseSha }),
    ...(headSha === undefined ? {} : { headSha }),
    ...(event === 'workflow_run' && typeof followed.conclusion === 'string'
      ? { completed: { conclusion: followed.conclusion, ...runPage(followed.html_url, env.GITHUB_SERVER_URL) } }
      : {}),
    ...(Number.isSafeInteger(number) && pull.base !== undefined ? { pullRequest: number as number } : {}),
    ...(owner && repo ? { repository: { owner, repo } } : {}),
    ...(env.GITHUB_SERVER_URL && owner && repo && env.GITHUB_RUN_ID
      ? { runUrl: `${env.GITHUB_SERVER_URL}/${owner}/${repo}/actions/runs/${env.GITHUB_RUN_ID}` }
      : {}),
  };
}

/** A page of this server, of nothing but characters that a link may have. */
function runPage(url: unknown, server: string | undefined): { url?: string } {
  const page = typeof url === 'string' && /^https:\/\/[\w./-]+$/.test(url) && server && url.startsWith(`${server}/`);
  return page ? { url } : {};
}

function readPayload(path: string | undefined): Record<string, unknown> {
  if (!path) return {};
  try {
    return record(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function sha(value: unknown): string | undefined {
  return typeof value === 'string' && SHA.test(value) ? value : undefined;
}
