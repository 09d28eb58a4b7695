/**
 * The metrics by which a gain, and the gap between offline and online, can be measured. Each is turned into a loss, so
 * that less is better and a gain is production's loss less the candidate's.
 */

import { type LedgerCells, LOG_LOSS_CELLS } from '../../data/evidence/ledger.js';
import { rowLogLoss } from '../../lib/log-loss.js';
import { BINS, binOf, quantileEdges } from '../metrics/bins.js';
import { SMOOTHING } from '../metrics/log-mae.js';
import { type RequestRows, rankedLoss, separationLoss } from './request-losses.js';

interface Named {
  /** As a policy names it. */
  readonly id: string;
  /** The name of what is gained, in a sentence: `log loss`. */
  readonly words: string;
  readonly cells: LedgerCells;
}

/** A weighted mean over rows of a loss of each. */
export interface RowGapMetric extends Named {
  readonly kind: 'rows';
  of(score: number, label: number): number;
}

/** A weighted mean over requests of a loss of each; NaN where a request can tell nothing. */
export interface RequestGapMetric extends Named {
  readonly kind: 'requests';
  /** A request weighs the sum of its rows, or their mean. */
  readonly weighs: 'sum' | 'mean';
  of(score: Float64Array, label: Float64Array, rows: RequestRows): number;
}

/**
 * The distance of predicted from actual sums, over groups of rows: Σ_g (W_g/W)·|ln((P_g + a)/(Y_g + a))|. A row stays
 * in the group that the model's offline score gives it, at every state. a is the smoothing times the mean weight of the
 * rows that count, so that weights may be in any unit: weights of production's mix rarely sum to the number of rows.
 */
export interface SumGapMetric extends Named {
  readonly kind: 'sums';
  readonly groups: number;
  readonly smoothing: number;
}

export type GapMetric = RowGapMetric | RequestGapMetric | SumGapMetric;

const PREDICTIONS: LedgerCells = { scores: 'probabilities', labels: 'shares', clipped: false };

export const LOG_LOSS_GAP: RowGapMetric = {
  id: 'log_loss',
  kind: 'rows',
  words: 'log loss',
  cells: LOG_LOSS_CELLS,
  of: rowLogLoss,
};

const BRIER: RowGapMetric = {
  id: 'brier',
  kind: 'rows',
  words: 'Brier score',
  cells: PREDICTIONS,
  of: (score, label) => (score - label) ** 2,
};

const LOG_MAE: SumGapMetric = {
  id: 'log_mae',
  kind: 'sums',
  words: 'log MAE',
  cells: PREDICTIONS,
  groups: BINS,
  smoothing: SMOOTHING,
};

/** |ln(Σwp / Σwy)|: 0 is calibrated. */
const CALIBRATION: SumGapMetric = {
  id: 'calibration',
  kind: 'sums',
  words: 'calibration error',
  cells: PREDICTIONS,
  groups: 1,
  smoothing: 0,
};

/** 1 - AUC of each request, which weighs as its rows do (Zhou et al. 2018). */
const GAUC: RequestGapMetric = {
  id: 'gauc',
  kind: 'requests',
  words: 'GAUC',
  cells: { scores: 'numbers', labels: 'shares', clipped: false },
  weighs: 'sum',
  of: separationLoss,
};

/** Of 2^grade - 1 the largest number is told exactly up to here, and any sum of it. Grades are rarely above 10. */
const HIGHEST_GRADE = 50;

/** 1 - NDCG@K of each request over its rows, each request weighing alike. */
function ndcgAt(id: string, k: number, exponential: boolean): RequestGapMetric {
  return {
    id,
    kind: 'requests',
    words: `NDCG@${k}`,
    cells: {
      scores: 'numbers',
      labels: 'grades',
      clipped: false,
      ...(exponential ? { highest: HIGHEST_GRADE } : {}),
    },
    weighs: 'mean',
    of: rankedLoss(k, exponential ? (grade) => 2 ** grade - 1 : (grade) => grade),
  };
}

const BY_ID: ReadonlyMap<string, GapMetric> = new Map(
  [LOG_LOSS_GAP, BRIER, LOG_MAE, CALIBRATION, GAUC].map((metric) => [metric.id, metric]),
);

/** Finds a metric by what a policy's schema lets pass: that there is none is a bug. */
export function gapMetric(id: string, gain?: 'exponential'): GapMetric {
  const [name, cutoff] = id.split('@');
  const found = name === 'ndcg' && cutoff ? ndcgAt(id, Number(cutoff), gain === 'exponential') : BY_ID.get(id);
  if (!found) throw new Error(`no metric of the gap is called ${id}`);
  return found;
}

/** Shape (rows): the group of each row by its score, of groups of equal mass. */
export function groupsOf({ groups }: SumGapMetric, score: Float64Array): Uint8Array {
  if (groups === 1) return new Uint8Array(score.length);
  const edges = quantileEdges(score, groups);
  return Uint8Array.from(score, (p) => binOf(edges, p));
}

/** The value of a metric of sums, and each row's influence on it: mass times derivative. Shape (rows). */
export function sumLoss(
  { groups, smoothing }: SumGapMetric,
  weight: Float64Array,
  score: Float64Array,
  label: Float64Array,
  group: Uint8Array,
): { readonly value: number; readonly influence: Float64Array } {
  const [mass, predicted, actual] = [0, 1, 2].map(() => new Float64Array(groups)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let [total, rows] = [0, 0];
  for (let r = 0; r < weight.length; r++) {
    const [g, w] = [group[r]!, weight[r]!];
    mass[g]! += w;
    predicted[g]! += w * score[r]!;
    actual[g]! += w * label[r]!;
    total += w;
    if (w > 0) rows++;
  }
  // The smoothing grows with the weights: this much for each weight of 1.
  const share = smoothing / rows;
  const added = share * total;
  const logRatio = predicted.map((p, g) => (mass[g]! > 0 ? Math.log((p + added) / (actual[g]! + added)) : 0));
  const value = logRatio.reduce((sum, x, g) => sum + (mass[g]! / total) * Math.abs(x), 0);
  const slope = logRatio.map((x, g) => (mass[g]! / total) * Math.sign(x));
  const smoothed = slope.reduce(
    (sum, s, g) => (s === 0 ? sum : sum + s * share * (1 / (predicted[g]! + added) - 1 / (actual[g]! + added))),
    0,
  );
  const influence = weight.map((w, r) => {
    const g = group[r]!;
    const moved = (w * score[r]!) / (predicted[g]! + added) - (w * label[r]!) / (actual[g]! + added);
    return (w / total) * (Math.abs(logRatio[g]!) - value) + slope[g]! * moved + w * smoothed;
  });
  return { value, influence };
}
