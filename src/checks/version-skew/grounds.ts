/**
 * The grounds on which a cell of the sweep stays open, whatever its interval: nothing could move there, or the model
 * knows nothing.
 */

import type { Rule } from '../../documents/policy/policy.js';
import { type Bounds, type Estimate, keeps } from '../../estimation/statistics/noninferiority.js';
import type { CannotMove, OpenReason } from '../reason.js';
import { cannotMove } from './informative.js';
import type { Measured } from './judge.js';
import { judgesLevel } from './merit.js';
import { metricOf } from './plan.js';

/** The ground on which no model could have another value in the cell; undefined where one could. */
export function immovable(
  metric: string,
  cell: number,
  { plan, tabulation, fixedPredictions }: Measured,
): CannotMove | undefined {
  const ref = metricOf(plan, metric);
  if (ref.metric.fixedUnder === 'softmax' && fixedPredictions[cell] === 1)
    return { kind: 'cannot_move', by: 'softmax', metric };
  const ranking = tabulation.ranking(metric, cell);
  if (ranking && ranking.counted > 0 && ranking.queries === 0) return cannotMove(ref, ranking.counted);
  if (ref.metric.kind !== 'rows') return undefined;
  const { positive, negative } = tabulation.countsOf(cell).mass;
  const why = positive > 0 ? ref.metric.immovable?.(positive, negative) : undefined;
  return why === undefined ? undefined : { kind: 'cannot_move', by: 'labels', why };
}

/** A rule on a value convicts whatever the skill; but without any it acquits nothing. */
export function lacksSkill(rule: Rule, cell: number, estimate: Estimate, bounds: Bounds, measured: Measured): boolean {
  if (measured.skill.of(rule.metric, cell).shown) return false;
  return !judgesLevel(rule) || keeps(estimate, bounds, measured.policy.versionSkew.confidence);
}

export function noSkill(metric: string, cell: number, { skill }: Measured): OpenReason {
  const { yardstick, value, chance, better } = skill.of(metric, cell);
  return { kind: 'no_skill', yardstick, value, chance, better };
}
