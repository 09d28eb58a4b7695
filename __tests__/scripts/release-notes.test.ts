/** What a tag may release: the version that package.json and CHANGELOG.md both name. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const CHANGELOG = `# Changelog

## [Unreleased]

- later

## [1.2.0] - 2026-12-24

### Added

- a check

## [1.1.0] - 2026-12-01

- older
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-notes-'));
  mkdirSync(join(folder, 'scripts'));
  const script = resolve(import.meta.dirname, '../../scripts/release-notes.mjs');
  cpSync(script, join(folder, 'scripts/release-notes.mjs'));
  writeFileSync(join(folder, 'package.json'), '{"version": "1.2.0"}');
  writeFileSync(join(folder, 'CHANGELOG.md'), CHANGELOG);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function notesOf(tag: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'scripts/release-notes.mjs'), tag], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('are the section of the version, and no other', () => {
  expect(notesOf('v1.2.0')).toEqual({ status: 0, stdout: '### Added\n\n- a check\n', stderr: '' });
});

it.each([
  ['v1.1.0', /version 1\.2\.0 in package\.json; expected 1\.1\.0, the tag's/],
  ['1.2.0', /the tag "1\.2\.0"; expected v and a version/],
  ['v1.2', /the tag "v1\.2"/],
  ['v1.2.0-rc.1', /the tag "v1\.2\.0-rc\.1"/],
  ['', /the tag ""/],
])('of %j are none', (tag, message) => {
  const { status, stdout, stderr } = notesOf(tag);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
});

it.each([
  ['no section', CHANGELOG.replace('[1.2.0]', '[1.2.1]')],
  ['an empty section', CHANGELOG.replace('### Added\n\n- a check\n', '')],
  ['a section without its day', CHANGELOG.replace('[1.2.0] - 2026-12-24', '[1.2.0]')],
])('of a changelog with %s are none', (_, changelog) => {
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  const { status, stderr } = notesOf('v1.2.0');
  expect(status).toBe(1);
  expect(stderr).toMatch(/nothing in CHANGELOG\.md under "## \[1\.2\.0\] - <day>"/);
});
