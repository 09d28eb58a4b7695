/** The versions of two towers, found by the files that their paths with `{version}` stand for. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { isIdFile } from '../data/artefacts/arrays.js';
import { artefactAt } from '../data/artefacts/list.js';
import { ConfigError } from '../errors.js';
import { list, plural, quoted } from '../lib/text.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';

export const VERSION = '{version}';

/** Versions of a release, newest first; the first is live. */
export interface FoundVersions {
  readonly versions: readonly string[];
  /** Those that have a query checkpoint. */
  readonly query: ReadonlySet<string>;
}

/** A name that a version may have: what a schema and a file name both take. */
const NAME = /^[\w][\w.+=@-]*$/;

/**
 * The versions whose files are there.
 *
 * @param pattern absolute path with `{version}` once or more, in folders or in the file's name
 */
export function versionsAt(pattern: string): string[] {
  const at = pattern.indexOf(VERSION);
  const from = pattern.lastIndexOf(sep, at);
  const to = pattern.indexOf(sep, at);
  const segment = pattern.slice(from + 1, to < 0 ? undefined : to);
  const [before = '', ...after] = segment.split(VERSION);
  const names = entriesOf(pattern.slice(0, from) || sep);
  const found = names.flatMap((name) => {
    // A placeholder that stands twice in a name has one length.
    const spare = name.length - before.length - after.reduce((sum, part) => sum + part.length, 0);
    const length = spare / after.length;
    if (!Number.isInteger(length) || length < 1 || !name.startsWith(before)) return [];
    const version = name.slice(before.length, before.length + length);
    return segment.replaceAll(VERSION, version) === name ? [version] : [];
  });
  // The ids beside an array are no version of it.
  const paths = new Map(found.map((version) => [version, pattern.replaceAll(VERSION, version)] as const));
  return [...paths].flatMap(([version, path]) => (isIdFile(path) || !artefactAt(path) ? [] : [version]));
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** Compares texts so that v9 comes before v10. */
export function naturalOrder(a: string, b: string): number {
  const parts = (text: string) => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    const numbers = /^\d/.test(x) && /^\d/.test(y);
    const order = numbers ? compareNumbers(x, y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Digits of any length by their value. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** True where names differ in their numbers alone, so that these order them: v9 and v10, two dates, two steps. */
function ordered(versions: readonly string[]): boolean {
  const shapes = new Set(versions.map((version) => version.replace(/\d+/g, '0')));
  return shapes.size === 1 && versions.every((version) => /\d/.test(version));
}

/** Finds the versions of both towers, and settles their order. Throws ConfigError where there is nothing to sweep. */
export async function findVersions(given: Given, interview: Interview): Promise<FoundVersions> {
  const query = new Set(versionsOf('query', given));
  const item = versionsOf('item', given).filter((version) => NAME.test(version));
  const known = new Set(item);
  if (given.versions) return atLeastTwo(asGiven(given.versions, known, query), given);
  const newestFirst = item.toSorted(naturalOrder).toReversed();
  const live = newestFirst.find((version) => query.has(version) && (given.live ?? version) === version);
  if (live === undefined)
    throw new ConfigError([
      {
        found: `no version that both towers have (query: ${list([...query].map(quoted))}; item: ${list(item.map(quoted))})`,
        expected: 'at least one, to be the live one',
      },
    ]);
  const versions = newestFirst.slice(newestFirst.indexOf(live));
  const newer = newestFirst.slice(0, newestFirst.indexOf(live));
  if (newer.length > 0)
    interview.note(
      `${plural(newer.length, 'item version')} newer than ${quoted(live)} left out, as ${given.live === undefined ? 'no query tower is' : 'that one was named'}.`,
    );
  const alone = [...query].filter((version) => !known.has(version));
  if (alone.length > 0)
    interview.note(
      `${plural(alone.length, 'query version')} left out, as no item tower is: ${list(alone.map(quoted), 5)}.`,
    );
  const settled = await interview.settle({
    what: 'versions',
    value: versions,
    sure: ordered(versions),
    why: ordered(versions)
      ? `${plural(versions.length, 'item checkpoint')} by their numbers, the newest first and live`
      : 'their names do not say which is newer',
    pass: `--versions ${list(versions.slice(0, 3)).replace(/ and |, /g, ',')} (all, newest first)`,
    show: (all) => list(all, 8),
    read: (text) => splitNames(text, known),
  });
  return atLeastTwo({ versions: settled, query }, given);
}

/** Names with commas between them, all of which are known; undefined otherwise. */
function splitNames(text: string, known: ReadonlySet<string>): string[] | undefined {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  return names.length > 0 && names.every((name) => known.has(name)) ? names : undefined;
}

function asGiven(versions: readonly string[], item: ReadonlySet<string>, query: ReadonlySet<string>): FoundVersions {
  const missing = versions.filter((version) => !item.has(version));
  const [live = ''] = versions;
  if (missing.length > 0 || !query.has(live))
    throw new ConfigError([
      missing.length > 0
        ? {
            found: `--versions with ${list(missing.map(quoted), 5)}, of which no item checkpoint is`,
            expected: `some of ${list([...item].map(quoted))}`,
          }
        : {
            found: `--versions that begins with ${quoted(live)}, of which no query checkpoint is`,
            expected: 'the live version first',
          },
    ]);
  return { versions, query };
}

function atLeastTwo(found: FoundVersions, { towers }: Given): FoundVersions {
  if (found.versions.length > 1) return found;
  throw new ConfigError([
    {
      found: `one version (${quoted(found.versions[0])}) at ${quoted(towers.item)}`,
      expected: 'two or more, as version skew lies between a query tower and an item tower that is older',
      mend: 'Put the item checkpoint that was live before this one beside it.',
    },
  ]);
}

/** The versions of one tower. Throws ConfigError where none is there. */
function versionsOf(side: 'query' | 'item', { towers }: Given): string[] {
  const written = towers[side];
  const found = versionsAt(resolve(written));
  if (found.length > 0) return found;
  throw new ConfigError([
    {
      found: `--${side}-tower ${quoted(written)}, for which no file is there`,
      expected: 'checkpoints, with their versions in the place of {version}',
      mend: `Look with: ls ${join(dirname(written.split(VERSION)[0] ?? ''), '.')}`,
    },
  ]);
}
