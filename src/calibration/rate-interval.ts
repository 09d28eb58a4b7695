/**
 * The interval of a rate, by what past versions showed. How versions come to differ is not assumed: that any of them
 * might have been the next one is. docs/choosing-margins.md holds it against simulation.
 */

import { betaQuantile } from '../estimation/statistics/beta.js';
import { studentTail } from '../estimation/statistics/student-t.js';
import { chiSquare, normal } from './draws.js';

/** The interval of a rate leaves out as much on either side. */
const TAIL = 0.05;
/**
 * Of the bound by distance, which must not undo the other one: versions are taken to differ twice as much as they
 * show.
 */
const FAR = { tail: 0.02, factor: 4, df: 3 } as const;
const DRAWS = 2000;
const STREAM = { variance: 8, mean: 9 } as const;

/** Past versions in the role of the live one, each by the worst of its cells. */
export interface Record {
  /** Shape (versions): how far beyond its margin that cell is, in standard deviations of a release; above 0 is out. */
  readonly excess: Float64Array;
  /** The part of that variance that all versions share, as they are measured on the same rows. */
  readonly shared: number;
}

export interface Bounds {
  /**
   * The share of the versions that are out, and how many independent ones they count for: none of one alone, which is
   * what its own rate is reckoned from.
   */
  readonly share: number;
  readonly trials: number;
  readonly lower: number;
  readonly upper: number;
  /** Versions come nearer to their margins one after the other, and the upper end is the higher for it. */
  readonly rising: boolean;
}

/**
 * Below: Clopper & Pearson 1934 on the count of versions that are out. Above: Jeffreys' bound on the same count, or
 * what the distances of the versions from their margins allow where that is less. Versions on shared rows count for as
 * many as are independent, m / (1 + (m - 1)·shared). Where versions come nearer to their margins one after the other,
 * the next one may be a step beyond the latest, and above stands at least what that would give.
 */
export function boundsOf({ excess, shared }: Record): Bounds {
  const m = excess.length;
  if (m === 0) return { share: 0, trials: 0, lower: 0, upper: 1, rising: false };
  const share = excess.filter((far) => !(far <= 0)).length / m;
  const trials = m / (1 + (m - 1) * Math.min(1, shared));
  const out = share * trials;
  const left = trials - out;
  const counted = share < 1 ? betaQuantile(1 - TAIL, out + 0.5, left + 0.5) : 1;
  const upper = Math.min(counted, byDistance(excess, shared, meanOf(excess)));
  const next = excess[0]! + (excess[0]! - excess[m - 1]!) / Math.max(1, m - 1);
  const further = risesTowards(excess) ? byDistance(excess, shared, next) : 0;
  return {
    share,
    trials: m > 1 ? trials : 0,
    lower: share > 0 ? betaQuantile(TAIL, out, left + 1) : 0,
    upper: Math.max(upper, further),
    rising: further > upper,
  };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * An upper bound of the rate by how far versions are from their margins: the excess of the next one is taken to be
 * t-distributed around `middle`, with a variance that is drawn by χ² of versions - 1 and a mean that is drawn by that
 * and by the rows.
 */
function byDistance(excess: Float64Array, shared: number, middle: number): number {
  const m = excess.length;
  if (excess.every((far) => far === Number.NEGATIVE_INFINITY)) return 0;
  if (m < 2 || !excess.every(Number.isFinite)) return 1;
  const mean = meanOf(excess);
  const squares = excess.reduce((sum, far) => sum + (far - mean) ** 2, 0);
  const { chi, z } = drawsOf(m - 1);
  const standing = Float64Array.from({ length: DRAWS }, (_, n) => {
    const between = (FAR.factor * squares) / chi[n]!;
    const drawn = middle + Math.sqrt(shared + between / m) * z[n]!;
    return drawn / Math.sqrt(Math.max(between + shared, Number.MIN_VALUE));
  }).sort();
  return studentTail(-standing[Math.ceil((1 - FAR.tail) * DRAWS) - 1]!, FAR.df);
}

interface Drawn {
  /** Shape (DRAWS) each: χ², and numbers of the standard normal distribution. */
  readonly chi: Float64Array;
  readonly z: Float64Array;
}

/** By degrees of freedom: they are the same in every run, and rates are asked for many times. */
const known = new Map<number, Drawn>();

function drawsOf(df: number): Drawn {
  const found = known.get(df) ?? {
    chi: Float64Array.from({ length: DRAWS }, (_, n) => chiSquare(STREAM.variance, n, df)),
    z: Float64Array.from({ length: DRAWS }, (_, n) => normal(STREAM.mean, n, 0)),
  };
  known.set(df, found);
  return found;
}

/** The chance, without a trend, of as many rises or more from each version to later ones, at which one is said. */
const CHANCE = 0.05;

/**
 * True where versions have come nearer to their margins one after the other (Kendall 1938, exact and one-sided): the
 * next one is then no longer one of them. Fewer than four versions cannot show it.
 *
 * @param excess shape (versions), the latest first
 */
export function risesTowards(excess: Float64Array): boolean {
  const m = excess.length;
  let falls = 0;
  for (let a = 0; a < m; a++) for (let b = a + 1; b < m; b++) if (!(excess[a]! > excess[b]!)) falls++;
  // Orders of so many versions by their inversions, as shares.
  let shares = [1];
  for (let n = 2; n <= m; n++)
    shares = Array.from({ length: shares.length + n - 1 }, (_, i) => {
      let sum = 0;
      for (let k = Math.max(0, i - n + 1); k <= Math.min(i, shares.length - 1); k++) sum += shares[k]!;
      return sum / n;
    });
  return m > 1 && shares.slice(0, falls + 1).reduce((sum, share) => sum + share, 0) <= CHANCE;
}
