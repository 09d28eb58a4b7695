/** What started the workflow, as the runner says it. */
import { readFileSync } from 'node:fs';

export interface Trigger {
  readonly event: string;
  /** The commit that a change starts from; absent where the event is no change that is still to be merged. */
  readonly baseSha?: string;
  /** The commit that checks belong to: a pull request's own head, not the merge that is checked out. */
  readonly headSha?: string;
  readonly pullRequest?: number;
  readonly repository?: { readonly owner: string; readonly repo: string };
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
  const headSha = sha(record(pull.head).sha) ?? sha(group.head_sha) ?? sha(env.GITHUB_SHA);
  const number = pull.number ?? payload.number;
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? '').split('/');
  return {
    event,
    ...(baseSha === undefined ? {} : { baseSha }),
    ...(headSha === undefined ? {} : { headSha }),
    ...(Number.isSafeInteger(number) && pull.base !== undefined ? { pullRequest: number as number } : {}),
    ...(owner && repo ? { repository: { owner, repo } } : {}),
    ...(env.GITHUB_SERVER_URL && owner && repo && env.GITHUB_RUN_ID
      ? { runUrl: `${env.GITHUB_SERVER_URL}/${owner}/${repo}/actions/runs/${env.GITHUB_RUN_ID}` }
      : {}),
  };
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
