/** Quantiles of the beta distribution: the exact bounds of a share that was counted. */
import { incompleteBeta } from './student-t.js';

/** The p quantile of the beta distribution with a, b > 0, by bisection to the last digits; checked against scipy. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (incompleteBeta(middle, 1 - middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
