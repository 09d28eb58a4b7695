/** Requests as they come, and answers as they go: whole, spoilt, or those of a fault. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, DOCS } from './refusal.js';
import type { Fault } from './types.js';

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function send(response: ServerResponse, { status, body, headers }: Answer, truncated = false): void {
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

export const PAGE = '<!DOCTYPE html>\n<html><head><title>Unicorn!</title></head><body>We had issues.</body></html>\n';
export const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  422: 'Validation Failed',
  429: 'Too many requests',
  500: 'Server Error',
};

/** The answer of a fault that has one of its own. */
export function answerOf(fault: Fault, kind: number | 'rate-limit' | 'secondary-limit'): Answer {
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
