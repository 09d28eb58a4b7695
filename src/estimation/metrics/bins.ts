/** Bins of the aligned predictions: fixed for every version, or the comparison would move with them. */

import type { ScorePart } from './metric.js';

/** The number of bins of equal mass that ece and log_mae use. */
export const BINS = 10;

/**
 * Inner edges of `bins` bins that hold equally many rows, by linear interpolation between order statistics
 * (numpy.quantile's default; Hyndman & Fan 1996, type 7). Shape (bins - 1).
 */
export function quantileEdges(predictions: Float64Array, bins = BINS): Float64Array {
  const sorted = predictions.slice().sort();
  return Float64Array.from({ length: bins - 1 }, (_, b) => {
    const position = ((b + 1) / bins) * (sorted.length - 1);
    const low = Math.floor(position);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low]! + (position - low) * (sorted[high]! - sorted[low]!);
  });
}

/** The bin of a prediction: how many edges lie below it (as scikit-learn's calibration_curve does). */
export function binOf(edges: Float64Array, p: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! < p) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Predictions that are computed once, however many cuts of the rows they are binned for: by what gives them. */
const computed = new WeakMap<ScorePart['prediction'], Float64Array>();

/** The predictions of a part. Shape (rows). */
export function predictionsOf({ prediction }: ScorePart, rows: number): Float64Array {
  let found = computed.get(prediction);
  if (!found) {
    found = new Float64Array(rows);
    for (let r = 0; r < rows; r++) found[r] = prediction(r);
    computed.set(prediction, found);
  }
  return found;
}

/** The bins of predictions likewise, and the edges that they are between. */
const binned = new WeakMap<ScorePart['prediction'], { readonly edges: Float64Array; readonly bins: Uint8Array }>();

/** The bins of a part's predictions. Shape (rows). */
export function binsOf(part: ScorePart, edges: Float64Array, rows: number): Uint8Array {
  const known = binned.get(part.prediction);
  if (known?.edges === edges) return known.bins;
  const predictions = predictionsOf(part, rows);
  const bins = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) bins[r] = binOf(edges, predictions[r]!);
  binned.set(part.prediction, { edges, bins });
  return bins;
}

/** Stands for the bins where a metric uses none. */
export const NO_BINS = { edges: new Float64Array(0), alignedBin: new Uint8Array(0) } as const;
