/**
 * Meta-analysis with random effects: a test of several estimates of one quantity differing by more than their errors,
 * and their mean if they do.
 */
import { requirePoints } from './weighted-line.js';

export interface Heterogeneity {
  /** Cochran's Q. */
  readonly q: number;
  /** Degrees of freedom of Q: k - 1. */
  readonly df: number;
  /** Of the claim that all estimates are of the same value. */
  readonly pValue: number;
  /** I²: share of the estimates' variance that is between them, 0 to 1. */
  readonly iSquared: number;
  /** τ²: variance between the true values, in squared units of the estimates (DerSimonian & Laird). */
  readonly tauSquared: number;
  /** Mean weighted by 1/σ² and its standard error if there is no variance between (normal). */
  readonly fixedMean: number;
  readonly fixedError: number;
  /** Mean weighted by 1/(σ² + τ²) and its standard error (normal). */
  readonly mean: number;
  readonly standardError: number;
  /**
   * Hartung & Knapp's standard error of `mean`: Student's t with `df` degrees of freedom. Unmodified: below
   * `standardError` where the estimates agree by luck.
   */
  readonly hartungKnappError: number;
}

/**
 *     w = 1/σ²,   ȳ = Σ w y / Σ w,   Q = Σ w (y - ȳ)²,   I² = max(0, (Q - df)/Q),
 *     τ² = max(0, (Q - df) / (Σ w - Σ w² / Σ w)),
 *     w* = 1/(σ² + τ²),   mean = Σ w* y / Σ w*,   var = 1 / Σ w*,   Hartung-Knapp: var = Σ w* (y - mean)² / (df Σ w*).
 *
 * Cochran 1954; DerSimonian & Laird 1986; Higgins & Thompson 2002; Hartung & Knapp 2001.
 *
 * @param estimates shape (k), k ≥ 2
 * @param errors    their standard errors; shape (k)
 * @throws DataError (without a place: the caller knows the table) for fewer than 2 estimates or a standard error that
 *   is not finite and above 0
 */
export function heterogeneity(estimates: readonly number[], errors: readonly number[]): Heterogeneity {
  requirePoints({ estimate: estimates }, { 'standard error': errors }, 2);
  const df = estimates.length - 1;
  const weight = errors.map((se) => 1 / se ** 2);
  const fixed = weightedMean(estimates, weight);
  const q = fixed.scatter;
  let squares = 0;
  for (const w of weight) squares += w * w;
  const tauSquared = Math.max(0, (q - df) / (fixed.total - squares / fixed.total));
  const random = weightedMean(
    estimates,
    errors.map((se) => 1 / (se ** 2 + tauSquared)),
  );
  return {
    q,
    df,
    pValue: chiSquareTail(q, df),
    iSquared: q > df ? (q - df) / q : 0,
    tauSquared,
    fixedMean: fixed.mean,
    fixedError: Math.sqrt(1 / fixed.total),
    mean: random.mean,
    standardError: Math.sqrt(1 / random.total),
    hartungKnappError: Math.sqrt(random.scatter / (df * random.total)),
  };
}

/** Mean, sum of weights, and weighted squares of what is left. */
function weightedMean(
  values: readonly number[],
  weight: readonly number[],
): { mean: number; total: number; scatter: number } {
  let total = 0;
  let sum = 0;
  for (const [i, value] of values.entries()) {
    total += weight[i]!;
    sum += weight[i]! * value;
  }
  const mean = sum / total;
  let scatter = 0;
  for (const [i, value] of values.entries()) scatter += weight[i]! * (value - mean) ** 2;
  return { mean, total, scatter };
}

/**
 * P(χ² > x) with `df` degrees of freedom, a whole number above 0: the regularised incomplete gamma function Q(df/2,
 * x/2), by its series below the mean (DLMF 8.7.1) and its continued fraction above (the even part of DLMF 8.9.2,
 * modified Lentz).
 */
export function chiSquareTail(x: number, df: number): number {
  if (!(Number.isInteger(df) && df > 0)) throw new Error(`${df} degrees of freedom`);
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const a = df / 2;
  const z = x / 2;
  const front = Math.exp(a * Math.log(z) - z - logGammaOfHalf(df));
  return z < a + 1 ? 1 - front * series(a, z) : front * continuedFraction(a, z);
}

/** Σ z^k Γ(a) / Γ(a + k + 1) = 1/a + z/(a (a + 1)) + … */
function series(a: number, z: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= z / (a + k);
    sum += term;
  }
  return sum;
}

/** 1/(z + 1 - a - 1 (1 - a)/(z + 3 - a - 2 (2 - a)/(z + 5 - a - …))); z > a, so that no denominator is 0. */
function continuedFraction(a: number, z: number): number {
  let b = z + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k <= 10_000; k++) {
    const step = -k * (k - a);
    b += 2;
    d = 1 / (b + step * d);
    c = b + step / c;
    h *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return h;
}

/** ln Γ(n/2), from Γ(1/2) = √π or Γ(1) = 1 upwards. */
function logGammaOfHalf(n: number): number {
  let sum = n % 2 === 1 ? 0.5 * Math.log(Math.PI) : 0;
  for (let a = n % 2 === 1 ? 0.5 : 1; a < n / 2; a++) sum += Math.log(a);
  return sum;
}
