/** Chooses the map that is written, and tells whether one is worth it. */

import { wholePercent } from '../checks/measurement.js';
import { HARDLY, simplestMap } from '../checks/version-skew/drift-entries.js';
import { interval } from '../estimation/statistics/noninferiority.js';
import { RUNGS, type Rung } from '../models/drift/maps.js';
import type { MeasuredMaps } from './measure.js';
import { type Repaired, repairedBy } from './repairs.js';

/** A map that is worth writing, and the metric over all rows that says so. */
export interface Chosen {
  readonly kind: Rung;
  readonly metric: string;
  readonly repaired: Repaired;
}

/**
 * The kind that was asked for, or the simplest one that repairs nearly as much as the best; where the loss is not
 * clear, or the map does not clearly win back a fifth of it, the reason why none is worth it.
 */
export function chooseMap(measured: MeasuredMaps): Chosen | { readonly why: string } {
  const { plan, policy, asked, maps, fitting, shift } = measured;
  const { alignment } = plan;
  if (!alignment || alignment.metric.better === 'neither')
    return { why: 'no rule of the policy has a metric with a better direction, so that a loss cannot be told' };
  const { id: metric } = alignment;
  const { better } = alignment.metric;
  const of = new Map([...maps.keys()].map((kind) => [kind, repairedBy(measured, kind, metric, better)]));
  const shares = (which: 'ofLoss' | 'ofIncompatible') =>
    Object.fromEntries(RUNGS.map((kind) => [kind, of.get(kind)?.[which]?.share ?? Number.NaN])) as Record<Rung, number>;
  const [any] = of.values();
  const where = `in ${metric} over all rows`;
  if (!any || (!any.ofLoss && !any.ofIncompatible))
    return { why: `there is no clear loss ${where} between the two versions: nothing to repair` };
  const best = simplestMap(fitting, shift, {
    metric,
    ...shares('ofLoss'),
    ofIncompatible: any.ofIncompatible ? shares('ofIncompatible') : null,
  });
  const kind = asked.kind ?? best?.rung;
  const repaired = kind && of.get(kind);
  if (!kind || !repaired) return { why: `what a map repairs ${where} cannot be told` };
  const { share = Number.NaN } = repaired.ofIncompatible ?? repaired.ofLoss ?? {};
  if (!(interval(repaired.won, policy.versionSkew.confidence).lower > 0))
    return { why: `${articled(kind)} map does not clearly win anything back ${where}` };
  if (!(share >= HARDLY))
    return { why: `${articled(kind)} map wins back ${wholePercent(share)} of the loss ${where}, less than a fifth` };
  return { kind, metric, repaired };
}

export function articled(kind: Rung): string {
  return kind === 'orthogonal' ? 'an orthogonal' : `a ${kind}`;
}
