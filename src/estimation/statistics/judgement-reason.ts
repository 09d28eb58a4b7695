/**
 * The reasons that a judgement can have, as values: rooms that show them spell them, and none reads a sentence back.
 */

/** The outcome of a comparison of an interval with what a rule allows. */
export type ComparedReason =
  | { readonly kind: 'within_margin' }
  | { readonly kind: 'beyond_margin' }
  /** The smallest detectable change exceeds the margin. */
  | { readonly kind: 'underpowered' }
  /** The interval straddles the margin, or lies beyond it alone but not after Holm's procedure over the run. */
  | { readonly kind: 'borderline'; readonly by: 'interval' | 'holm' };

/** A floor that a cell is below. */
export type BelowFloor =
  | { readonly kind: 'too_few_positives'; readonly count: number; readonly least: number }
  /** Counts are of effective clusters. */
  | {
      readonly kind: 'too_few_clusters';
      readonly side: 'query' | 'item';
      readonly count: number;
      readonly least: number;
    };

/** The ground on which a cell cannot be judged at all. */
export type Unjudgeable =
  | BelowFloor
  /** The share of production's mass that lies outside of the sweep. */
  | { readonly kind: 'uncovered_mass'; readonly share: number }
  /** The metric has no value in the cell. */
  | { readonly kind: 'undefined' }
  /** The metric does not vary from cluster to cluster although scores do, so that no bound is known. */
  | { readonly kind: 'no_spread' };
