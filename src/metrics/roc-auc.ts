import type { RowInputs, RowMetric, RowResult } from './metric.js';
import { pool } from './pooled.js';

/**
 * AUC = Σ_{i∈P, j∈N} w_i w_j (1[s_i > s_j] + ½·1[s_i = s_j]) / (W_P W_N): Mann & Whitney 1947. A fractional label splits its row's weight.
 * Exact: all pairs are counted through one sort. Under a production mix positives at one version meet negatives at
 * another, as they do in traffic: AUC of the mixed score distribution.
 *
 * Influence (DeLong et al. 1988, placement values): w_i/W_P·(V10_i - AUC) for positives, w_j/W_N·(V01_j - AUC) for negatives.
 */
export const rocAuc: RowMetric = {
  id: 'roc_auc',
  kind: 'rows',
  title: 'ROC AUC',
  better: 'higher',
  unit: 'probability',
  source: 'Mann & Whitney 1947; DeLong et al. 1988; scikit-learn roc_auc_score',
  merges: 'histogram',
  probabilities: false,
  binned: false,
  evaluate: areaUnderCurve,
};

export function areaUnderCurve(inputs: RowInputs): RowResult {
  const { cell, cells, label } = inputs;
  const { row, positive, negative, tieStart } = pool(inputs);
  const totalPositive = new Float64Array(cells);
  const totalNegative = new Float64Array(cells);
  for (let i = 0; i < row.length; i++) {
    totalPositive[cell[row[i]!]!]! += positive[i]!;
    totalNegative[cell[row[i]!]!]! += negative[i]!;
  }
  const value = new Float64Array(cells);
  const below = { positive: new Float64Array(cells), negative: new Float64Array(cells) };
  const tie = { positive: new Float64Array(cells), negative: new Float64Array(cells) };
  // Negatives below each entry's positive mass, positives above its negative mass (half of the ties).
  const negativesBelow = new Float64Array(row.length);
  const positivesAbove = new Float64Array(row.length);
  for (let t = 0; t + 1 < tieStart.length; t++) {
    const from = tieStart[t]!;
    const to = tieStart[t + 1]!;
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      tie.positive[c]! += positive[i]!;
      tie.negative[c]! += negative[i]!;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      negativesBelow[i] = below.negative[c]! + tie.negative[c]! / 2;
      positivesAbove[i] = totalPositive[c]! - below.positive[c]! - tie.positive[c]! / 2;
      value[c]! += positive[i]! * negativesBelow[i]!;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      below.positive[c]! += tie.positive[c]!;
      below.negative[c]! += tie.negative[c]!;
      tie.positive[c] = 0;
      tie.negative[c] = 0;
    }
  }
  for (let c = 0; c < cells; c++) {
    const pairs = totalPositive[c]! * totalNegative[c]!;
    value[c] = pairs > 0 ? value[c]! / pairs : Number.NaN;
  }
  const influence = new Float64Array(label.length);
  for (let i = 0; i < row.length; i++) {
    const c = cell[row[i]!]!;
    const auc = value[c]!;
    influence[row[i]!]! +=
      (positive[i]! / totalPositive[c]!) * (negativesBelow[i]! / totalNegative[c]! - auc) +
      (negative[i]! / totalNegative[c]!) * (positivesAbove[i]! / totalPositive[c]! - auc);
  }
  return { value, influence };
}
