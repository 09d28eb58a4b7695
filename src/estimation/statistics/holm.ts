/**
 * Holm's step-down procedure (Holm 1979): which of the hypotheses may be rejected so that the chance of any false
 * rejection stays below alpha. The smallest p is compared with alpha/m, the next with alpha/(m-1), and so on until the
 * first that is not below.
 */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  const rejected = pValues.map(() => false);
  for (const [step, i] of order.entries()) {
    if (!(pValues[i]! <= alpha / (pValues.length - step))) break;
    rejected[i] = true;
  }
  return rejected;
}
