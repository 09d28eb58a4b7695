import { AUC_LIMITS, type RowInputs, type RowMetric, type RowResult } from './metric.js';
import { type Pooled, poolByBlocks } from './pooled.js';
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
  const { cells, label } = inputs;
  // A byte a row stays in the cache, where the walk in score order reads it at random.
  const cell = cells <= 256 ? Uint8Array.from(inputs.cell) : inputs.cell;
  const total = classMasses(inputs, cell);
  const { value, influence } = placements(inputs, cell, total.positive, credit);
  for (let c = 0; c < cells; c++) {
    const pairs = total.positive[c]! * total.negative[c]!;
    value[c] = pairs > 0 ? value[c]! / pairs : Number.NaN;
  }
  centre(inputs, cell, total, { value, influence });
  if (credit)
    for (let r = 0; r < label.length; r++) credit[r]! /= total.positive[cell[r]!]! * total.negative[cell[r]!]!;
  return { value, influence };
}

/** Σ placements so far: scaled, and centred on the AUC, in row order. Divisions once a cell, not once a row. */
function centre(
  { parts, label, cells }: RowInputs,
  cell: Uint8Array | Int32Array,
  total: ClassMasses,
  { value, influence }: RowResult,
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

/** Σwy and Σw(1 - y), by cell. */
interface ClassMasses {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

function classMasses({ cells, label, parts }: RowInputs, cell: Uint8Array | Int32Array): ClassMasses {
  const positive = new Float64Array(cells);
  const negative = new Float64Array(cells);
  for (const { weight } of parts)
    for (let r = 0; r < label.length; r++) {
      positive[cell[r]!]! += weight[r]! * label[r]!;
      negative[cell[r]!]! += weight[r]! * (1 - label[r]!);
    }
  return { positive, negative };
}

/** Masses that have been walked over in each cell. Shape (cells) each. */
interface Below {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  /** Of the score at hand. */
  readonly tiePositive: Float64Array;
  readonly tieNegative: Float64Array;
}

/**
 * Walks up the scores. For each row it sums the mass of the other class in its cell that stands on the right side of
 * it, half of what is tied; for each cell the pairs that are in order.
 *
 * @param total shape (cells): Σwy
 */
function placements(
  inputs: RowInputs,
  cell: Uint8Array | Int32Array,
  total: Float64Array,
  credit: Float64Array | undefined,
): RowResult {
  const { cells, label } = inputs;
  const found = { value: new Float64Array(cells), influence: new Float64Array(label.length) };
  const below: Below = {
    positive: new Float64Array(cells),
    negative: new Float64Array(cells),
    tiePositive: new Float64Array(cells),
    tieNegative: new Float64Array(cells),
  };
  for (const block of poolByBlocks(inputs)) placeBlock(block, cell, total, below, found, credit);
  return found;
}

/** Written out twice, for a score of its own and for ties, as most of the time is spent here. */
function placeBlock(
  { row, positive, negative, tieStart }: Pooled,
  cell: Uint8Array | Int32Array,
  total: Float64Array,
  below: Below,
  { value, influence }: RowResult,
  credit: Float64Array | undefined,
): void {
  const { positive: belowPositive, negative: belowNegative, tiePositive, tieNegative } = below;
  for (let t = 0; t + 1 < tieStart.length; t++) {
    const from = tieStart[t]!;
    const to = tieStart[t + 1]!;
    if (to === from + 1) {
      const r = row[from]!;
      const c = cell[r]!;
      const p = positive[from]!;
      const q = negative[from]!;
      const nb = belowNegative[c]! + q / 2;
      influence[r]! += p * nb + q * (total[c]! - belowPositive[c]! - p / 2);
      value[c]! += p * nb;
      if (credit) credit[r]! += p * nb;
      belowPositive[c]! += p;
      belowNegative[c]! += q;
      continue;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      tiePositive[c]! += positive[i]!;
      tieNegative[c]! += negative[i]!;
    }
    for (let i = from; i < to; i++) {
      const r = row[i]!;
      const c = cell[r]!;
      const nb = belowNegative[c]! + tieNegative[c]! / 2;
      influence[r]! += positive[i]! * nb + negative[i]! * (total[c]! - belowPositive[c]! - tiePositive[c]! / 2);
      value[c]! += positive[i]! * nb;
      if (credit) credit[r]! += positive[i]! * nb;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      belowPositive[c]! += tiePositive[c]!;
      belowNegative[c]! += tieNegative[c]!;
      tiePositive[c] = 0;
      tieNegative[c] = 0;
    }
  }
}
