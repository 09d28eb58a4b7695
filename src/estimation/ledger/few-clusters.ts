/**
 * The few clusters that move a gain most, and the gain on all others: docs/checks/outlier-domination.md says why it is
 * told so.
 */

import type { Units } from './units.js';

/** Few are at most this share of the clusters, and of those with a positive this many times as many. */
const FEW = 0.02;
/** The fewest of them that a gain may hang on. */
const FEWEST = 0.01;
const OF_POSITIVE = 5;

export interface FewClusters {
  /** Shape (units): 1 where the unit is of one of them; and of the fewest, which are half as many. */
  readonly flags: Uint8Array;
  readonly fewest: Uint8Array;
  readonly count: number;
  readonly fewestCount: number;
  /** Clusters with a weight above 0. */
  readonly clusters: number;
}

/** Shape (units): 1 where a unit has a positive, as positives and negatives gain in ways of their own. */
export function classesOf({ positives, rows }: Units): Uint8Array {
  // A request has both, so that there is one class of requests.
  return rows ? new Uint8Array(positives.length) : Uint8Array.from(positives, (x) => (x > 0 ? 1 : 0));
}

/**
 * Those whose units' gains differ most, on the whole, from the mean of their class: Σ w·(gain - mean), the pull that a
 * cluster has on the gain. Ties go to the first.
 */
export function fewClusters(units: Units, gain: Float64Array): FewClusters {
  const { weight, query } = units;
  const classes = classesOf(units);
  const mean = meansByClass(gain, weight, classes);
  const clusters = query.names.length;
  const [pull, mass, positive] = [new Float64Array(clusters), new Float64Array(clusters), new Uint8Array(clusters)];
  for (let u = 0; u < gain.length; u++) {
    const c = query.codes[u]!;
    pull[c]! += weight[u]! * (gain[u]! - mean[classes[u]!]!);
    mass[c]! += weight[u]!;
    if (weight[u]! > 0 && units.positives[u]! > 0) positive[c] = 1;
  }
  const weighed = mass.reduce((sum, w) => sum + (w > 0 ? 1 : 0), 0);
  const withPositive = positive.reduce((sum, x) => sum + x, 0);
  const order = Uint32Array.from(pull, (_, c) => c).sort((a, b) => Math.abs(pull[b]!) - Math.abs(pull[a]!) || a - b);
  const countOf = (share: number) => Math.max(1, Math.ceil(share * Math.min(weighed, OF_POSITIVE * withPositive)));
  const flagsOf = (count: number) => {
    const own = new Uint8Array(clusters);
    for (const c of order.subarray(0, count)) own[c] = 1;
    return Uint8Array.from(query.codes, (c) => own[c]!);
  };
  const [count, fewestCount] = [countOf(FEW), countOf(FEWEST)];
  return { flags: flagsOf(count), fewest: flagsOf(fewestCount), count, fewestCount, clusters: weighed };
}

function meansByClass(gain: Float64Array, weight: Float64Array, classes: Uint8Array): readonly [number, number] {
  const [sum, mass] = [
    [0, 0],
    [0, 0],
  ] as [[number, number], [number, number]];
  for (let u = 0; u < gain.length; u++) {
    const k = classes[u] as 0 | 1;
    sum[k] += weight[u]! * gain[u]!;
    mass[k] += weight[u]!;
  }
  return [mass[0] > 0 ? sum[0] / mass[0] : 0, mass[1] > 0 ? sum[1] / mass[1] : 0];
}
