/** A diagnosis holds the gap between offline and online, each hypothesis with its share of it, and the residual. */

import type { FoundCure } from '../../checks/evidence-check.js';
import type { OpenReason } from '../../checks/reason.js';
import type { Cost } from '../../data/evidence/evidence-table.js';
import type { CheckId } from '../../documents/policy/policy.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import type { Sole } from './conclusion.js';
import type { Joins } from './joins.js';
import type { Since } from './since.js';
import type { Waterfall } from './waterfall.js';

export type HypothesisVerdict = 'sufficient' | 'contributing' | 'ruled_out' | 'inconclusive' | 'not_tested' | 'no_gap';

/** An estimate with one-sided bounds. */
export interface Bounded {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

export function bounded(estimate: Estimate, confidence: number): Bounded {
  const { lower, upper } = interval(estimate, confidence);
  return { value: estimate.value, lower, upper };
}

export interface Hypothesis {
  readonly id: CheckId;
  readonly layer: 1 | 2 | 3;
  readonly question: string;
  readonly verdict: HypothesisVerdict;
  /** Whose gap it is held against: the ledger's, or the online metric's; null where against none. */
  readonly ledger: 'prediction' | 'outcome' | null;
  /** The part of the gap that it explains by itself, in the ledger's unit; null where it was not tested. */
  readonly alone: number | null;
  /** The amount by which the gap shrinks if it alone is mended; null without the score column that tells. */
  readonly fix: number | null;
  /** Its step on the way from offline to online: these and the residual add up to the gap. */
  readonly contribution: number | null;
  /** Share of the gap, with Fieller's bounds. */
  readonly share: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly evidence: readonly { readonly path: string; readonly sha256: string }[];
  readonly why: string;
  /** The evidence that would settle it; empty where it is settled. */
  readonly settle: string;
  /** The answer to whether it alone explains the gap. */
  readonly sole: Sole;
  /** The role that mends it. */
  readonly owner: string;
  /** The next step; empty where there is nothing to do. */
  readonly next: string;
  /** SQL that writes the evidence, where that is missing. */
  readonly query?: string;
  /** Its share is the most that it can be, as the step holds more than this cause. */
  readonly bound?: true;
  /** The cure that its evidence asks for, where that is not the check's own. */
  readonly cure?: FoundCure;
}

/** True of a hypothesis that is shown to explain something. */
export function isFound({ verdict }: Pick<Hypothesis, 'verdict'>): boolean {
  return verdict === 'sufficient' || verdict === 'contributing';
}

/** One layer's question, answered whatever the gap is. */
export interface LayerVerdict {
  readonly layer: 1 | 2 | 3;
  readonly question: string;
  readonly verdict: 'yes' | 'no' | 'open';
  /** The grounds; where it is open, what is missing. */
  readonly why: string;
  /** The checks that these grounds are of, in their order. */
  readonly checks: readonly CheckId[];
}

/** One tenth of production's predictions, with both models on the same rows. */
export interface PredictionBucket {
  /** `p10 to p20`. */
  readonly prediction: string;
  readonly rows: number;
  /** Gain over production's model, in the metric of the gap. */
  readonly gain: Bounded;
  /** Predicted over actual; undefined where scores are no predictions. */
  readonly production?: Bounded;
  readonly candidate?: Bounded;
}

/** The gap in what the ledger measures, such as log loss. */
export interface PredictionGap extends Bounded {
  readonly ledger: 'prediction';
  /** The metric as the policy names it, and as sentences do. */
  readonly metric: string;
  readonly words: string;
  /** The candidate's gain over production's model, offline and online. */
  readonly offline: Bounded;
  readonly online: Bounded;
  /**
   * Loss of production's own model at serving beyond its loss offline, but for the part that steps take off; undefined
   * where it was not logged, so that the gain online is one over production's model as it was evaluated.
   */
  readonly production?: Bounded;
  /** True where production's model was logged as it was served, so that the gap is a difference of differences. */
  readonly bothServed: boolean;
  readonly rows: number;
  /** The gap less a fifth of the offline gain: below 0 there is no gap to speak of. */
  readonly lost: Bounded;
  /** The reason for which the ledger can judge nothing. */
  readonly open?: OpenReason;
}

/** The gap in the online metric: what the gain should have won by the line of past arms, less what was won. */
export interface OutcomeGap extends Bounded {
  readonly ledger: 'outcome';
  readonly metric: 'online_delta';
  readonly predicted: Bounded;
  readonly observed: Bounded;
  /** Online delta for a gain of 1 by the metric of the gap, over past arms. */
  readonly slope: Bounded;
  readonly arms: number;
  /** The rest of it that no tested hypothesis explains. */
  readonly residual: Bounded;
}

/** The A/B of this release, in the unit of the online metric; more is better. */
export interface Experiment {
  /** The online delta, with one-sided bounds, and its standard error. */
  readonly observed: Bounded;
  readonly standardError: number;
  /** Past arms make this of the gain offline; undefined where they do not translate it. */
  readonly promise?: {
    readonly value: Bounded;
    /** The promise less what was observed. */
    readonly missing: Bounded;
    /** The same less a fifth of the promise: below 0 there is no loss to speak of. */
    readonly lost: Bounded;
    /** The standard error with which an experiment sees the promise with 80 % power; 0 where nothing is promised. */
    readonly neededError: number;
    readonly arms: number;
    /** The gain offline stands in the ledger, or in the outcome itself. */
    readonly from: 'ledger' | 'outcome';
  };
}

/** The gap on parts of the rows, as production weighs them. */
export interface Split {
  /** The column that cuts the rows, or two of them: `tier × served_version`. */
  readonly by: string;
  readonly parts: readonly SplitPart[];
  /**
   * The gain under the weights of the offline evaluation less that under production's: with the contributions it adds
   * up to the gap. Undefined where the metric is no mean, or the ledger has one set of weights.
   */
  readonly mix?: number;
  /** Says where it lies, as far as that is clear. */
  readonly reading: string;
}

export interface SplitPart {
  readonly value: string;
  /** The number of values that were put together, being too many to be shown one by one. */
  readonly values?: number;
  readonly rows: number;
  /** Of what production serves. */
  readonly share: number;
  /** The gain over production's model under production's weights, offline and online. */
  readonly offline: number;
  readonly online: number;
  readonly gap: Bounded;
  /** The gap here less that of all other rows. */
  readonly excess: Bounded;
  /** Its share times its gap; null where the metric is no mean. */
  readonly contribution: number | null;
}

/** One piece of evidence to write next. */
export interface NextStep {
  readonly layer: 1 | 2 | 3;
  readonly cost: Cost;
  /** The name of the table in the release's `evidence`. */
  readonly table: string;
  /** The whole table is missing, some of its columns, or more rows of it. */
  readonly what: 'table' | 'columns' | 'rows';
  /** The columns to write; none where more rows are wanted. */
  readonly columns: readonly string[];
  /** Hypotheses that it settles once it and the steps before it are there. */
  readonly settles: readonly CheckId[];
  /** Hypotheses of which it shows something, and which it cannot settle. */
  readonly shows: readonly CheckId[];
  /** The reason for which it stands at its place. */
  readonly why: string;
  /** SQL that writes it, in the release's dialect. */
  readonly query: string;
}

export interface Diagnosis {
  /** Undefined without a ledger of scores offline and online. */
  readonly gap: PredictionGap | undefined;
  /** The evidence that is missing where there is no gap. */
  readonly unknown?: 'ledger' | 's5';
  /** Undefined where nobody says that other rows were scored offline than served. */
  readonly joins?: Joins;
  readonly outcome: OutcomeGap | undefined;
  /** Undefined where the release has no evidence `outcome`. */
  readonly experiment?: Experiment;
  /** The gap on parts of the rows; left out where there is no gap to split, or no column to split it by. */
  readonly splits?: readonly Split[];
  readonly hypotheses: readonly Hypothesis[];
  /** Hypotheses that the policy does not ask about, in the order of their layers. */
  readonly notAsked: readonly CheckId[];
  /** Evidence that would settle what is open, the first to be written first. */
  readonly next: readonly NextStep[];
  readonly residual: Bounded | undefined;
  /** The three layers, in their order. */
  readonly layers: readonly LayerVerdict[];
  /** Undefined where no check measures them. */
  readonly buckets?: readonly PredictionBucket[];
  /** The way from the gain offline to the A/B; undefined where nothing was scored online. */
  readonly waterfall?: Waterfall;
  /** Against the report of an earlier run, where the release names one. */
  readonly since?: Since;
  readonly notices: readonly string[];
}
