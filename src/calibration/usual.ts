/**
 * The usual change of each claim, drawn towards that of the other cells of its rule at the same distance (empirical
 * Bayes, James & Stein 1961, Efron & Morris 1973): the worst of many noisy cells looks worse than any of them is.
 */

import { DRAWS, type Modelled } from './model.js';

/** The likeliest usual change of each claim. Shape (claims). */
export function usualOf(claims: readonly Modelled[]): Float64Array {
  const mean = Float64Array.from(claims, (claim) => claim.mean);
  for (const group of groupsOf(claims)) {
    const drawn = drawnTogether(group.map((j) => claims[j]!));
    for (const [i, j] of group.entries()) mean[j] = drawn?.[i] ?? mean[j]!;
  }
  return mean;
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

function drawnTogether(group: readonly Modelled[]): number[] | undefined {
  const weights = group.map(({ errorOfMean }) => errorOfMean ** -2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = (values: readonly number[]) => values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total;
  const apart = (values: readonly number[]) => {
    const middle = centre(values);
    return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  };
  const means = group.map(({ mean }) => mean);
  const middle = centre(means);
  // The noise of cells that share rows or items is common: what it makes them differ by is read off its draws.
  let byNoise = 0;
  for (let n = 0; n < DRAWS; n++)
    byNoise += apart(group.map(({ errorOfMean, noiseOfMean }) => errorOfMean * noiseOfMean[n]!)) / DRAWS;
  const real = Math.max(0, apart(means) - byNoise);
  if (!Number.isFinite(real)) return undefined;
  return group.map(({ errorOfMean }, i) => middle + (real / (real + errorOfMean ** 2)) * (means[i]! - middle));
}
