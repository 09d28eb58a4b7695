/** Files inside the workspace: nothing outside it is ever read on a policy's or release's word. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../errors.js';
import { quoted } from './text.js';

/** The folder that bounds every path: `GITHUB_WORKSPACE`, else the current directory. */
export class Workspace {
  readonly root: string;

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

  /** Whether `path`, with every symbolic link followed, lies inside the workspace. */
  contains(path: string): boolean {
    return isInside(this.root, this.real(resolve(path)));
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

/** Whether `path` is `folder` or lies below it (lexically). */
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

/** What one Buffer of this runtime can hold. */
export const MAX_BUFFER = 2 ** 31 - 1;

/** sha256 of a file's bytes, as 64 lower-case hexadecimal digits. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
