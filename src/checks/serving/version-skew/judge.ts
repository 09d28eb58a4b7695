/** Rules → findings: each rule on each of its slices at each of its distances, then Holm over all of them. */
import { ConfigError } from '../../../errors.js';
import type { Policy, Rule } from '../../../policy/policy.js';
import { type CellMix, UNCOVERED_TOLERANCE } from '../../../production/mix.js';
import { type Cells, sameColumns } from '../../../statistics/cells.js';
import { holm } from '../../../statistics/holm.js';
import {
  type Bounds,
  type Estimate,
  interval,
  type Judgement,
  judge,
  rowsFactorToSettle,
  unjudgeable,
  violationPValue,
} from '../../../statistics/noninferiority.js';
import type { Tabulation } from '../../../statistics/tabulate.js';
import type { Distance, Finding } from '../../check.js';
import { gates, type MetricPlan } from './plan.js';

/** Everything that was measured, as the judgement, the curve and the remedies need it. */
export interface Measured {
  readonly policy: Policy;
  readonly plan: MetricPlan;
  readonly cells: Cells;
  readonly tabulation: Tabulation;
  readonly current: ReadonlyMap<Distance, number>;
  readonly alignedOld: ReadonlyMap<Distance, number>;
  /** What each cell sees of production. Shape (cells). */
  readonly mixes: readonly CellMix[] | undefined;
}

/** One rule on one cell at one distance, measured but not yet judged. */
interface Claim {
  readonly rule: Rule;
  readonly cell: number;
  readonly at: Distance;
  readonly estimate: Estimate;
  readonly bounds: Bounds;
  /** Why it cannot be judged. */
  readonly open: string | undefined;
}

export function judgeRules(measured: Measured): Finding[] {
  const claims = measured.policy.versionSkew.rules.flatMap((rule) => claimsOf(rule, measured));
  const { confidence } = measured.policy.versionSkew;
  const judgeable = claims.filter((claim) => claim.open === undefined);
  const rejections = holm(
    judgeable.map(({ estimate, bounds }) => violationPValue(estimate, bounds)),
    1 - confidence,
  );
  const rejected = new Set(judgeable.filter((_, i) => rejections[i]));
  return claims.map((claim) => finding(claim, rejected.has(claim), measured));
}

function claimsOf(rule: Rule, measured: Measured): Claim[] {
  const claims: Claim[] = [];
  for (const columns of rule.slices) {
    const cut = measured.cells.cuts.find((c) => sameColumns(c.columns, columns))!;
    for (let i = 0; i < cut.slices.length; i++)
      for (const at of distancesOf(rule, cut.first + i, measured))
        claims.push(claim(rule, cut.first + i, at, measured));
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
function distancesOf(rule: Rule, cell: number, { current, mixes }: Measured): readonly Distance[] {
  if (rule.at === 'production') return ['production'];
  if (rule.at !== 'each') return rule.at;
  if (!mixes) return [...current.keys()];
  const { histogram, uncovered, outside } = mixes[cell]!;
  return uncovered > UNCOVERED_TOLERANCE && outside !== undefined
    ? [...histogram.keys(), outside]
    : [...histogram.keys()];
}

/** The judged statistic of a rule, and what it is judged against. */
export function claim(rule: Rule, cell: number, at: Distance, measured: Measured): Claim {
  const { tabulation, current, mixes } = measured;
  const uncovered = mixes?.[cell]?.uncovered ?? 0;
  const state = current.get(at);
  if (state === undefined) {
    const unknown = { value: Number.NaN, standardError: Number.NaN, df: 1 };
    const open = unjudgeable(unknown, tabulation.evidence(rule.metric, cell), uncovered, UNCOVERED_TOLERANCE);
    return { rule, cell, at, estimate: unknown, bounds: boundsOf(rule), open };
  }
  const { level, relative } = judgedBy(rule);
  const estimate = level
    ? tabulation.level(rule.metric, cell, state)
    : tabulation.change(rule.metric, cell, state, relative);
  const meaningless = tabulation.meaningless(rule.metric, cell, state);
  const open =
    meaningless ??
    unjudgeable(
      estimate,
      tabulation.evidence(rule.metric, cell),
      at === 'production' ? uncovered : 0,
      UNCOVERED_TOLERANCE,
    );
  return { rule, cell, at, estimate, bounds: boundsOf(rule), open };
}

/** Whether a rule judges the value itself or its change, and whether the change is relative (a calibration shift is a log ratio already). */
export function judgedBy(rule: Rule): { level: boolean; relative: boolean } {
  const level = rule.operator === 'min' || rule.operator === 'max';
  return { level, relative: rule.relative && rule.metric !== 'calibration_shift' };
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
  }
}

/** Judges a claim; `rejected` is Holm's word over the run. */
export function verdictOn({ estimate, bounds, open }: Claim, confidence: number, rejected: boolean): Judgement {
  return open === undefined ? judge(estimate, bounds, confidence, rejected) : { verdict: 'inconclusive', reason: open };
}

function finding(made: Claim, rejected: boolean, measured: Measured): Finding {
  const { rule, cell, at, estimate, bounds } = made;
  const { policy, plan, tabulation, current, cells } = measured;
  const { confidence } = policy.versionSkew;
  const { verdict, reason } = verdictOn(made, confidence, rejected);
  const state = current.get(at);
  const value = state === undefined ? Number.NaN : tabulation.value(rule.metric, cell, state);
  const { level, relative } = judgedBy(rule);
  const change =
    level && state !== undefined ? tabulation.change(rule.metric, cell, state, false).value : estimate.value;
  const settle =
    verdict === 'inconclusive'
      ? rowsToSettle(made, estimate, bounds, confidence, tabulation.countsOf(cell).rows)
      : undefined;
  const ref = plan.metrics.find(({ id }) => id === rule.metric)!;
  const cut = cells.cuts.findLast((c) => c.first <= cell)!;
  return {
    rule: rule.index,
    metric: rule.metric,
    slice: cut.slices[cell - cut.first]!,
    at,
    operator: rule.operator,
    value,
    change,
    unit: relative && !level ? 'relative' : 'absolute',
    judged: level ? 'value' : 'change',
    ...interval(estimate, confidence),
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
