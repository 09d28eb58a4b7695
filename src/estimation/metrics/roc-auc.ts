import { AUC_LIMITS, type RowMetric, type RowResult } from './metric.js';
import { type ClassMasses, type Ordered, placements } from './placements.js';
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
  evaluate: (inputs, into) => areaUnderCurve(inputs, into),
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
export function areaUnderCurve(
  inputs: Ordered,
  into: Float64Array = new Float64Array(inputs.label.length),
  credit?: Float64Array,
): RowResult {
  const { label, cell, cells } = inputs;
  const total = classMasses(inputs);
  const { value, influence } = placements(inputs, total, into, credit);
  for (let c = 0; c < cells; c++) {
    const pairs = total.positive[c]! * total.negative[c]!;
    value[c] = pairs > 0 ? value[c]! / pairs : Number.NaN;
  }
  centre(inputs, total, value, influence);
  if (credit)
    for (let r = 0; r < label.length; r++) credit[r]! /= total.positive[cell[r]!]! * total.negative[cell[r]!]!;
  return { value, influence };
}

/** Scales the placements of rows, and centres them on the AUC. Divisions once a cell, not once a row. */
function centre(
  { parts, label, cell, cells }: Ordered,
  total: ClassMasses,
  value: Float64Array,
  influence: Float64Array,
): void {
  const pairs = new Float64Array(cells);
  const positive = new Float64Array(cells);
  const negative = new Float64Array(cells);
  for (let c = 0; c < cells; c++) {
    pairs[c] = 1 / (total.positive[c]! * total.negative[c]!);
    positive[c] = value[c]! / total.positive[c]!;
    negative[c] = value[c]! / total.negative[c]!;
  }
  for (let r = 0; r < label.length; r++) influence[r]! *= pairs[cell[r]!]!;
  for (const { weight } of parts)
    for (let r = 0; r < label.length; r++) {
      const c = cell[r]!;
      const y = label[r]!;
      influence[r]! -= weight[r]! * (y * positive[c]! + (1 - y) * negative[c]!);
    }
}

/** Masses of a cut, by the weights and labels that they are of: those of all versions that weigh rows alike. */
const known = new WeakMap<
  Int32Array,
  { readonly label: Float64Array; readonly weight: Float64Array; readonly masses: ClassMasses }
>();

function classMasses(inputs: Ordered): ClassMasses {
  const { parts, label, cell } = inputs;
  const [only, ...more] = parts;
  if (!only || more.length > 0) return sumClasses(inputs);
  const found = known.get(cell);
  if (found?.label === label && found.weight === only.weight) return found.masses;
  const masses = sumClasses(inputs);
  known.set(cell, { label, weight: only.weight, masses });
  return masses;
}

function sumClasses({ label, parts, cell, cells }: Ordered): ClassMasses {
  const positive = new Float64Array(cells);
  const negative = new Float64Array(cells);
  for (const { weight } of parts)
    for (let r = 0; r < label.length; r++) {
      positive[cell[r]!]! += weight[r]! * label[r]!;
      negative[cell[r]!]! += weight[r]! * (1 - label[r]!);
    }
  return { positive, negative };
}
