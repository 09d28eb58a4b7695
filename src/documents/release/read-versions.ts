/** The versions of a release, and how many of them a policy's sweep needs. */
import { didYouMean, list, quoted } from '../../lib/text.js';
import type { SkewPolicy } from '../policy/policy.js';
import type { ReleaseReading } from './reading.js';
import type { WrittenVersion } from './release-file.js';

/**
 * Counts the versions behind the live one that the sweep reaches: on each side where a checkpoint must exist, and at
 * the most.
 */
export function depthsOf({ versionSkew: { from, to, anchors } }: SkewPolicy): {
  readonly query: number;
  readonly item: number;
  readonly deepest: number;
} {
  return { query: Math.max(-from, anchors - 1), item: to + anchors - 1, deepest: Math.max(to + anchors - 1, -from) };
}

export interface Versions {
  /** All that the release lists, newest first. */
  readonly versions: readonly string[];
  readonly live: string;
  /** From `live` backwards. */
  readonly chain: readonly string[];
  readonly notices: readonly string[];
}

/** The list of versions from the live one backwards; notes where it is too short for the policy's sweep. */
export function readVersions(
  written: readonly WrittenVersion[],
  live: string,
  { source, policy }: ReleaseReading<SkewPolicy>,
): Versions {
  for (const [i, version] of written.entries())
    if (typeof version === 'number' && !Number.isSafeInteger(version))
      source.problem(
        source.place(['versions', i]),
        `version ${version}, a number too long to be exact`,
        'a version in quotation marks',
      );
  const versions = written.map(String);
  for (const [i, version] of versions.entries())
    if (versions.indexOf(version) !== i)
      source.problem(source.place(['versions', i]), `version ${quoted(version)} a second time`, 'every version once');
  const start = versions.indexOf(live);
  if (start < 0) {
    const near = didYouMean(live, versions);
    source.problem(
      source.place(['live']),
      `live version ${quoted(live)}, which \`versions\` does not list`,
      `one of ${list(versions)}`,
      near ? `Did you mean "${near}"?` : undefined,
    );
  }
  const chain = versions.slice(Math.max(0, start));
  const { from, to, anchors, sweepPlace } = policy.versionSkew;
  const { deepest } = depthsOf(policy);
  if (chain.length <= deepest)
    source.problem(
      source.place(['versions']),
      `${chain.length} versions from ${quoted(live)} backwards`,
      `at least ${deepest + 1}, as the sweep from ${from} to ` +
        `${to}${anchors > 1 ? ` over ${anchors} anchors` : ''} of ${policy.path}:${sweepPlace.line} needs them`,
      'List older versions, or shorten the sweep.',
    );
  const newer = versions.slice(0, Math.max(0, start));
  const notices = newer.length === 0 ? [] : [`${list(newer)}: newer than live ${live}, left out of the sweep.`];
  return { versions, live, chain, notices };
}
