/** The stand-in for GitHub’s API: check runs and comments as GitHub takes and refuses them. */
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientOf, RUN, type Sent, SHA } from './github/client.js';
import type { CommentBody } from './github/types.js';
import { type Annotation, GITHUB_ACTIONS, GitHub } from './github.js';

const OTHER_APP = { id: 7, slug: 'other', name: 'Other' };

const ANNOTATION: Annotation = {
  path: 'gates/gate.yml',
  start_line: 3,
  end_line: 3,
  annotation_level: 'failure',
  message: 'log_loss rises by 7%',
};

let github: GitHub;

beforeEach(async () => {
  github = await GitHub.start();
});

afterEach(() => github.close());

const { raw, send, create } = clientOf(() => github);
const update = (id: number, body: object) => send('PATCH', `/check-runs/${id}`, { body });
const list = (search = '', ref = SHA) => send('GET', `/commits/${ref}/check-runs${search}`);
const output = (more: object = {}) => ({ output: { title: 'Ready', summary: 'All held.', ...more } });

const annotated = (...changes: object[]) =>
  output({ annotations: changes.map((change) => ({ ...ANNOTATION, ...change })) });

test('a check run is created, listed and completed', async () => {
  const { status, body } = await create({ status: 'in_progress', external_id: 'x', ...output({ text: 'Details.' }) });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    ...RUN,
    status: 'in_progress',
    conclusion: null,
    external_id: 'x',
    app: GITHUB_ACTIONS,
  });
  expect(body.html_url).toMatch(new RegExp(`/octo/towers/runs/${body.id}$`));
  expect(body.id).toBeGreaterThan(2 ** 32);

  const done = await update(body.id, { conclusion: 'failure' });
  expect(done).toMatchObject({ status: 200, body: { status: 'completed', conclusion: 'failure' } });
  expect(done.body.completed_at).toMatch(/Z$/);
  expect(done.body.output).toMatchObject({ title: 'Ready', summary: 'All held.', text: 'Details.' });
  expect((await list()).body).toEqual({ total_count: 1, check_runs: [done.body] });
  expect(github.requests.map(({ method, path, answer }) => [method, path, answer])).toEqual([
    ['POST', '/repos/octo/towers/check-runs', 201],
    ['PATCH', `/repos/octo/towers/check-runs/${body.id}`, 200],
    ['GET', `/repos/octo/towers/commits/${SHA}/check-runs`, 200],
  ]);
  expect(github.requests[0]).toMatchObject({ query: {}, headers: { authorization: 'Bearer t0ken' }, body: RUN });
});

test('an update appends annotations and replaces the rest of the output', async () => {
  const { body } = await create(output({ text: 'Details.', annotations: [ANNOTATION] }));
  const more = Array.from({ length: 50 }, (_, k) => ({ start_line: k + 1, end_line: k + 1 }));
  const { body: after } = await update(body.id, annotated(...more));
  expect(after.output).toMatchObject({ title: 'Ready', text: null, annotations_count: 51 });
  expect(github.checkRuns.get(body.id)?.annotations).toHaveLength(51);
  expect(github.checkRuns.get(body.id)?.annotations.at(-1)).toEqual({ ...ANNOTATION, start_line: 50, end_line: 50 });
});

test('check runs are filtered by commit, name, app and status', async () => {
  const first = github.addCheckRun(RUN);
  const second = github.addCheckRun(RUN);
  const other = github.addCheckRun({ ...RUN, name: 'lint', conclusion: 'success' }, OTHER_APP);
  github.addCheckRun({ ...RUN, head_sha: 'b'.repeat(40) });
  const ids = async (search: string, ref?: string) =>
    (await list(search, ref)).body.check_runs.map(({ id }: { id: number }) => id);
  expect(await ids('')).toEqual([other.id, second.id]);
  expect(await ids('?filter=all')).toEqual([other.id, second.id, first.id]);
  expect(await ids('?check_name=lint')).toEqual([other.id]);
  expect(await ids('?app_id=15368')).toEqual([second.id]);
  expect(await ids('?status=completed')).toEqual([other.id]);
  expect(await ids('', 'c'.repeat(40))).toEqual([]);
  expect((await list('?check-name=lint')).status).toBe(422);
  expect((await list('?filter=newest')).status).toBe(422);

  const page = await list('?filter=all&per_page=2');
  expect(page.body).toMatchObject({ total_count: 3, check_runs: [{ id: other.id }, { id: second.id }] });
  expect(page.headers.get('link')).toContain('rel="next"');
});

test.each([
  ['name missing', { name: undefined }, '"name" wasn\'t supplied.'],
  ['unknown key', { title: 'x' }, '"title" is not a permitted key.'],
  ['not a commit', { head_sha: 'main' }, 'No commit found for SHA: main'],
  ['unknown status', { status: 'done' }, 'For \'status\', "done" must be equal to one of'],
  ['no conclusion', { status: 'completed' }, 'No subschema in "anyOf" matched.'],
  ['no conclusion at completion', { completed_at: '2025-01-01T00:00:00Z' }, '"conclusion" wasn\'t supplied.'],
  ['unknown conclusion', { conclusion: 'failed' }, 'For \'conclusion\', "failed"'],
  ['stale', { conclusion: 'stale' }, 'Only GitHub'],
  ['time', { started_at: 'today' }, "For 'started_at'"],
  ['title missing', { output: { summary: 'x' } }, '"title" wasn\'t supplied.'],
  ['summary missing', { output: { title: 'x' } }, '"summary" wasn\'t supplied.'],
  ['summary', output({ summary: 'x'.repeat(65_536) }), 'Only 65535 characters are allowed; 65536 were supplied.'],
  ['text', output({ text: 'x'.repeat(65_536) }), 'Only 65535 characters are allowed; 65536 were supplied.'],
  ['annotations', annotated(...Array(51).fill({})), 'No more than 50 items are allowed; 51 were supplied.'],
  ['actions', { actions: Array(4).fill({ label: 'a', description: 'b', identifier: 'c' }) }, 'No more than 3 items'],
  ['level', annotated({ annotation_level: 'error' }), "For 'output/annotations/0/annotation_level'"],
  ['message missing', annotated({ message: undefined }), '"message" wasn\'t supplied.'],
  ['line', annotated({ start_line: '3' }), 'For \'output/annotations/0/start_line\', "3" must be integer.'],
])('refused with nothing changed: %s', async (_, more, message) => {
  const { status, body } = await create(more);
  expect(status).toBe(422);
  expect(body).toMatchObject({ message: expect.stringContaining(message), status: '422' });
  expect(github.checkRuns.size).toBe(0);
});

test.each([
  ['message', { message: 'é'.repeat(32_769) }, 'message is too long (maximum is 64 KB)'],
  ['raw details', { raw_details: 'x'.repeat(65_537) }, 'raw_details is too long (maximum is 64 KB)'],
  ['title', { title: 'x'.repeat(256) }, 'title is too long (maximum is 255 characters)'],
  ['line 0', { start_line: 0 }, 'lines and columns start at 1'],
  ['lines', { start_line: 4 }, 'start_line must not be after end_line'],
  [
    'columns',
    { end_line: 4, start_column: 1 },
    'start_column and end_column need start_line and end_line to be the same',
  ],
  ['order of columns', { start_column: 2, end_column: 1 }, 'start_column must not be after end_column'],
])('annotation refused: %s', async (_, change, message) => {
  const run = github.addCheckRun(RUN);
  const { status, body } = await update(run.id, annotated({}, change));
  expect(status).toBe(422);
  expect(body).toMatchObject({ message: 'Validation Failed', errors: [{ field: 'annotations', index: 1, message }] });
  expect(run.annotations).toEqual([]);
});

test('what is exactly at a limit is accepted', async () => {
  const full = { message: 'é'.repeat(32_768), title: 'x'.repeat(255), start_column: 1, end_column: 1 };
  const texts = { summary: '😀'.repeat(65_535), text: 'x'.repeat(65_535) };
  const { output: held } = annotated(...Array(50).fill(full));
  expect((await create({ output: { ...held, ...texts } })).status).toBe(201);
  expect((await send('POST', '/issues/1/comments', { body: { body: 'x'.repeat(65_536) } })).status).toBe(201);
});

test('an update is refused where the creation is', async () => {
  const { id } = github.addCheckRun({ ...RUN, conclusion: 'success' });
  expect((await update(id, { status: 'completed' })).status).toBe(422);
  expect((await update(id, { head_sha: SHA })).body.message).toContain('"head_sha" is not a permitted key.');
  expect((await update(id, annotated(...Array(51).fill({})))).status).toBe(422);
  expect((await update(id + 1, {})).status).toBe(404);
  const other = github.addCheckRun(RUN, OTHER_APP);
  expect((await update(other.id, {})).body.message).toContain('can only be modified by the GitHub App that created it');
  expect((await update(id, { status: 'in_progress' })).body).toMatchObject({ conclusion: null, completed_at: null });
});

test('comments are written, edited and refused', async () => {
  const { status, body } = await send('POST', '/issues/12/comments', { body: { body: 'Ready.' } });
  expect(status).toBe(201);
  expect(body).toMatchObject({ body: 'Ready.', user: { login: 'github-actions[bot]', type: 'Bot' } });
  expect(body.html_url).toMatch(/\/pull\/12#issuecomment-\d+$/);
  const edit = (id: number, text: unknown) => send('PATCH', `/issues/comments/${id}`, { body: { body: text } });
  expect((await edit(body.id, 'Not ready.')).status).toBe(200);
  expect([...github.comments.values()]).toMatchObject([{ id: body.id, issue: 12, body: 'Not ready.' }]);
  for (const text of ['x'.repeat(65_537), ' ', 1, undefined]) expect((await edit(body.id, text)).status).toBe(422);
  expect((await edit(body.id, 'x'.repeat(65_537))).body.errors).toEqual([
    {
      resource: 'IssueComment',
      code: 'unprocessable',
      field: 'data',
      message: 'Body is too long (maximum is 65536 characters)',
    },
  ]);
  expect(github.comments.get(body.id)?.body).toBe('Not ready.');
  expect((await edit(body.id + 1, 'x')).status).toBe(404);
});

test('comments come in pages that link to one another', async () => {
  for (let k = 0; k < 205; k++) github.addComment(5, `comment ${k}`, 'someone');
  github.addComment(6, 'elsewhere');
  expect((await send('GET', '/issues/5/comments')).body).toHaveLength(30);
  const list = async (path: string) => {
    const response = await raw('GET', path);
    return { headers: response.headers, body: (await response.json()) as CommentBody[] };
  };
  const found: string[] = [];
  let next: string | undefined = '/issues/5/comments?per_page=1000';
  while (next !== undefined) {
    const { headers, body } = await list(next);
    found.push(...body.map((comment) => comment.body));
    next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  expect(found).toEqual(Array.from({ length: 205 }, (_, k) => `comment ${k}`));
  expect(github.requests.slice(1).map(({ path }) => path)).toEqual([
    '/repos/octo/towers/issues/5/comments',
    '/repositories/1/issues/5/comments',
    '/repositories/1/issues/5/comments',
  ]);
  const relations = async (page: number) =>
    (await send('GET', `/issues/5/comments?per_page=100&page=${page}`)).headers.get('link')?.match(/(?<=rel=")\w+/g);
  expect(await relations(1)).toEqual(['next', 'last']);
  expect(await relations(2)).toEqual(['prev', 'next', 'last', 'first']);
  expect(await relations(3)).toEqual(['prev', 'first']);
  expect((await send('GET', '/issues/6/comments')).headers.get('link')).toBeNull();
  expect((await send('GET', '/issues/5/comments?page=9')).body).toEqual([]);
  expect((await send('GET', '/issues/5/comments?since=2999-01-01T00:00:00Z')).body).toEqual([]);
});

test('who asks, and what for', async () => {
  const post = (sent: Sent) => send('POST', '/check-runs', { body: RUN, ...sent });
  expect(await post({ token: '' })).toMatchObject({ status: 401, body: { message: 'Requires authentication' } });
  expect(await post({ token: 'two words' })).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
  const readOnly = { status: 403, body: { message: 'Resource not accessible by integration' } };
  expect(await post({ token: 'read-only' })).toMatchObject(readOnly);
  expect(await send('GET', '/issues/1/comments', { token: 'read-only' })).toMatchObject({ status: 200, body: [] });
  expect(await post({ body: '{"name": ' })).toMatchObject({ status: 400, body: { message: 'Problems parsing JSON' } });
  expect(await post({ body: [] })).toMatchObject({ status: 400, body: { message: 'Body should be a JSON object' } });
  expect(await send('POST', '/check-suites', { body: {} })).toMatchObject({ status: 404 });
  expect(await send('GET', `${github.url}/repos/octo/other/issues/1/comments`)).toMatchObject({ status: 404 });
  expect(await send('GET', `${github.url}/repos/Octo/Towers/issues/1/comments`)).toMatchObject({ status: 200 });
  const anonymous = await new Promise((resolve) => {
    request(`${github.url}/`, (response) => resolve(response.resume().statusCode)).end();
  });
  expect(anonymous).toBe(403);
  expect(github.checkRuns.size).toBe(0);
});

test('another repository below a prefix, as on GitHub Enterprise Server', async () => {
  const server = await GitHub.start({ repository: 'o/r', prefix: '/api/v3', app: OTHER_APP });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v3$/);
  const { body } = await send('POST', `${server.url}/repos/o/r/check-runs`, { body: RUN });
  expect(body).toMatchObject({ app: OTHER_APP, url: `${server.url}/repos/o/r/check-runs/${body.id}` });
  const bare = server.url.replace('/api/v3', '');
  expect((await send('POST', `${bare}/repos/o/r/check-runs`, { body: RUN })).status).toBe(404);
  expect(server.requests[0]?.path).toBe('/repos/o/r/check-runs');
  await server.close();
});
