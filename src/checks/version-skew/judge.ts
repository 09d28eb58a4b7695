/**
 * Rules → claims: each rule on each of its slices at each of its distances. Holm's procedure runs over all claims of
 * the run (checks/pipeline.ts).
 */

import { UNCOVERED_TOLERANCE } from '../../data/production/mix.js';
import type { Rule, SkewPolicy } from '../../documents/policy/policy.js';
import { type Claim, UNKNOWN } from '../../estimation/statistics/claims.js';
import { type Bounds, belowFloors, interval, unjudgeable } from '../../estimation/statistics/noninferiority.js';
import type { Estimates } from '../../estimation/tabulation/tabulate.js';
import type { Distance } from '../check-report.js';
import type { OpenReason } from '../reason.js';
import { cutOf } from './cell-names.js';
import { familyEstimate, Gain, isRelative, moreSensitive } from './families.js';
import { immovable, lacksSkill, noSkill } from './grounds.js';
import { type AlikeDistances, alikeReason } from './identical-versions.js';
import { cellsOf, type Grid } from './judged-cells.js';
import { marginOf } from './margins.js';
import { judgesLevel, rulesThatCannotFail } from './merit.js';
import { type MetricPlan, metricOf } from './plan.js';
import type { SkillTest } from './skill.js';
import type { FamilyStates } from './states.js';

/** Everything that was measured, as the judgement, the curve and the remedies need it. */
export interface Measured extends Grid {
  readonly policy: SkewPolicy;
  readonly plan: MetricPlan;
  readonly tabulation: Estimates;
  readonly families: { readonly candidate: FamilyStates; readonly compared?: FamilyStates };
  readonly skill: SkillTest;
  /** Shape (cells): 1 where a softmax fixes the sum of the predictions, whatever the model. */
  readonly fixedPredictions: Uint8Array;
  /**
   * Distances at which nothing is measured, as the versions there are the same: of the live version, and of any anchor.
   */
  readonly alike: Readonly<Record<Rule['claim'], AlikeDistances>>;
}

/** One rule on one cell at one distance, measured but not yet judged. */
export interface CellClaim extends Claim<OpenReason> {
  readonly rule: Rule;
  readonly cell: number;
  readonly at: Distance;
  /** The share of a gain that is shown in place of the contrast that is judged. */
  readonly shown?: { readonly share: number; readonly lower: number; readonly upper: number };
  /** The cell is below the floors, and the policy only wants such slice values listed. */
  readonly thin?: boolean;
  /** The aligned model shows no skill in the cell. */
  readonly unskilled?: boolean;
}

/** Every rule on each of its slices at each of its distances. */
export function skewClaims(measured: Measured): CellClaim[] {
  const { policy } = measured;
  const claims = policy.versionSkew.rules.flatMap((rule) => claimsOf(rule, measured));
  const idle = rulesThatCannotFail(measured);
  if (idle.length === 0) return claims;
  return claims.map((made) =>
    idle.includes(made.rule)
      ? {
          ...made,
          open: made.open ?? { kind: 'no_rule_can_fail' },
        }
      : made,
  );
}

export function claimsOf(
  rule: Rule,
  measured: Measured,
  states: FamilyStates = measured.families.candidate,
): CellClaim[] {
  return cellsOf(rule, measured).map(({ cell, at }) => claim(rule, cell, at, measured, states));
}

/**
 * The judged statistic of a rule, and what it is judged against. `states`: the candidate's, or what would be served in
 * their place.
 */
export function claim(
  rule: Rule,
  cell: number,
  at: Distance,
  measured: Measured,
  states: FamilyStates = measured.families.candidate,
): CellClaim {
  const { tabulation, mixes } = measured;
  const uncovered = at === 'production' || !states.current.has(at) ? (mixes?.[cell]?.uncovered ?? 0) : 0;
  const { estimate, bounds, meaningless, shown } = asked(rule, cell, at, measured, states);
  const evidence = tabulation.evidence(rule.metric, cell);
  const still = immovable(rule.metric, cell, measured);
  const unskilled =
    still === undefined &&
    measured.policy.versionSkew.onNoSkill === 'fail' &&
    lacksSkill(rule, cell, estimate, bounds, measured);
  const open =
    still ??
    alikeReason(measured.alike[rule.claim], at, mixes?.[cell]) ??
    unjudgeable(estimate, evidence, uncovered, UNCOVERED_TOLERANCE) ??
    (unskilled ? noSkill(rule.metric, cell, measured) : undefined) ??
    meaningless;
  return {
    rule,
    cell,
    at,
    estimate,
    bounds,
    open,
    ...(shown ? { shown } : {}),
    ...(isThin(rule, cell, measured) ? { thin: true } : {}),
    ...(unskilled ? { unskilled } : {}),
  };
}

/**
 * True of a slice value below the floors where the policy only lists such. Where no value of the columns is above
 * them, they are judged all the same: a rule that judges nothing must not pass.
 */
export function isThin(rule: Rule, cell: number, { policy, cells, tabulation }: Measured): boolean {
  if (policy.versionSkew.thinSlices !== 'report') return false;
  const cut = cutOf(cells, cell);
  if (cut.columns.length === 0) return false;
  const below = (c: number) => belowFloors(tabulation.evidence(rule.metric, c)) !== undefined;
  return below(cell) && cut.slices.some((_, i) => !below(cut.first + i));
}

/** The statistic that a rule asks of a cell, and the bounds that it is held against. */
type Asked = Pick<CellClaim, 'estimate' | 'bounds' | 'shown'> & { readonly meaningless?: OpenReason | undefined };

function asked(
  rule: Rule,
  cell: number,
  at: Distance,
  { tabulation, plan, families, policy }: Measured,
  states: FamilyStates,
): Asked {
  const bounds = boundsOf(rule);
  const { metric } = rule;
  const where = { metric, cell, at };
  const relative = isRelative(rule);
  const lowerIsBetter = metricOf(plan, metric).metric.better === 'lower';
  if (rule.operator === 'no_more_sensitive_than')
    return {
      estimate: moreSensitive(tabulation, states, servedFamily(families), where, lowerIsBetter, relative) ?? UNKNOWN,
      bounds,
    };
  if (rule.operator === 'min_retained_gain') {
    const gain = new Gain(tabulation, states, servedFamily(families), where, lowerIsBetter);
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
  const why = tabulation.meaningless(metric, cell, state);
  return { estimate, bounds, ...(why === undefined ? {} : { meaningless: { kind: 'meaningless', why } }) };
}

/** The family that serves today: a rule that compares with it is refused where the release names none. */
function servedFamily({ compared }: Measured['families']): FamilyStates {
  if (!compared) throw new Error('a rule compares families, and one alone was swept');
  return compared;
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
