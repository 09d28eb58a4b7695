/**
 * The context of every part of the release's reader: the file with its places, the folder that its paths start from,
 * and the policy that it is read for.
 */
import { resolve } from 'node:path';
import type { Workspace } from '../../data/artefacts/files.js';
import type { PolicyHead } from '../policy/policy.js';
import type { YamlSource } from '../yaml/source.js';

export interface ReleaseReading<P extends PolicyHead = PolicyHead> {
  readonly source: YamlSource;
  /** Absolute path of the release's folder. */
  readonly folder: string;
  readonly workspace: Workspace;
  readonly policy: P;
}

/** A path of the release: where it leads, whether or not anything is there. */
export interface LocatedFile {
  /** Absolute. */
  readonly path: string;
  /** As shown to the user. */
  readonly shown: string;
  readonly inside: boolean;
}

export function locate(written: string, { folder, workspace }: ReleaseReading): LocatedFile {
  const path = resolve(folder, written);
  return { path, shown: workspace.show(path), inside: workspace.contains(path) };
}

/** The value under a key of the user's own: `constructor` is no version unless it is written. */
export function own<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
