/** A correlation between two measured quantities, both with errors that are known point by point. */
import { covariance, mean, variance } from './moments.js';
import { normalQuantile } from './student-t.js';
import { requirePoints, requireSpread } from './weighted-line.js';

export interface AttenuatedCorrelation {
  /** Pearson's correlation of what was measured. */
  readonly measured: number;
  /** Share of the variance between points that is not error of measurement, 0 to 1. */
  readonly reliabilityX: number;
  readonly reliabilityY: number;
  /** The correlation corrected for attenuation, -1 to 1; NaN where a reliability is 0. */
  readonly corrected: number;
  /** One-sided bounds of the corrected correlation at `confidence` on either side; -1 and 1 where nothing is known. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Pearson's correlation r, corrected for attenuation by errors that are independent of each other (Spearman 1904):
 *
 *     r / √(rel_x rel_y),   rel = max(0, (s² - mean σ²) / s²),   cut off at ±1.
 *
 * Bounds are Fisher's, tanh(artanh r ± z/√(n - 3)), on the r that was measured, divided by the same root: they take
 * the reliabilities as known, so are too narrow where these are low. Fewer than 4 points have the bounds -1 and 1.
 *
 * @param x  shape (n)
 * @param sx standard errors of x; shape (n)
 * @param y  shape (n)
 * @param sy standard errors of y; shape (n)
 * @throws DataError (without a place) for fewer than 3 points, a standard error that is not finite and above 0, no
 *   spread in x or y
 */
export function attenuatedCorrelation(
  x: readonly number[],
  sx: readonly number[],
  y: readonly number[],
  sy: readonly number[],
  confidence: number,
): AttenuatedCorrelation {
  requirePoints({ x, y }, { 'error of x': sx, 'error of y': sy }, 3);
  requireSpread(x);
  requireSpread(y, 'y');
  const measured = unit(covariance(x, y) / Math.sqrt(variance(x) * variance(y)));
  const reliabilityX = reliability(x, sx);
  const reliabilityY = reliability(y, sy);
  const root = Math.sqrt(reliabilityX * reliabilityY);
  if (!(root > 0)) return { measured, reliabilityX, reliabilityY, corrected: Number.NaN, lower: -1, upper: 1 };
  const known = x.length > 3;
  const reach = known ? normalQuantile(confidence) / Math.sqrt(x.length - 3) : 0;
  return {
    measured,
    reliabilityX,
    reliabilityY,
    corrected: unit(measured / root),
    lower: known ? unit(Math.tanh(Math.atanh(measured) - reach) / root) : -1,
    upper: known ? unit(Math.tanh(Math.atanh(measured) + reach) / root) : 1,
  };
}

function reliability(values: readonly number[], errors: readonly number[]): number {
  const between = variance(values);
  return Math.max(0, (between - mean(errors.map((se) => se ** 2))) / between);
}

const unit = (r: number): number => Math.max(-1, Math.min(1, r));
