/** Facts of all rows that a verdict asks for besides sums, counted where the rows are read. */
import type { PairKey } from './keys.js';

export interface RowFacts {
  /** Distinct queries and items of the rows. */
  readonly queries: number;
  readonly items: number;
  /** Rows that repeat the (query, item) pair of another one. */
  readonly repeatedPairs: number;
  /** True where the predictions at distance 0 are all in [0, 1]. */
  readonly probabilities: boolean;
  /** A pair of versions with a prediction outside of [0, 1]; left out: there is none. */
  readonly outside?: PairKey;
  /** The score of every row at distance 0, where they are all the same. */
  readonly oneScore?: number;
  /**
   * sqrt(Σ(a - b)² / Σ(b - mean b)²) of the scores of an older pair of versions against a newer one; undefined where
   * either is not there. Left out where whoever counted has found the versions that are alike.
   */
  readonly displacement?: (newer: PairKey, older: PairKey) => number | undefined;
  /** Shape (cells): 1 where a softmax fixes the sum of the predictions: the cell has whole queries of one weight. */
  readonly fixedPredictions: Uint8Array;
  /** The rows of each cell by production's histograms. Left out: there is none, or one for all rows. */
  readonly histograms?: HistogramShares;
}

/** Rows by histogram; each histogram is named by the slice value that has it. */
export interface HistogramShares {
  readonly names: readonly string[];
  /** Shape (cells, histograms) each: Σw, and the number of rows. */
  readonly weight: Float64Array;
  readonly rows: Float64Array;
}
