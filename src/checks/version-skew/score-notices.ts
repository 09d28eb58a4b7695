/** Notices of releases by columns of scores, which `validate` can say too. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { SkewPolicy } from '../../documents/policy/policy.js';
import { comparesAny, sameFamily } from '../../documents/release/own-family.js';
import { columnOfVersion, familiesOf, type Release, type ScoreRelease } from '../../documents/release/release.js';
import { unalignedNotices } from '../../models/scores/column-sweep.js';

/**
 * Columns that are missing and may be, and a comparison with one's own family.
 *
 * @throws ConfigError where every rule that can fail compares a family with an earlier version of its own
 */
export function scoreNotices(release: Release, evalSet: EvalSet, policy: SkewPolicy): string[] {
  return [
    ...familiesOf(release).flatMap((family) =>
      family.scores ? unalignedNotices(family, evalSet, policy.versionSkew) : [],
    ),
    ...ownFamily(release, evalSet, policy),
  ];
}

function ownFamily(release: Release, evalSet: EvalSet, policy: SkewPolicy): string[] {
  const { compareWith: other, comparedAt: place } = release;
  if (!release.scores || !other?.scores || !place || !comparesAny(policy)) return [];
  const behind = versionsBehind(release, other, evalSet);
  return behind === undefined ? [] : sameFamily(behind, release, place, policy);
}

/**
 * Counts the versions from the candidate's live one back to the one that scores every row as the other's live version
 * does; undefined where none is known to.
 */
function versionsBehind(release: ScoreRelease, other: ScoreRelease, { scores }: EvalSet): number | undefined {
  const theirs = scores?.get(columnOfVersion(other.scores.column, other.live));
  if (!theirs) return undefined;
  const { column, aligned } = release.scores;
  const found = release.chain.findIndex((version, age) => {
    const named = age === 0 ? column : aligned;
    const own = named && scores?.get(columnOfVersion(named, version));
    return own?.every((score, r) => score === theirs[r]) === true;
  });
  return found < 0 ? undefined : found;
}
