/** The cells and the distances that rules judge: known from the eval set and production, before any tower runs. */

import { buildCells, type Cells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { type CellMix, cellMixes, type ProductionMix, UNCOVERED_TOLERANCE } from '../../data/production/mix.js';
import type { Rule, SkewPolicy, Waiver } from '../../documents/policy/policy.js';
import { ConfigError, DataError, type Place } from '../../errors.js';
import { isRanking } from '../../estimation/metrics/metric.js';
import { requireOneCluster } from '../../estimation/tabulation/entries.js';
import type { Distance } from '../check-report.js';
import { straySlice } from '../waivers.js';
import { cutBy } from './cell-names.js';
import { hypothesis } from './hypothesis.js';
import type { MetricPlan } from './plan.js';

/**
 * The cells of every rule. Refuses slices of too many values, and queries that stand in several clusters where rankings
 * are means over queries.
 */
export function judgedCells(policy: SkewPolicy, plan: MetricPlan, evalSet: EvalSet): Cells {
  const { columnPlaces } = policy.evalSet;
  const place = columnPlaces.get('cluster') ?? columnPlaces.get('query');
  if (plan.metrics.some(({ metric }) => isRanking(metric))) at(place, () => requireOneCluster(evalSet));
  return buildCells(evalSet, plan.crosses, (column) => columnPlaces.get(`slices.${column}`));
}

/** Runs `work`; gives its problems a place where they have none. */
function at(place: Place | undefined, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DataError) || !place) throw error;
    throw new DataError(error.problems.map((problem) => ({ place, ...problem })));
  }
}

/** The mix of production that each cell sees. Shape (cells). */
export function mixesOf({ cuts }: Cells, mix: ProductionMix, { weight }: EvalSet): CellMix[] {
  return cuts.flatMap(({ cell, slices }) => cellMixes(mix, cell, slices.length, weight));
}

/** Cells, and the distances that there are: those of the sweep, and production's where the policy declares it. */
export interface Grid {
  readonly cells: Cells;
  /** Shape (cells): the mix of production that each sees; undefined without `production`. */
  readonly mixes: readonly CellMix[] | undefined;
  /** Distances that are swept, ascending. */
  readonly distances: readonly number[];
}

/** Every cell of a rule, with every distance at which it is judged there. */
export function cellsOf(rule: Rule, grid: Grid): { readonly cell: number; readonly at: Distance }[] {
  return rule.slices.flatMap((columns) => {
    const { first, slices } = cutBy(grid.cells, columns);
    return slices.flatMap((_, i) =>
      distancesOf(rule, first + i, grid).map((where) => ({ cell: first + i, at: where })),
    );
  });
}

/**
 * The distances at which a rule judges a cell. `each` is every distance that carries production mass in this cell;
 * without production, every swept distance. The nearest one outside the sweep stands for all of that mass, as a claim
 * that stays open.
 */
function distancesOf(rule: Rule, cell: number, { mixes, distances }: Grid): readonly Distance[] {
  if (rule.at === 'production') return ['production'];
  if (rule.at !== 'each') return rule.at;
  if (!mixes) return distances;
  const { histogram, uncovered, outside } = mixes[cell]!;
  return uncovered > UNCOVERED_TOLERANCE && outside !== undefined
    ? [...histogram.keys(), outside]
    : [...histogram.keys()];
}

/** @throws ConfigError on a waiver of a slice that no row is of */
export function requireWaivedSlices(
  waivers: readonly Waiver[],
  { versionSkew: { rules } }: SkewPolicy,
  cells: Cells,
): void {
  const problems = waivers
    .filter(({ check }) => check === hypothesis.id)
    .flatMap((waiver) => {
      const rule = rules.find(({ index }) => index === waiver.rule);
      return rule
        ? straySlice(
            waiver,
            rule.slices.flatMap((columns) => cutBy(cells, columns).slices),
          )
        : [];
    });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** @throws ConfigError on a rule that would judge nothing */
export function requireCells({ versionSkew: { rules } }: SkewPolicy, grid: Grid): void {
  const idle = rules.filter((rule) => cellsOf(rule, grid).length === 0);
  if (idle.length === 0) return;
  throw new ConfigError(
    idle.map((rule) => ({
      place: rule.atPlace,
      found: 'a rule that matches no cell',
      expected: 'production mass at a distance that is swept',
    })),
  );
}
