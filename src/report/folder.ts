/**
 * A folder that files of ours are written to: within the workspace, through no link, each file whole or not at all.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, type Stats, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Workspace } from '../data/artefacts/files.js';
import { ConfigError } from '../errors.js';
import { printable, quoted } from '../lib/text.js';

/** Writes files by their names. @throws ConfigError where the folder is none of the workspace or cannot be written */
export function writeFiles(folder: string, texts: Readonly<Record<string, string>>, workspace: Workspace): void {
  refuseStrange(folder, Object.keys(texts), workspace);
  makeFolder(folder);
  attempt(folder, () => putWhole(folder, Object.entries(texts)));
}

/** Makes the folder, and sees that it can be written. @throws ConfigError where it cannot */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  const probe = join(path, `.skewgate-${randomUUID()}`);
  attempt(folder, () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '', { flag: 'wx' });
    unlinkSync(probe);
  });
}

/** New files appear whole, by rename, in their order. Where one cannot be written, none of them is left half. */
export function putWhole(folder: string, texts: readonly (readonly [name: string, text: string])[]): void {
  const path = resolve(folder);
  const suffix = `.${randomUUID()}.tmp`;
  const temporary = (name: string) => join(path, `${name}${suffix}`);
  try {
    for (const [name, text] of texts) writeFileSync(temporary(name), text, { flag: 'wx' });
    for (const [name] of texts) renameSync(temporary(name), join(path, name));
  } catch (error) {
    for (const [name] of texts) rmSync(temporary(name), { force: true });
    throw error;
  }
}

/** Does what a file system may refuse. @throws ConfigError where it does */
export function attempt(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const why = printable((error as Error).message, 200);
    throw refused(folder, `which cannot be written (${why})`, 'a folder that can be made and written');
  }
}

/**
 * @param names of the files that will be written
 * @throws ConfigError where the folder is none of the workspace, or something other than a file stands in it under one
 * of the names
 */
export function refuseStrange(folder: string, names: readonly string[], workspace: Workspace): void {
  const path = resolve(folder);
  if (!workspace.contains(path))
    throw refused(
      folder,
      'which lies outside the workspace',
      `a folder inside ${quoted(workspace.root)}`,
      'The workspace is GITHUB_WORKSPACE, else the current directory. ' +
        'Write: --out skewgate-report (in a workflow, report-dir: skewgate-report)',
    );
  const kind = kindOf(path);
  if (kind !== undefined && kind !== 'folder')
    throw refused(folder, `which is a ${kind}`, 'a folder, or a path where one can be made');
  for (const name of names) {
    const there = kindOf(join(path, name));
    if (there !== undefined && there !== 'file')
      throw refused(folder, `in which ${name} is a ${there}`, 'a file of an earlier run, or none', 'Remove it.');
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

function refused(folder: string, found: string, expected: string, mend?: string): ConfigError {
  return new ConfigError([
    { found: `the report folder ${quoted(folder)}, ${found}`, expected, ...(mend === undefined ? {} : { mend }) },
  ]);
}
