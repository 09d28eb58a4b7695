/** Files inside the workspace: nothing outside it is ever read on a policy's or release's word. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { Digests } from './digests.js';

/** The folder that bounds every path: `GITHUB_WORKSPACE`, else the current directory. */
export class Workspace {
  readonly root: string;
  /** Of every file that this run has asked for. */
  readonly digests = new Digests();

  constructor(root: string) {
    if (!existsSync(root))
      throw new ConfigError([
        {
          found: `workspace ${quoted(root)}, which does not exist`,
          expected: 'a folder (GITHUB_WORKSPACE, else the current directory)',
        },
      ]);
    this.root = realpathSync(resolve(root));
  }

  /** A path as shown in reports and messages: relative to the workspace, with forward slashes. */
  show(path: string): string {
    const absolute = resolve(path);
    const real = this.real(absolute);
    const shown = isInside(this.root, real) ? relative(this.root, real) || '.' : absolute;
    return shown.split(sep).join('/');
  }

  /** Tells if `path`, with every symbolic link followed, lies inside the workspace. */
  contains(path: string): boolean {
    return isInside(this.root, this.real(resolve(path)));
  }

  /**
   * The path below the workspace, however the workspace is reached (it may be a link itself, or lie below one). Links
   * inside of it are not followed: they belong to whoever wrote the files. Undefined for a path outside.
   */
  pathOf(path: string): string | undefined {
    return pathBelow(this.root, path);
  }

  /** `path` with symbolic links followed as far as it exists. */
  private real(path: string): string {
    let head = path;
    const tail: string[] = [];
    while (!existsSync(head)) {
      const parent = dirname(head);
      if (parent === head) return path;
      tail.unshift(head.slice(parent.length).replace(/^[/\\]/, ''));
      head = parent;
    }
    return resolve(realpathSync(head), ...tail);
  }
}

/**
 * The path below `folder` (a real path), with forward slashes: only what leads to the folder is resolved, nothing
 * inside of it. Undefined for a path outside.
 */
export function pathBelow(folder: string, path: string): string | undefined {
  const parts = resolve(path).split(sep);
  for (let i = 1; i <= parts.length; i++) {
    const head = parts.slice(0, i).join(sep) || sep;
    const real = existsSync(head) ? realpathSync(head) : head;
    if (!isInside(folder, real)) continue;
    const below = [relative(folder, real), ...parts.slice(i)].filter((part) => part !== '').join(sep);
    return below.split(sep).join('/') || '.';
  }
  return undefined;
}

/** Tells if `path` is `folder` or lies below it (lexically). */
export function isInside(folder: string, path: string): boolean {
  const rel = relative(folder, path);
  return rel !== '..' && !rel.startsWith(`..${sep}`) && !isAbsolute(rel);
}

export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Size in bytes. */
export function sizeOf(path: string): number {
  return statSync(path).size;
}

/** Bytes that one Buffer of this runtime can hold. */
export const MAX_BUFFER = 2 ** 31 - 1;
