/** The stand-in for GitHub’s API: faults of every kind, where and as often as they are asked for. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clientOf, RUN } from './github/client.js';
import { type Fault, GitHub } from './github.js';

let github: GitHub;

beforeEach(async () => {
  github = await GitHub.start();
});

afterEach(() => github.close());

const { raw, send, create } = clientOf(() => github);

const statuses: readonly [Fault, number, string | null][] = [
  [{ answer: 403 }, 403, 'Resource not accessible by integration'],
  [{ answer: 404 }, 404, 'Not Found'],
  [{ answer: 422, message: 'No commit found for SHA: x' }, 422, 'No commit found for SHA: x'],
  [{ answer: 429 }, 429, 'Too many requests'],
  [{ answer: 500 }, 500, 'Server Error'],
  [{ answer: 502 }, 502, null],
  [{ answer: 503 }, 503, null],
];

test.each(statuses)('fault %o', async (fault, status, message) => {
  const scheduled = github.fault(fault);
  const response = await raw('POST', '/check-runs', { body: RUN });
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(response.headers.get('retry-after')).toBe(status === 429 ? '1' : null);
  if (message === null) expect(text).toContain('<html>');
  else expect(JSON.parse(text)).toMatchObject({ message, status: String(status) });
  expect(github.requests).toMatchObject([{ answer: status }]);
  expect(github.checkRuns.size).toBe(0);
  expect(scheduled.left).toBe(0);
  expect((await create()).status).toBe(201);
});

test('faults that limit the rate', async () => {
  github.fault({ answer: 'rate-limit', resetsAt: 1_900_000_000 });
  github.fault({ answer: 'secondary-limit', retryAfter: 7 });
  github.fault({ answer: 'secondary-limit', retryAfter: null });
  github.fault({ answer: 503, retryAfter: 'Fri, 01 Jan 2027 00:00:00 GMT' });
  const hourly = await create();
  expect(hourly).toMatchObject({ status: 403, body: { message: expect.stringContaining('rate limit exceeded') } });
  expect(hourly.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(hourly.headers.get('x-ratelimit-reset')).toBe('1900000000');
  const secondary = await create();
  expect(secondary.status).toBe(403);
  expect(secondary.body.message).toContain('You have exceeded a secondary rate limit');
  expect(secondary.headers.get('retry-after')).toBe('7');
  expect(Number(secondary.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
  expect((await create()).headers.get('retry-after')).toBeNull();
  const later = await raw('GET', '/issues/1/comments');
  expect(later.headers.get('retry-after')).toContain('2027');
});

/** Sends what the server never answers, and leaves once the server has it, however long that takes. */
async function leftWithoutAnswer(send: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const client = new AbortController();
  const sent = github.requests.length;
  const answer = expect(send(client.signal)).rejects.toThrow('left');
  await vi.waitFor(() => expect(github.requests[sent]?.answer).toBe('hang'), { timeout: 60_000 });
  client.abort(new Error('left'));
  await answer;
}

test('faults that leave no answer', async () => {
  github.fault({ answer: 'hang' });
  github.fault({ answer: 'reset' });
  await leftWithoutAnswer((signal) => raw('POST', '/check-runs', { body: RUN, signal }));
  await expect(raw('POST', '/check-runs', { body: RUN })).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(github.requests).toMatchObject([{ answer: 'hang' }, { answer: 'reset' }]);
  expect(github.checkRuns.size).toBe(0);
});

test('faults that lose the answer of a request that took effect', async () => {
  github.fault({ answer: 'reset', applied: true });
  github.fault({ answer: 502, applied: true });
  github.fault({ answer: 'hang', applied: true });
  const post = (signal?: AbortSignal) => raw('POST', '/check-runs', { body: RUN, ...(signal ? { signal } : {}) });
  await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(github.checkRuns.size).toBe(1);
  expect((await post()).status).toBe(502);
  expect(github.checkRuns.size).toBe(2);
  await leftWithoutAnswer(post);
  expect(github.checkRuns.size).toBe(3);
});

test('faults that spoil the body of a success', async () => {
  github.fault({ answer: 'invalid-json' });
  github.fault({ answer: 'truncated' });
  const page = await raw('POST', '/check-runs', { body: RUN });
  expect(page.status).toBe(200);
  await expect(page.json()).rejects.toThrow(SyntaxError);
  expect(github.checkRuns.size).toBe(0);
  const cut = await raw('POST', '/check-runs', { body: RUN });
  expect(cut.status).toBe(201);
  await expect(cut.json()).rejects.toThrow('terminated');
  expect(github.checkRuns.size).toBe(1);
});

test('a fault meets the requests it names, after some, as often as it says', async () => {
  const update = github.fault({ answer: 500, method: 'PATCH', path: /\/check-runs\/\d+$/, after: 1, times: 2 });
  const always = github.fault({ answer: 404, path: '/issues/', times: Number.POSITIVE_INFINITY });
  const { body } = await create();
  const answers = [];
  for (let k = 0; k < 4; k++) answers.push((await send('PATCH', `/check-runs/${body.id}`, { body: {} })).status);
  expect(answers).toEqual([200, 500, 500, 200]);
  for (let k = 0; k < 3; k++) expect((await send('GET', '/issues/1/comments')).status).toBe(404);
  expect([update.left, always.left]).toEqual([0, Number.POSITIVE_INFINITY]);
});
