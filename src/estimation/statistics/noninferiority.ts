/** The three-way decision on one cell: pass, fail, or inconclusive with the reason: docs/statistics.md. */
import type { BelowFloor, ComparedReason, Unjudgeable } from './judgement-reason.js';
import { normalQuantile, studentQuantile, studentTail } from './student-t.js';

/**
 * Fewer than these, and a cell is not judged: clusters are counted in effect, by weight (docs/statistics-coverage.md).
 * Judgement of this project.
 */
export const FLOORS = { positives: 100, queryClusters: 40, itemClusters: 30 } as const;

/**
 * Independent trials, such as requests or canaries, below which a share of them is not judged. Judgement of this
 * project.
 */
export const FEWEST_TRIALS = 30;

/** Power at which the minimum detectable effect is stated. */
export const POWER = 0.8;

/** A statistic with what its interval needs. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  /** Degrees of freedom of Student's t. */
  readonly df: number;
  /**
   * Skewness that effects of few clusters may have given it; left out: none. It widens what a rule must hold to pass.
   */
  readonly skewness?: number;
  /** How far the value may be from the exact one, on either side; left out: it is exact. */
  readonly bound?: number;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Minimum detectable effect: (z at confidence + z at power) · standard error. */
  readonly mde: number;
}

/**
 * One-sided bounds at `confidence` on either side, as a rule must hold them to pass: s·(t + g·(2t² + 1)/6), with g the
 * skewness (Hall 1992, first order): a sample that misses the clusters
 * that moved shows a small change and a small error at once. What the
 * value may be off by is added. A standard error of 0 is an exact value, not a missing test.
 */
export function interval(estimate: Estimate, confidence: number): Interval {
  const { value, standardError } = estimate;
  const reach = reachOf(estimate, confidence);
  return {
    lower: value - reach,
    upper: value + reach,
    mde: (normalQuantile(confidence) + normalQuantile(POWER)) * standardError,
  };
}

/** The bounds that a claim of violation rests on: s·t on either side. */
export function violationInterval({ skewness: _, ...estimate }: Estimate, confidence: number): Interval {
  return interval(estimate, confidence);
}

/** The distance of a bound from the value, in the value's unit. */
function reachOf({ standardError, df, skewness = 0, bound = 0 }: Estimate, confidence: number): number {
  if (standardError === 0) return bound;
  const t = studentQuantile(confidence, df);
  return bound + standardError * (t + (skewness * (2 * t * t + 1)) / 6);
}

/** A rule's allowance: the statistic may not exceed `upper` nor fall below `lower`; at least one of them is there. */
export interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
  /** The change that a rule allows, against which power is stated; undefined for bounds on a value itself. */
  readonly margin?: number;
}

/** Counts that the floors are about. */
export interface FloorCounts {
  /** Rows with a positive label and a weight above 0. */
  readonly positives: number;
  /**
   * Effective clusters of the query side, by row weight; of a ranking metric by the weight of its informative queries.
   */
  readonly queryClusters: number;
  /**
   * Effective item clusters, by row weight; of a ranking metric by that of the relevant items of its informative
   * queries.
   */
  readonly itemClusters: number;
}

/** p-value of the claim that the bounds are violated (the null: they are kept), one-sided. */
export function violationPValue(estimate: Estimate, { lower, upper }: Bounds): number {
  const { value, standardError, df, bound = 0 } = estimate;
  let p = 1;
  if (upper !== undefined) p = Math.min(p, tail(value - upper - bound, standardError, df));
  if (lower !== undefined) p = Math.min(p, tail(lower - value - bound, standardError, df));
  return p;
}

function tail(excess: number, standardError: number, df: number): number {
  if (standardError === 0) return excess > 0 ? 0 : 1;
  return studentTail(excess / standardError, df);
}

export interface Judgement<R = ComparedReason> {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly reason: R;
}

/** The floor that a cell is below; undefined where it is below none. */
export function belowFloors({ positives, ...clusters }: FloorCounts): BelowFloor | undefined {
  if (positives < FLOORS.positives) return { kind: 'too_few_positives', count: positives, least: FLOORS.positives };
  return tooFewClusters(clusters);
}

/** The floor of effective clusters that a cell is below; undefined where it is below neither. */
export function tooFewClusters({
  queryClusters,
  itemClusters,
}: Pick<FloorCounts, 'queryClusters' | 'itemClusters'>): BelowFloor | undefined {
  if (queryClusters < FLOORS.queryClusters)
    return { kind: 'too_few_clusters', side: 'query', count: queryClusters, least: FLOORS.queryClusters };
  if (itemClusters < FLOORS.itemClusters)
    return { kind: 'too_few_clusters', side: 'item', count: itemClusters, least: FLOORS.itemClusters };
  return undefined;
}

/** The ground on which a cell cannot be judged at all; undefined if it can. */
export function unjudgeable(
  estimate: Estimate,
  evidence: FloorCounts,
  uncoveredMass: number,
  tolerance: number,
): Unjudgeable | undefined {
  if (uncoveredMass > tolerance) return { kind: 'uncovered_mass', share: uncoveredMass };
  if (!Number.isFinite(estimate.value)) return { kind: 'undefined' };
  const thin = belowFloors(evidence);
  if (thin !== undefined) return thin;
  return Number.isFinite(estimate.standardError) ? undefined : { kind: 'no_spread' };
}

/**
 * Non-inferiority: pass when the whole interval keeps the bounds, fail when it violates one and Holm rejects, else
 * inconclusive.
 * Comparisons are written so that NaN never passes.
 *
 * @param rejected whether Holm's procedure over the run rejects "the bounds are kept"
 */
export function judge(estimate: Estimate, bounds: Bounds, confidence: number, rejected: boolean): Judgement {
  if (bounds.lower === undefined && bounds.upper === undefined) throw new Error('a rule without a bound');
  const { mde } = interval(estimate, confidence);
  if (keeps(estimate, bounds, confidence)) return { verdict: 'pass', reason: { kind: 'within_margin' } };
  const { lower, upper } = violationInterval(estimate, confidence);
  const violates =
    (bounds.upper !== undefined && lower > bounds.upper) || (bounds.lower !== undefined && upper < bounds.lower);
  if (violates && rejected) return { verdict: 'fail', reason: { kind: 'beyond_margin' } };
  if (violates) return { verdict: 'inconclusive', reason: { kind: 'borderline', by: 'holm' } };
  const room = bounds.margin ?? roomLeft(estimate, bounds);
  return {
    verdict: 'inconclusive',
    reason: mde > room ? { kind: 'underpowered' } : { kind: 'borderline', by: 'interval' },
  };
}

/** True where the whole interval is within the bounds. */
export function keeps(estimate: Estimate, bounds: Bounds, confidence: number): boolean {
  const { lower, upper } = interval(estimate, confidence);
  return (bounds.upper === undefined || upper <= bounds.upper) && (bounds.lower === undefined || lower >= bounds.lower);
}

/** The factor by which the rows must grow until the interval's reach fits into the room; undefined if none would do. */
export function rowsFactorToSettle(estimate: Estimate, bounds: Bounds, confidence: number): number | undefined {
  // More rows make no value more exact.
  const room = roomLeft(estimate, bounds) - (estimate.bound ?? 0);
  const reach = reachOf(estimate, confidence) - (estimate.bound ?? 0);
  if (!(room > 0) || !Number.isFinite(reach)) return undefined;
  return (reach / room) ** 2;
}

/** The distance of the estimate from the nearest bound. */
function roomLeft({ value }: Estimate, { lower, upper }: Bounds): number {
  return Math.min(
    upper === undefined ? Number.POSITIVE_INFINITY : Math.abs(upper - value),
    lower === undefined ? Number.POSITIVE_INFINITY : Math.abs(value - lower),
  );
}
