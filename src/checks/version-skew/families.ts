/**
 * Claims about more than one pair of checkpoints: the mean over anchors, and the candidate beside the family that
 * serves today.
 */

import type { Rule } from '../../documents/policy/policy.js';
import { scaleOf } from '../../estimation/metrics/registry.js';
import { UNKNOWN } from '../../estimation/statistics/claims.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { type Share, shareOf } from '../../estimation/statistics/share.js';
import type { Estimates, Term } from '../../estimation/tabulation/tabulate.js';
import type { Distance, FamilyChange, RetainedGain } from '../check-report.js';
import type { FamilyStates } from './states.js';

/** A metric in a cell at a distance. */
export interface Where {
  readonly metric: string;
  readonly cell: number;
  readonly at: Distance;
}

/**
 * The mean change over the anchors as a random effect: V = s²_between / A + V_within of the mean, as the anchors share
 * their rows; t with A - 1 degrees of freedom (docs/statistics.md). Undefined where the anchors do not cover the
 * distance.
 */
export function familyEstimate(
  tabulation: Estimates,
  anchors: FamilyStates['anchors'],
  { metric, cell, at }: Where,
  relative: boolean,
): (Estimate & { readonly betweenSd: number }) | undefined {
  const states = anchors.flatMap((states) => states.get(at) ?? []);
  if (anchors.length < 2 || states.length < anchors.length) return undefined;
  const as = relative ? 'relative' : 'absolute';
  const weight = 1 / states.length;
  const mean = tabulation.contrast(
    metric,
    cell,
    states.map((state): Term => ({ state, weight, as })),
  );
  const changes = states.map((state) => tabulation.contrast(metric, cell, [{ state, weight: 1, as }]).value);
  const between = changes.reduce((sum, change) => sum + (change - mean.value) ** 2, 0) / (states.length - 1);
  const standardError = Math.sqrt(between / states.length + mean.standardError ** 2);
  return {
    value: mean.value,
    standardError,
    // Of the third moment, the part within the rows alone: what anchors add is taken as symmetric.
    skewness: (mean.skewness ?? 0) * (mean.standardError / standardError || 0) ** 3,
    ...(mean.bound === undefined ? {} : { bound: mean.bound }),
    df: Math.min(states.length - 1, mean.df),
    betweenSd: Math.sqrt(between),
  };
}

export function familyChange(
  tabulation: Estimates,
  anchors: FamilyStates['anchors'],
  where: Where,
  relative: boolean,
  confidence: number,
): FamilyChange | undefined {
  if (where.at === 0) return undefined;
  const estimate = familyEstimate(tabulation, anchors, where, relative);
  if (!estimate) return undefined;
  const { lower, upper } = interval(estimate, confidence);
  return { anchors: anchors.length, change: estimate.value, lower, upper, betweenSd: estimate.betweenSd };
}

/**
 * The candidate degrades by this much more than the family that serves today; above 0 is worse, whichever way the
 * metric points.
 */
export function moreSensitive(
  tabulation: Estimates,
  candidate: FamilyStates,
  compared: FamilyStates,
  { metric, cell, at }: Where,
  lowerIsBetter: boolean,
  relative: boolean,
): Estimate | undefined {
  const [own, other] = [candidate.current.get(at), compared.current.get(at)];
  if (own === undefined || other === undefined) return undefined;
  const as = relative ? 'relative' : 'absolute';
  const sign = lowerIsBetter ? 1 : -1;
  return tabulation.contrast(metric, cell, [
    { state: own, weight: sign, as },
    { state: other, weight: -sign, as },
  ]);
}

/**
 * Gains of the candidate over the family that serves today: with both aligned, and where the rule looks. Positive is
 * better.
 */
export class Gain {
  private readonly sign: number;

  constructor(
    private readonly tabulation: Estimates,
    private readonly candidate: FamilyStates,
    private readonly compared: FamilyStates,
    private readonly where: Where,
    lowerIsBetter: boolean,
  ) {
    this.sign = lowerIsBetter ? 1 : -1;
  }

  aligned(): Estimate {
    // Every family has a state at distance 0, so that this contrast is never undefined.
    return this.contrast(1, 0)!;
  }

  skewed(): Estimate | undefined {
    return this.contrast(0, 1);
  }

  /** gain under skew - ρ · gain when aligned: what a ratio would be tested by, never unbounded (docs/statistics.md). */
  retained(share: number): Estimate | undefined {
    return this.contrast(-share, 1);
  }

  /**
   * The shares that the contrast does not reject on either side; infinite where the aligned gain is not clearly above
   * 0.
   */
  bounds(confidence: number): Share {
    return shareOf(this.skewed() ?? UNKNOWN, this.aligned(), (rho) => this.retained(rho) ?? UNKNOWN, confidence);
  }

  private contrast(aligned: number, skewed: number): Estimate | undefined {
    const { metric, cell, at } = this.where;
    const terms: Term[] = [];
    const add = (weight: number, distance: Distance): boolean => {
      if (weight === 0) return true;
      const [own, other] = [this.candidate.current.get(distance), this.compared.current.get(distance)];
      if (own === undefined || other === undefined) return false;
      terms.push(
        { state: other, weight: this.sign * weight, as: 'value' },
        { state: own, weight: -this.sign * weight, as: 'value' },
      );
      return true;
    };
    return add(aligned, 0) && add(skewed, at) ? this.tabulation.contrast(metric, cell, terms) : undefined;
  }
}

export function retainedGain(gain: Gain, confidence: number): RetainedGain {
  const { share, lower, upper } = gain.bounds(confidence);
  return { aligned: gain.aligned().value, skewed: gain.skewed()?.value ?? Number.NaN, share, lower, upper };
}

/** Tells whether a rule's change is judged relative to the value at distance 0. */
export function isRelative(rule: Rule): boolean {
  return scaleOf(rule.metric).unit(rule.relative) === 'relative';
}
