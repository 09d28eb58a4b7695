/** What a verdict asks of all rows besides sums: facts of the eval set, counted where its rows are read. */
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
  /** Shape (cells): 1 where a softmax fixes the sum of the predictions, as the cell holds whole queries of one weight. */
  readonly fixedPredictions: Uint8Array;
  /** How the rows of each cell lie over production's histograms. Left out: there is none, or one for all rows. */
  readonly histograms?: HistogramShares;
}

/** Rows by histogram; each histogram is named by the slice value that has it. */
export interface HistogramShares {
  readonly names: readonly string[];
  /** Shape (cells, histograms) each: Σw, and the number of rows. */
  readonly weight: Float64Array;
  readonly rows: Float64Array;
}
