/** The plan of a state's SQL: its tables, and the columns of the scored table that it reads. */
import type { SkewPolicy } from '../documents/policy/policy.js';
import type { Link } from '../documents/release/release.js';
import type { PairKey } from '../estimation/state/keys.js';
import type { TablesPlan } from '../estimation/state-tables/layout.js';

/** The scores of one pair of versions in the scored table: score = scale · column + bias. */
export interface PairColumn {
  readonly key: PairKey;
  readonly column: string;
  readonly scale: number;
  readonly bias: number;
  readonly link: Link;
}

/** Means over queries of what some SQL writes; metrics of rows, by the bins that they are written from. */
export const RANKINGS = ['recall', 'hit', 'ndcg', 'mrr', 'gauc'] as const;
export const ORDERED = ['roc_auc', 'average_precision'] as const;
export const BINNED = ['ece', 'log_mae'] as const;

/** A metric of rankings as a policy asks for it. */
export interface Ranking {
  readonly id: string;
  readonly name: (typeof RANKINGS)[number];
  /** Cut-off; Infinity without one. */
  readonly k: number;
  /** True where the gain of a label is 2^grade - 1. */
  readonly exponential: boolean;
}

export interface EnginePlan {
  readonly tables: TablesPlan;
  readonly policy: SkewPolicy;
  readonly pairs: readonly PairColumn[];
  /** By the slice column that chooses a row's histogram; left out: one for all rows. */
  readonly histogramsBy?: string;
  readonly rankings: readonly Ranking[];
  readonly ordered: readonly (typeof ORDERED)[number][];
  readonly binned: readonly (typeof BINNED)[number][];
  /** True where some metric has reliability diagrams. */
  readonly diagrams: boolean;
  /** The pair at distance 0 of the candidate, as an index into the pairs. */
  readonly aligned: number;
}
