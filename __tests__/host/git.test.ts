/** A commit, read through git alone: what the working tree holds has no say in it. */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { Commit, checkedOutWith } from '../../src/host/git.js';
import { Repository } from '../support/repository.js';

let repository: Repository;
const others: string[] = [];
beforeEach(() => {
  repository = new Repository();
});
afterEach(() => {
  repository.remove();
  for (const folder of others.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function elsewhere(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-elsewhere-')));
  others.push(folder);
  return folder;
}

describe('a commit', () => {
  it('has its files as they were, whatever became of them', () => {
    const sha = repository.write('gates/a.yml', 'policy: a\n').commit();
    repository.write('gates/a.yml', 'policy: b\n');
    const commit = Commit.open(repository.folder, sha);
    expect(commit.sha).toBe(sha);
    expect(commit.top).toBe(repository.folder);
    expect(commit.blob('gates/a.yml')).toEqual({ mode: '100644', bytes: Buffer.from('policy: a\n') });
    repository.delete('gates/a.yml');
    expect(commit.blob('gates/a.yml')?.bytes.toString()).toBe('policy: a\n');
  });

  it('has bytes, not text, and no filter is run over them', () => {
    const bytes = Buffer.from([0, 255, 13, 10, 195, 40]);
    repository.write('.gitattributes', '* text=auto eol=crlf\n*.bin -text\n').write('a.bin', bytes);
    repository.write('b.txt', 'one\ntwo\n');
    const commit = Commit.open(repository.folder, repository.commit());
    expect(commit.blob('a.bin')?.bytes).toEqual(bytes);
    expect(commit.blob('b.txt')?.bytes.toString()).toBe('one\ntwo\n');
  });

  it('has no folder, no pattern and nothing outside as a file', () => {
    repository.write('gates/a.yml', 'policy: a\n').link('gates/link.yml', 'a.yml').write('one/b.yml', 'policy: b\n');
    const commit = Commit.open(repository.folder, repository.commit());
    for (const path of ['gates', 'one/', 'gates/*.yml', 'gates/b.yml', ':(top)gates/a.yml', '../a.yml', ''])
      expect(commit.blob(path), path).toBeUndefined();
    expect(commit.blob('gates/link.yml')).toEqual({ mode: '120000', bytes: Buffer.from('a.yml') });
  });

  it('has a file whose name git would read as something else', () => {
    repository.write(':!a.yml', 'policy: a\n').write('[b]*.yml', 'policy: b\n');
    const commit = Commit.open(repository.folder, repository.commit());
    expect(commit.blob(':!a.yml')?.bytes.toString()).toBe('policy: a\n');
    expect(commit.blob('[b]*.yml')?.bytes.toString()).toBe('policy: b\n');
  });

  it('knows a path by the repository’s own top, from a folder and through a link too', () => {
    const sha = repository.write('team/models/a.yml', 'release: a\n').commit();
    const link = join(elsewhere(), 'checkout');
    symlinkSync(repository.folder, link);
    const commit = Commit.open(join(link, 'team'), sha);
    expect(commit.top).toBe(repository.folder);
    expect(commit.pathOf(join(link, 'team/models/a.yml'))).toBe('team/models/a.yml');
    expect(commit.pathOf(repository.path('team/none.yml'))).toBe('team/none.yml');
    expect(commit.pathOf(repository.folder)).toBeUndefined();
    expect(commit.pathOf('/etc/hosts')).toBeUndefined();
  });

  it('lists the YAML files that have a line of their own for a key', () => {
    repository
      .write('gates/a.yml', 'policy: a\n')
      .write('gates/b.yaml', '# b\n"policy" : b\n')
      .write('gates/c.yml', 'extends: x\nchecks:\n  policy: a\n')
      .write('gates/d.txt', 'policy: d\n')
      .write('models/e f.yml', 'release: e\n');
    const commit = Commit.open(repository.folder, repository.commit());
    repository.write('gates/later.yml', 'policy: later\n');
    expect(commit.filesWith('policy').sort()).toEqual(['gates/a.yml', 'gates/b.yaml']);
    expect(commit.filesWith('release')).toEqual(['models/e f.yml']);
  });

  it('is fetched by itself where the clone is shallow', () => {
    const first = repository.write('a.txt', 'first').commit();
    repository.write('a.txt', 'second').commit();
    repository.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const clone = join(elsewhere(), 'clone');
    repository.git('clone', '-q', '--depth=1', `file://${repository.folder}`, clone);
    expect(Commit.open(clone, first).blob('a.txt')?.bytes.toString()).toBe('first');
  });

  it('that can be had nowhere is the checkout’s to mend', () => {
    repository.commit();
    const open = () => Commit.open(repository.folder, '1'.repeat(40));
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(/no commit 111111111111, the base of this change.*fetch-depth: 0/);
  });

  it.each(['main', 'HEAD', '--upload-pack=x', 'a'.repeat(39), 'A'.repeat(40)])('%s is no sha: a bug', (sha) => {
    expect(() => Commit.open(repository.folder, sha)).toThrow(/is no commit$/);
    expect(() => Commit.open(repository.folder, sha)).not.toThrow(ConfigError);
  });

  it('of no checkout is said', () => {
    expect(() => Commit.open(elsewhere(), '1'.repeat(40))).toThrow(/a workspace that is no git checkout/);
  });
});

describe('a name', () => {
  it('is a branch, a tag or a commit of the checkout', () => {
    const first = repository.write('a.txt', 'first').commit();
    repository.git('tag', '-a', '-m', 'annotated', 'v1');
    const second = repository.write('a.txt', 'second').commit();
    for (const [name, sha] of [
      ['main', second],
      ['v1', first],
      [first, first],
      [first.slice(0, 12), first],
    ] as const)
      expect(Commit.named(repository.folder, name).sha, name).toBe(sha);
  });

  it('is a branch that the remote alone has', () => {
    const sha = repository.write('a.txt', 'first').commit();
    repository.git('branch', 'judges/next');
    const clone = join(elsewhere(), 'clone');
    repository.git('clone', '-q', '--single-branch', '--branch', 'main', `file://${repository.folder}`, clone);
    expect(Commit.named(clone, 'judges/next').sha).toBe(sha);
  });

  it.each(['--output=x', 'a b', '../main', 'a..b', '', '-', '@{-1}', 'main:gates', 'main^'])('%j is none', (name) => {
    repository.commit();
    expect(() => Commit.named(repository.folder, name)).toThrow(/^policy-ref .*; expected base, head, or the name of/);
  });

  it('that nobody knows is said', () => {
    repository.commit();
    expect(() => Commit.named(repository.folder, 'nobody')).toThrow(
      'policy-ref "nobody"; expected a branch, tag or commit that the checkout has or can fetch',
    );
  });
});

describe('the checkout', () => {
  it('has the files that are not committed yet too', () => {
    repository.write('gates/a.yml', 'policy: a\n').commit();
    repository.write('gates/new.yml', 'policy: new\n').write('.gitignore', 'ignored.yml\n');
    repository.write('ignored.yml', 'policy: no\n');
    expect(checkedOutWith(repository.folder, 'policy').sort()).toEqual([
      repository.path('gates/a.yml'),
      repository.path('gates/new.yml'),
    ]);
    expect(checkedOutWith(repository.folder, 'release')).toEqual([]);
  });

  it('is empty where there is no git', () => {
    expect(checkedOutWith(elsewhere(), 'policy')).toEqual([]);
  });
});
