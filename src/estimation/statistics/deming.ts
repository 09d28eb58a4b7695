/** A line, a correlation and an agreement of signs between two measured quantities, both with errors that are known point by point. */
import { DataError } from '../../errors.js';
import { normalQuantile } from './student-t.js';
import { requirePoints, requireSpread } from './weighted-line.js';

export interface DemingLine {
  /** In units of y per unit of x. */
  readonly slope: number;
  readonly intercept: number;
  /** From the points' own errors alone, to first order; to widen them for scatter beyond the errors, multiply by √max(1, mswd). */
  readonly slopeError: number;
  readonly interceptError: number;
  /** Mean square of weighted deviates, reduced χ²: Σ W (y - a - b x)² / (n - 2). */
  readonly mswd: number;
  readonly iterations: number;
}

/** Directions that are tried for a start. */
const STARTS = 60;
const MOST_ITERATIONS = 1000;
const TOLERANCE = 1e-14;

/**
 * The errors-in-variables line y = a + b x, errors of x and y uncorrelated (York, Evensen, López Martínez & De Basabe Delgado 2004, Am. J. Phys. 72:367, with r = 0):
 *
 *     W = 1 / (σy² + b² σx²),   x̄ = Σ W x / Σ W,   u = x - x̄,   v = y - ȳ,
 *     β = W (u σy² + b v σx²),   b = Σ W β v / Σ W β u,   repeated until b stands still,   a = ȳ - b x̄,
 *     var b = 1 / Σ W (β - β̄)²,   var a = 1 / Σ W + (x̄ + β̄)² var b,
 *
 * x̄ + β the fitted x. χ² can have several minima where errors are as large as the spread: the start is the best of some directions and of Deming's closed form at the ratio of
 * mean error variances, which is the answer where all points have the same ratio. The solution for (y, x) is the same line: its slope is 1/b.
 *
 * @param x      shape (n)
 * @param errorX standard errors of x; shape (n)
 * @param y      shape (n)
 * @param errorY standard errors of y; shape (n)
 * @throws DataError (without a place: the caller knows the table) for fewer than 3 points, a standard error that is not finite and above 0, no spread in x, or points
 *   that determine no slope (a vertical line fits them best)
 */
export function deming(
  x: readonly number[],
  errorX: readonly number[],
  y: readonly number[],
  errorY: readonly number[],
): DemingLine {
  requirePoints({ x, y }, { 'error of x': errorX, 'error of y': errorY }, 3);
  requireSpread(x);
  const n = x.length;
  // Far from 0, differences from weighted means would lose digits.
  const centreX = mean(x);
  const centreY = mean(y);
  const points = new CentredPoints(
    x.map((value) => value - centreX),
    y.map((value) => value - centreY),
    errorX.map((se) => se ** 2),
    errorY.map((se) => se ** 2),
  );
  const spread = Math.sqrt(variance(y) / variance(x));
  const { slope, iterations } = settle(
    points,
    bestStart(points, closedForm(x, y, points.errorRatio()), spread),
    spread,
  );
  const { meanX, meanY, total, chiSquare } = points.fitAt(slope);
  const { meanBeta, information } = points.information(total);
  return {
    slope,
    intercept: centreY + meanY - slope * (centreX + meanX),
    slopeError: Math.sqrt(1 / information),
    interceptError: Math.sqrt(1 / total + (centreX + meanX + meanBeta) ** 2 / information),
    mswd: chiSquare / (n - 2),
    iterations,
  };
}

/** The slope of the least χ² among a first guess and some directions. */
function bestStart(points: CentredPoints, first: number, spread: number): number {
  let best = first;
  for (let i = 0; i < STARTS; i++) {
    const slope = spread * Math.tan(((i + 0.5) / STARTS - 0.5) * Math.PI);
    if (!(points.fitAt(slope).chiSquare >= points.fitAt(best).chiSquare)) best = slope;
  }
  return best;
}

/** Repeats York's step from a slope until it stands still. */
function settle(points: CentredPoints, start: number, spread: number): { slope: number; iterations: number } {
  let slope = start;
  let iterations = 0;
  for (let settled = false; !settled; iterations++) {
    if (!Number.isFinite(slope) || iterations === MOST_ITERATIONS)
      throw new DataError([
        {
          found: `no slope that settles over ${points.count} points`,
          expected: 'points whose x differ by more than their errors',
        },
      ]);
    const next = points.nextSlope(slope);
    settled = Number.isFinite(next) && Math.abs(next - slope) <= TOLERANCE * (Math.abs(next) + spread);
    slope = next;
  }
  return { slope, iterations };
}

/** Points from their centre, with the weights W and the offsets β of the slope that was last fitted. */
class CentredPoints {
  private readonly weight: Float64Array;
  private readonly beta: Float64Array;

  /** All of shape (n); variances of the errors. */
  constructor(
    private readonly dx: readonly number[],
    private readonly dy: readonly number[],
    private readonly varianceX: readonly number[],
    private readonly varianceY: readonly number[],
  ) {
    this.weight = new Float64Array(dx.length);
    this.beta = new Float64Array(dx.length);
  }

  get count(): number {
    return this.dx.length;
  }

  /** The mean error variance of y over that of x. */
  errorRatio(): number {
    return mean(this.varianceY) / mean(this.varianceX);
  }

  /** Sets weights and offsets to what they are at a slope. The means are by these weights, from the centre. */
  fitAt(slope: number): { meanX: number; meanY: number; total: number; chiSquare: number } {
    const { dx, dy, varianceX, varianceY, weight, beta } = this;
    let total = 0;
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < dx.length; i++) {
      weight[i] = 1 / (varianceY[i]! + slope ** 2 * varianceX[i]!);
      total += weight[i]!;
      sumX += weight[i]! * dx[i]!;
      sumY += weight[i]! * dy[i]!;
    }
    const meanX = sumX / total;
    const meanY = sumY / total;
    let chiSquare = 0;
    for (let i = 0; i < dx.length; i++) {
      const u = dx[i]! - meanX;
      const v = dy[i]! - meanY;
      beta[i] = weight[i]! * (u * varianceY[i]! + slope * v * varianceX[i]!);
      chiSquare += weight[i]! * (v - slope * u) ** 2;
    }
    return { meanX, meanY, total, chiSquare };
  }

  /** Σ W β v / Σ W β u at a slope. */
  nextSlope(slope: number): number {
    const { meanX, meanY } = this.fitAt(slope);
    let over = 0;
    let under = 0;
    for (let i = 0; i < this.dx.length; i++) {
      over += this.weight[i]! * this.beta[i]! * (this.dy[i]! - meanY);
      under += this.weight[i]! * this.beta[i]! * (this.dx[i]! - meanX);
    }
    return over / under;
  }

  /** β̄ and Σ W (β - β̄)² of the slope that was last fitted; `total`: Σ W. */
  information(total: number): { meanBeta: number; information: number } {
    let meanBeta = 0;
    for (let i = 0; i < this.dx.length; i++) meanBeta += (this.weight[i]! * this.beta[i]!) / total;
    let information = 0;
    for (let i = 0; i < this.dx.length; i++) information += this.weight[i]! * (this.beta[i]! - meanBeta) ** 2;
    return { meanBeta, information };
  }
}

/**
 * Deming's slope at δ = var(error of y) / var(error of x), the same for all points (Deming 1943; Fuller 1987, Measurement Error Models, 1.3):
 *
 *     b = (d + √(d² + 4 δ s_xy²)) / (2 s_xy),   d = s_yy - δ s_xx,
 *
 * written so that nothing cancels. Infinite where the best line is vertical.
 */
function closedForm(x: readonly number[], y: readonly number[], delta: number): number {
  const xy = covariance(x, y);
  const d = variance(y) - delta * variance(x);
  const root = Math.hypot(d, 2 * Math.sqrt(delta) * xy);
  return d > 0 ? (d + root) / (2 * xy) : (2 * delta * xy) / (root - d);
}

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
 * Bounds are Fisher's, tanh(artanh r ± z/√(n - 3)), on the r that was measured, divided by the same root: they take the reliabilities as known, so are too narrow where these
 * are low. Fewer than 4 points have the bounds -1 and 1.
 *
 * @param x  shape (n)
 * @param sx standard errors of x; shape (n)
 * @param y  shape (n)
 * @param sy standard errors of y; shape (n)
 * @throws DataError (without a place) for fewer than 3 points, a standard error that is not finite and above 0, no spread in x or y
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

export interface SignConcordance {
  /** Share of points whose x and y have the same sign; NaN without points. */
  readonly share: number;
  /** One-sided bounds at `confidence` on either side. */
  readonly lower: number;
  readonly upper: number;
  readonly points: number;
}

/**
 * How often two quantities agree in sign, with Wilson's interval (Wilson 1927). A value of exactly 0 agrees with nothing.
 *
 *     (p + z²/2n ± z √(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
 *
 * @param x shape (n)
 * @param y shape (n)
 */
export function signConcordance(x: readonly number[], y: readonly number[], confidence: number): SignConcordance {
  if (x.length !== y.length) throw new Error('columns of different lengths');
  const n = x.length;
  if (n === 0) return { share: Number.NaN, lower: 0, upper: 1, points: 0 };
  let same = 0;
  for (let i = 0; i < n; i++) if ((x[i]! > 0 && y[i]! > 0) || (x[i]! < 0 && y[i]! < 0)) same++;
  const share = same / n;
  const z2 = normalQuantile(confidence) ** 2;
  const centre = share + z2 / (2 * n);
  const reach = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n)));
  const whole = 1 + z2 / n;
  return {
    share,
    lower: same === 0 ? 0 : (centre - reach) / whole,
    upper: same === n ? 1 : (centre + reach) / whole,
    points: n,
  };
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample covariance, divisor n - 1. */
function covariance(x: readonly number[], y: readonly number[]): number {
  const meanX = mean(x);
  const meanY = mean(y);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - meanX) * (y[i]! - meanY);
  return sum / (x.length - 1);
}

const variance = (values: readonly number[]): number => covariance(values, values);
