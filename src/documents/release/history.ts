/**
 * History does not change: what the base commit's release says of versions that were published, a change may leave out
 * at the old end and continue at the new one, and nothing else. A model that
 * is compared with a rewritten past is compared with whatever its author likes.
 */
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Workspace } from '../../data/artefacts/files.js';
import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import { ConfigError, type Place } from '../../errors.js';
import { list, printable, quoted } from '../../lib/text.js';
import type { PastFile, PastFiles } from '../policy/origin.js';
import type { Path, YamlSource } from '../yaml/source.js';
import { namesReport } from './earlier-report.js';
import { holdSource, type PastSource, pastScores } from './hold-scores.js';
import { own } from './reading.js';
import { checkpointsOf, type Release } from './release.js';
import type { ReleaseFile } from './release-file.js';

const SIDES: readonly Side[] = ['query', 'item'];

/** The part of a release that a change may not rewrite. */
export interface Past extends PastSource {
  /** Absolute path of the file in the checkout, which may have none there. */
  readonly path: string;
  readonly text: string;
  readonly live: string;
  /** Newest first; empty for a release of evidence alone. */
  readonly versions: readonly string[];
  readonly towers: Readonly<Record<Side, PastTower>>;
  /** Absolute path of the release that it is compared with. */
  readonly compareWith?: string;
}

interface PastTower {
  /** Pinned sha256 by version, in lower case. */
  readonly pins: ReadonlyMap<string, string>;
  /** Path of a version's file, with `{version}` in it. */
  readonly template?: string;
  readonly served?: { readonly template: string; readonly sha256?: string };
}

/**
 * Reads what the base commit has of a release; empty where this change introduces it.
 *
 * @throws ConfigError where the base's file cannot be read: what it pinned is then not known
 */
export function pastsOf(file: string, text: string, files: PastFiles | undefined, workspace: Workspace): Past[] {
  return files?.releases(file, text, workspace).map((past) => readPast(past, files.name, workspace)) ?? [];
}

/** By its form alone, not by today's schema: it was written for the skewgate of its day. */
function readPast({ path, text }: PastFile, commit: string, workspace: Workspace): Past {
  const shown = workspace.show(path);
  const wrong = (found: string): ConfigError =>
    new ConfigError([
      {
        place: { file: shown },
        found: `a release in ${commit} ${found}, so that what it published is not known`,
        expected: 'the release that this change continues',
        mend: 'Mend it on the base branch first, judged with policy-ref: head.',
      },
    ]);
  const document = parseDocument(text, { uniqueKeys: false });
  const error = document.errors[0];
  if (error) throw wrong(`that cannot be read (${printable(error.message.split('\n')[0]!)})`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw wrong('with aliases that cannot be expanded');
  }
  const raw = mapping(value);
  const versions = raw?.versions ?? [];
  if (!raw || !isVersion(raw.live) || !Array.isArray(versions) || !versions.every(isVersion))
    throw wrong('without live and versions');
  const tower = (side: Side): PastTower => {
    const written = mapping(raw[`${side}_tower`] ?? {});
    const pins = mapping(written?.sha256 ?? {});
    if (!written || !pins) throw wrong(`whose ${side}_tower is no mapping`);
    const template = written.onnx ?? written.embeddings;
    const served = mapping(written.served);
    return {
      pins: new Map(Object.entries(pins).map(([version, pin]) => [version, String(pin).toLowerCase()])),
      ...(typeof template === 'string' ? { template } : {}),
      ...(typeof served?.onnx === 'string'
        ? {
            served: {
              template: served.onnx,
              ...(typeof served.sha256 === 'string' ? { sha256: served.sha256.toLowerCase() } : {}),
            },
          }
        : {}),
    };
  };
  const towers = { query: tower('query'), item: tower('item') };
  const scores = pastScores(mapping(raw.scores));
  return {
    ...{ commit, path, shown, text, towers },
    live: String(raw.live),
    versions: versions.map(String),
    hasTowers: SIDES.some((side) => towers[side].template !== undefined),
    ...(scores ? { scores } : {}),
    ...(typeof raw.compare_with === 'string' && !namesReport(raw.compare_with)
      ? { compareWith: resolve(dirname(path), raw.compare_with) }
      : {}),
  };
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function isVersion(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/**
 * Holds a release against its past: pins of versions that were pinned, and the order of those that were published.
 * Problems go to the source's; returns notices.
 */
export function holdToPast(past: Past, source: YamlSource): string[] {
  const raw = source.value as ReleaseFile;
  const versions = (raw.versions ?? []).map(String);
  if (chainOf(past.versions, past.live).some((version) => versions.includes(version))) holdSource(past, raw, source);
  // Towers that are given up are one problem, not one a pin.
  if (!raw.scores) for (const side of SIDES) holdPins(past, side, raw, versions, source);
  return raw.versions === undefined || past.versions.length === 0
    ? []
    : holdOrder(past, String(raw.live), versions, source);
}

function holdPins(past: Past, side: Side, raw: ReleaseFile, versions: readonly string[], source: YamlSource): void {
  const { pins, served } = past.towers[side];
  const tower = raw[`${side}_tower`];
  const at: Path = [`${side}_tower`];
  const live = String(raw.live);
  for (const [version, before] of pins) {
    const now = own(tower?.sha256, version);
    if (now === undefined && !versions.includes(version) && version !== live) continue;
    if (now?.toLowerCase() === before) continue;
    const place = now === undefined ? source.keyPlace([...at, 'sha256']) : source.place([...at, 'sha256', version]);
    source.problems.add(changed(past, `${version} of the ${side} tower`, before, now, place));
  }
  if (served?.sha256 === undefined || past.live !== live) return;
  const now = tower?.served?.sha256;
  if (now?.toLowerCase() === served.sha256) return;
  const place = source.place([...at, 'served', ...(now === undefined ? [] : ['sha256'])]);
  source.problems.add(changed(past, `${live} of the ${side} tower as it is served`, served.sha256, now, place));
}

function changed(past: Past, what: string, before: string, now: string | undefined, place: Place) {
  return {
    place,
    found:
      `${printable(what)}: its pin was ${printable(before.slice(0, 12))}… in ${past.commit} and ` +
      `${now === undefined ? 'is left out' : `is ${printable(now.slice(0, 12))}…`} here, but a published version ` +
      'does not change',
    expected: `the pin of ${past.shown} as of that commit`,
    mend: 'Give a re-export a version name of its own.',
  };
}

/**
 * Distances count along `versions`. From the base's `live` backwards the list may lose its oldest end or grow there,
 * and gain newer ones in front; between two that remain nothing goes and nothing
 * comes.
 */
function holdOrder(past: Past, live: string, versions: readonly string[], source: YamlSource): string[] {
  const before = chainOf(past.versions, past.live);
  const now = chainOf(versions, live);
  const kept = before.filter((version) => now.includes(version));
  if (kept.length === 0)
    return before.length === 0
      ? []
      : [
          `none of the versions that ${past.commit} lists from live ${past.live} backwards is left: this ` +
            'change begins a family of its own.',
        ];
  const newest = before.indexOf(kept[0]!);
  const oldest = before.lastIndexOf(kept[kept.length - 1]!);
  const place = source.place(['versions']);
  const wrong = (found: string): string[] => {
    source.problems.add({
      place,
      found,
      expected:
        `${list(before.map((version) => printable(version)))} in this order, as ${past.commit} lists them, with ` +
        'newer versions in front and the oldest left out at will',
      mend: 'A version that was published keeps its place; give a re-export a version name of its own.',
    });
    return [];
  };
  // A version that was live and is skipped, unless this change goes back behind it.
  const skipped = before
    .slice(before.includes(live) ? newest : 0, oldest + 1)
    .filter((version) => !now.includes(version));
  if (skipped.length > 0)
    return wrong(
      `versions without ${list(skipped.map(quoted))}, so that older ones come nearer to live ${quoted(live)}`,
    );
  const from = now.indexOf(kept[0]!);
  const middle = now.slice(from, from + kept.length);
  if (middle.some((version, i) => version !== kept[i])) return wrong(`versions in the order ${list(now.map(quoted))}`);
  const replaced = before.slice(oldest + 1);
  if (replaced.length > 0 && now.length > from + kept.length)
    return wrong(`${list(now.slice(from + kept.length).map(quoted))} in the place of ${list(replaced.map(quoted))}`);
  return unlisted(past, now, from, kept[0]!);
}

/**
 * Versions that come in between are no fault where checkpoints are made more often than they are promoted; but the
 * index that serves is that much further away than it was.
 */
function unlisted(past: Past, now: readonly string[], from: number, newest: string): string[] {
  const between = now.slice(1, from).filter((version) => !past.versions.includes(version));
  if (newest !== past.live || between.length === 0) return [];
  return [
    `${list(between.map(quoted))} stand${between.length === 1 ? 's' : ''} between live ${quoted(now[0]!)} and ` +
      `${quoted(past.live)}, which is live in ${past.commit}, and that commit lists ` +
      `${between.length === 1 ? 'it' : 'them'} nowhere: an index of ${quoted(past.live)} is at distance ${from}. ` +
      `See that production's distances say so.`,
  ];
}

/** From `live` backwards; the whole list where it does not hold it, which is a mistake of its own. */
function chainOf(versions: readonly string[], live: string): readonly string[] {
  return versions.slice(Math.max(0, versions.indexOf(live)));
}

/**
 * Holds the files of published versions against what the commit has of them, where no pin says it: a file kept in git,
 * or in Git LFS. Problems go to the source's.
 */
export function holdFiles(
  release: Release,
  pasts: readonly Past[],
  files: PastFiles | undefined,
  source: YamlSource,
): void {
  if (!files) return;
  for (const past of pasts)
    for (const side of SIDES) {
      const { pins, template, served } = past.towers[side];
      const published = chainOf(past.versions, past.live);
      const digest = (path: string, version: string) =>
        files.digest(resolve(dirname(past.path), path.replaceAll('{version}', version)));
      for (const checkpoint of release.checkpoints?.[side].values() ?? []) {
        const { version } = checkpoint;
        if (pins.has(version) || template === undefined || !published.includes(version)) continue;
        rewrittenFile(checkpoint, digest(template, version), files, source);
      }
      const own = release.served?.checkpoints[side].get(release.live);
      if (own && served && served.sha256 === undefined && past.live === release.live)
        rewrittenFile(own, digest(served.template, release.live), files, source);
    }
}

/** The same of the family that serves today: all of it is published. */
export function holdComparedFiles(other: Release, files: PastFiles | undefined, source: YamlSource): void {
  if (!files) return;
  for (const checkpoint of checkpointsOf(other))
    rewrittenFile(checkpoint, files.digest(checkpoint.path), files, source);
}

function rewrittenFile(checkpoint: Checkpoint, before: string | undefined, files: PastFiles, source: YamlSource): void {
  const { side, version, shown, sha256 } = checkpoint;
  if (before === undefined || before === sha256) return;
  source.problems.add({
    place: source.keyPlace([`${side}_tower`]),
    found:
      `${printable(version)} of the ${side} tower: its file had ${before.slice(0, 12)}… in ${files.name} and ` +
      `${printable(shown)} has ${sha256.slice(0, 12)}… here, but a published version does not change`,
    expected: 'the file as of that commit',
    mend: 'Give a re-export a version name of its own.',
  });
}
