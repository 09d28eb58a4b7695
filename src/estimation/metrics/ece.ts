import { BINS, binsOf, predictionsOf } from './bins.js';
import type { RowInputs, RowMetric, RowResult } from './metric.js';
import { LINEAR } from './scale.js';

export const ECE = 'ece';

/**
 * Expected calibration error Σ_b |Σ_b wp - Σ_b wy| / Σw over ten bins of predictions (Naeini et al. 2015), with
 * equal-mass edges taken from the aligned predictions of all rows (Roelofs et al., arXiv 2012.08668, on equal mass)
 * and kept for every version and slice. At distance 0 over all rows it agrees with scikit-learn's calibration_curve,
 * strategy "quantile".
 *
 * Influence of a row in bin b: (w/W)·(sign_b·(p - y) - ECE), as |·| is smooth away from 0.
 */
export const ece: RowMetric = {
  id: ECE,
  kind: 'rows',
  title: 'expected calibration error',
  better: 'lower',
  unit: 'probability',
  scale: LINEAR,
  source: 'Naeini et al. 2015; equal-mass bins of the aligned predictions',
  merges: 'bins',
  probabilities: true,
  skill: 'entropy',
  // Predicting a half of everything costs no more.
  limits: { change: 0.5, relative: Number.POSITIVE_INFINITY, floor: 0, attained: true, ceiling: 1 },
  evaluate: expectedCalibrationError,
  ofBins: {
    by: 'own',
    evaluate(weight, predicted, actual) {
      const mass = weight.reduce((sum, w) => sum + w, 0);
      const gap = predicted.map((sum, b) => sum - actual[b]!);
      const value = gap.reduce((sum, g) => sum + Math.abs(g), 0) / mass;
      const sign = gap.map(Math.sign);
      return { value, influence: (b, w, p, y) => (w / mass) * (sign[b]! * (p - y) - value) };
    },
  },
};

function expectedCalibrationError(inputs: RowInputs, into?: Float64Array): RowResult {
  const { parts, label, cell, cells, edges } = inputs;
  const mass = massesOf(inputs);
  const gap = new Float64Array(cells * BINS);
  for (const part of parts) {
    const { weight } = part;
    const predictions = predictionsOf(part, label.length);
    const bins = binsOf(part, edges, label.length);
    for (let r = 0; r < label.length; r++)
      gap[cell[r]! * BINS + bins[r]!]! += weight[r]! * (predictions[r]! - label[r]!);
  }
  const value = new Float64Array(cells);
  for (let c = 0; c < cells; c++) {
    let sum = 0;
    for (let b = 0; b < BINS; b++) sum += Math.abs(gap[c * BINS + b]!);
    value[c] = sum / mass[c]!;
  }
  const sign = gap.map(Math.sign);
  const influence = into ?? new Float64Array(label.length);
  for (const [n, part] of parts.entries()) {
    const { weight } = part;
    const predictions = predictionsOf(part, label.length);
    const bins = binsOf(part, edges, label.length);
    for (let r = 0; r < label.length; r++) {
      const c = cell[r]!;
      const signed = sign[c * BINS + bins[r]!]! * (predictions[r]! - label[r]!);
      const own = (weight[r]! / mass[c]!) * (signed - value[c]!);
      influence[r] = n === 0 ? own : influence[r]! + own;
    }
  }
  return { value, influence };
}

/** Σw by cell, of a cut and of the weights that it is of: the same for all versions that weigh rows alike. */
const known = new WeakMap<Int32Array, { readonly weight: Float64Array; readonly mass: Float64Array }>();

function massesOf({ parts, cell, cells }: RowInputs): Float64Array {
  const [only, ...more] = parts;
  const found = known.get(cell);
  if (only && more.length === 0 && found?.weight === only.weight) return found.mass;
  const mass = new Float64Array(cells);
  for (const { weight } of parts) for (let r = 0; r < cell.length; r++) mass[cell[r]!]! += weight[r]!;
  if (only && more.length === 0) known.set(cell, { weight: only.weight, mass });
  return mass;
}
