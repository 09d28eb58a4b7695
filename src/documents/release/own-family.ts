/**
 * Finds out whether the release that a candidate is compared with is an earlier version of the candidate's own family,
 * which then vouches for itself.
 */
import { resolve } from 'node:path';
import type { Digests as RunDigests } from '../../data/artefacts/digests.js';
import { artefactAt, sizeOfParts } from '../../data/artefacts/list.js';
import type { Side } from '../../data/checkpoints/checkpoint.js';
import { readCheckpointFile } from '../../data/checkpoints/checkpoint-file.js';
import { ConfigError, type Place } from '../../errors.js';
import { plural, quoted } from '../../lib/text.js';
import { comparesFamilies, type Rule, type SkewPolicy } from '../policy/policy.js';
import { templateOf } from './read-tower.js';
import type { Release, TowerRelease } from './release.js';
import type { ReleaseFile } from './release-file.js';

/** sha256 of a version's files; undefined where there is none, or it was not looked at. */
export type FamilyDigests = (side: Side, version: string) => string | undefined;

/**
 * Counts the versions from the candidate's live one back to the other's live checkpoints; undefined where they are of
 * another family.
 *
 * The item tower decides, as every listed version has one; a query checkpoint that is there must be the same too.
 */
export function versionsBehind(
  chain: readonly string[],
  candidate: FamilyDigests,
  other: Readonly<Record<Side, string | undefined>>,
): number | undefined {
  if (other.item === undefined) return undefined;
  const found = chain.findIndex((version) => {
    if (candidate('item', version) !== other.item) return false;
    const query = candidate('query', version);
    return query === undefined || other.query === undefined || query === other.query;
  });
  return found < 0 ? undefined : found;
}

/** True where a rule says something of skew itself: of a change, or of a level at another distance than 0. */
function judgesSkew({ operator, at }: Rule): boolean {
  return !comparesFamilies(operator) && !(Array.isArray(at) && at.every((distance) => distance === 0));
}

/**
 * Says what a comparison with one's own family is worth.
 *
 * @param candidate the release, its file as it is written, for the paths of versions that the sweep does not reach,
 * and the run's digests
 * @throws ConfigError where every rule that can fail compares the families: a family that breaks at every step would
 * pass
 */
export async function ownFamilyNotices(
  { release, raw, files }: { readonly release: Release; readonly raw: ReleaseFile; readonly files: RunDigests },
  other: Release,
  place: Place,
  policy: SkewPolicy,
): Promise<string[]> {
  // Columns of scores are compared once they are read.
  if (release.scores || other.scores || !comparesAny(policy)) return [];
  const live = (side: Side) => other.checkpoints[side].get(other.live);
  const digests = await digestsOf(release, raw, live('item')?.path, files);
  const behind = versionsBehind(release.chain, digests, { query: live('query')?.sha256, item: live('item')?.sha256 });
  return behind === undefined ? [] : sameFamily(behind, release, place, policy);
}

/** True where some rule compares the candidate with the family that serves today. */
export function comparesAny({ versionSkew }: SkewPolicy): boolean {
  return versionSkew.rules.some(({ operator }) => comparesFamilies(operator));
}

/**
 * Says what a comparison with one's own family is worth, the other being `behind` versions behind the candidate.
 *
 * @param place where the other release is named
 * @throws ConfigError where every rule that can fail compares the families: a family that breaks at every step would
 * pass
 */
export function sameFamily(
  behind: number,
  release: Release,
  place: Place,
  { path, versionSkew }: SkewPolicy,
): string[] {
  const rules = versionSkew.rules.filter(({ level }) => level === 'fail');
  const version =
    `this family’s own ${quoted(release.chain[behind])}, ` +
    `${behind === 0 ? 'the candidate itself' : `${plural(behind, 'version')} behind the candidate`}`;
  if (!rules.some(judgesSkew))
    throw new ConfigError([
      {
        place,
        found:
          `compare_with is ${version}, and every rule of ${path} compares the two: a family that breaks at every ` +
          'new version would pass',
        expected: 'a rule on the change itself, or another family',
        mend: 'Add to the policy: {metric: log_loss, max_increase: 1%}',
      },
    ]);
  return [
    `compare_with is ${version}: rules that compare the two say what the new version adds, not that its family ` +
      'bears skew; the rules on the change itself do.',
  ];
}

/**
 * Digests of the candidate's files, those that the sweep does not reach too where their size is that of the file that
 * is looked for.
 */
async function digestsOf(
  release: TowerRelease,
  raw: ReleaseFile,
  like: string | undefined,
  files: RunDigests,
): Promise<FamilyDigests> {
  const known = new Map<string, string>();
  const size = sizeAt(like);
  const { kind, template } = templateOf(raw.item_tower ?? {});
  for (const version of release.chain) {
    const swept = release.checkpoints.item.get(version);
    if (swept) known.set(version, swept.sha256);
    else if (template !== undefined) {
      const path = resolve(release.folder, template.replaceAll('{version}', version));
      if (size === undefined || sizeAt(path) !== size) continue;
      // A mistake in a file that nobody judges is nobody's concern.
      const content = await readCheckpointFile({ version, kind, path, shown: path, folder: release.folder }, [], files);
      if (content) known.set(version, content.sha256);
    }
  }
  return (side, version) => (side === 'item' ? known.get(version) : release.checkpoints.query.get(version)?.sha256);
}

/** Bytes of what stands at a path; undefined where nothing does. */
function sizeAt(path: string | undefined): number | undefined {
  const artefact = path === undefined ? undefined : artefactAt(path);
  return artefact && sizeOfParts(artefact);
}
