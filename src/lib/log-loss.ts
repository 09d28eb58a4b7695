/** The log loss of one prediction, as every room counts it. */

/** Predictions closer to 0 or 1 than this are clipped before a logarithm is taken. */
export const CLIP = 1e-7;

/** -y ln p - (1 - y) ln(1 - p), natural logarithms, p cut to [1e-7, 1 - 1e-7]. */
export function rowLogLoss(p: number, y: number): number {
  const cut = Math.min(Math.max(p, CLIP), 1 - CLIP);
  return -y * Math.log(cut) - (1 - y) * Math.log1p(-cut);
}
