/** Entropy of the base rate, shared by the metrics that are normalised by it. */

/** H(p) = -p ln p - (1-p) ln(1-p), in nats; 0 at 0 and 1. */
export function entropy(p: number): number {
  if (p <= 0 || p >= 1) return 0;
  return -p * Math.log(p) - (1 - p) * Math.log1p(-p);
}

/** dH/dp = ln((1-p)/p). */
export function entropySlope(p: number): number {
  return Math.log1p(-p) - Math.log(p);
}
