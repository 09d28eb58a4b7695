/** What the server holds, is asked and answers. */
import type { IncomingHttpHeaders } from 'node:http';

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

/** What a client must send to write or edit a comment. */
export interface CommentBody {
  readonly body: string;
}

export interface RecordedRequest {
  readonly method: string;
  /** Without the prefix and the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; the text where it does not parse; undefined where none came. */
  readonly body: unknown;
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
