/** What a few rows carry of a gain. */

/** Quantiles at which gains are cut off. */
const TAIL = 0.01;

/** Shape (rows): gain less the same gain cut off at its weighted 1 % and 99 % quantiles (winsorised). */
export function winsorisedExcess(gain: Float64Array, weight: Float64Array): Float64Array {
  const order = Uint32Array.from(gain, (_, r) => r).sort((a, b) => gain[a]! - gain[b]! || a - b);
  const total = weight.reduce((sum, w) => sum + w, 0);
  const quantile = (share: number): number => {
    let passed = 0;
    for (const r of order) {
      passed += weight[r]!;
      if (passed >= share * total) return gain[r]!;
    }
    return gain[order[order.length - 1]!]!;
  };
  const [low, high] = [quantile(TAIL), quantile(1 - TAIL)];
  return gain.map((x) => x - Math.min(Math.max(x, low), high));
}

/** Share of clusters whose rows gain on the whole, and of the whole gain that the 1 % of clusters with the largest |gain| carry. */
export function concentration(
  gain: Float64Array,
  weight: Float64Array,
  codes: Int32Array,
  clusters: number,
): { improving: number; top: number; clusters: number } {
  const sums = new Float64Array(clusters);
  for (let r = 0; r < gain.length; r++) sums[codes[r]!]! += weight[r]! * gain[r]!;
  const total = sums.reduce((a, b) => a + b, 0);
  const largest = Float64Array.from(sums).sort((a, b) => Math.abs(b) - Math.abs(a));
  const top = largest.subarray(0, Math.max(1, Math.ceil(TAIL * clusters))).reduce((a, b) => a + b, 0);
  return { improving: sums.filter((sum) => sum > 0).length / clusters, top: top / total, clusters };
}
