/** Groups of tied candidates that hold relevant items, and what random tie-breaking does to them. */
import type { RelevantItems } from './metric.js';

export interface TieGroup {
  /** Candidates that score higher than the group. */
  readonly above: number;
  /** Candidates in the group. */
  readonly size: number;
  /** Relevant items in the group. */
  readonly relevant: number;
  /** Sum of their gains. */
  readonly gain: number;
}

/** Relevant items in runs of equal score, best first. */
export function tieGroups(items: RelevantItems): TieGroup[] {
  const groups: TieGroup[] = [];
  for (let i = 0; i < items.count; ) {
    let j = i;
    let gain = 0;
    while (j < items.count && items.above[j] === items.above[i]) gain += items.gain[j++]!;
    groups.push({ above: items.above[i]!, size: items.tied[i]!, relevant: j - i, gain });
    i = j;
  }
  return groups;
}

/** Counts the places of a group that are among the first k. */
export function placesWithin(group: TieGroup, k: number): number {
  return Math.min(Math.max(k - group.above, 0), group.size);
}

/**
 * Probability that none of r relevant items is in the first m of n tied places: C(n-r, m) / C(n, m), hypergeometric.
 */
export function noneWithin(n: number, r: number, m: number): number {
  if (m > n - r) return 0;
  let probability = 1;
  for (let i = 0; i < r; i++) probability *= (n - m - i) / (n - i);
  return probability;
}

/** Each relevant item's share of their gains. */
export function shareByGain({ count, gain }: RelevantItems): Float64Array {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += gain[i]!;
  return Float64Array.from({ length: count }, (_, i) => gain[i]! / sum);
}
