/** Bounds of a ratio by its contrast, never by the ratio itself: Fieller's interval, which may be unbounded. */
import { type Estimate, interval } from './noninferiority.js';

export interface Share {
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The shares ρ of a whole that the contrast part - ρ·whole does not reject, on either side at `confidence`; infinite
 * where the whole is not clearly above 0.
 *
 * @param contrast the estimate of part - ρ·whole
 */
export function shareOf(
  part: Estimate,
  whole: Estimate,
  contrast: (rho: number) => Estimate,
  confidence: number,
): Share {
  const share = part.value / whole.value;
  if (!(interval(whole, confidence).lower > 0))
    return { share, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  return {
    share,
    lower: bisect((rho) => interval(contrast(rho), confidence).lower >= 0, share, -1),
    upper: bisect((rho) => interval(contrast(rho), confidence).upper <= 0, share, 1),
  };
}

/** part - ρ·whole where both come from different data: their errors are independent, so that the variances add up. */
export function independentContrast(part: Estimate, whole: Estimate, rho: number): Estimate {
  const standardError = Math.hypot(part.standardError, rho * whole.standardError);
  const third = ({ skewness = 0 }: Estimate, error: number) => skewness * (error / standardError || 0) ** 3;
  return {
    value: part.value - rho * whole.value,
    standardError,
    // Signs are not known: the third moments are taken to add up.
    skewness: third(part, part.standardError) + third(whole, Math.abs(rho) * whole.standardError),
    df: Math.min(part.df, whole.df),
  };
}

/** The first point from `from` in a direction at which a monotone condition holds; infinite far away from it. */
function bisect(holds: (x: number) => boolean, from: number, direction: -1 | 1): number {
  let step = 0.01;
  let outer = from;
  while (!holds(outer)) {
    if (step > 1000) return direction * Number.POSITIVE_INFINITY;
    outer = from + direction * step;
    step *= 2;
  }
  let inner = from;
  for (let i = 0; i < 60; i++) {
    const middle = (inner + outer) / 2;
    if (holds(middle)) outer = middle;
    else inner = middle;
  }
  return outer;
}
