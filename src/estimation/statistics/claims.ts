/** Claims of one group of rules: judged each by itself, convicted together by Holm's procedure. */
import { holm } from './holm.js';
import type { ComparedReason } from './judgement-reason.js';
import { type Bounds, type Estimate, type Judgement, judge, violationPValue } from './noninferiority.js';

/**
 * A statistic that a rule asks for, measured but not yet judged. `Open` are the grounds on which its room leaves one
 * open.
 */
export interface Claim<Open = unknown> {
  readonly estimate: Estimate;
  readonly bounds: Bounds;
  /** The ground on which it cannot be judged; undefined where it can. */
  readonly open: Open | undefined;
}

/** The estimate of a claim that could not be measured. Such a claim is open. */
export const UNKNOWN: Estimate = { value: Number.NaN, standardError: Number.NaN, df: 1 };

/** The claims whose violation Holm's procedure over all that can be judged lets be called so. */
export function violated<T extends Claim>(claims: readonly T[], confidence: number): ReadonlySet<T> {
  const judgeable = claims.filter(({ open }) => open === undefined);
  const rejections = holm(
    judgeable.map(({ estimate, bounds }) => violationPValue(estimate, bounds)),
    1 - confidence,
  );
  return new Set(judgeable.filter((_, i) => rejections[i]));
}

/** @param rejected Holm's word over the group */
export function verdictOn<Open>(
  { estimate, bounds, open }: Claim<Open>,
  confidence: number,
  rejected: boolean,
): Judgement<ComparedReason | Open> {
  return open === undefined ? judge(estimate, bounds, confidence, rejected) : { verdict: 'inconclusive', reason: open };
}
