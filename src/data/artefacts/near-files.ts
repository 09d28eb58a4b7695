/** The files that stand nearest to a path at which none is. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { editDistance, printable } from '../../lib/text.js';
import { isInside } from './files.js';

/** Levels of folders that are looked into, entries after which no further level is, and names that are said. */
const DEPTH = 2;
const ENTRIES = 5_000;
const SAID = 3;
const SKIPPED = /^(\.|node_modules$)/;

export interface NearFiles {
  /** The folder of the path, or the nearest one above it that is there; absolute. */
  readonly folder: string;
  /** At most three paths relative to `folder`, the nearest first: of the same ending, or the same name. */
  readonly names: readonly string[];
  /** The first of them has the name but for a letter or two, or has it in a folder below. */
  readonly alike: boolean;
}

/** @param root the folder above which nothing is looked at; absolute, as is `path` */
export function filesNear(path: string, root: string): NearFiles {
  let folder = dirname(path);
  while (folder !== root && isInside(root, folder) && entriesOf(folder) === undefined) folder = dirname(folder);
  const wanted = basename(path).toLowerCase();
  const ending = extname(wanted);
  const found = filesBelow(folder).flatMap((name) => {
    const own = basename(name).toLowerCase();
    const apart = editDistance(own, wanted);
    return own === wanted || extname(own) === ending ? [{ name, apart }] : [];
  });
  found.sort((a, b) => a.apart - b.apart || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  const names = found.slice(0, SAID).map(({ name }) => name);
  return {
    folder,
    names,
    alike: found[0] !== undefined && found[0].apart <= Math.max(1, Math.floor(wanted.length / 4)),
  };
}

/** The same in a sentence: `Looked in /home/me: it has no such file. …`. */
export function nearInWords({ folder, names }: NearFiles): string {
  const shown = names.map((name) => `"${printable(name)}"`).join(', ');
  return `Looked in ${printable(folder, 400)}${shown === '' ? ', where nothing has a name like it' : `; nearest there: ${shown}`}.`;
}

/** Paths relative to a folder, those of one level before those of the next. */
function filesBelow(folder: string): string[] {
  const found: string[] = [];
  let level = [''];
  let read = 0;
  for (let depth = 0; depth <= DEPTH && read <= ENTRIES; depth++) {
    const entries = level
      .flatMap((below) =>
        (entriesOf(join(folder, below)) ?? []).map((entry) => ({ entry, path: join(below, entry.name) })),
      )
      .filter(({ entry }) => !SKIPPED.test(entry.name));
    read += entries.length;
    found.push(...entries.flatMap(({ entry, path }) => (entry.isDirectory() ? [] : [path])));
    level = entries.flatMap(({ entry, path }) => (entry.isDirectory() ? [path] : []));
  }
  return found;
}

/** Undefined where no folder can be read. */
function entriesOf(folder: string): Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}
