import { type RowInputs, type RowMetric, type RowResult, SHARE_LIMITS } from './metric.js';
import { pool } from './pooled.js';
import { LINEAR } from './scale.js';

/**
 * AP = Σ_n (R_n - R_{n-1})·P_n over the distinct thresholds, without interpolation (scikit-learn
 * average_precision_score). With T, F the positive and negative mass at or above a score: AP = Σ_i (positive mass_i /
 * W_P)·T_i/(T_i + F_i).
 *
 * Influence of mass at score s: its own precision less AP, and what it does to the precision at every threshold at or
 * below s: +F/(T+F)² for positive, -T/(T+F)² for negative mass, weighted by the positive mass there (the derivative
 * of AP).
 */
export const averagePrecision: RowMetric = {
  id: 'average_precision',
  kind: 'rows',
  title: 'average precision',
  better: 'higher',
  unit: 'probability',
  scale: LINEAR,
  source: 'scikit-learn average_precision_score',
  merges: 'sorted_runs',
  probabilities: false,
  skill: 'order',
  limits: SHARE_LIMITS,
  chance: (rate) => rate,
  immovable: (_, negative) => (negative > 0 ? undefined : 'every row is positive, so that any order is perfect'),
  evaluate: evaluateAveragePrecision,
  boundOfTies,
};

/**
 * The precision at a positive of a bin is between what it is with all negatives of the bin above it and no positive
 * of it, and with all of its positives and no negative. A bin of positives alone hides something too: each of them
 * but the last has a lower precision than all of them together, where negatives stand above.
 */
function boundOfTies(positive: Float64Array, negative: Float64Array): number {
  let [truePositive, falsePositive, most] = [0, 0, 0];
  for (let b = positive.length - 1; b >= 0; b--) {
    const [own, other] = [positive[b]!, negative[b]!];
    if (own > 0) {
      const best = (truePositive + own) / (truePositive + own + falsePositive);
      const above = truePositive + falsePositive + other;
      const worst = above > 0 ? truePositive / above : 1;
      const tied = (truePositive + own) / (truePositive + own + falsePositive + other);
      most += own * Math.max(best - tied, tied - worst);
    }
    truePositive += own;
    falsePositive += other;
  }
  return truePositive > 0 ? most / truePositive : 0;
}

function evaluateAveragePrecision(inputs: RowInputs, into?: Float64Array): RowResult {
  const { cell, cells, label } = inputs;
  const { count: size, row, positive, negative, tieStart } = pool(inputs);
  const above = { positive: new Float64Array(cells), negative: new Float64Array(cells) };
  const tiePositive = new Float64Array(size);
  const truePositive = new Float64Array(size);
  const falsePositive = new Float64Array(size);
  const value = new Float64Array(cells);
  const sumTie = new Float64Array(cells);
  for (let t = tieStart.length - 2; t >= 0; t--) {
    const from = tieStart[t]!;
    const to = tieStart[t + 1]!;
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      above.positive[c]! += positive[i]!;
      above.negative[c]! += negative[i]!;
      sumTie[c]! += positive[i]!;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      truePositive[i] = above.positive[c]!;
      falsePositive[i] = above.negative[c]!;
      tiePositive[i] = sumTie[c]!;
      value[c]! += (positive[i]! * truePositive[i]!) / (truePositive[i]! + falsePositive[i]!);
    }
    for (let i = from; i < to; i++) sumTie[cell[row[i]!]!] = 0;
  }
  const total = above.positive;
  for (let c = 0; c < cells; c++) value[c] = total[c]! > 0 ? value[c]! / total[c]! : Number.NaN;
  unknownMasses(inputs, value);

  const influence = into?.fill(0) ?? new Float64Array(label.length);
  const gained = new Float64Array(cells);
  const lost = new Float64Array(cells);
  const counted = new Uint8Array(cells);
  for (let t = 0; t + 1 < tieStart.length; t++) {
    const from = tieStart[t]!;
    const to = tieStart[t + 1]!;
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      if (counted[c] === 1) continue;
      counted[c] = 1;
      const mass = truePositive[i]! + falsePositive[i]!;
      const share = tiePositive[i]! / (total[c]! * mass * mass);
      gained[c]! += share * falsePositive[i]!;
      lost[c]! += share * truePositive[i]!;
    }
    for (let i = from; i < to; i++) {
      const c = cell[row[i]!]!;
      counted[c] = 0;
      const precision = truePositive[i]! / (truePositive[i]! + falsePositive[i]!);
      influence[row[i]!]! +=
        (positive[i]! / total[c]!) * (precision - value[c]!) + positive[i]! * gained[c]! - negative[i]! * lost[c]!;
    }
  }
  return { value, influence };
}

/** Rows whose mass is not known are in no order: a cell without them is not the cell. */
function unknownMasses({ parts, cell }: RowInputs, value: Float64Array): void {
  for (const { weight } of parts)
    for (const [r, w] of weight.entries()) if (Number.isNaN(w)) value[cell[r]!] = Number.NaN;
}
