/** A line between two measured quantities, both with errors that are known point by point. */
import { DataError } from '../../errors.js';
import { covariance, mean, variance } from './moments.js';
import { requirePoints, requireSpread } from './weighted-line.js';

export interface DemingLine {
  /** In units of y per unit of x. */
  readonly slope: number;
  readonly intercept: number;
  /**
   * From the points' own errors alone, to first order; to widen them for scatter beyond the errors, multiply by
   * √max(1, mswd).
   */
  readonly slopeError: number;
  readonly interceptError: number;
  /** The x at which the line is known best: the error of its y there, and the error of its slope, are independent. */
  readonly pivot: number;
  /** Of the line's y at the pivot, from the points' own errors alone. */
  readonly pivotError: number;
  /** Mean square of weighted deviates, reduced χ²: Σ W (y - a - b x)² / (n - 2). */
  readonly mswd: number;
  readonly iterations: number;
}

/** Directions that are tried for a start. */
const STARTS = 60;
const MOST_ITERATIONS = 1000;
const TOLERANCE = 1e-14;

/**
 * The errors-in-variables line y = a + b x, errors of x and y uncorrelated (York, Evensen, López Martínez & De Basabe
 * Delgado 2004, Am. J. Phys. 72:367, with r = 0):
 *
 *     W = 1 / (σy² + b² σx²),   x̄ = Σ W x / Σ W,   u = x - x̄,   v = y - ȳ,
 *     β = W (u σy² + b v σx²),   b = Σ W β v / Σ W β u,   repeated until b stands still,   a = ȳ - b x̄,
 *     var b = 1 / Σ W (β - β̄)²,   var a = 1 / Σ W + (x̄ + β̄)² var b,   cov(a, b) = -(x̄ + β̄) var b,
 *
 * x̄ + β the fitted x. χ² can have several minima where errors are as large as the spread: the start is the best of
 * some directions and of Deming's closed form at the ratio of mean error variances, which is the answer where all
 * points have the same ratio. The solution for (y, x) is the same line: its slope is 1/b.
 *
 * @param x      shape (n)
 * @param errorX standard errors of x; shape (n)
 * @param y      shape (n)
 * @param errorY standard errors of y; shape (n)
 * @throws DataError (without a place: the caller knows the table) for fewer than 3 points, a standard error that is
 *   not finite and above 0, no spread in x, or points that determine no slope (a vertical line fits them best)
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
  const pivot = centreX + meanX + meanBeta;
  return {
    slope,
    intercept: centreY + meanY - slope * (centreX + meanX),
    slopeError: Math.sqrt(1 / information),
    interceptError: Math.sqrt(1 / total + pivot ** 2 / information),
    pivot,
    pivotError: Math.sqrt(1 / total),
    mswd: chiSquare / (n - 2),
    iterations,
  };
}

/**
 * The standard error of a + b x where x is known: var a + 2 x cov(a, b) + x² var b = 1 / Σ W + (x - x̄ - β̄)² var b,
 * written so that nothing cancels.
 */
export function errorAt({ pivot, pivotError, slopeError }: DemingLine, x: number): number {
  return Math.hypot(pivotError, (x - pivot) * slopeError);
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
 * Deming's slope at δ = var(error of y) / var(error of x), the same for all points (Deming 1943; Fuller 1987,
 * Measurement Error Models, 1.3):
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
