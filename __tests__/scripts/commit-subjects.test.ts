/** The rule on commit subjects, held against real commits: long ones since the rule fail, older ones and merges do not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/commit-subjects.mjs');
const BEFORE = '2026-11-20T12:00:00Z';
const SINCE = '2026-12-24T12:00:00Z';
const LONG = 'a'.repeat(72);

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-subjects-')));
  git(BEFORE, 'init', '-q', '-b', 'main');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(day: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
  const { status, stdout, stderr } = spawnSync('git', [...identity, '-C', folder, ...args], {
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_DATE: day, GIT_AUTHOR_DATE: day },
  });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout.trim();
}

const commit = (day: string, subject: string) => git(day, 'commit', '-q', '--allow-empty', '-m', subject);

function judged(where = folder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, where], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('leaves history as it was', () => {
  commit(BEFORE, LONG);
  expect(judged()).toEqual({
    status: 0,
    stdout: 'commit subjects: 0 since the rule, all under 72 characters\n',
    stderr: '',
  });
});

it('passes 71 characters, by characters and not by bytes, whatever the body', () => {
  commit(SINCE, 'é'.repeat(71));
  commit(SINCE, `short\n\n${LONG.repeat(3)}`);
  expect(judged()).toMatchObject({ status: 0, stdout: expect.stringContaining('2 since the rule') });
});

it('fails at 72, and names every such commit', () => {
  commit(SINCE, LONG);
  commit(SINCE, `${LONG}b`);
  const { status, stderr } = judged();
  expect(status).toBe(1);
  expect(stderr).toContain(`${git(SINCE, 'rev-parse', 'HEAD').slice(0, 12)}: a subject of 73 characters`);
  expect(stderr).toContain(`${git(SINCE, 'rev-parse', 'HEAD~1').slice(0, 12)}: a subject of 72 characters`);
});

it('leaves merges out, also where a shallow clone hides their parents', () => {
  commit(SINCE, 'base');
  git(SINCE, 'checkout', '-q', '-b', 'side');
  commit(SINCE, 'side');
  git(SINCE, 'checkout', '-q', 'main');
  git(SINCE, 'merge', '-q', '--no-ff', '-m', `Merge ${LONG}`, 'side');
  expect(judged().status).toBe(0);
  git(SINCE, 'clone', '-q', '--depth=1', `file://${folder}`, join(folder, 'shallow'));
  expect(judged(join(folder, 'shallow')).status).toBe(0);
  commit(SINCE, `Merge ${LONG}`);
  expect(judged().status).toBe(1);
});

it('has nothing to hold outside of a repository', () => {
  rmSync(join(folder, '.git'), { recursive: true });
  expect(judged()).toMatchObject({ status: 0, stdout: expect.stringContaining('no history') });
});
