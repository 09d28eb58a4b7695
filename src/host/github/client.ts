/**
 * GitHub's API through its own client, with its own plugins for what is worth another try; bounded in time, as nothing
 * waits for GitHub.
 */
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';

export type GitHubClient = ReturnType<typeof getOctokit>;

/** A request that has not been answered by then is given up. */
const REQUEST_TIMEOUT = 15_000;
/** Longer than this a rate limit is not waited for. */
const LONGEST_WAIT = 30;
const RETRIES = 2;

/** A client of the API at GITHUB_API_URL; `timeout` bounds each request, in milliseconds. */
export function clientOf(token: string, timeout = REQUEST_TIMEOUT): GitHubClient {
  const patient = (retryAfter: number, _options: object, _client: object, retryCount: number) =>
    retryCount < RETRIES && retryAfter <= LONGEST_WAIT;
  return getOctokit(
    token,
    {
      request: {
        retries: RETRIES,
        fetch: (url: string | URL, options: RequestInit) =>
          fetch(url, { ...options, signal: AbortSignal.timeout(timeout) }),
      },
      // A call that the token may not make, or that is wrong, stays so.
      retry: { doNotRetry: [400, 401, 403, 404, 410, 422, 451] },
      throttle: { onRateLimit: patient, onSecondaryRateLimit: patient },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    },
    retry,
    throttling,
  );
}
