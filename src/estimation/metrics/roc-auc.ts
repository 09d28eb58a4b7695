import { AUC_LIMITS, type RowCut, type RowInputs, type RowMetric, type RowResult } from './metric.js';
import { type ClassMasses, codesOf, placements } from './placements.js';
import { LINEAR } from './scale.js';

/**
 * AUC = Σ_{i∈P, j∈N} w_i w_j (1[s_i > s_j] + ½·1[s_i = s_j]) / (W_P W_N): Mann & Whitney 1947. A fractional label
 * splits its row's weight. Exact: all pairs are counted through one sort. Under a production mix positives at one
 * version meet negatives at another, as they do in traffic: AUC of the mixed score distribution.
 *
 * Influence (DeLong et al. 1988, placement values): w_i/W_P·(V10_i - AUC) for positives, w_j/W_N·(V01_j - AUC) for
 * negatives.
 */
export const rocAuc: RowMetric = {
  id: 'roc_auc',
  kind: 'rows',
  title: 'ROC AUC',
  better: 'higher',
  unit: 'probability',
  scale: LINEAR,
  source: 'Mann & Whitney 1947; DeLong et al. 1988; scikit-learn roc_auc_score',
  merges: 'sorted_runs',
  probabilities: false,
  skill: 'order',
  limits: AUC_LIMITS,
  chance: () => 0.5,
  evaluate: (inputs) => areaUnderCurve(inputs),
  evaluateCuts: (inputs, cuts) => areasUnderCurves(inputs, cuts),
  // A pair within a bin counts a half, and may be worth 0 or 1.
  boundOfTies(positive, negative) {
    let [within, all, others] = [0, 0, 0];
    for (let b = 0; b < positive.length; b++) {
      within += positive[b]! * negative[b]!;
      all += positive[b]!;
      others += negative[b]!;
    }
    return all * others > 0 ? within / (2 * all * others) : 0;
  },
};

/**
 * Computes AUC and influences in every cell with one walk over the scores of all of them.
 *
 * @param credit shape (rows): filled with what each positive row adds to its cell's value, where it is wanted
 */
export function areaUnderCurve(inputs: RowInputs, credit?: Float64Array): RowResult {
  return areasUnderCurves(inputs, [inputs], credit)[0]!;
}

/** Scores and labels, whatever the rows are cut by. */
type Scores = Pick<RowInputs, 'parts' | 'label'>;

/** The same in several cuts of the rows with the same walk. @param credit of the first cut */
function areasUnderCurves(inputs: Scores, cuts: readonly RowCut[], credit?: Float64Array): RowResult[] {
  const { label } = inputs;
  const cells = codesOf(cuts);
  const totals = cuts.map((cut) => classMasses(inputs, cut));
  const { value: sums, influence: all } = placements(inputs, cells, totals, credit);
  return cuts.map((cut, n) => {
    const total = totals[n]!;
    const value = sums.slice(cells.first[n]!, cells.first[n]! + cut.cells);
    for (let c = 0; c < cut.cells; c++) {
      const pairs = total.positive[c]! * total.negative[c]!;
      value[c] = pairs > 0 ? value[c]! / pairs : Number.NaN;
    }
    const influence = centred(inputs, cut, total, value, { all, n, of: cuts.length });
    if (credit && n === 0)
      for (let r = 0; r < label.length; r++)
        credit[r]! /= total.positive[cut.cell[r]!]! * total.negative[cut.cell[r]!]!;
    return { value, influence };
  });
}

/**
 * Σ placements so far: scaled, and centred on the AUC, in row order. Divisions once a cell, not once a row.
 *
 * @param summed shape (rows, cuts): the placements of every cut, of which this is cut n
 */
function centred(
  { parts, label }: Scores,
  { cell, cells }: RowCut,
  total: ClassMasses,
  value: Float64Array,
  summed: { readonly all: Float64Array; readonly n: number; readonly of: number },
): Float64Array {
  const pairs = new Float64Array(cells);
  const positive = new Float64Array(cells);
  const negative = new Float64Array(cells);
  for (let c = 0; c < cells; c++) {
    pairs[c] = 1 / (total.positive[c]! * total.negative[c]!);
    positive[c] = value[c]! / total.positive[c]!;
    negative[c] = value[c]! / total.negative[c]!;
  }
  const { all, n, of } = summed;
  const influence = of === 1 ? all : new Float64Array(label.length);
  for (let r = 0; r < label.length; r++) influence[r] = all[r * of + n]! * pairs[cell[r]!]!;
  for (const { weight } of parts)
    for (let r = 0; r < label.length; r++) {
      const c = cell[r]!;
      const y = label[r]!;
      influence[r]! -= weight[r]! * (y * positive[c]! + (1 - y) * negative[c]!);
    }
  return influence;
}

function classMasses({ label, parts }: Scores, { cell, cells }: RowCut): ClassMasses {
  const positive = new Float64Array(cells);
  const negative = new Float64Array(cells);
  for (const { weight } of parts)
    for (let r = 0; r < label.length; r++) {
      positive[cell[r]!]! += weight[r]! * label[r]!;
      negative[cell[r]!]! += weight[r]! * (1 - label[r]!);
    }
  return { positive, negative };
}
