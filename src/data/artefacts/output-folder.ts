/**
 * A folder that a command writes files into. Those of an earlier run are gone before anything is judged, so that a run
 * that is refused, crashes or is killed leaves none that says what it did not find; new ones appear whole, by rename.
 * Nothing is followed out of the workspace: a link in the folder's place or a file's is refused.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, type Stats, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import type { Workspace } from './files.js';

/** Files that may be written, by what each is, in the order in which they appear. */
export type FileNames<Key extends string> = Readonly<Record<Key, string>>;

export class OutputFolder<Key extends string> {
  private readonly keys: readonly Key[];

  /**
   * @param what  the words of messages for it, such as `the report folder`
   * @param names of the files
   * @param write how another folder is asked for, as it is written
   */
  constructor(
    private readonly what: string,
    private readonly names: FileNames<Key>,
    private readonly write: string,
  ) {
    this.keys = Object.keys(names) as Key[];
  }

  /**
   * Removes the files of an earlier run.
   *
   * @throws ConfigError where the folder is none of the workspace, or something other than a file stands in it under
   * one of the names.
   */
  clear(folder: string, workspace: Workspace): void {
    const path = resolve(folder);
    this.refuseStrange(path, folder, workspace);
    this.attempt(folder, () => {
      for (const key of this.keys) rmSync(join(path, this.names[key]), { force: true });
    });
  }

  /** The same, and makes the folder. @throws ConfigError also where it cannot be written. */
  prepare(folder: string, workspace: Workspace): void {
    const path = resolve(folder);
    this.clear(folder, workspace);
    const probe = join(path, `.skewgate-${randomUUID()}`);
    this.attempt(folder, () => {
      mkdirSync(path, { recursive: true });
      writeFileSync(probe, '', { flag: 'wx' });
      unlinkSync(probe);
    });
  }

  /**
   * Writes files, each whole, the last of the names last. Returns their paths as the folder was named. Throws what the
   * disk does.
   */
  put(
    contents: Readonly<Partial<Record<Key, string | Uint8Array>>>,
    folder: string,
    workspace: Workspace,
  ): Partial<Record<Key, string>> {
    const path = resolve(folder);
    const suffix = `.${randomUUID()}.tmp`;
    const temporary = (key: Key) => join(path, `${this.names[key]}${suffix}`);
    const written = this.keys.filter((key) => contents[key] !== undefined);
    try {
      // The folder was looked at before the judging began; what a model's run makes of it meanwhile is looked at again.
      this.refuseStrange(path, folder, workspace);
      for (const key of written) writeFileSync(temporary(key), contents[key] ?? '', { flag: 'wx' });
      for (const key of written) renameSync(temporary(key), join(path, this.names[key]));
    } catch (error) {
      for (const key of written) rmSync(temporary(key), { force: true });
      throw error;
    }
    const paths: Partial<Record<Key, string>> = {};
    for (const key of written) paths[key] = join(folder, this.names[key]);
    return paths;
  }

  private attempt(folder: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const why = printable((error as Error).message, 200);
      throw this.refused(folder, `which cannot be written (${why})`, 'a folder that can be made and written');
    }
  }

  private refuseStrange(path: string, folder: string, workspace: Workspace): void {
    if (!workspace.contains(path))
      throw this.refused(
        folder,
        'which lies outside the workspace',
        `a folder inside ${quoted(workspace.root)}`,
        `The workspace is GITHUB_WORKSPACE, else the current directory. Write: ${this.write}`,
      );
    const kind = kindOf(path);
    if (kind !== undefined && kind !== 'folder')
      throw this.refused(folder, `which is a ${kind}`, 'a folder, or a path where one can be made');
    for (const key of this.keys) {
      const there = kindOf(join(path, this.names[key]));
      if (there !== undefined && there !== 'file')
        throw this.refused(
          folder,
          `in which ${this.names[key]} is a ${there}`,
          'a file of an earlier run, or none',
          'Remove it.',
        );
    }
  }

  private refused(folder: string, found: string, expected: string, mend?: string): ConfigError {
    return new ConfigError([
      { found: `${this.what} ${quoted(folder)}, ${found}`, expected, ...(mend === undefined ? {} : { mend }) },
    ]);
  }
}

/** The entry that stands at a path itself, links not followed; undefined where nothing does. */
function kindOf(path: string): 'file' | 'folder' | 'symbolic link' | 'device, pipe or socket' | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch {
    return undefined;
  }
  if (stats.isSymbolicLink()) return 'symbolic link';
  if (stats.isDirectory()) return 'folder';
  return stats.isFile() ? 'file' : 'device, pipe or socket';
}
