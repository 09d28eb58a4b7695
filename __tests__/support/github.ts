/**
 * A loopback server that behaves as GitHub's REST API does for check runs and comments of issues: its limits, its pages, its failures.
 * Where GitHub's answer is not documented it is the stricter one: a client that passes here must not fail there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkComment, checkProse } from './github/prose.js';
import { type Answer, DOCS, Refusal } from './github/refusal.js';
import { conform, type Operation, ROUTES } from './github/routes.js';
import { pageOf, shownComment, shownRun } from './github/shown.js';
import {
  type App,
  type CheckRun,
  type CheckRunBody,
  type Comment,
  type CommentBody,
  type Fault,
  GITHUB_ACTIONS,
  type GitHubOptions,
  type RecordedRequest,
} from './github/types.js';
import { answerOf, MESSAGES, PAGE, parsed, send, textOf } from './github/wire.js';

export type { Annotation, CheckRunBody, Fault } from './github/types.js';
export { GITHUB_ACTIONS } from './github/types.js';

/** Ids of GitHub have left 32 bits behind. */
const FIRST_ID = 35_000_000_001;

interface Call {
  readonly path: string;
  /** The path's parameters after owner and repository. */
  readonly parameter: string;
  /** Coerced by the description, which has defaults for pages. */
  readonly query: Query;
  /** Of the form that the description gives the operation. */
  readonly body: unknown;
}

interface Query extends Record<string, unknown> {
  readonly per_page: number;
  readonly page: number;
  readonly check_name?: string;
  readonly app_id?: number;
  readonly status?: string;
  readonly filter?: string;
  readonly since?: string;
}

const now = () => new Date().toISOString().replace(/\.\d+/, '');

export class GitHub {
  /** For GITHUB_API_URL. */
  readonly url: string;
  readonly repository: string;
  readonly app: App;
  /** Every request, in the order they came, those that met a fault among them. */
  readonly requests: RecordedRequest[] = [];
  readonly checkRuns = new Map<number, CheckRun>();
  readonly comments = new Map<number, Comment>();
  /** Artifacts, each with the run that uploaded it. */
  readonly artifacts: { readonly id: number; readonly run: number; readonly expired: boolean }[] = [];
  /** Pull requests, with the paths of the files that they change. */
  readonly pulls: { number: number; state: 'open' | 'closed'; head: { sha: string }; files: string[] }[] = [];
  readonly #server;
  readonly #prefix: string;
  readonly #faults: { readonly fault: Fault; after: number; left: number }[] = [];
  readonly #bugs: unknown[] = [];
  #nextId = FIRST_ID;

  private constructor(server: ReturnType<typeof createServer>, settings: GitHubOptions) {
    const { repository = 'octo/towers', prefix = '', app = GITHUB_ACTIONS } = settings;
    this.#server = server;
    this.#prefix = prefix;
    this.repository = repository;
    this.app = app;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`;
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((bug) => {
        this.#bugs.push(bug);
        response.destroy();
      });
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(settings: GitHubOptions = {}): Promise<GitHub> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new GitHub(server, settings);
  }

  /** Ends every connection, those that hang too; throws if the server itself failed at a request. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await ended;
    if (this.#bugs.length > 0) throw this.#bugs[0];
  }

  /** Schedules a fault; of several that match a request the first scheduled answers. `left` tells how many requests are still to meet it. */
  fault(fault: Fault): { readonly left: number } {
    const scheduled = { fault, after: fault.after ?? 0, left: fault.times ?? 1 };
    this.#faults.push(scheduled);
    return scheduled;
  }

  /** A check run that is there without a request, of another app too. */
  addCheckRun({ name, head_sha, ...body }: CheckRunBody, app: App = this.app): CheckRun {
    const run: CheckRun = {
      id: this.#nextId++,
      name,
      head_sha,
      status: 'queued',
      conclusion: null,
      started_at: now(),
      completed_at: null,
      details_url: null,
      external_id: null,
      output: { title: null, summary: null, text: null },
      annotations: [],
      app,
    };
    this.checkRuns.set(run.id, run);
    this.#update(run, body);
    return run;
  }

  /** A comment that is there without a request, of another user too. */
  addComment(issue: number, body: string, user = `${this.app.slug}[bot]`): Comment {
    const comment = { id: this.#nextId++, issue, body, user, created_at: now(), updated_at: now() };
    this.comments.set(comment.id, comment);
    return comment;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text: string;
    try {
      text = await textOf(request);
    } catch {
      return; // The client left in the middle of its request.
    }
    const url = new URL(request.url!, this.url);
    const below = url.pathname.startsWith(`${this.#prefix}/`);
    const recorded: RecordedRequest = {
      method: request.method!,
      path: below ? url.pathname.slice(this.#prefix.length) : url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: parsed(text),
    };
    this.requests.push(recorded);
    const fault = this.#faultFor(recorded);
    const kind = fault?.answer;
    const served = () => (below ? this.#answer(recorded) : new Refusal(404, MESSAGES[404]!).answer);
    if (fault === undefined || kind === undefined || kind === 'truncated') {
      const answer = fault?.applied === false ? { status: 200, body: {} } : served();
      recorded.answer = answer.status;
      send(response, answer, kind === 'truncated');
      return;
    }
    if (fault.applied) served();
    recorded.answer =
      kind === 'hang' || kind === 'reset' ? kind : kind === 'invalid-json' ? 200 : answerOf(fault, kind).status;
    if (kind === 'reset') request.socket.resetAndDestroy();
    else if (kind === 'invalid-json')
      send(response, { status: 200, body: PAGE, headers: { 'content-type': 'application/json' } });
    else if (kind !== 'hang') send(response, answerOf(fault, kind));
  }

  #faultFor({ method, path }: RecordedRequest): Fault | undefined {
    const matches = ({ fault, left }: { readonly fault: Fault; readonly left: number }) =>
      left > 0 &&
      (fault.method ?? method) === method &&
      (fault.path instanceof RegExp ? path.search(fault.path) >= 0 : path.includes(fault.path ?? ''));
    for (const scheduled of this.#faults.filter(matches)) {
      if (scheduled.after > 0) scheduled.after--;
      else {
        scheduled.left--;
        return scheduled.fault;
      }
    }
    return undefined;
  }

  #answer(request: RecordedRequest): Answer {
    try {
      return this.#perform(request);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  }

  /** In GitHub's order: who asks, for what, may they, is it well formed. */
  #perform({ method, path, query: asked, headers, body }: RecordedRequest): Answer {
    if (!headers['user-agent'])
      throw new Refusal(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      );
    if (headers.authorization === undefined) throw new Refusal(401, 'Requires authentication');
    const token = /^(?:bearer|token) +(\S+)$/i.exec(headers.authorization)?.[1];
    if (token === undefined) throw new Refusal(401, 'Bad credentials');
    const route = ROUTES.find((candidate) => candidate.method === method && candidate.path.test(path));
    const [, repository = this.repository, parameter] = route?.path.exec(path) ?? [];
    if (route === undefined || repository.toLowerCase() !== this.repository.toLowerCase())
      throw new Refusal(404, 'Not Found');
    if (token === 'read-only' && method !== 'GET') throw new Refusal(403, 'Resource not accessible by integration');
    const query: Record<string, unknown> = { ...asked };
    conform(route.query, query);
    if (route.body !== undefined) {
      if (typeof body === 'string') throw new Refusal(400, 'Problems parsing JSON');
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw new Refusal(400, 'Body should be a JSON object');
      conform(route.body, body);
    }
    const call = { path, parameter: decodeURIComponent(parameter!), query: query as Query, body };
    return this.#handlers[route.operation](call);
  }

  readonly #handlers: Record<Operation, (call: Call) => Answer> = {
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts': ({ path, parameter, query }) => {
      const own = this.artifacts.filter(({ run }) => run === Number(parameter));
      const { items, headers } = pageOf(this, own, path, query);
      const artifacts = items.map(({ id, expired }) => ({ id, name: `artifact-${id}`, expired, size_in_bytes: 1 }));
      return { status: 200, body: { total_count: own.length, artifacts }, headers };
    },
    'POST /repos/{owner}/{repo}/check-runs': ({ body }) => {
      const run = body as CheckRunBody;
      checkProse(run);
      return { status: 201, body: shownRun(this, this.addCheckRun(run)) };
    },
    'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': ({ parameter, body }) => {
      const run = this.checkRuns.get(Number(parameter));
      if (run === undefined) throw new Refusal(404, 'Not Found');
      if (run.app.id !== this.app.id)
        throw new Refusal(
          403,
          `Invalid app_id \`${this.app.id}\` - check run can only be modified by the GitHub App that created it.`,
        );
      const change = body as Partial<CheckRunBody>;
      checkProse(change);
      this.#update(run, change);
      return { status: 200, body: shownRun(this, run) };
    },
    'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': ({ path, parameter, query }) => {
      const { check_name, app_id, status, filter } = query;
      const matching = [...this.checkRuns.values()].filter(
        (run) =>
          run.head_sha === parameter &&
          run.name === (check_name ?? run.name) &&
          run.app.id === (app_id ?? run.app.id) &&
          run.status === (status ?? run.status),
      );
      const latest = new Map(matching.map((run) => [`${run.app.id} ${run.name}`, run]));
      const runs = filter === 'all' ? matching : [...latest.values()];
      const { items, headers } = pageOf(this, runs.reverse(), path, query);
      return {
        status: 200,
        body: { total_count: runs.length, check_runs: items.map((run) => shownRun(this, run)) },
        headers,
      };
    },
    'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations': ({ path, parameter, query }) => {
      const run = this.checkRuns.get(Number(parameter));
      if (run === undefined) throw new Refusal(404, 'Not Found');
      const { items, headers } = pageOf(this, run.annotations, path, query);
      return { status: 200, body: items.map((annotation) => ({ ...annotation, blob_href: DOCS })), headers };
    },
    'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': ({ path, parameter, query }) => {
      const matching = this.pulls.filter(({ head }) => head.sha === parameter);
      const { items, headers } = pageOf(this, matching, path, query);
      return { status: 200, body: items.map(({ files: _, ...pull }) => pull), headers };
    },
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': ({ path, parameter, query }) => {
      const pull = this.pulls.find(({ number }) => number === Number(parameter));
      if (pull === undefined) throw new Refusal(404, 'Not Found');
      const { items, headers } = pageOf(this, pull.files, path, query);
      return { status: 200, body: items.map((filename) => ({ filename, status: 'modified' })), headers };
    },
    'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': ({ path, parameter, query }) => {
      const since = Date.parse(query.since ?? '1970-01-01');
      const matching = [...this.comments.values()].filter(
        ({ issue, updated_at }) => issue === Number(parameter) && Date.parse(updated_at) >= since,
      );
      const { items, headers } = pageOf(this, matching, path, query);
      return { status: 200, body: items.map((comment) => shownComment(this, comment)), headers };
    },
    'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': ({ parameter, body }) => {
      const comment = body as CommentBody;
      checkComment(comment);
      return { status: 201, body: shownComment(this, this.addComment(Number(parameter), comment.body)) };
    },
    'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': ({ parameter, body }) => {
      const comment = this.comments.get(Number(parameter));
      if (comment === undefined) throw new Refusal(404, 'Not Found');
      const change = body as CommentBody;
      checkComment(change);
      Object.assign(comment, { body: change.body, updated_at: now() });
      return { status: 200, body: shownComment(this, comment) };
    },
  };

  #update(run: CheckRun, body: Partial<CheckRunBody>): void {
    const { output, status, conclusion, completed_at, head_sha: _, actions: __, ...rest } = body;
    Object.assign(run, rest);
    if (conclusion !== undefined)
      Object.assign(run, { status: 'completed', conclusion, completed_at: completed_at ?? run.completed_at ?? now() });
    else if (status !== undefined) Object.assign(run, { status, conclusion: null, completed_at: null });
    if (output === undefined) return;
    // A field left out is lost: clients that send annotations in parts have to repeat title, summary and text with each.
    run.output = { title: output.title ?? null, summary: output.summary, text: output.text ?? null };
    run.annotations.push(...(output.annotations ?? []));
  }
}
