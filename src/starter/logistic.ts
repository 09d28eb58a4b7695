/** Two figures of scores against labels: the area under the ROC curve, and the logistic curve through them. */
import { sigmoid } from '../models/scores/link.js';

/**
 * The probability that a positive scores above a negative, ties counting half; labels in [0, 1] are shares of both
 * (Mann & Whitney 1947). NaN without positives or without negatives.
 *
 * @param scores shape (rows)
 * @param labels shape (rows), in [0, 1]
 */
export function auc(scores: Float64Array, labels: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let [below, won, positives] = [0, 0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    let [up, down] = [0, 0];
    for (; to < order.length && scores[order[to]!] === scores[order[from]!]; to++) {
      up += labels[order[to]!]!;
      down += 1 - labels[order[to]!]!;
    }
    won += up * (below + down / 2);
    below += down;
    positives += up;
    from = to;
  }
  return won / (positives * below);
}

const STEPS = 100;

/**
 * Scale and bias of the logistic regression of labels on scores, by Newton's method (Platt 1999, without his smoothed
 * targets). Undefined where it does not converge, as where a threshold separates the labels.
 */
export function platt(
  scores: Float64Array,
  labels: Float64Array,
): { readonly scale: number; readonly bias: number } | undefined {
  let [scale, bias] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    let [gs, gb, hss, hsb, hbb] = [0, 0, 0, 0, 0];
    for (const [r, s] of scores.entries()) {
      const p = sigmoid(scale * s + bias);
      const [residual, weight] = [labels[r]! - p, p * (1 - p)];
      gs += residual * s;
      gb += residual;
      hss += weight * s * s;
      hsb += weight * s;
      hbb += weight;
    }
    const determinant = hss * hbb - hsb * hsb;
    if (!(determinant > 1e-12 * hss * hbb)) return undefined;
    const [ds, db] = [(hbb * gs - hsb * gb) / determinant, (hss * gb - hsb * gs) / determinant];
    scale += ds;
    bias += db;
    if (Math.abs(ds) < 1e-9 * Math.max(1, Math.abs(scale)) && Math.abs(db) < 1e-9 * Math.max(1, Math.abs(bias)))
      return { scale, bias };
  }
  return undefined;
}
