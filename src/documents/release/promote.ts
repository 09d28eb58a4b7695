/** The edits by which a version becomes the live one of a release. */

import { dirname } from 'node:path';
import type { Workspace } from '../../data/artefacts/files.js';
import { ConfigError, type Problem } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { Pin } from '../policy/pins.js';
import { YamlEdits } from '../yaml/edits.js';
import type { Path, YamlSource } from '../yaml/source.js';
import { digestOfPin } from './digest-of-pin.js';
import { pinsOfRelease } from './pins.js';
import type { ReleaseFile } from './release-file.js';

/** The version to be promoted, with what belongs to it. */
export interface Promotion {
  readonly version: string;
  /** Needed where the release gives a scale, or a bias, by version. */
  readonly scale: number | undefined;
  readonly bias: number | undefined;
  /** The number of versions that the release is to list; undefined: as many as it does. */
  readonly keep: number | undefined;
}

export interface Promoted {
  readonly source: YamlSource;
  readonly edits: YamlEdits;
  /** The change, in phrases. */
  readonly said: readonly string[];
}

/**
 * Shifts `live` and `versions`, and the maps by version. A version that the release lists already becomes live where it
 * stands; a new one goes in front, and the oldest goes.
 *
 * @throws ConfigError where there is nothing to promote, or a scale is missing
 */
export function promoted(source: YamlSource, promotion: Promotion): Promoted {
  const raw = source.value as ReleaseFile;
  const { version, keep } = promotion;
  const live = String(raw.live);
  if (version === live)
    throw new ConfigError([
      {
        place: source.place(['live']),
        found: `${quoted(version)}, which is live already`,
        expected: 'another version',
      },
    ]);
  const edits = new YamlEdits(source.text);
  const before = (raw.versions ?? []).map(String);
  const isNew = raw.versions !== undefined && !before.includes(version);
  if (isNew) edits.putFirst(['versions'], sameType(version, raw.versions?.[0]));
  const listed = isNew ? [version, ...before] : before;
  const room = Math.max(keep ?? before.length, listed.indexOf(version) + 1);
  const dropped = raw.versions === undefined ? [] : listed.slice(room);
  for (let i = listed.length - 1; i >= room; i--) edits.remove(['versions', i]);
  edits.set(['live'], sameType(version, raw.live));
  const scores = (['scale', 'bias'] as const).flatMap((key) => ofVersion(key, raw, promotion, source, edits));
  for (const old of dropped) forget(old, raw, edits);
  return {
    source,
    edits,
    said: [
      `live ${live} → ${version}`,
      ...(before.indexOf(version) > before.indexOf(live) ? ['which is an older version: a rollback'] : []),
      ...scores,
      ...(dropped.length > 0 ? [`${list(dropped)} no longer listed`] : []),
    ],
  };
}

/** A version is a number where the others are. */
function sameType(version: string, other: unknown): string | number {
  return typeof other === 'number' && String(Number(version)) === version ? Number(version) : version;
}

/** The scale, or bias, of the version: asked for where the release gives it by version. */
function ofVersion(
  key: 'scale' | 'bias',
  raw: ReleaseFile,
  { version, [key]: value }: Promotion,
  source: YamlSource,
  edits: YamlEdits,
): string[] {
  const written = raw.score?.[key];
  const byVersion = typeof written === 'object' && written !== null;
  const refuse = (found: string, expected: string, mend: string) =>
    new ConfigError([{ place: source.place(['score', key]), found, expected, mend }]);
  if (!byVersion) {
    if (value === undefined) return [];
    throw refuse(
      `--${key} ${value}, and one ${key} for all versions`,
      `a ${key} by version, or no --${key}`,
      `Write: ${key}: {${String(raw.live)}: ${typeof written === 'number' ? written : 1}}`,
    );
  }
  if (Object.hasOwn(written, version)) {
    if (value !== undefined) edits.set(['score', key, version], value);
    return [];
  }
  if (value === undefined)
    throw refuse(`no ${key} of ${quoted(version)}`, `one, as the release gives it by version`, `Add: --${key} 14.2`);
  edits.putFirst(['score', key], value, version);
  return [`${key} ${value}`];
}

/** Takes out what belongs to a version that is no longer listed. */
function forget(version: string, raw: ReleaseFile, edits: YamlEdits): void {
  const maps: readonly [Path, unknown][] = [
    [['score', 'scale'], raw.score?.scale],
    [['score', 'bias'], raw.score?.bias],
    [['query_tower', 'sha256'], raw.query_tower?.sha256],
    [['item_tower', 'sha256'], raw.item_tower?.sha256],
  ];
  for (const [path, map] of maps) if (typeof map === 'object' && map !== null) edits.remove([...path, version]);
}

/**
 * Pins every file of the edited release that it pins one of the kind of: the towers with a `sha256`, tables with one.
 *
 * @returns a line a pin that is new or changed
 * @throws ConfigError where a file that is to be pinned cannot be read
 */
export async function pinned({ source, edits }: Promoted, file: string, workspace: Workspace): Promise<string[]> {
  const now = edits.value() as ReleaseFile;
  const folder = dirname(file);
  const problems: Problem[] = [];
  const lines: string[] = [];
  const pins = (pinsOfRelease(now, folder) ?? []).filter((one) => isPinned(one, now));
  for (const pin of pins) {
    const digest = await digestOfPin(pin, { source, folder, workspace }, problems);
    if (digest !== undefined && edits.canPin(pin.slot) && edits.setPin(pin.slot, digest))
      lines.push(`${source.file}: sha256 of ${pin.name} (${workspace.show(pin.path)}) is ${digest.slice(0, 12)}…`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return [...lines, ...unpinned(now, pins, source.file)];
}

/** Says of the live version that its file is not there, so that its pin is still to be written. */
function unpinned(release: ReleaseFile, pins: readonly Pin[], file: string): string[] {
  const live = String(release.live);
  return (['query_tower', 'item_tower'] as const).flatMap((side) => {
    const tower = release[side];
    const there = pins.some(({ slot, name }) => slot.owner[0] === side && name === live);
    if (tower?.sha256 === undefined || there) return [];
    return [
      `${file}: ${live} of ${side} is not pinned, as its file is not there: until it is, run refuses the release. Then: skewgate pin ${file}`,
    ];
  });
}

/** True where the release pins the files of this kind: then a new one is pinned too. */
function isPinned({ slot }: Pin, release: ReleaseFile): boolean {
  if (slot.form === 'table') return false;
  const owner = slot.owner.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key],
    release,
  );
  return (owner as { sha256?: unknown } | undefined)?.sha256 !== undefined;
}
