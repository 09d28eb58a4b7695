/** Rules → claims → findings: each rule on each of its slices at each of its distances; Holm runs over all claims of the run (checks/judge.ts). */
import { ConfigError } from '../../../errors.js';
import type { Rule, SkewPolicy } from '../../../policy/policy.js';
import { type CellMix, UNCOVERED_TOLERANCE } from '../../../production/mix.js';
import { type Cells, sameColumns } from '../../../statistics/cells.js';
import { type Claim, UNKNOWN, verdictOn } from '../../../statistics/claims.js';
import {
  type Bounds,
  type Estimate,
  interval,
  rowsFactorToSettle,
  unjudgeable,
  violationPValue,
} from '../../../statistics/noninferiority.js';
import type { Tabulation } from '../../../statistics/tabulate.js';
import type { Distance, Finding } from '../../check.js';
import { type AlikeDistances, alikeReason } from './alike.js';
import { familyEstimate, Gain, isRelative, moreSensitive } from './families.js';
import { type FamilyStates, gates, type MetricPlan } from './plan.js';

/** Everything that was measured, as the judgement, the curve and the remedies need it. */
export interface Measured {
  readonly policy: SkewPolicy;
  readonly plan: MetricPlan;
  readonly cells: Cells;
  readonly tabulation: Tabulation;
  readonly families: { readonly candidate: FamilyStates; readonly compared?: FamilyStates };
  /** What each cell sees of production. Shape (cells). */
  readonly mixes: readonly CellMix[] | undefined;
  /** Distances at which nothing is measured, as the versions there are the same: of the live version, and of any anchor. */
  readonly alike: Readonly<Record<Rule['claim'], AlikeDistances>>;
}

/** One rule on one cell at one distance, measured but not yet judged. */
export interface CellClaim extends Claim {
  readonly rule: Rule;
  readonly cell: number;
  readonly at: Distance;
  /** What is shown in place of the contrast that is judged: the share of a gain. */
  readonly shown?: { readonly share: number; readonly lower: number; readonly upper: number };
}

/** Every rule on each of its slices at each of its distances. */
export function skewClaims(measured: Measured): CellClaim[] {
  return measured.policy.versionSkew.rules.flatMap((rule) => claimsOf(rule, measured));
}

/** @param rejected claims that Holm's procedure over the whole run lets be called violated */
export function findingsOf(claims: readonly CellClaim[], rejected: ReadonlySet<Claim>, measured: Measured): Finding[] {
  return claims.map((claim) => finding(claim, rejected.has(claim), measured));
}

export function claimsOf(
  rule: Rule,
  measured: Measured,
  states: FamilyStates = measured.families.candidate,
): CellClaim[] {
  const claims: CellClaim[] = [];
  for (const columns of rule.slices) {
    const cut = measured.cells.cuts.find((c) => sameColumns(c.columns, columns))!;
    for (let i = 0; i < cut.slices.length; i++)
      for (const at of distancesOf(rule, cut.first + i, measured))
        claims.push(claim(rule, cut.first + i, at, measured, states));
  }
  if (claims.length > 0) return claims;
  throw new ConfigError([
    {
      place: rule.atPlace,
      found: 'a rule that matches no cell',
      expected: 'production mass at a distance that is swept',
    },
  ]);
}

/**
 * `each`: every distance that carries production mass in this cell; without production, every swept distance. The nearest one outside the sweep stands
 * for all of that mass, as a claim that stays open.
 */
function distancesOf(
  rule: Rule,
  cell: number,
  {
    families: {
      candidate: { current },
    },
    mixes,
  }: Measured,
): readonly Distance[] {
  if (rule.at === 'production') return ['production'];
  if (rule.at !== 'each') return rule.at;
  if (!mixes) return [...current.keys()];
  const { histogram, uncovered, outside } = mixes[cell]!;
  return uncovered > UNCOVERED_TOLERANCE && outside !== undefined
    ? [...histogram.keys(), outside]
    : [...histogram.keys()];
}

/** The judged statistic of a rule, and what it is judged against. `states`: the candidate's, or what would be served in their place. */
export function claim(
  rule: Rule,
  cell: number,
  at: Distance,
  measured: Measured,
  states: FamilyStates = measured.families.candidate,
): CellClaim {
  const { tabulation, mixes } = measured;
  const uncovered = at === 'production' || !states.current.has(at) ? (mixes?.[cell]?.uncovered ?? 0) : 0;
  const { estimate, bounds, meaningless, shown } = statistic(rule, cell, at, measured, states);
  const open =
    meaningless ??
    alikeReason(measured.alike[rule.claim], at, mixes?.[cell]) ??
    unjudgeable(estimate, tabulation.evidence(rule.metric, cell), uncovered, UNCOVERED_TOLERANCE);
  return { rule, cell, at, estimate, bounds, open, ...(shown ? { shown } : {}) };
}

type Statistic = Pick<CellClaim, 'estimate' | 'bounds' | 'shown'> & { readonly meaningless?: string | undefined };

function statistic(
  rule: Rule,
  cell: number,
  at: Distance,
  { tabulation, plan, families: { compared }, policy }: Measured,
  states: FamilyStates,
): Statistic {
  const bounds = boundsOf(rule);
  const { metric } = rule;
  const where = { metric, cell, at };
  const relative = isRelative(rule);
  const lowerIsBetter = plan.metrics.find(({ id }) => id === metric)!.metric.better === 'lower';
  if (rule.operator === 'no_more_sensitive_than')
    return {
      estimate: moreSensitive(tabulation, states, compared!, where, lowerIsBetter, relative) ?? UNKNOWN,
      bounds,
    };
  if (rule.operator === 'min_retained_gain') {
    const gain = new Gain(tabulation, states, compared!, where, lowerIsBetter);
    const { confidence } = policy.versionSkew;
    const shown = gain.bounds(confidence);
    // Without a clear gain to begin with there is no share of it: what is asked for then is a gain at all.
    const clear = interval(gain.aligned(), confidence).lower > 0;
    return { estimate: (clear ? gain.retained(rule.threshold) : gain.skewed()) ?? UNKNOWN, bounds, shown };
  }
  if (rule.claim === 'family')
    return { estimate: familyEstimate(tabulation, states.anchors, where, relative) ?? UNKNOWN, bounds };
  const state = states.current.get(at);
  if (state === undefined) return { estimate: UNKNOWN, bounds };
  const estimate = judgesLevel(rule)
    ? tabulation.level(metric, cell, state)
    : tabulation.change(metric, cell, state, relative);
  return { estimate, bounds, meaningless: tabulation.meaningless(metric, cell, state) };
}

/** Whether a rule judges the value itself, not its change. */
export function judgesLevel(rule: Rule): boolean {
  return rule.operator === 'min' || rule.operator === 'max';
}

/** The margin of a rule in the unit of what it judges: a percentage of calibration_shift is a ratio of mean predictions. */
export function marginOf(rule: Rule): number {
  return rule.metric === 'calibration_shift' && rule.relative ? Math.log1p(rule.threshold) : rule.threshold;
}

export function boundsOf(rule: Rule): Bounds {
  const margin = marginOf(rule);
  switch (rule.operator) {
    case 'max':
      return { upper: margin };
    case 'min':
      return { lower: margin };
    case 'max_increase':
      return { upper: margin, margin };
    case 'max_decrease':
      return { lower: -margin, margin };
    case 'max_change':
      return { lower: -margin, upper: margin, margin };
    case 'no_more_sensitive_than':
      return { upper: margin, margin };
    case 'min_retained_gain':
      return { lower: 0 };
  }
}

function finding(made: CellClaim, rejected: boolean, measured: Measured): Finding {
  const { rule, cell, at, estimate, bounds } = made;
  const { policy, plan, tabulation, families, cells } = measured;
  const { confidence } = policy.versionSkew;
  const { verdict, reason } = verdictOn(made, confidence, rejected);
  const state = families.candidate.current.get(at);
  const value = state === undefined ? Number.NaN : tabulation.value(rule.metric, cell, state);
  const level = judgesLevel(rule);
  const judged = level ? 'value' : made.shown ? 'share' : 'change';
  const change =
    level && state !== undefined
      ? tabulation.change(rule.metric, cell, state, false).value
      : (made.shown?.share ?? estimate.value);
  const settle =
    verdict === 'inconclusive'
      ? rowsToSettle(made, estimate, bounds, confidence, tabulation.countsOf(cell).rows)
      : undefined;
  const ref = plan.metrics.find(({ id }) => id === rule.metric)!;
  const cut = cells.cuts.findLast((c) => c.first <= cell)!;
  return {
    check: 'version-skew',
    rule: rule.index,
    metric: rule.metric,
    slice: cut.slices[cell - cut.first]!,
    at,
    operator: rule.operator,
    value,
    change,
    unit: judged === 'share' || (judged === 'change' && isRelative(rule)) ? 'relative' : 'absolute',
    judged,
    ...interval(estimate, confidence),
    ...(made.shown ? { lower: made.shown.lower, upper: made.shown.upper } : {}),
    margin: marginOf(rule),
    verdict,
    reason:
      settle === undefined
        ? reason
        : `${reason}; about ${settle.toLocaleString('en-US')} rows of this slice would settle it`,
    ...(settle === undefined ? {} : { rowsToSettle: settle }),
    level: gates(rule, ref.metric, policy) ? 'fail' : 'warn',
    place: rule.place,
    threshold: rule.thresholdText,
  };
}

/** Rows that would settle an open finding if they were like these: intervals shrink with the square root. */
function rowsToSettle(
  { open }: Claim,
  estimate: Estimate,
  bounds: Bounds,
  confidence: number,
  rows: number,
): number | undefined {
  // Beyond the margin alone, but not after Holm: more rows would help, but how many depends on the other cells.
  if (open !== undefined || violationPValue(estimate, bounds) <= 1 - confidence) return undefined;
  const factor = rowsFactorToSettle(estimate, bounds, confidence);
  if (factor === undefined || factor > 1e6) return undefined;
  const exact = rows * Math.max(1, factor);
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
  return Math.ceil(exact / magnitude) * magnitude;
}
