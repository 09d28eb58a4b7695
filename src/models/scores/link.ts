/** From scores to predictions: sigmoid, identity, or softmax over the rows of a query. */
import type { Link } from '../../documents/release/release.js';
import { CLIP } from '../../lib/log-loss.js';

/** Reads the prediction and its log loss off a column of scores, row by row. */
export interface Predictor {
  /** Prediction of row r, for a score column s of shape (rows). */
  prediction(r: number): number;
  /** -y ln p - (1 - y) ln(1 - p), natural logarithms; from the logit where there is one, so that nothing is clipped. */
  logLoss(r: number, y: number): number;
}

/**
 * @param scores  shape (rows), scale · similarity + bias
 * @param query   shape (rows), query codes; softmax runs over the rows of one query
 */
export function predictor(link: Link, scores: Float64Array, query: Int32Array, queries: number): Predictor {
  switch (link) {
    case 'sigmoid':
      return {
        prediction: (r) => sigmoid(scores[r]!),
        logLoss: (r, y) => {
          const z = scores[r]!;
          return Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
        },
      };
    case 'identity':
      return {
        prediction: (r) => scores[r]!,
        logLoss: (r, y) => {
          const p = Math.min(Math.max(scores[r]!, CLIP), 1 - CLIP);
          return -y * Math.log(p) - (1 - y) * Math.log1p(-p);
        },
      };
    case 'softmax': {
      const normaliser = logSumExp(scores, query, queries);
      return {
        prediction: (r) => Math.exp(scores[r]! - normaliser[query[r]!]!),
        logLoss: (r, y) => {
          const logP = scores[r]! - normaliser[query[r]!]!;
          // ln(1 - p) through expm1, exact where p is near 0; where p rounds to 1 it is cut off as for the identity.
          const logRest = y < 1 ? Math.log(Math.max(-Math.expm1(logP), CLIP)) : 0;
          return -y * logP - (1 - y) * logRest;
        },
      };
    }
  }
}

export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** ln Σ exp(score) over the rows of each query. Shape (queries). */
function logSumExp(scores: Float64Array, query: Int32Array, queries: number): Float64Array {
  const largest = new Float64Array(queries).fill(Number.NEGATIVE_INFINITY);
  for (let r = 0; r < scores.length; r++) largest[query[r]!] = Math.max(largest[query[r]!]!, scores[r]!);
  const sums = new Float64Array(queries);
  for (let r = 0; r < scores.length; r++) sums[query[r]!]! += Math.exp(scores[r]! - largest[query[r]!]!);
  return sums.map((sum, q) => largest[q]! + Math.log(sum));
}

/**
 * Counts the rows in which clipping changes the log loss: a prediction near 0 of a positive, or near 1 of a negative. A
 * sigmoid's loss comes from its logit and is never clipped, a softmax's only near 1.
 */
export function clippedRows(link: Link, label: Float64Array, predict: Predictor): number {
  if (link === 'sigmoid') return 0;
  let count = 0;
  for (let r = 0; r < label.length; r++) {
    const p = predict.prediction(r);
    if ((link === 'identity' && p < CLIP && label[r]! > 0) || (p > 1 - CLIP && label[r]! < 1)) count++;
  }
  return count;
}
