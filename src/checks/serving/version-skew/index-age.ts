/**
 * The inverse question: how old may the index be? For every tier with a declared cadence, the largest age A* up to which every required cell of the tier passes, by
 * bisection over the closed form of the version distances.
 */
import type { Rule } from '../../../policy/policy.js';
import { histogramOfAge, meanAge } from '../../../production/cadence.js';
import { type Slice, sameColumns } from '../../../statistics/cells.js';
import { judge, unjudgeable } from '../../../statistics/noninferiority.js';
import type { IndexAge } from '../../check.js';
import { boundsOf, judgedBy, type Measured } from './judge.js';
import { gates, isRanking } from './plan.js';

/** Ages tried a checkpoint period, before bisection refines the last one that passes. */
const STEPS = 16;
const BISECTIONS = 20;

export function indexAges(measured: Measured): IndexAge[] {
  const { production } = measured.policy;
  // The average of versions would be too optimistic for rankings of a mixed index.
  const mixedRanking = production?.mix !== 'per_request' && requiredRules(measured).some(({ ranking }) => ranking);
  if (!production || mixedRanking) return [];
  const { by, sources } = production.distances;
  return [...sources].flatMap(([value, source]) => {
    if (source.kind !== 'cadence') return [];
    const slice: Slice = by === undefined ? {} : { [by]: value };
    const { checkpointPeriod } = source.cadence;
    return [{ slice, maxHours: largestAge(measured, slice, checkpointPeriod), nowHours: meanAge(source.cadence) }];
  });
}

function requiredRules({ policy, plan }: Measured): { rule: Rule; ranking: boolean }[] {
  return policy.versionSkew.rules.flatMap((rule) => {
    const { metric } = plan.metrics.find(({ id }) => id === rule.metric)!;
    return gates(rule, metric, policy) && !Array.isArray(rule.at) ? [{ rule, ranking: isRanking(metric) }] : [];
  });
}

/** The largest age such that no smaller one fails; null where even a fresh index would. */
function largestAge(measured: Measured, slice: Slice, checkpointPeriod: number): number | null {
  const deepest = Math.max(...[...measured.current.keys()].filter((k): k is number => typeof k === 'number'));
  const passes = (age: number) => passesAt(measured, slice, age, checkpointPeriod);
  if (!passes(0)) return null;
  let good = 0;
  for (let step = 1; step <= deepest * STEPS; step++) {
    const age = (step / STEPS) * checkpointPeriod;
    if (passes(age)) {
      good = age;
      continue;
    }
    let bad = age;
    for (let i = 0; i < BISECTIONS; i++) {
      const middle = (good + bad) / 2;
      if (passes(middle)) good = middle;
      else bad = middle;
    }
    return good;
  }
  return good;
}

/** Whether every required rule passes in every cell of a tier, if all of its items were of one age. */
function passesAt(measured: Measured, tier: Slice, age: number, checkpointPeriod: number): boolean {
  const { cells, current, tabulation, policy } = measured;
  const histogram = [...histogramOfAge(age, checkpointPeriod)];
  if (histogram.some(([k]) => !current.has(k))) return false;
  const mix = histogram.map(([k, mass]): [number, number] => [current.get(k)!, mass]);
  const { confidence } = policy.versionSkew;
  return requiredRules(measured).every(({ rule }) =>
    // A rule at each distance must hold at both ends of the mix, one at production for the mix itself.
    (rule.at === 'production' ? [mix] : mix.map(([state]): [number, number][] => [[state, 1]])).every((states) =>
      rule.slices.every((columns) => {
        const cut = cells.cuts.find((c) => sameColumns(c.columns, columns))!;
        return cut.slices.every((slice, i) => {
          if (!belongs(slice, tier)) return true;
          const cell = cut.first + i;
          const { level, relative } = judgedBy(rule);
          const estimate = level
            ? tabulation.mixedLevel(rule.metric, cell, states)
            : tabulation.mixedChange(rule.metric, cell, states, relative);
          if (unjudgeable(estimate, tabulation.evidence(rule.metric, cell), 0, 0) !== undefined) return false;
          return judge(estimate, boundsOf(rule), confidence, true).verdict === 'pass';
        });
      }),
    ),
  );
}

/** Whether a cell's rows are all of the tier. */
function belongs(slice: Slice, tier: Slice): boolean {
  return Object.entries(tier).every(([column, value]) => slice[column] === value);
}
