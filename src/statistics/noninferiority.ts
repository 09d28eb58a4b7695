/** The three-way decision on one cell: pass, fail, or inconclusive with the reason: docs/statistics.md. */
import { normalQuantile, studentQuantile, studentTail } from './student-t.js';

/** Fewer than these, and a cell is not judged. Judgement of this project. */
export const FLOORS = { positives: 100, queryClusters: 30, itemClusters: 20 } as const;

/** Power at which the minimum detectable effect is stated. */
export const POWER = 0.8;

/** A statistic with what its interval needs. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  /** Degrees of freedom of Student's t. */
  readonly df: number;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Minimum detectable effect: (z at confidence + z at power) · standard error. */
  readonly mde: number;
}

/** One-sided bounds at `confidence` on either side. A standard error of 0 is an exact value, not a missing test. */
export function interval({ value, standardError, df }: Estimate, confidence: number): Interval {
  const reach = standardError === 0 ? 0 : studentQuantile(confidence, df) * standardError;
  return {
    lower: value - reach,
    upper: value + reach,
    mde: (normalQuantile(confidence) + normalQuantile(POWER)) * standardError,
  };
}

/** What a rule allows: the statistic may not exceed `upper` nor fall below `lower`; at least one of them. */
export interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
  /** The change that a rule allows, against which power is stated; undefined for bounds on a value itself. */
  readonly margin?: number;
}

/** Counts that the floors are about. */
export interface Evidence {
  /** Rows with a positive label and a weight above 0. */
  readonly positives: number;
  /** Distinct clusters of the query side with a row of weight above 0 (of a ranking metric: with a query that it counts). */
  readonly queryClusters: number;
  /** Effective item clusters, by row weight. */
  readonly itemClusters: number;
}

/** p-value of the claim that the bounds are violated (the null: they are kept), one-sided. */
export function violationPValue({ value, standardError, df }: Estimate, { lower, upper }: Bounds): number {
  let p = 1;
  if (upper !== undefined) p = Math.min(p, tail(value - upper, standardError, df));
  if (lower !== undefined) p = Math.min(p, tail(lower - value, standardError, df));
  return p;
}

function tail(excess: number, standardError: number, df: number): number {
  if (standardError === 0) return excess > 0 ? 0 : 1;
  return studentTail(excess / standardError, df);
}

export type Judgement = { readonly verdict: 'pass' | 'fail' | 'inconclusive'; readonly reason: string };

/** Why a cell cannot be judged at all; undefined if it can. */
export function unjudgeable(
  estimate: Estimate,
  evidence: Evidence,
  uncoveredMass: number,
  tolerance: number,
): string | undefined {
  if (uncoveredMass > tolerance)
    return `uncovered histogram mass: ${(100 * uncoveredMass).toFixed(1)} % of production lies outside the sweep`;
  if (!Number.isFinite(estimate.value) || !Number.isFinite(estimate.standardError))
    return 'undefined: the metric has no value here (one class alone, no positives, or no query with a relevant item)';
  if (evidence.positives < FLOORS.positives)
    return `too few positives: ${evidence.positives} of at least ${FLOORS.positives}`;
  if (evidence.queryClusters < FLOORS.queryClusters)
    return `too few query clusters: ${evidence.queryClusters} of at least ${FLOORS.queryClusters}`;
  if (evidence.itemClusters < FLOORS.itemClusters)
    return `too few item clusters: ${evidence.itemClusters.toFixed(1)} effective of at least ${FLOORS.itemClusters}`;
  return undefined;
}

/**
 * Non-inferiority: pass when the whole interval keeps the bounds, fail when it violates one and Holm rejects, else inconclusive.
 * Comparisons are written so that NaN never passes.
 *
 * @param rejected whether Holm's procedure over the run rejects "the bounds are kept"
 */
export function judge(estimate: Estimate, bounds: Bounds, confidence: number, rejected: boolean): Judgement {
  if (bounds.lower === undefined && bounds.upper === undefined) throw new Error('a rule without a bound');
  const { lower, upper, mde } = interval(estimate, confidence);
  const below = bounds.upper === undefined || upper <= bounds.upper;
  const above = bounds.lower === undefined || lower >= bounds.lower;
  if (below && above) return { verdict: 'pass', reason: 'the whole interval is within the margin' };
  const violates =
    (bounds.upper !== undefined && lower > bounds.upper) || (bounds.lower !== undefined && upper < bounds.lower);
  if (violates && rejected) return { verdict: 'fail', reason: 'the whole interval is beyond the margin' };
  if (violates)
    return {
      verdict: 'inconclusive',
      reason: 'borderline: beyond the margin alone, but not after Holm over the run’s cells',
    };
  const room = bounds.margin ?? roomLeft(estimate, bounds);
  const underpowered = mde > room;
  return {
    verdict: 'inconclusive',
    reason: underpowered
      ? 'underpowered: the smallest detectable change exceeds the margin'
      : 'borderline: the interval straddles the margin',
  };
}

/** By what factor the rows must grow until the interval's reach fits into the room that is left; undefined if none would do. */
export function rowsFactorToSettle(estimate: Estimate, bounds: Bounds, confidence: number): number | undefined {
  const room = roomLeft(estimate, bounds);
  const reach = studentQuantile(confidence, estimate.df) * estimate.standardError;
  if (!(room > 0) || !Number.isFinite(reach)) return undefined;
  return (reach / room) ** 2;
}

/** How far the estimate is from the nearest bound. */
function roomLeft({ value }: Estimate, { lower, upper }: Bounds): number {
  return Math.min(
    upper === undefined ? Number.POSITIVE_INFINITY : Math.abs(upper - value),
    lower === undefined ? Number.POSITIVE_INFINITY : Math.abs(value - lower),
  );
}
