/**
 * The price of not promoting, beside a failure that is age alone: the candidate is then held back for what any
 * version would lose to the same index, and may be better than what serves all the same.
 */
import type { Release } from '../../documents/release/release.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import type { Distance, Finding } from '../check-report.js';
import type { Forgone } from '../remedies.js';
import { unitOf } from './curve.js';
import { HARDLY } from './drift-entries.js';
import type { Measured } from './judge.js';
import { metricOf } from './plan.js';
import { stateAt } from './states.js';
import { comparable, difference } from './tonight.js';

/** States that the candidate is held against: with the index that it would meet, and with one of its own. */
interface Served {
  readonly over: Forgone['over'];
  readonly there: number;
  readonly aligned: number;
}

/**
 * In production, or with an index one version older where the policy declares none; over all rows, in the metric of the
 * worst failure or, where that has no better direction, the task metric. Undefined where more than a fifth of that
 * failure is incompatibility, or where nothing is known of what serves.
 *
 * @param share part of the worst failure that is incompatibility; undefined where that is not known
 */
export function forgoneOf(
  measured: Measured,
  release: Pick<Release, 'chain' | 'compareWith'>,
  worst: Finding | undefined,
  share: number | undefined,
): Forgone | undefined {
  if (!worst || share === undefined || !(share <= HARDLY)) return undefined;
  const { plan, policy, families, tabulation } = measured;
  const named = metricOf(plan, worst.metric);
  const ref = named.metric.better === 'neither' ? plan.alignment : named;
  const { current } = families.candidate;
  const at: Distance = current.has('production') ? 'production' : 1;
  const served = servedBy(measured, release, at);
  if (!ref || ref.metric.better === 'neither' || !served || !current.has(at)) return undefined;
  if (!comparable(ref.metric, at, policy.production?.mix)) return undefined;
  const unit = unitOf(policy, ref.id);
  const against = (now: number, before: number) => {
    const estimate = difference(tabulation, ref.id, now, before, unit === 'relative');
    const { lower, upper } = interval(estimate, policy.versionSkew.confidence);
    return { change: estimate.value, lower, upper };
  };
  return {
    over: served.over,
    metric: ref.id,
    at,
    unit,
    better: ref.metric.better,
    there: against(stateAt(current, at), served.there),
    aligned: against(stateAt(current, 0), served.aligned),
  };
}

/** Today's family under the same distances; without it the version before the candidate with its own index. */
function servedBy(
  { families: { candidate, compared } }: Measured,
  { chain, compareWith }: Pick<Release, 'chain' | 'compareWith'>,
  at: Distance,
): Served | undefined {
  const there = compared?.current.get(at);
  if (compared && compareWith && there !== undefined) {
    const { name, live } = compareWith;
    return { over: { release: name, version: live }, there, aligned: stateAt(compared.current, 0) };
  }
  const before = candidate.alignedOld.get(1);
  const version = chain[1];
  if (before === undefined || version === undefined) return undefined;
  return { over: { version }, there: before, aligned: before };
}
