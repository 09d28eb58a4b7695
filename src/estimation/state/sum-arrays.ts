/** The arrays that partial sums are, and how a lower triangle lies in one of them. */

/** The arrays of partial sums, each of which merges by addition. */
export interface SumArrays {
  /** Shape (slots of the way, columns). */
  readonly queryMarginals: Float64Array;
  readonly itemMarginals: Float64Array;
  /**
   * Shape (cells, columns · (columns + 1) / 2) each: lower triangles of the pairs' second moments, plain and by way.
   */
  readonly moments: Float64Array;
  readonly queryMoments: Float64Array;
  readonly itemMoments: Float64Array;
  /** Shape (cells, columns): Σ over rows of c², the scale that rounding is held against. */
  readonly magnitudes: Float64Array;
}

export const SUM_ARRAYS = [
  'queryMarginals',
  'itemMarginals',
  'moments',
  'queryMoments',
  'itemMoments',
  'magnitudes',
] as const satisfies readonly (keyof SumArrays)[];

/** Entries of a lower triangle. */
export function triangleOf(columns: number): number {
  return (columns * (columns + 1)) / 2;
}

/** The place of the entry of two columns in a lower triangle. */
export function cornerOf(c: number, d: number): number {
  return c >= d ? triangleOf(c) + d : triangleOf(d) + c;
}
