/**
 * Lists what stands at a path: which files are the parts of an artefact, and what speaks against them before a byte is
 * read.
 */
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Place, Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { idFileOf, isArray } from './arrays.js';
import type { Artefact, Part } from './artefact.js';
import { isFile, sizeOf, type Workspace } from './files.js';
import { hasWildcard, matchesWildcard } from './glob.js';
import { pointerProblem } from './pointers.js';

/** The artefact at an absolute path; undefined where no file is: nothing at all, or a folder that has no part. */
export function artefactAt(path: string): Artefact | undefined {
  const ids = isFile(path) && isArray(path) ? idFileOf(path) : undefined;
  if (ids !== undefined) {
    const parts = [ids, path].map((own) => ({ path: own, name: basename(own) }));
    return { kind: 'array', path, folder: dirname(path), parts: parts.sort(byName) };
  }
  if (isFile(path)) return { kind: 'file', path, folder: dirname(path), parts: [{ path, name: basename(path) }] };
  const { folder, pattern } = existsSync(path) ? { folder: path, pattern: [] } : splitGlob(path);
  const names = filesBelow(folder, '').filter((name) => isPart(name, pattern));
  if (names.length === 0) return undefined;
  const parts = names.map((name) => ({ path: join(folder, name), name })).sort(byName);
  return { kind: pattern.length > 0 ? 'glob' : 'folder', path, folder, parts };
}

function byName(a: Part, b: Part): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

/** A path as the folder above its first wildcard, and the segments from there on: none where it has no wildcard. */
export function splitGlob(path: string): { readonly folder: string; readonly pattern: readonly string[] } {
  const segments = path.split(sep);
  const first = segments.findIndex(hasWildcard);
  if (first < 0) return { folder: path, pattern: [] };
  return {
    folder: segments.slice(0, first).join(sep) || sep,
    pattern: segments.slice(first).filter((segment, i, all) => segment !== '**' || all[i - 1] !== '**'),
  };
}

/**
 * Tells the names of part files from others.
 *
 * @param name path below the folder, with forward slashes
 * @param pattern segments of a glob, of which `**` stands for any number of folders; what it names may be a folder of
 * parts. Empty: all
 */
export function isPart(name: string, pattern: readonly string[]): boolean {
  const segments = name.split('/');
  return !segments.some(isSkipped) && isNamed(segments, pattern);
}

function isNamed(segments: readonly string[], [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const [segment, ...below] = segments;
  if (first === '**') return isNamed(segments, rest) || (segment !== undefined && isNamed(below, [first, ...rest]));
  return segment !== undefined && matchesWildcard(segment, first) && isNamed(below, rest);
}

/**
 * Tells a name that is none of a part: hidden, a marker (`_SUCCESS`, `_metadata`) or a checksum; `_day=1` is a hive
 * partition.
 */
function isSkipped(name: string): boolean {
  return name.startsWith('.') || (name.startsWith('_') && !name.includes('=')) || name.endsWith('.crc');
}

/** Lists what a folder holds; nothing where it is none. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * Names of what is no folder below one, each after `prefix`. A link is not descended into, nor is what holds no part.
 */
function filesBelow(folder: string, prefix: string): string[] {
  return entriesOf(join(folder, prefix)).flatMap((entry) => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isDirectory()) return [name];
    return isSkipped(entry.name) ? [] : filesBelow(folder, name);
  });
}

/**
 * Finds what is wrong with an artefact before a byte of it is read: parts that lead out of the workspace, that are no
 * files, of which only a pointer is there, or whose names would stand for other lines of the manifest.
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

/** Size in bytes of all parts together. */
export function sizeOfParts({ parts }: Artefact): number {
  return parts.reduce((sum, { path }) => sum + sizeOf(path), 0);
}

/**
 * Counts the files that stand beside a part file that is named alone, and are parts of the same table. Judged by
 * `part-*` and the ending.
 */
export function siblingParts(path: string): number {
  const name = basename(path);
  if (!name.startsWith('part-')) return 0;
  const ending = name.slice(name.lastIndexOf('.'));
  const folder = dirname(resolve(path));
  return entriesOf(folder).filter(
    (entry) => entry.name !== name && entry.name.startsWith('part-') && entry.name.endsWith(ending),
  ).length;
}
