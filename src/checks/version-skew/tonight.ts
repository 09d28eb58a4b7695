/**
 * Two questions that a promotion asks: is the new version worse against production's index than with an index of its
 * own (the sweep's own question), and is it worse than the version before it with its own index, which serves where
 * no other family does? And what does not promoting cost?
 */
import { isRanking, type Metric } from '../../estimation/metrics/metric.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import type { Estimates } from '../../estimation/tabulation/tabulate.js';
import type { Distance, Tonight, TonightEntry } from '../check-report.js';
import { ALL_ROWS } from './cell-names.js';
import type { Measured } from './judge.js';
import { stateAt } from './states.js';

/**
 * M[X, production] (at distance 1 where production is not declared) and M[X, X] against M[X-1, X-1], over all rows, in
 * every metric that has a better direction. Undefined without the version before the live one on both sides.
 */
export function tonightOf(
  measured: Measured,
  chain: readonly string[],
  unitOf: (metric: string) => TonightEntry['unit'],
): Tonight | undefined {
  const { plan, policy, families, tabulation } = measured;
  const { current, alignedOld } = families.candidate;
  const served = alignedOld.get(1);
  const at: Distance = current.has('production') ? 'production' : 1;
  const promoted = current.get(at);
  const aligned = stateAt(current, 0);
  if (served === undefined || promoted === undefined || chain[1] === undefined) return undefined;
  const { confidence } = policy.versionSkew;
  const entries = plan.metrics.flatMap(({ id, metric }): TonightEntry[] => {
    if (metric.better === 'neither' || !comparable(metric, at, policy.production?.mix)) return [];
    const unit = unitOf(id);
    const against = (state: number) => {
      const estimate = difference(tabulation, id, state, served, unit === 'relative');
      const { lower, upper } = interval(estimate, confidence);
      return { change: estimate.value, lower, upper };
    };
    return [
      {
        metric: id,
        unit,
        better: metric.better,
        served: tabulation.value(id, ALL_ROWS, served),
        promoted: against(promoted),
        aligned: against(aligned),
      },
    ];
  });
  return entries.length === 0 ? undefined : { version: chain[1], at, entries };
}

/**
 * Without a mix the value of a ranking at production is not known; a value that is relative to distance 0 is not
 * comparable between pairs.
 */
export function comparable(metric: Metric, at: Distance, mix: string | undefined): boolean {
  return metric.atZero === undefined && !(isRanking(metric) && at === 'production' && mix === undefined);
}

/** now - before, or now / before - 1 by the delta method; both on the same rows. */
export function difference(
  tabulation: Estimates,
  metric: string,
  now: number,
  before: number,
  relative: boolean,
): Estimate {
  const [a, b] = [tabulation.value(metric, ALL_ROWS, now), tabulation.value(metric, ALL_ROWS, before)];
  const contrast = tabulation.contrast(metric, ALL_ROWS, [
    { state: now, weight: relative ? 1 / b : 1, as: 'value' },
    { state: before, weight: relative ? -a / (b * b) : -1, as: 'value' },
  ]);
  return { ...contrast, value: relative ? a / b - 1 : a - b };
}
