/** Figures of a sweep that only a picture shows: production's shares, reliability diagrams, the ladder of maps. */

import type { CurvePoint, SweepReport } from '../../checks/check-report.js';
import { formatDistance, formatSlice } from '../../verdict/format.js';
import { curvesOf } from './curves.js';
import type { Reliability, Rung, Tier } from './model.js';

export function tiersOf({ production }: SweepReport): Tier[] {
  return production.map(({ slice, histogram }) => ({
    name: formatSlice(slice),
    shares: new Map([...histogram].map(([distance, mass]) => [formatDistance(distance), mass])),
  }));
}

/** One diagram a slice, the most urgent first: calibration and ece have the same. */
export function reliabilityOf(check: SweepReport): Reliability[] {
  const bySlice = new Map<string, Reliability>();
  for (const { points } of curvesOf(check)) {
    const [first] = points;
    if (!first?.bins) continue;
    const slice = formatSlice(first.slice);
    if (!bySlice.has(slice)) bySlice.set(slice, { slice, points: points.flatMap(binned) });
  }
  return [...bySlice.values()];
}

function binned({ distance, bins }: CurvePoint): Reliability['points'] {
  return bins ? [{ distance: formatDistance(distance), bins }] : [];
}

export function ladderOf({ drift }: SweepReport): Rung[] {
  return drift.flatMap(({ distance, alignable }) => {
    if (!alignable) return [];
    const { scale, orthogonal, linear } = alignable.ofIncompatible ?? alignable;
    const known = (share: number) => (Number.isFinite(share) ? share : null);
    const part = alignable.ofIncompatible ? 'the part of the loss that is incompatibility' : 'the loss';
    return [
      {
        distance: formatDistance(distance),
        of: `${part} in ${alignable.metric}`,
        scale: known(scale),
        orthogonal: known(orthogonal),
        linear: known(linear),
      },
    ];
  });
}
