/** Every finding has a reason: a value of one of the kinds below. `reason-words.ts` alone spells them. */

import type { CheckId } from '../documents/policy/policy.js';
import type { ComparedReason, Unjudgeable } from '../estimation/statistics/judgement-reason.js';

/**
 * Two versions embed alike, or score alike, so that distances between them measure nothing; the older version comes
 * first.
 */
export interface IdenticalVersions {
  readonly kind: 'identical_versions';
  readonly versions: readonly [string, string];
  /** Files, as shown, or columns of scores. */
  readonly files: readonly [string, string];
  /** Absent where they embed alike. */
  readonly by?: 'scores';
  readonly distances: readonly number[];
  /** The share of production that is at such distances, where production is judged. */
  readonly mass?: number;
}

/** Every score at a distance is what it is at distance 0. */
export interface IdenticalScores {
  readonly kind: 'identical_scores';
  readonly distances: readonly number[];
  readonly mass?: number;
}

/** No model could have another value of the metric in the cell. */
export type CannotMove =
  /** A softmax fixes the sum of the predictions. */
  | { readonly kind: 'cannot_move'; readonly by: 'softmax'; readonly metric: string }
  /**
   * No order of the candidates changes the value of any of the queries that are counted. `k` is left out where the
   * metric has none.
   */
  | {
      readonly kind: 'cannot_move';
      readonly by: 'candidates';
      readonly metric: string;
      readonly queries: number;
      readonly k?: number;
    }
  /** The rows' labels fix it; the metric says how. */
  | { readonly kind: 'cannot_move'; readonly by: 'labels'; readonly why: string };

/** Grounds on which a cell of the sweep stays open. */
export type SweepReason =
  | IdenticalVersions
  | IdenticalScores
  | CannotMove
  /** Every required rule is one that a model without skill keeps. */
  | { readonly kind: 'no_rule_can_fail' }
  /** With both towers of one version the yardstick is not clearly on the better side of chance. */
  | {
      readonly kind: 'no_skill';
      readonly yardstick: string;
      readonly value: number;
      readonly chance: number;
      readonly better: 'lower' | 'higher';
    }
  /** The metric has a value that says nothing here; the metric says why. */
  | { readonly kind: 'meaningless'; readonly why: string };

/** The evidence that a rule asks for was not given, or does not tell what the rule is about. */
export type NotTested =
  | { readonly kind: 'not_tested'; readonly by: 'evidence'; readonly check: CheckId; readonly needs: string }
  /** Production's mix of log sources and tiers is not known. */
  | { readonly kind: 'not_tested'; readonly by: 'mix' }
  | { readonly kind: 'not_tested'; readonly by: 'one_source' }
  /** The gap is by a metric whose scores or labels need have no log loss, which the rule is on. */
  | { readonly kind: 'not_tested'; readonly by: 'metric'; readonly words: string };

/** Grounds on which a measurement on evidence stays open. */
export type EvidenceReason =
  | NotTested
  /** Independent trials (requests, canaries, rows …) below the fewest of which a share is judged. */
  | { readonly kind: 'too_few_trials'; readonly what: string; readonly count: number; readonly least: number }
  | { readonly kind: 'too_few_arms'; readonly least: number }
  /** A percentile has no bound from so few. */
  | { readonly kind: 'unbounded'; readonly what: 'latency' | 'error' }
  /** A percentile lies in a histogram's last bucket, which has no upper edge. */
  | { readonly kind: 'open_bucket' }
  /** From where the measurement started it can move by `most` at most, and the rule allows that. */
  | {
      readonly kind: 'rule_cannot_fail';
      readonly direction: 'rise' | 'fall';
      readonly most: number;
      readonly relative: boolean;
    }
  /** A share of nothing. */
  | { readonly kind: 'share_of_nothing' }
  | { readonly kind: 'gains_do_not_vary' }
  | { readonly kind: 'too_few_builds'; readonly count: number; readonly least: number }
  /** Builds share rows, so that their gains vary together. */
  | { readonly kind: 'builds_share_rows' }
  /** No (query, item) pair stands in both of two builds. */
  | { readonly kind: 'no_pair_in_common' }
  /** A feature has no value, neither in training nor at serving. */
  | { readonly kind: 'no_value' }
  /** Most of the spread between past arms is error. */
  | { readonly kind: 'mostly_error' }
  | { readonly kind: 'other_launches'; readonly count: number }
  /** The candidate's metric over a ramp has no control beside it. */
  | { readonly kind: 'no_control' }
  /** The log does not show that what was chosen could be what either arm alone gave. */
  | { readonly kind: 'one_arm_seen' }
  /**
   * Versions that the log names and of which the release pins no query tower: the first of them, and how many they are.
   */
  | { readonly kind: 'no_pins'; readonly versions: readonly string[]; readonly count: number }
  /** Nobody knows the vectors that canaries should have. */
  | { readonly kind: 'nothing_expected' }
  /** Nobody says whether an artefact reads a feature that it has no row of. */
  | { readonly kind: 'reader_unknown' }
  | { readonly kind: 'never_in_training' };

/** Grounds on which a claim stays open. */
export type OpenReason = Unjudgeable | SweepReason | EvidenceReason;

export type Reason = ComparedReason | OpenReason;
