/**
 * A commit of the repository that the workspace is a checkout of, read through git: nothing of the working tree has a
 * say in it.
 */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathBelow } from '../data/artefacts/files.js';
import { ConfigError } from '../errors.js';
import { quoted } from '../lib/text.js';

/** A file as a commit has it. */
export interface Blob {
  readonly mode: string;
  readonly bytes: Buffer;
}

const FETCH_TIMEOUT = 60_000;
const MAX_BLOB = 256 * 1024 * 1024;

export class Commit {
  private constructor(
    /** Absolute path of the repository's top folder. */
    readonly top: string,
    readonly sha: string,
  ) {}

  /** The commit of a sha; fetched by itself where the clone is shallow. */
  static open(folder: string, sha: string): Commit {
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha)) throw new Error(`${sha} is no commit`);
    const top = topOf(folder);
    if (!has(top, sha)) git(top, ['fetch', '--no-tags', '--depth=1', '--no-recurse-submodules', 'origin', sha]);
    if (!has(top, sha))
      throw new ConfigError([
        {
          found: `no commit ${sha.slice(0, 12)}, the base of this change, in the checkout, and it could not be fetched`,
          expected: 'the base commit, whose policy judges a pull request',
          mend: 'Write: with: {fetch-depth: 0} under actions/checkout, or leave its persist-credentials on.',
        },
      ]);
    return new Commit(top, sha);
  }

  /** The commit of a branch, tag or sha that the workflow names. */
  static named(folder: string, ref: string): Commit {
    const wrong = (expected: string) =>
      new ConfigError([{ found: `policy-ref ${quoted(ref)}`, expected, mend: 'Write: policy-ref: base' }]);
    if (!/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(ref) || ref.includes('..'))
      throw wrong('base, head, or the name of a branch, tag or commit');
    const top = topOf(folder);
    const resolve = (name: string) => git(top, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
    for (const name of [ref, `refs/remotes/origin/${ref}`]) {
      const found = resolve(name);
      if (found) return Commit.open(folder, found.toString('utf8').trim());
    }
    git(top, ['fetch', '--no-tags', '--depth=1', '--no-recurse-submodules', 'origin', ref]);
    const fetched = resolve('FETCH_HEAD');
    if (!fetched) throw wrong('a branch, tag or commit that the checkout has or can fetch');
    return Commit.open(folder, fetched.toString('utf8').trim());
  }

  /** Path as the repository knows it, also where the checkout is reached through a link; undefined outside of it. */
  pathOf(file: string): string | undefined {
    const path = pathBelow(this.top, file);
    return path === '.' ? undefined : path;
  }

  /** A file of the commit; undefined where it has none there. */
  blob(path: string): Blob | undefined {
    const listed = git(this.top, ['ls-tree', '-z', this.sha, '--', `:(literal)${path}`])?.toString('utf8') ?? '';
    const entry = /^(\d+) blob ([0-9a-f]+)\t([^\0]*)\0$/.exec(listed);
    if (!entry || entry[3] !== path) return undefined;
    const bytes = git(this.top, ['cat-file', 'blob', entry[2]!]);
    return bytes && { mode: entry[1]!, bytes };
  }

  /**
   * The files below a folder of the commit that are wanted, by their path below it; empty where there is no such
   * folder.
   */
  blobsBelow(folder: string, wanted: (path: string) => boolean): Map<string, Blob> {
    const listed =
      git(this.top, ['ls-tree', '-r', '-z', this.sha, '--', `:(literal)${folder}`])?.toString('utf8') ?? '';
    const above = folder === '.' ? '' : `${folder}/`;
    return new Map(
      listed.split('\0').flatMap((line): [string, Blob][] => {
        const [, mode, name, path] = /^(\d+) blob ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? [];
        if (!mode || !name || !path?.startsWith(above) || !wanted(path.slice(above.length))) return [];
        const bytes = git(this.top, ['cat-file', 'blob', name]);
        return bytes ? [[path.slice(above.length), { mode, bytes }]] : [];
      }),
    );
  }

  /** YAML files of the commit that have a line of their own for the key. */
  filesWith(key: 'policy' | 'release'): string[] {
    return grep(this.top, key, [this.sha]).map((line) => line.slice(this.sha.length + 1));
  }
}

/**
 * YAML files of a checkout, as they are now, that have a line of their own for the key; none where there is no git.
 * Absolute paths.
 */
export function checkedOutWith(folder: string, key: 'policy' | 'release'): string[] {
  const top = git(folder, ['rev-parse', '--show-toplevel'])?.toString('utf8').replace(/\n$/, '');
  return top ? grep(top, key, ['--untracked']).map((path) => join(top, path)) : [];
}

function grep(top: string, key: string, where: readonly string[]): string[] {
  const pattern = `^["']?${key}["']? *:`;
  const tree = where.filter((argument) => !argument.startsWith('--'));
  const options = where.filter((argument) => argument.startsWith('--'));
  const found = git(top, ['grep', '-l', '-z', '-E', ...options, '-e', pattern, ...tree, '--', '*.yml', '*.yaml']);
  return (found?.toString('utf8') ?? '').split('\0').filter((line) => line !== '');
}

function topOf(folder: string): string {
  const top = git(folder, ['rev-parse', '--show-toplevel'])?.toString('utf8').replace(/\n$/, '');
  if (top) return realpathSync(top);
  throw new ConfigError([
    {
      found: 'a workspace that is no git checkout (or has no git)',
      expected: 'a checkout, from which the policy of the base commit can be read',
      mend: 'Check out with actions/checkout where git is installed, or write policy-ref: head.',
    },
  ]);
}

function has(top: string, sha: string): boolean {
  return git(top, ['cat-file', '-e', `${sha}^{commit}`]) !== undefined;
}

/** The output of git; undefined where it fails. It asks for nothing, follows no hook and runs no filter. */
function git(folder: string, args: readonly string[]): Buffer | undefined {
  const { status, stdout } = spawnSync(
    'git',
    // A container's user may not own the checkout that the runner mounted.
    ['-c', 'safe.directory=*', '-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-C', folder, ...args],
    {
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
      timeout: FETCH_TIMEOUT,
      maxBuffer: MAX_BLOB,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return status === 0 ? stdout : undefined;
}
