/** A straight line through points whose standard errors are known: weighted least squares. */
import { DataError } from '../../errors.js';
import type { Estimate } from './noninferiority.js';

export interface WeightedLine {
  /**
   * In units of y per unit of x, and of y. Standard errors are scaled by √max(1, χ²/(n - 2)), as points that scatter
   * more than their own errors say (Birge 1932) leave less certainty; Student's t with n - 2 degrees of freedom.
   */
  readonly slope: Estimate;
  readonly intercept: Estimate;
  /** Standard errors of slope and intercept if the points' own errors are all there is (fixed effect). */
  readonly slopeError: number;
  readonly interceptError: number;
  /** χ²/(n - 2), with χ² = Σ w (y - a - b x)²; about 1 where a line fits within the errors. */
  readonly reducedChiSquare: number;
}

/**
 * Minimises Σ w (y - a - b x)², w = 1/σ²:
 *
 *     x̄ = Σ w x / Σ w,   b = Σ w (x - x̄) y / Σ w (x - x̄)²,   a = ȳ - b x̄,
 *     var b = 1 / Σ w (x - x̄)²,   var a = 1 / Σ w + x̄² var b.
 *
 * Bevington & Robinson 2003, Data Reduction and Error Analysis, chapter 6. x is taken as known exactly; where it is
 * not, see deming.ts.
 *
 * @param x     shape (n)
 * @param y     shape (n)
 * @param error standard errors of y; shape (n)
 * @throws DataError (without a place: the caller knows the table) for fewer than 3 points, no spread in x, an error
 *   that is not finite and above 0
 */
export function weightedLine(x: readonly number[], y: readonly number[], error: readonly number[]): WeightedLine {
  requirePoints({ x, y }, { error }, 3);
  requireSpread(x);
  const n = x.length;
  const weight = error.map((se) => 1 / se ** 2);
  let total = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < n; i++) {
    total += weight[i]!;
    sumX += weight[i]! * x[i]!;
    sumY += weight[i]! * y[i]!;
  }
  const meanX = sumX / total;
  const meanY = sumY / total;
  let xx = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    xx += weight[i]! * (x[i]! - meanX) ** 2;
    xy += weight[i]! * (x[i]! - meanX) * (y[i]! - meanY);
  }
  const b = xy / xx;
  let chiSquare = 0;
  for (let i = 0; i < n; i++) chiSquare += weight[i]! * (y[i]! - meanY - b * (x[i]! - meanX)) ** 2;
  const df = n - 2;
  const slopeError = Math.sqrt(1 / xx);
  const interceptError = Math.sqrt(1 / total + meanX ** 2 / xx);
  const reducedChiSquare = chiSquare / df;
  const scale = Math.sqrt(Math.max(1, reducedChiSquare));
  return {
    slope: { value: b, standardError: scale * slopeError, df },
    intercept: { value: meanY - b * meanX, standardError: scale * interceptError, df },
    slopeError,
    interceptError,
    reducedChiSquare,
  };
}

/**
 * Measured points are finite, as many as needed, and their standard errors are finite and above 0.
 *
 * @param values columns by the name that a user knows them by; each of shape (n)
 * @param errors columns of standard errors; each of shape (n)
 */
export function requirePoints(
  values: Readonly<Record<string, readonly number[]>>,
  errors: Readonly<Record<string, readonly number[]>>,
  least: number,
): void {
  const columns = [...Object.entries(values), ...Object.entries(errors)];
  const n = columns[0]![1].length;
  if (columns.some(([, column]) => column.length !== n)) throw new Error('columns of different lengths');
  if (!(n >= least)) throw new DataError([{ found: `${n} point${n === 1 ? '' : 's'}`, expected: `at least ${least}` }]);
  for (const [name, column] of columns) {
    const isError = name in errors;
    for (const [i, value] of column.entries()) {
      if (Number.isFinite(value) && (!isError || value > 0)) continue;
      throw new DataError([
        {
          found: `${name} ${value} at point ${i + 1}`,
          expected: isError ? 'a finite standard error above 0' : 'a finite number',
        },
      ]);
    }
  }
}

/** A slope needs two different x. */
export function requireSpread(values: readonly number[], name = 'x'): void {
  if (!values.some((value) => value !== values[0]))
    throw new DataError([
      { found: `${name} = ${values[0]} at every point`, expected: `at least two different values of ${name}` },
    ]);
}
