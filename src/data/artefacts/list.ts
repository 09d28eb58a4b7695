/** Lists what stands at a path: which files are the parts of an artefact, and what speaks against them before a byte is read. */
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Place, Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Artefact } from './artefact.js';
import { isFile, type Workspace } from './files.js';
import { hasWildcard, matchesWildcard } from './glob.js';
import { pointerProblem } from './pointers.js';

/** The artefact at an absolute path; undefined where no file is: nothing at all, or a folder that has no part. */
export function artefactAt(path: string): Artefact | undefined {
  if (isFile(path)) return { kind: 'file', path, folder: dirname(path), parts: [{ path, name: basename(path) }] };
  const glob = !existsSync(path) && hasWildcard(path);
  const folder = glob ? folderOfGlob(path) : path;
  const names = glob ? globbed(folder, '', path.slice(folder.length).split(sep).filter(Boolean)) : walked(folder, '');
  if (names.size === 0) return undefined;
  const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return {
    kind: glob ? 'glob' : 'folder',
    path,
    folder,
    parts: sorted.map((name) => ({ path: join(folder, name), name })),
  };
}

/** Whether a name is none of a part: hidden, a marker (`_SUCCESS`, `_metadata`) or a checksum; `_day=1` is a hive partition. */
function isSkipped(name: string): boolean {
  return name.startsWith('.') || (name.startsWith('_') && !name.includes('=')) || name.endsWith('.crc');
}

/** What a folder holds; nothing where it is none. A link is an entry that is not descended into. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Names of the files in a folder and below it, each after `prefix`. */
function walked(folder: string, prefix: string): Set<string> {
  const names = new Set<string>();
  for (const entry of entriesOf(join(folder, prefix))) {
    if (isSkipped(entry.name)) continue;
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) for (const below of walked(folder, name)) names.add(below);
    else names.add(name);
  }
  return names;
}

/** The longest path above the first wildcard. */
function folderOfGlob(path: string): string {
  const parts = path.split(sep);
  return parts.slice(0, parts.findIndex(hasWildcard)).join(sep) || sep;
}

/** Names of the files that a pattern names, and of those in folders that it names; `**` stands for any number of folders. */
function globbed(folder: string, prefix: string, pattern: readonly string[]): Set<string> {
  const [first, ...rest] = pattern;
  if (first === undefined) return walked(folder, prefix);
  const names = new Set<string>();
  const add = (found: ReadonlySet<string>) => {
    for (const name of found) names.add(name);
  };
  if (first === '**' && rest.length > 0) add(globbed(folder, prefix, rest));
  for (const entry of entriesOf(join(folder, prefix))) {
    // A pattern may name what is hidden: `_part-*`.
    const shown = !isSkipped(entry.name) || (!hasWildcard(first[0] ?? '') && first[0] === entry.name[0]);
    if (!shown || !(first === '**' || matchesWildcard(entry.name, first))) continue;
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) add(globbed(folder, name, first === '**' && rest.length > 0 ? pattern : rest));
    else if (rest.length === 0) names.add(name);
  }
  return names;
}

/**
 * What is wrong with an artefact before a byte of it is read: parts that lead out of the workspace, that are no files, of which only a
 * pointer is there, or whose names would stand for other lines of the manifest.
 *
 * @param place where the path is written
 */
export function artefactProblems(artefact: Artefact, workspace: Workspace, place: Place): Problem[] {
  return artefact.parts.flatMap(({ path, name }): Problem[] => {
    if (!workspace.contains(path))
      return [{ place, found: `${quoted(name)}, a link out of the workspace`, expected: 'part files inside it' }];
    if (!isFile(path)) return [{ place, found: `${quoted(name)}, which is no file`, expected: 'part files' }];
    if (/[\n\r]/.test(name))
      return [{ place, found: `a part ${quoted(name)}`, expected: 'names of parts without line breaks' }];
    const pointer = pointerProblem(path, workspace.show(path), place);
    return pointer ? [pointer] : [];
  });
}

/** Size in bytes of all parts. */
export function sizeOfParts({ parts }: Artefact): number {
  return parts.reduce((sum, { path }) => sum + statSync(path).size, 0);
}

/** How many files stand beside a part file that is named alone, and are parts of the same table. Judged by `part-*` and the ending. */
export function siblingParts(path: string): number {
  const name = basename(path);
  if (!name.startsWith('part-')) return 0;
  const ending = name.slice(name.lastIndexOf('.'));
  const folder = dirname(resolve(path));
  return entriesOf(folder).filter(
    (entry) => entry.name !== name && entry.name.startsWith('part-') && entry.name.endsWith(ending),
  ).length;
}
