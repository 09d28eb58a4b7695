/**
 * The place of the version in the path of one checkpoint, where none is marked by `{version}`: told by the files that
 * stand beside it and differ from it there alone.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { remotePath } from '../documents/release/no-file.js';
import { ConfigError } from '../errors.js';
import { plural, quoted } from '../lib/text.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import { VERSION, versionsAt } from './versions.js';
import { shellQuoted } from './yaml-words.js';

/** Numbers as names of checkpoints have them: `v42`, `12000`, `1.4.0`, `2026-11-24`. */
const NUMBERED = /(?:(?<![A-Za-z0-9])[A-Za-z]{1,2})?\d+(?:[-._]?\d+)*/g;
/** The folders above a file in which its version may stand as well. */
const FOLDERS = 2;

interface Place {
  readonly pattern: string;
  readonly version: string;
  readonly versions: readonly string[];
}

/**
 * The paths of both towers with `{version}` in them, as far as files tell; the version of a path that had none is the
 * live one.
 *
 * @throws ConfigError where a path is no file's, or its versions cannot be told
 */
export function placeVersions(given: Given, interview: Interview): Given {
  for (const side of ['query', 'item'] as const) {
    const remote = remotePath(given.towers[side], `--${side}-tower`, '.');
    if (remote) throw new ConfigError([remote]);
  }
  const item = placeOf(given.towers.item, []);
  const there = item?.versions ?? patternVersions(given.towers.item);
  const query = placeOf(given.towers.query, there);
  for (const [side, place] of [['query', query] as const, ['item', item] as const])
    if (place)
      interview.tell(
        `${side} tower path`,
        place.pattern,
        `${plural(place.versions.length, 'file')} of that name, where ${quoted(place.version)} stands in the one given`,
      );
  const live = query?.version ?? item?.version;
  const towers = { query: query?.pattern ?? given.towers.query, item: item?.pattern ?? given.towers.item };
  for (const side of ['query', 'item'] as const)
    if (!towers[side].includes(VERSION)) throw withoutPlace(side, towers[side]);
  return {
    ...given,
    towers,
    ...(live === undefined ? {} : { live }),
  };
}

function patternVersions(written: string): readonly string[] {
  return written.includes(VERSION) ? versionsAt(resolve(written)) : [];
}

/**
 * Of the numbers in a path the one under which the most files are there, of equals the last.
 *
 * @param known versions of the other tower: one of them marks its place even where no second file is there
 */
function placeOf(written: string, known: readonly string[]): Place | undefined {
  if (written.includes(VERSION)) return undefined;
  const places = patternsOf(written).flatMap(({ pattern, version }): Place[] => {
    const versions = versionsAt(resolve(pattern));
    const enough = versions.length > 1 || known.includes(version);
    return versions.includes(version) && enough ? [{ pattern, version, versions }] : [];
  });
  return places.reduce<Place | undefined>(
    (best, place) => (best && best.versions.length > place.versions.length ? best : place),
    undefined,
  );
}

/** Every path in which one number, or all that are the same, has given way to `{version}`. */
function patternsOf(written: string): { pattern: string; version: string }[] {
  const names = written.split('/');
  const start = names.slice(0, -1 - FOLDERS).reduce((sum, name) => sum + name.length + 1, 0);
  const [head, tail] = [written.slice(0, start), written.slice(start)];
  const found = [...tail.matchAll(NUMBERED)];
  const texts = [...new Set(found.map(([text]) => text))];
  return [
    ...found.map(({ 0: version, index }) => ({
      version,
      pattern: `${head}${tail.slice(0, index)}${VERSION}${tail.slice(index + version.length)}`,
    })),
    ...texts.map((version) => ({
      version,
      pattern: head + tail.replaceAll(NUMBERED, (text) => (text === version ? VERSION : text)),
    })),
  ];
}

function withoutPlace(side: 'query' | 'item', written: string): ConfigError {
  const [, folder = '', ending = '.onnx'] = /^(.*\/)?[^/]*?(\.\w+)?$/.exec(written) ?? [];
  const likely = patternsOf(written).at(-1)?.pattern ?? `${folder}${VERSION}${ending}`;
  return new ConfigError([
    {
      found: `--${side}-tower ${quoted(written)}, ${existsSync(resolve(written)) ? 'without {version}, and with no other file whose path differs in one number alone' : 'without {version}, where no file is'}`,
      expected: 'a path in which {version} stands for the versions, two of which are there',
      mend: `Write: --${side}-tower ${shellQuoted(likely)}`,
    },
  ]);
}
