/** The release to be promoted, as the rest of the program knows it. */

import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import type { Place } from '../../errors.js';
import type { Zone } from '../../lib/zones.js';
import type { EarlierReport } from './earlier-report.js';
import type { ReleaseFile } from './release-file.js';

/** The columns that feed an ONNX input. */
export type InputSource =
  | { readonly kind: 'column'; readonly column: string }
  | { readonly kind: 'gather'; readonly columns: readonly string[] }
  | {
      readonly kind: 'list';
      readonly column: string;
      readonly pad?: number | string | boolean;
      readonly length?: number;
      readonly mask?: string;
    }
  | { readonly kind: 'constant'; readonly value: number | string | boolean };

export interface Tower {
  readonly side: Side;
  readonly inputs: ReadonlyMap<string, InputSource>;
  readonly inputPlaces: ReadonlyMap<string, Place>;
  readonly output?: string;
  /** Entities that serving embeds together, where the release says so; undefined: an embedding may not depend on it. */
  readonly batch?: number;
  readonly place: Place;
  readonly outputPlace: Place;
  readonly batchPlace: Place;
}

export type Similarity = 'dot' | 'cosine' | 'max_sim';
export type Link = 'sigmoid' | 'identity' | 'softmax';

/** score = scale · similarity + bias, by the query side's version. */
export interface ScoreSpec {
  readonly similarity: Similarity;
  readonly link: Link;
  readonly scale: (version: string) => number;
  readonly bias: (version: string) => number;
  readonly place: Place;
}

/** A table of the release's `evidence`. */
export interface EvidenceFile {
  readonly name: string;
  /** Absolute path, inside the workspace. */
  readonly path: string;
  /** Path as shown to the user. */
  readonly shown: string;
  readonly sha256: string;
  readonly place: Place;
  /** Whose clock its times are read off where they do not say one. */
  readonly timezone?: Zone;
  /** Of a ledger: the gain that was reported offline, and its standard error where that is known. */
  readonly reported?: { readonly gain: number; readonly standardError?: number };
}

/** The SQL of the warehouse that writes the evidence. */
export type SqlDialect = NonNullable<ReleaseFile['sql_dialect']>;

/** The part of a release that is read whatever the policy's checks are. */
export interface ReleaseHead {
  /** Path as shown to the user. */
  readonly path: string;
  /** Absolute path of the folder that the release's paths are relative to. */
  readonly folder: string;
  readonly sha256: string;
  readonly name: string;
  readonly live: string;
  readonly livePlace: Place;
  readonly evidence: ReadonlyMap<string, EvidenceFile>;
  /** Undefined where the release names none. */
  readonly sqlDialect?: SqlDialect;
  /** Pinned sha256 of the query tower by version, as a serving log may name it; in lower case. */
  readonly pins: ReadonlyMap<string, string>;
  /**
   * The similarity that scores are made of: under cosine the length of a vector says nothing. Undefined where the
   * release has no `score`.
   */
  readonly similarity?: Similarity;
  /** The report of an earlier run, which the diagnosis is compared with. */
  readonly earlier?: EarlierReport;
  readonly notices: readonly string[];
}

/** Columns of the eval set's rows that hold the scores of a release without towers, each a name with `{version}`. */
export interface ScoreColumns {
  /** Of M[live, v], at distance k of version v. */
  readonly column: NamedColumn;
  /** Of M[v, v], where the release gives it. */
  readonly aligned?: NamedColumn;
  /** Of M[v, live], where the release gives it: negative distances. */
  readonly olderQuery?: NamedColumn;
  readonly place: Place;
}

/** A column's name with `{version}` in it, and where that is written. */
export interface NamedColumn {
  readonly template: string;
  readonly place: Place;
}

/** The name of a version's column. */
export function columnOfVersion({ template }: NamedColumn, version: string): string {
  return template.replaceAll('{version}', version);
}

/** A release that a sweep scores, by towers or by columns. */
interface SweptRelease extends ReleaseHead {
  /** All versions that the release lists, newest first. */
  readonly versions: readonly string[];
  /** From `live` backwards: `chain[k]` is k checkpoints behind. */
  readonly chain: readonly string[];
  readonly score: ScoreSpec;
  /** The family that serves today, swept on the same rows. */
  readonly compareWith?: Release;
  /** The place that names it. */
  readonly comparedAt?: Place;
  /** The difference between the checkout's comparison and that of the base commit, which counts. */
  readonly difference?: string;
}

/** A release with towers. */
export interface TowerRelease extends SweptRelease {
  readonly towers: Readonly<Record<Side, Tower>>;
  /** The item tower at the swept versions, the query tower at `live` and at the old versions that exist. */
  readonly checkpoints: Readonly<Record<Side, ReadonlyMap<string, Checkpoint>>>;
  /**
   * The live version as it is served, such as quantised, where the release names its files; nothing else of it differs.
   */
  readonly served?: TowerRelease;
  readonly scores?: never;
}

/** A release whose scores stand in the rows of the eval set: it has no files of its own. */
export interface ScoreRelease extends SweptRelease {
  readonly scores: ScoreColumns;
  readonly towers?: never;
  readonly checkpoints?: never;
  readonly served?: never;
}

export type Release = TowerRelease | ScoreRelease;

/** The candidate, then the family that serves today where the release names one. */
export function familiesOf(release: Release): readonly [Release, ...Release[]] {
  return release.compareWith ? [release, release.compareWith] : [release];
}

/** The release as a policy that sweeps has read it. Throws where it was read for its evidence alone: a bug. */
export function withVersions(release: ReleaseHead): Release {
  if (isSwept(release)) return release;
  throw new Error(`${release.path} was read without its versions`);
}

/** True of a release that was read for a policy that sweeps. */
export function isSwept(release: ReleaseHead): release is Release {
  return 'chain' in release;
}

/** The checkpoints of a release; none where it gives scores. */
export function checkpointsOf({ checkpoints }: Release): readonly Checkpoint[] {
  return checkpoints ? [...checkpoints.query.values(), ...checkpoints.item.values()] : [];
}
