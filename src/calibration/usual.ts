/**
 * The usual change of each claim, drawn towards that of the other cells of its rule at the same distance (empirical
 * Bayes, James & Stein 1961, Efron & Morris 1973): the worst of many noisy cells looks worse than any of them is.
 */

import { DRAWS, type Modelled } from './model.js';

export interface Usual {
  /** The likeliest usual change of each claim. */
  readonly mean: Float64Array;
  /** Shape (claims)(DRAWS): usual changes that agree with what was measured, but for how versions differ. */
  readonly agreeing: readonly Float64Array[];
}

export function usualOf(claims: readonly Modelled[]): Usual {
  const mean = Float64Array.from(claims, (claim) => claim.mean);
  const agreeing: Float64Array[] = claims.map((claim) =>
    Float64Array.from(claim.noiseOfMean, (noise) => claim.mean - claim.errorOfMean * noise),
  );
  for (const group of groupsOf(claims)) {
    const drawn = drawnTogether(group.map((j) => claims[j]!));
    if (!drawn) continue;
    for (const [i, j] of group.entries()) {
      mean[j] = drawn.mean[i]!;
      agreeing[j] = drawn.agreeing[i]!;
    }
  }
  return { mean, agreeing };
}

/** Cells of one rule at one distance, where they are at least three. */
function groupsOf(claims: readonly Modelled[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [j, { rule, history, errorOfMean }] of claims.entries()) {
    if (!(errorOfMean > 0)) continue;
    const key = `${rule} ${history.claim.at}`;
    groups.set(key, [...(groups.get(key) ?? []), j]);
  }
  return [...groups.values()].filter((group) => group.length >= 3);
}

function drawnTogether(group: readonly Modelled[]): { mean: number[]; agreeing: Float64Array[] } | undefined {
  const weights = group.map(({ errorOfMean }) => errorOfMean ** -2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = (values: readonly number[]) => values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total;
  const apart = (values: readonly number[]) => {
    const middle = centre(values);
    return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  };
  const means = group.map(({ mean }) => mean);
  const middle = centre(means);
  const errors = Array.from({ length: DRAWS }, (_, n) =>
    group.map(({ errorOfMean, noiseOfMean }) => errorOfMean * noiseOfMean[n]!),
  );
  // The noise of cells that share rows or items is common: what it makes them differ by is read off its draws.
  const byNoise = errors.reduce((sum, own) => sum + apart(own), 0) / DRAWS;
  const real = Math.max(0, apart(means) - byNoise);
  if (!Number.isFinite(real)) return undefined;
  const own = group.map(({ errorOfMean }) => real / (real + errorOfMean ** 2));
  const common = errors.map(centre);
  return {
    mean: means.map((mean, i) => middle + own[i]! * (mean - middle)),
    agreeing: group.map((_, i) =>
      Float64Array.from(
        { length: DRAWS },
        (__, n) =>
          middle - common[n]! + own[i]! * (means[i]! - middle) - Math.sqrt(own[i]!) * (errors[n]![i]! - common[n]!),
      ),
    ),
  };
}
