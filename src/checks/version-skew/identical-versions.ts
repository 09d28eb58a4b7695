/** Distances that measure nothing, as the versions that lie apart there are the same: no rule is judged on them. */

import { type CellMix, UNCOVERED_TOLERANCE } from '../../data/production/mix.js';
import type { VersionSkewPolicy } from '../../documents/policy/policy.js';
import type { Alike } from '../../models/drift/alike.js';
import type { Distance } from '../check-report.js';
import type { IdenticalScores, IdenticalVersions } from '../reason.js';

/** The reasons for which distances measure nothing, by distance. */
export type AlikeDistances = ReadonlyMap<number, IdenticalVersions | IdenticalScores>;

/**
 * Item versions a < b that are alike leave distances b and, if it is another than 0, a without meaning; query versions
 * 0 and k leave -k.
 *
 * @param anchors live versions that the sweep is repeated for; from the anchor s a pair lies at a-s and b-s
 */
export function alikeDistances(alike: readonly Alike[], anchors: number): AlikeDistances {
  const why = new Map<number, IdenticalVersions>();
  for (const { side, versions, names, shown, by } of alike)
    for (const distances of side === 'item' ? itemDistances(versions, anchors) : queryDistances(versions)) {
      const same: IdenticalVersions = {
        kind: 'identical_versions',
        versions: names,
        files: shown,
        ...(by === 'scores' ? { by } : {}),
        distances,
      };
      for (const k of distances) if (!why.has(k)) why.set(k, same);
    }
  return why;
}

/**
 * Distances whose every score is that of distance 0, whatever the towers embed: one differs from another in what the
 * other tower does not look at.
 */
export function scoreAlike(
  tabulation: { differ(cell: number, a: number, b: number): boolean },
  current: ReadonlyMap<Distance, number>,
): AlikeDistances {
  const zero = current.get(0);
  const why = new Map<number, IdenticalScores>();
  for (const [k, state] of current)
    if (k !== 'production' && k !== 0 && zero !== undefined && !tabulation.differ(0, state, zero))
      why.set(k, { kind: 'identical_scores', distances: [k] });
  return why;
}

function itemDistances([a, b]: readonly [number, number], anchors: number): number[][] {
  return Array.from({ length: anchors }, (_, s) => [a - s, b - s].filter((k) => k > 0)).filter((_, s) => s <= a);
}

function queryDistances([a, b]: readonly [number, number]): number[][] {
  return a === 0 ? [[-b]] : [];
}

/**
 * The reason for which a claim stays open; undefined where its distance, or nearly all of production's, measures
 * something.
 */
export function alikeReason(
  why: AlikeDistances,
  at: Distance,
  mix: CellMix | undefined,
): IdenticalVersions | IdenticalScores | undefined {
  if (at !== 'production') return why.get(at);
  let mass = 0;
  let first: IdenticalVersions | IdenticalScores | undefined;
  for (const [k, share] of mix?.histogram ?? []) {
    const same = why.get(k);
    if (same === undefined) continue;
    mass += share;
    first ??= same;
  }
  if (first === undefined || !(mass > UNCOVERED_TOLERANCE)) return undefined;
  return { ...first, mass };
}

const LIKENESS = { digest: 'are one file', embedding: 'embed alike', scores: 'score alike' } as const;

/**
 * Notices of versions that are alike: of all where the policy allows it, else of query versions that no distance rests
 * on.
 */
export function alikeNotices(
  alike: readonly Alike[],
  { from, allowIdenticalVersions: allowed }: Pick<VersionSkewPolicy, 'from' | 'allowIdenticalVersions'>,
): string[] {
  const open = ({ side, versions: [newer, older] }: Alike) => side === 'item' || (newer === 0 && -older >= from);
  return alike
    .filter((pair) => allowed || !open(pair))
    .map(
      ({ side, names, shown, by }) =>
        `${side} versions ${names[1]} and ${names[0]} ${LIKENESS[by]} ` +
        `(${shown[1]}, ${shown[0]})${allowed ? ', which the policy allows' : ''}: nothing is measured between ` +
        'them.',
    );
}
