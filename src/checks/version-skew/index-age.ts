/**
 * The inverse question: how old may the index be? For every tier with a declared cadence, the largest age A* up to
 * which every required cell of the tier passes, by bisection over the closed form of the version distances; and the
 * longest build period and duration that would do.
 */

import type { Slice } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { histogramOfAge, histogramOfCadence, meanAge } from '../../data/production/cadence.js';
import { type Cadence, comparesFamilies, type Histogram, type Rule } from '../../documents/policy/policy.js';
import { type Estimate, judge, unjudgeable } from '../../estimation/statistics/noninferiority.js';
import type { Mass } from '../../estimation/tabulation/metric-table.js';
import { Tabulation } from '../../estimation/tabulation/tabulate.js';
import { present } from '../../lib/lookup.js';
import type { Sweep } from '../../models/scores/sweep.js';
import type { IndexAge, Lever } from '../remedies.js';
import { cutBy } from './cell-names.js';
import { isRelative } from './families.js';
import { boundsOf, isThin, type Measured } from './judge.js';
import { judgesLevel } from './merit.js';
import { gates, type MixedIndex, metricOf } from './plan.js';
import { columnOf, stateAt } from './states.js';

/** Ages tried a checkpoint period, before bisection refines the last one that passes. */
const STEPS = 16;
const BISECTIONS = 20;
/** The same where every age means a pass over the rows. */
const COARSE_STEPS = 4;
const COARSE_BISECTIONS = 7;

export interface IndexAgeInputs {
  readonly measured: Measured;
  /** Undefined where a state alone is judged, which no other mix than production's can be read off. */
  readonly rows: { readonly evalSet: EvalSet; readonly sweep: Sweep } | undefined;
  readonly mixedIndex: MixedIndex;
}

export function indexAges(inputs: IndexAgeInputs): IndexAge[] {
  const { production } = inputs.measured.policy;
  const rules = requiredRules(inputs.measured);
  if (!production || rules.length === 0 || (needsPass(rules, inputs.measured) && !inputs.rows)) return [];
  const { by, sources } = production.distances;
  const cadences = [...sources].flatMap(([value, source]) =>
    source.kind === 'cadence' ? [{ slice: by === undefined ? {} : { [by]: value }, cadence: source.cadence }] : [],
  );
  // If no rule looks at a tier by itself, the question is about all of them at one age.
  const byTier = rules.some((rule) => rule.slices.some((columns) => by === undefined || columns.includes(by)));
  const tiers = byTier
    ? cadences
    : cadences
        .sort((a, b) => meanAge(b.cadence) - meanAge(a.cadence))
        .slice(0, 1)
        .map(({ cadence }) => ({ slice: {}, cadence }));
  return tiers.map(({ slice, cadence }) => {
    const search = new Search(inputs, slice, rules);
    const deepest = Math.max(
      ...[...inputs.measured.families.candidate.current.keys()].filter((k) => k !== 'production'),
    );
    const period = cadence.checkpointPeriod;
    return {
      slice,
      maxHours: search.largest((age) => histogramOfAge(age, period), deepest * period, deepest),
      nowHours: meanAge(cadence),
      passesNow: search.passes(histogramOfCadence(cadence)),
      levers: levers(search, cadence),
    };
  });
}

/** Each number of the cadence by itself, the others as declared. */
function levers(search: Search, cadence: Cadence): Lever[] {
  const { streaming, buildPeriod, buildDuration, checkpointPeriod } = cadence;
  const lever = (name: Lever['name'], nowHours: number, of: (hours: number) => Cadence): Lever => ({
    name,
    nowHours,
    maxHours: search.largest(
      (hours) => histogramOfCadence(of(hours)),
      nowHours,
      Math.max(1, nowHours / checkpointPeriod),
    ),
  });
  if (streaming)
    return [
      lever('full_backfill_period', streaming.backfillPeriod, (hours) => ({
        ...cadence,
        streaming: { ...streaming, backfillPeriod: Math.max(hours, 1e-6) },
      })),
    ];
  return [
    lever('build_period', buildPeriod, (hours) => ({ ...cadence, buildPeriod: hours })),
    lever('build_duration', buildDuration, (hours) => ({ ...cadence, buildDuration: hours })),
  ];
}

/** Rules that look at production, directly or at each of its distances, and that age can mend. */
function requiredRules({ policy, plan }: Measured): Rule[] {
  return policy.versionSkew.rules.filter((rule) => {
    const { metric } = metricOf(plan, rule.metric);
    const compares = comparesFamilies(rule.operator);
    return gates(rule, metric, policy) && !Array.isArray(rule.at) && !compares && rule.claim === 'checkpoint';
  });
}

class Search {
  private readonly verdicts = new Map<string, boolean>();
  private readonly fine: boolean;

  constructor(
    private readonly inputs: IndexAgeInputs,
    private readonly tier: Slice,
    private readonly rules: readonly Rule[],
  ) {
    this.fine = !needsPass(rules, inputs.measured);
  }

  /** The largest hours, up to `end`, such that no smaller ones fail; null where 0 do. */
  largest(histogramAt: (hours: number) => Histogram, end: number, periods: number): number | null {
    const passes = (hours: number) => this.passes(histogramAt(hours));
    if (!passes(0)) return null;
    const steps = Math.ceil(periods * (this.fine ? STEPS : COARSE_STEPS));
    let good = 0;
    for (let step = 1; step <= steps; step++) {
      const hours = (step / steps) * end;
      if (passes(hours)) {
        good = hours;
        continue;
      }
      let bad = hours;
      for (let i = 0; i < (this.fine ? BISECTIONS : COARSE_BISECTIONS); i++) {
        const middle = (good + bad) / 2;
        if (passes(middle)) good = middle;
        else bad = middle;
      }
      return good;
    }
    return good;
  }

  /** Tells whether every required rule passes in every cell of the tier under a histogram. */
  passes(histogram: Histogram): boolean {
    const key = JSON.stringify([...histogram]);
    let verdict = this.verdicts.get(key);
    if (verdict === undefined) {
      verdict = this.judged(histogram);
      this.verdicts.set(key, verdict);
    }
    return verdict;
  }

  private judged(histogram: Histogram): boolean {
    const { cells, tabulation, policy, plan, families } = this.inputs.measured;
    const { current } = families.candidate;
    const { confidence } = policy.versionSkew;
    const covered = [...histogram].filter(([, mass]) => mass > 1e-12);
    if (covered.some(([k]) => !current.has(k))) return false;
    const mix = covered.map(([k, mass]): [number, number] => [stateAt(current, k), mass]);
    let rows: Tabulation | undefined;
    const estimateOf = (rule: Rule, cell: number, states: readonly [number, number][]): Estimate => {
      const { kind } = metricOf(plan, rule.metric).metric;
      const relative = isRelative(rule);
      if (states.length > 1 && needsRows(kind)) {
        rows ??= this.tabulate(covered);
        return judgesLevel(rule) ? rows.level(rule.metric, cell, 1) : rows.change(rule.metric, cell, 1, relative);
      }
      return judgesLevel(rule)
        ? tabulation.mixedLevel(rule.metric, cell, states)
        : tabulation.mixedChange(rule.metric, cell, states, relative);
    };
    return this.rules.every((rule) =>
      // A rule at each distance must hold at both ends of the mix, one at production for the mix itself.
      (rule.at === 'production' ? [mix] : mix.map(([state]): [number, number][] => [[state, 1]])).every((states) =>
        rule.slices.every((columns) => {
          const cut = cutBy(cells, columns);
          return cut.slices.every((slice, i) => {
            if (!belongs(slice, this.tier)) return true;
            const cell = cut.first + i;
            if (isThin(rule, cell, this.inputs.measured)) return true;
            const estimate = estimateOf(rule, cell, states);
            if (unjudgeable(estimate, tabulation.evidence(rule.metric, cell), 0, 0) !== undefined) return false;
            return judge(estimate, boundsOf(rule), confidence, true).verdict === 'pass';
          });
        }),
      ),
    );
  }

  /**
   * Metrics that a histogram changes as a whole (AUC, bins, rankings of a mixed index), under one histogram for all
   * rows.
   */
  private tabulate(histogram: readonly (readonly [number, number])[]): Tabulation {
    const { measured, rows, mixedIndex } = this.inputs;
    const { evalSet, sweep } = present(rows, 'rows');
    const { plan, cells, policy } = measured;
    const all = new Int32Array(evalSet.rows);
    const mass = (m: number): Mass => ({ histogram: all, mass: Float64Array.of(m) });
    return new Tabulation({
      evalSet,
      sweep,
      cells,
      metrics: plan.metrics.filter(
        ({ id, metric }) => needsRows(metric.kind) && this.rules.some((rule) => rule.metric === id),
      ),
      states: [
        { parts: [{ column: columnOf(sweep.current, 0) }] },
        {
          parts: histogram.map(([k, m]) => ({ column: columnOf(sweep.current, k), mass: mass(m) })),
          ...(mixedIndex ? { mixedIndex } : {}),
        },
      ],
      aligned: 0,
      weightQueries: policy.evalSet.weightQueries,
      distinctItems: policy.evalSet.candidates === 'full',
    });
  }
}

/** Tells whether some rule at another mix than production's needs a pass over the rows. */
export function needsPass(rules: readonly Rule[], { plan }: Measured): boolean {
  return rules.some((rule) => rule.at !== 'each' && needsRows(metricOf(plan, rule.metric).metric.kind));
}

/** Tells whether a mix is more than sums of its versions' sums. */
function needsRows(kind: string): boolean {
  return kind !== 'sums';
}

/** Tells whether a cell's rows are all of the tier. */
function belongs(slice: Slice, tier: Slice): boolean {
  return Object.entries(tier).every(([column, value]) => slice[column] === value);
}
