/**
 * Past versions in the role of the live one, each by the worst of its cells: the interval of a rate is made of them.
 */

import type { Modelled, Shown } from './model.js';
import type { Record } from './rate-interval.js';

/**
 * @param of      the claims that count, by their index
 * @param allowed shape (claims): what each may be
 * @param which   whether a version is out where it does not pass, or where it fails
 */
export function recordOf(
  claims: readonly Modelled[],
  of: readonly number[],
  allowed: Float64Array,
  which: 'blocked' | 'failed',
): Record {
  const versions = of.reduce((most, j) => Math.max(most, claims[j]!.shown.length), 0);
  const scales = claims.map(scaleOf);
  const excess = new Float64Array(versions);
  let shared = 0;
  for (let a = 0; a < versions; a++) {
    let [worst, where] = [Number.NEGATIVE_INFINITY, of[0]!];
    for (const j of of) {
      const { shown } = claims[j]!;
      // A claim without a past is what it is now: of how it differs nothing is known.
      const far = farOut(needOf(claims[j]!, shown[a] ?? shown[0]!, which) - allowed[j]!, scales[j]!);
      if (far > worst) [worst, where] = [far, j];
    }
    excess[a] = worst;
    shared += sharedBy(claims[where]!, scales[where]!) / versions;
  }
  return { excess, shared };
}

/** A value that is no number is out; one that cannot vary is far on its side, or at its margin. */
function farOut(over: number, scale: number): number {
  if (over === 0) return 0;
  return Number.isNaN(over) ? Number.POSITIVE_INFINITY : over / scale;
}

/** The allowance that a claim would have needed in one version. */
function needOf({ side, convicts }: Modelled, { value, standardError, reach, open }: Shown, which: string): number {
  const moved = side === 0 ? Math.abs(value) : side * value;
  if (which === 'blocked') return open ? Number.POSITIVE_INFINITY : moved + reach * standardError;
  return open ? Number.NEGATIVE_INFINITY : moved - convicts * standardError;
}

/** The standard deviation of a release, by its rows and by how versions differ. */
function scaleOf({ standardError, moderated, ofRows }: Modelled): number {
  return Math.sqrt(standardError ** 2 + Math.max(0, moderated - ofRows));
}

/** The part of that variance that all versions share: of the error of their mean, what is not each one's own. */
function sharedBy({ errorOfMean, ofRows, shown, deviations }: Modelled, scale: number): number {
  if (deviations.length < 2 || !(scale > 0)) return 1;
  return Math.min(1, Math.max(0, errorOfMean ** 2 - ofRows / shown.length) / scale ** 2);
}
