/** Requests to the stand-in for GitHub’s API as plain fetches: nothing of a client’s own patience. */
import type { GitHub } from '../github.js';
import type { CheckRunBody } from './types.js';

export const SHA = 'a'.repeat(40);
export const RUN: CheckRunBody = { name: 'skewgate', head_sha: SHA };

export interface Sent {
  readonly body?: unknown;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** The members of answers that tests look at by name; what an operation does not answer is undefined. */
export interface Answered {
  readonly id: number;
  readonly html_url: string;
  readonly completed_at: string | null;
  readonly output: object;
  readonly check_runs: readonly { readonly id: number }[];
  readonly message: string;
  readonly errors: readonly object[];
}

/** @param server of the test that runs: each has its own */
export function clientOf(server: () => GitHub) {
  /** `path` is below the repository, or a whole URL. */
  function raw(method: string, path: string, { body, token = 't0ken', signal }: Sent = {}): Promise<Response> {
    const { url, repository } = server();
    return fetch(path.startsWith('http') ? path : `${url}/repos/${repository}${path}`, {
      method,
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async function send(method: string, path: string, sent?: Sent) {
    const response = await raw(method, path, sent);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answered };
  }

  const create = (more: object = {}) => send('POST', '/check-runs', { body: { ...RUN, ...more } });
  return { raw, send, create };
}
