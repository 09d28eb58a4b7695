/** The histograms of production that a slice is served by. */

import type { Chart, Tier } from './model.js';

/** A tier with its place among all, by which it has its colour. */
export interface PlacedTier extends Tier {
  readonly place: number;
}

/** Its own where the slice is of one tier, else all of them. */
export function tiersOf({ slice }: Pick<Chart, 'slice'>, tiers: readonly Tier[]): PlacedTier[] {
  const placed = tiers.map((tier, place) => ({ ...tier, place }));
  const parts = slice.split(', ');
  const own = placed.filter(({ name }) => parts.includes(name));
  return own.length > 0 ? own : placed;
}
