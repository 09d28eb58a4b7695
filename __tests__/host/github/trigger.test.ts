/** What started the workflow, of whatever stands in the event: what is missing or strange is left out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTrigger } from '../../../src/host/github/trigger.js';

const [BASE, HEAD, MERGE] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
const RUNNER = {
  GITHUB_SHA: MERGE,
  GITHUB_REPOSITORY: 'octo/towers',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_RUN_ID: '77',
};
const EVERYWHERE = {
  repository: { owner: 'octo', repo: 'towers' },
  runUrl: 'https://github.example/octo/towers/actions/runs/77',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-trigger-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function triggered(event: string, payload: unknown, env: Record<string, string> = RUNNER) {
  const path = join(folder, 'event.json');
  writeFileSync(path, typeof payload === 'string' ? payload : JSON.stringify(payload));
  return readTrigger({ ...env, GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path });
}

describe('the commits of', () => {
  it('a pull request are its base and its own head, not the merge', () => {
    expect(
      triggered('pull_request', { number: 5, pull_request: { base: { sha: BASE }, head: { sha: HEAD } } }),
    ).toEqual({ event: 'pull_request', baseSha: BASE, headSha: HEAD, pullRequest: 5, ...EVERYWHERE });
  });

  it('a merge queue are those of the group', () => {
    expect(triggered('merge_group', { merge_group: { base_sha: BASE, head_sha: HEAD } })).toEqual({
      event: 'merge_group',
      baseSha: BASE,
      headSha: HEAD,
      ...EVERYWHERE,
    });
  });

  it('a push is the pushed one, without a base', () => {
    expect(triggered('push', { before: BASE, after: HEAD })).toEqual({ event: 'push', headSha: MERGE, ...EVERYWHERE });
  });

  it('a run that follows another are those of that one, with how it ended', () => {
    const followed = { head_sha: HEAD, conclusion: 'success', html_url: 'https://github.example/octo/towers/runs/1' };
    expect(triggered('workflow_run', { workflow_run: followed })).toEqual({
      event: 'workflow_run',
      headSha: HEAD,
      completed: { conclusion: 'success', url: 'https://github.example/octo/towers/runs/1' },
      ...EVERYWHERE,
    });
    expect(triggered('push', { workflow_run: followed })).not.toHaveProperty('completed');
  });
});

describe('what is strange is left out', () => {
  it.each([
    ['a page of another server', 'https://evil.example/octo/towers/runs/1'],
    ['a server whose name starts alike', 'https://github.example.evil/runs/1'],
    ['a page with what a link may not have', 'https://github.example/a)b'],
    ['a page without encryption', 'http://github.example/a'],
    ['no text', 7],
  ])('%s', (_, html_url) => {
    const { completed } = triggered('workflow_run', { workflow_run: { conclusion: 'failure', html_url } });
    expect(completed).toEqual({ conclusion: 'failure' });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['commits that are none', { pull_request: { base: { sha: 'main' }, head: { sha: `${HEAD}\n` } } }],
    ['a number that is none', { number: '5', pull_request: { base: null } }],
  ])('%s', (_, payload) => {
    expect(triggered('pull_request', payload)).toEqual({ event: 'pull_request', headSha: MERGE, ...EVERYWHERE });
  });

  it('all, outside of a workflow', () => {
    expect(readTrigger({})).toEqual({ event: '' });
    expect(readTrigger({ GITHUB_EVENT_PATH: join(folder, 'none.json'), GITHUB_REPOSITORY: 'octo' })).toEqual({
      event: '',
    });
  });
});
