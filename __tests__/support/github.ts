/**
 * A loopback server that behaves as GitHub's REST API does for check runs and comments of issues: its limits, its pages, its failures.
 * Where GitHub's answer is not documented it is the stricter one: a client that passes here must not fail there.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import description from './github-openapi.json' with { type: 'json' };

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number;
  end_column?: number;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
  raw_details?: string;
}

export interface App {
  id: number;
  slug: string;
  name: string;
}

export interface CheckRun {
  readonly id: number;
  readonly head_sha: string;
  name: string;
  status: string;
  conclusion: string | null;
  started_at: string;
  completed_at: string | null;
  details_url: string | null;
  external_id: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  /** Those of every request, in the order they came. */
  annotations: Annotation[];
  app: App;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  body: string;
  user: string;
  created_at: string;
  updated_at: string;
}

/** What a client may send to create a check run, or (all optional) to update one. */
export interface CheckRunBody {
  name: string;
  head_sha: string;
  status?: string;
  conclusion?: string;
  started_at?: string;
  completed_at?: string;
  details_url?: string;
  external_id?: string;
  output?: { title?: string; summary: string; text?: string; annotations?: Annotation[]; images?: unknown[] };
  actions?: unknown[];
}

export interface RecordedRequest {
  readonly method: string;
  /** Without the prefix and the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; the text where it does not parse; undefined where none came. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes.
  readonly body: any;
  /** What the client was told. */
  answer?: number | 'hang' | 'reset';
}

export interface Fault {
  /**
   * A status (429 with retry-after); `rate-limit`, the hourly one, 403; `secondary-limit`, 403 with retry-after; `hang`, no answer before
   * close(); `reset`, of the connection; `invalid-json`, a success with a page of HTML; `truncated`, a success cut in the middle of its body.
   */
  readonly answer: number | 'rate-limit' | 'secondary-limit' | 'hang' | 'reset' | 'invalid-json' | 'truncated';
  /** Default: any. */
  readonly method?: string;
  /** A part of the path, or a pattern; default: any. */
  readonly path?: string | RegExp;
  /** How many matching requests fail; default 1. */
  readonly times?: number;
  /** How many matching requests are served before; default 0. */
  readonly after?: number;
  /** Whether the request takes effect though its answer is lost; default: for `truncated` alone. */
  readonly applied?: boolean;
  /** Seconds, or an HTTP date; null sends none; default 1 for 429 and `secondary-limit`. */
  readonly retryAfter?: number | string | null;
  /** When the rate limit is lifted, seconds since 1970; default: in a minute. */
  readonly resetsAt?: number;
  /** Of the JSON answered; default: GitHub's own. */
  readonly message?: string;
}

export interface GitHubOptions {
  /** The one repository there is; default octo/towers. */
  readonly repository?: string;
  /** Path below which the API lives, as '/api/v3' of GitHub Enterprise Server; default none. */
  readonly prefix?: string;
  /** The app that the tokens belong to; default GitHub Actions. */
  readonly app?: App;
}

export const GITHUB_ACTIONS: App = { id: 15368, slug: 'github-actions', name: 'GitHub Actions' };
const DOCS = 'https://docs.github.com/rest';
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
const CHARACTERS_OF_A_COMMENT = 65_536;
const CHARACTERS_OF_A_TITLE = 255;
const BYTES_OF_A_MESSAGE = 64 * 1024;
/** Ids of GitHub have left 32 bits behind. */
const FIRST_ID = 35_000_000_001;

interface Answer {
  readonly status: number;
  /** JSON, or a page where it is text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Call {
  readonly path: string;
  /** The path's parameters after owner and repository. */
  readonly parameter: string;
  // biome-ignore lint/suspicious/noExplicitAny: coerced and validated by the description.
  readonly query: any;
  // biome-ignore lint/suspicious/noExplicitAny: validated by the description.
  readonly body: any;
}

class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string, errors?: readonly object[]) {
    super(message);
    const details = errors === undefined ? {} : { errors };
    this.answer = { status, body: { message, ...details, documentation_url: DOCS, status: String(status) } };
  }
}

const invalidRequest = (problems: readonly string[]) => new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`);
const now = () => new Date().toISOString().replace(/\.\d+/, '');

type Operation = keyof typeof description.operations;
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** The description leaves objects open; GitHub answers '"x" is not a permitted key.', and so a misspelt one is found. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(properties === undefined ? {} : { additionalProperties: false, properties: mapped(properties) }),
  };
}

const mapped = (properties: Readonly<Record<string, Schema>>) =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, closed(schema)]));

const AJV = { allErrors: true, verbose: true, strict: false, formats: { 'date-time': DATE_TIME } };
const bodies = new Ajv(AJV);
const queries = new Ajv({ ...AJV, coerceTypes: true, useDefaults: true });
// The description gives this rule to the update alone; GitHub's reference states it for both.
const { anyOf } = description.operations['PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'].body;

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly path: RegExp;
  readonly query: ValidateFunction;
  readonly body?: ValidateFunction;
}

const ROUTES: readonly Route[] = Object.entries(description.operations).map(([operation, { query, ...rest }]) => {
  const [method, template] = operation.split(' ') as [string, string];
  const tail = template
    .replace('/repos/{owner}/{repo}', '')
    .replace('{ref}', '(.+)')
    .replace('{commit_sha}', '([0-9a-f]+)')
    .replace(/\{\w+\}/, '(\\d+)');
  const rule = operation.endsWith('/check-runs') ? { anyOf } : {};
  return {
    operation: operation as Operation,
    method,
    // Links between pages name the repository by its number.
    path: new RegExp(`^(?:/repos/([^/]+/[^/]+)|/repositories/1)${tail}$`),
    query: queries.compile({ type: 'object', properties: query, additionalProperties: false }),
    ...('body' in rest ? { body: bodies.compile({ ...closed(rest.body as Schema), ...rule }) } : {}),
  };
});

/** GitHub's words for what its schema refuses. */
function inWords({ keyword, params, data, instancePath, message }: ErrorObject): string {
  if (keyword === 'required') return `"${params.missingProperty}" wasn't supplied.`;
  if (keyword === 'additionalProperties') return `"${params.additionalProperty}" is not a permitted key.`;
  if (keyword === 'maxLength')
    return `Only ${params.limit} characters are allowed; ${[...(data as string)].length} were supplied.`;
  if (keyword === 'maxItems')
    return `No more than ${params.limit} items are allowed; ${(data as unknown[]).length} were supplied.`;
  if (keyword === 'anyOf') return 'No subschema in "anyOf" matched.';
  return `For '${instancePath.slice(1)}', ${JSON.stringify(data)} ${message}.`;
}

function conform(validate: ValidateFunction, value: unknown): void {
  if (validate(value)) return;
  const problems = validate.errors!.filter(({ schemaPath }) => !schemaPath.startsWith('#/anyOf/'));
  throw invalidRequest(problems.map(inWords));
}

/** What GitHub's reference says of an annotation in prose alone. */
function problemsOfAnnotation(annotation: Annotation): string[] {
  const { start_line, end_line, start_column, end_column, message, title, raw_details } = annotation;
  const problems: string[] = [];
  const numbers = [start_line, end_line, start_column, end_column];
  if (numbers.some((number) => number !== undefined && number < 1)) problems.push('lines and columns start at 1');
  if (start_line > end_line) problems.push('start_line must not be after end_line');
  if (start_line !== end_line && (start_column !== undefined || end_column !== undefined))
    problems.push('start_column and end_column need start_line and end_line to be the same');
  if (start_column !== undefined && end_column !== undefined && start_column > end_column)
    problems.push('start_column must not be after end_column');
  if (Buffer.byteLength(message) > BYTES_OF_A_MESSAGE) problems.push('message is too long (maximum is 64 KB)');
  if (Buffer.byteLength(raw_details ?? '') > BYTES_OF_A_MESSAGE)
    problems.push('raw_details is too long (maximum is 64 KB)');
  if ([...(title ?? '')].length > CHARACTERS_OF_A_TITLE) problems.push('title is too long (maximum is 255 characters)');
  return problems;
}

/** What GitHub's reference says of a check run in prose alone. */
function checkProse({ head_sha, conclusion, completed_at, output }: Partial<CheckRunBody>): void {
  if (completed_at !== undefined && conclusion === undefined) throw invalidRequest(['"conclusion" wasn\'t supplied.']);
  if (conclusion === 'stale') throw invalidRequest(['Only GitHub can set the conclusion "stale".']);
  if (head_sha !== undefined && !/^[0-9a-f]{40}$/.test(head_sha))
    throw new Refusal(422, `No commit found for SHA: ${head_sha}`);
  const errors = (output?.annotations ?? []).flatMap((annotation, index) =>
    problemsOfAnnotation(annotation).map((message) => ({
      resource: 'CheckRun',
      code: 'invalid',
      field: 'annotations',
      index,
      message,
    })),
  );
  if (errors.length > 0) throw new Refusal(422, 'Validation Failed', errors);
}

function checkComment({ body }: { readonly body: string }): void {
  const refuse = (message: string) =>
    new Refusal(422, 'Validation Failed', [
      { resource: 'IssueComment', code: 'unprocessable', field: 'data', message },
    ]);
  if (body.trim() === '') throw refuse('Body cannot be blank');
  if ([...body].length > CHARACTERS_OF_A_COMMENT)
    throw refuse(`Body is too long (maximum is ${CHARACTERS_OF_A_COMMENT} characters)`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer, truncated = false): void {
  const page = typeof body === 'string';
  const bytes = Buffer.from(page ? body : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': page ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
    ...headers,
  });
  if (truncated) response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  else response.end(bytes);
}

const PAGE = '<!DOCTYPE html>\n<html><head><title>Unicorn!</title></head><body>We had issues.</body></html>\n';
const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  422: 'Validation Failed',
  429: 'Too many requests',
  500: 'Server Error',
};

/** The answer of a fault that has one of its own. */
function answerOf(fault: Fault, kind: number | 'rate-limit' | 'secondary-limit'): Answer {
  const status = typeof kind === 'number' ? kind : 403;
  const usual = kind === 429 || kind === 'secondary-limit' ? 1 : null;
  const { retryAfter = usual, resetsAt = Math.floor(Date.now() / 1000) + 60 } = fault;
  const headers = {
    ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    ...(kind === 'rate-limit' ? { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetsAt) } : {}),
  };
  const own =
    kind === 'rate-limit'
      ? 'API rate limit exceeded for installation.'
      : kind === 'secondary-limit'
        ? 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
        : MESSAGES[kind];
  const message = fault.message ?? own;
  // What stands before GitHub's servers answers 502 and 503, with a page.
  return message === undefined
    ? { status, body: PAGE, headers }
    : { status, body: { message, documentation_url: DOCS, status: String(status) }, headers };
}

export class GitHub {
  /** For GITHUB_API_URL. */
  readonly url: string;
  readonly repository: string;
  readonly app: App;
  /** Every request, in the order they came, those that met a fault among them. */
  readonly requests: RecordedRequest[] = [];
  readonly checkRuns = new Map<number, CheckRun>();
  readonly comments = new Map<number, Comment>();
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
    const query = { ...asked };
    conform(route.query, query);
    if (route.body !== undefined) {
      if (typeof body === 'string') throw new Refusal(400, 'Problems parsing JSON');
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw new Refusal(400, 'Body should be a JSON object');
      conform(route.body, body);
    }
    return this.#handlers[route.operation]({ path, parameter: decodeURIComponent(parameter!), query, body });
  }

  readonly #handlers: Record<Operation, (call: Call) => Answer> = {
    'POST /repos/{owner}/{repo}/check-runs': ({ body }) => {
      checkProse(body);
      return { status: 201, body: this.#shownRun(this.addCheckRun(body)) };
    },
    'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': ({ parameter, body }) => {
      const run = this.checkRuns.get(Number(parameter));
      if (run === undefined) throw new Refusal(404, 'Not Found');
      if (run.app.id !== this.app.id)
        throw new Refusal(
          403,
          `Invalid app_id \`${this.app.id}\` - check run can only be modified by the GitHub App that created it.`,
        );
      checkProse(body);
      this.#update(run, body);
      return { status: 200, body: this.#shownRun(run) };
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
      const { items, headers } = this.#page(runs.reverse(), path, query);
      return {
        status: 200,
        body: { total_count: runs.length, check_runs: items.map((run) => this.#shownRun(run)) },
        headers,
      };
    },
    'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations': ({ path, parameter, query }) => {
      const run = this.checkRuns.get(Number(parameter));
      if (run === undefined) throw new Refusal(404, 'Not Found');
      const { items, headers } = this.#page(run.annotations, path, query);
      return { status: 200, body: items.map((annotation) => ({ ...annotation, blob_href: DOCS })), headers };
    },
    'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': ({ path, parameter, query }) => {
      const matching = this.pulls.filter(({ head }) => head.sha === parameter);
      const { items, headers } = this.#page(matching, path, query);
      return { status: 200, body: items.map(({ files: _, ...pull }) => pull), headers };
    },
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': ({ path, parameter, query }) => {
      const pull = this.pulls.find(({ number }) => number === Number(parameter));
      if (pull === undefined) throw new Refusal(404, 'Not Found');
      const { items, headers } = this.#page(pull.files, path, query);
      return { status: 200, body: items.map((filename) => ({ filename, status: 'modified' })), headers };
    },
    'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': ({ path, parameter, query }) => {
      const since = Date.parse(query.since ?? '1970-01-01');
      const matching = [...this.comments.values()].filter(
        ({ issue, updated_at }) => issue === Number(parameter) && Date.parse(updated_at) >= since,
      );
      const { items, headers } = this.#page(matching, path, query);
      return { status: 200, body: items.map((comment) => this.#shownComment(comment)), headers };
    },
    'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': ({ parameter, body }) => {
      checkComment(body);
      return { status: 201, body: this.#shownComment(this.addComment(Number(parameter), body.body)) };
    },
    'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': ({ parameter, body }) => {
      const comment = this.comments.get(Number(parameter));
      if (comment === undefined) throw new Refusal(404, 'Not Found');
      checkComment(body);
      Object.assign(comment, { body: body.body, updated_at: now() });
      return { status: 200, body: this.#shownComment(comment) };
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

  /** One page of a list and, where there are more, the Link header to the others. */
  #page<T>(all: readonly T[], path: string, query: Record<string, unknown> & { per_page: number; page: number }) {
    const size = query.per_page < 1 ? 30 : Math.min(query.per_page, 100);
    const page = Math.max(query.page, 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    const link = (number: number, relation: string) => {
      const search = new URLSearchParams({ ...(query as Record<string, string>), page: String(number) });
      const byNumber = path.replace(/^\/repos\/[^/]+\/[^/]+/, '/repositories/1');
      return `<${this.url}${byNumber}?${search}>; rel="${relation}"`;
    };
    const links = [
      ...(page > 1 ? [link(page - 1, 'prev')] : []),
      ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
      ...(page > 1 ? [link(1, 'first')] : []),
    ];
    const headers: Record<string, string> = links.length > 0 ? { link: links.join(', ') } : {};
    return { items: all.slice((page - 1) * size, page * size), headers };
  }

  #shownRun({ annotations, output, ...run }: CheckRun): object {
    const url = `${this.url}/repos/${this.repository}/check-runs/${run.id}`;
    return {
      ...run,
      node_id: `CR_${run.id}`,
      url,
      html_url: `https://github.com/${this.repository}/runs/${run.id}`,
      output: { ...output, annotations_count: annotations.length, annotations_url: `${url}/annotations` },
      check_suite: { id: run.app.id },
      pull_requests: [],
    };
  }

  #shownComment({ issue, user, ...comment }: Comment): object {
    const repository = `${this.url}/repos/${this.repository}`;
    return {
      ...comment,
      node_id: `IC_${comment.id}`,
      url: `${repository}/issues/comments/${comment.id}`,
      html_url: `https://github.com/${this.repository}/pull/${issue}#issuecomment-${comment.id}`,
      issue_url: `${repository}/issues/${issue}`,
      user: { login: user, type: user.endsWith('[bot]') ? 'Bot' : 'User' },
      author_association: 'CONTRIBUTOR',
    };
  }
}
