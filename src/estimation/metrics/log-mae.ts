import { BINS, predictionsOf } from './bins.js';
import type { RowInputs, RowMetric, RowResult } from './metric.js';
import { LINEAR } from './scale.js';

/** Added to predicted and actual positives of a group, so that an empty group does not decide. */
export const SMOOTHING = 1;

/**
 * Grouped calibration error Σ_g (W_g/W)·|ln((P_g + a) / (Y_g + a))|: P_g = Σwp, Y_g = Σwy over the rows whose ALIGNED
 * prediction is in group g (ten groups of equal mass), a = 1. A row stays in its group for every version.
 *
 * Our definition. Pinterest reports a "LogMAE" without a formula (2026); this is not theirs.
 * Influence of a row of g, with ratio ln r_g: (w/W)·(|ln r_g| - value) + (W_g/W)·sign·(wp/(P_g+a) - wy/(Y_g+a)).
 */
export const logMae: RowMetric = {
  id: 'log_mae',
  kind: 'rows',
  title: 'log MAE (grouped calibration error)',
  better: 'lower',
  unit: 'ln ratio',
  scale: LINEAR,
  source: 'our definition; not Pinterest’s formula, which is not public',
  merges: 'bins',
  probabilities: false,
  skill: 'entropy',
  // Predictions that treble. Judgement of this project.
  limits: { change: Math.log(3), relative: Number.POSITIVE_INFINITY, floor: 0, attained: true, ceiling: 10 },
  evaluate: groupedLogError,
  ofBins: {
    by: 'aligned',
    evaluate(weight, predicted, actual) {
      const total = weight.reduce((sum, w) => sum + w, 0);
      const logRatio = predicted.map((sum, g) => Math.log((sum + SMOOTHING) / (actual[g]! + SMOOTHING)));
      const value = weight.reduce((sum, mass, g) => sum + (mass / total) * Math.abs(logRatio[g]!), 0);
      return {
        value,
        influence: (g, w, p, y) => {
          const moved = (w * p) / (predicted[g]! + SMOOTHING) - (w * y) / (actual[g]! + SMOOTHING);
          const ratio = logRatio[g]!;
          return (w / total) * (Math.abs(ratio) - value) + (weight[g]! / total) * Math.sign(ratio) * moved;
        },
      };
    },
  },
};

function groupedLogError({ parts, label, cell, cells, alignedBin }: RowInputs, into?: Float64Array): RowResult {
  const size = cells * BINS;
  const mass = new Float64Array(size);
  const predicted = new Float64Array(size);
  const actual = new Float64Array(size);
  const total = new Float64Array(cells);
  for (const part of parts) {
    const predictions = predictionsOf(part, label.length);
    for (let r = 0; r < label.length; r++) {
      const c = cell[r]!;
      const w = part.weight[r]!;
      const g = c * BINS + alignedBin[r]!;
      mass[g]! += w;
      predicted[g]! += w * predictions[r]!;
      actual[g]! += w * label[r]!;
      total[c]! += w;
    }
  }
  const value = new Float64Array(cells);
  const logRatio = new Float64Array(size);
  for (let c = 0; c < cells; c++) {
    for (let g = c * BINS; g < (c + 1) * BINS; g++) {
      logRatio[g] = Math.log((predicted[g]! + SMOOTHING) / (actual[g]! + SMOOTHING));
      value[c]! += (mass[g]! / total[c]!) * Math.abs(logRatio[g]!);
    }
  }
  const influence = into?.fill(0) ?? new Float64Array(label.length);
  for (const part of parts) {
    const predictions = predictionsOf(part, label.length);
    for (let r = 0; r < label.length; r++) {
      const c = cell[r]!;
      const g = c * BINS + alignedBin[r]!;
      const w = part.weight[r]!;
      const moved = (w * predictions[r]!) / (predicted[g]! + SMOOTHING) - (w * label[r]!) / (actual[g]! + SMOOTHING);
      influence[r]! +=
        (w / total[c]!) * (Math.abs(logRatio[g]!) - value[c]!) +
        (mass[g]! / total[c]!) * Math.sign(logRatio[g]!) * moved;
    }
  }
  return { value, influence };
}
