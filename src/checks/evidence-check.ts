/**
 * A check on tables of evidence, declared: which tables it reads, what rules may ask of it, and what it says of the
 * gap between offline and online. Each works alone, by its rules, and together with the others, in the diagnosis.
 * `on-evidence.ts` makes a `Check` of it.
 */

import type { Side } from '../data/checkpoints/checkpoint.js';
import type { TableSpec } from '../data/evidence/evidence-table.js';
import type { Coded } from '../data/tables/identity.js';
import type { CheckId, EVIDENCE_OPERATORS } from '../documents/policy/policy.js';
import type { Estimate } from '../estimation/statistics/noninferiority.js';
import type { Statistic } from '../estimation/tabulation/clustered.js';
import type { Evidence, Replay } from './evidence.js';
import type { Measurement } from './measurement.js';
import type { Way } from './ways.js';

export type EvidenceOperator = (typeof EVIDENCE_OPERATORS)[number];

/** One metric of a check: a rule names it by its id and judges it with one of its operators. */
export interface EvidenceMetric {
  readonly id: string;
  readonly title: string;
  readonly operators: readonly EvidenceOperator[];
  /** A share of something, of which a percentage may be asked under `min` and `max`. */
  readonly share?: true;
  /** The smallest and the largest value that it can have; a share lies between 0 and 1. */
  readonly range?: readonly [number, number];
  /** A rule as it may be written. */
  readonly example?: string;
  /** Names the tables and columns that it is measured from, as errors say them. */
  readonly needs: string;
  /** Says what mends this metric where it fails; left out: the cure of its check. */
  readonly cure?: string;
  /** Names the thing that this cure changes; left out: serving in layer 2, the evidence in layers 1 and 3. */
  readonly action?: 'architecture_change';
}

export interface EvidenceCheck {
  /** A new one is a type error until `registry.ts` lists the check and `npm run schemas` has run. */
  readonly id: CheckId;
  readonly layer: 1 | 2 | 3;
  readonly question: string;
  /** Names who mends it, as a write-up says: a role, not a team. */
  readonly owner: string;
  /** Names the hypothesis of the gap, as the README lists it. */
  readonly title: string;
  /** Says in a few words on which evidence it decides, as docs/diagnosis.md lists it. */
  readonly decides: string;
  /** Says what mends a failure, in its owner's words. */
  readonly cure: string;
  /**
   * A hypothesis that must be ruled out before this one's cure is given: while it may hold, the cure could make things
   * worse. `caution` says why, as the end of a sentence.
   */
  readonly after?: { readonly check: CheckId; readonly caution: string };
  /** Every table that it may read; the first is the one to write first. */
  readonly tables: readonly TableSpec[];
  /**
   * The ways to test its hypothesis, the one that examine goes by first. A report says by them what to write next; a
   * table that stands in none is for a rule alone, whose metric names it.
   */
  readonly ways: readonly [Way, ...Way[]];
  readonly metrics: readonly EvidenceMetric[];
  /** Tables that the diagnosis reads beside them where this check is asked for. */
  readonly beside?: readonly TableSpec[];
  /**
   * Lists what the check reads off a sweep, with the table of its own that it needs for that; `true`: it needs none.
   */
  readonly ofSweep?: Readonly<Partial<Record<keyof Swept, TableSpec | true>>>;
  /** Marks the check that sweeps: its rules are on metrics of scores at version distances, none of its own. */
  readonly sweeps?: true;
  /** Marks a check whose part is a step from offline to online: such steps and the residual add up to the gap. */
  readonly telescopes?: true;
  examine(evidence: Evidence, context: CheckContext): Examined;
}

export interface CheckContext {
  readonly confidence: number;
  /** Holds the results of the policy's sweep; undefined where the policy has none, or before it has run. */
  readonly swept: Swept | undefined;
}

export interface Swept {
  /** Log loss that it loses at production's version distances; undefined where it measures none. */
  readonly loss: Estimate | undefined;
  /**
   * The live version's predictions on the eval set, as evaluated and as served; undefined where the release names no
   * files of serving.
   */
  readonly precision: ServedScores | undefined;
  /** The vector that the live checkpoint gives an entity of the eval set; undefined where it has none, or several. */
  readonly vectorOf: ((side: Side, id: string) => Float32Array | Float64Array | undefined) | undefined;
  /** Columns for the ledger; undefined where it asks for none. */
  readonly replay?: Replay;
}

/** Scores of the same rows at two precisions. */
export interface ServedScores {
  readonly query: Coded;
  readonly item: Coded;
  /** Shape (rows) each. */
  readonly full: Float64Array;
  readonly served: Float64Array;
  /** Present where scores are probabilities. */
  readonly label: Float64Array | undefined;
}

/** The outcome of one check on evidence. */
export interface Examined {
  /** Rules judge these. */
  readonly measurements: readonly Measurement[];
  /** These sentences are said whatever share of the gap the check explains. */
  readonly facts: readonly string[];
  readonly effect: Effect;
  /** Layer 1: whether the offline gain can be trusted, by this check, whatever the gap is. */
  readonly trust?: Trust;
  /** The cure that this evidence asks for, where that is not the check's own. */
  readonly cure?: FoundCure;
  /** Gain and calibration by tenth of production's predictions, where the check measures them. */
  readonly buckets?: readonly Bucket[];
}

/** `why` says what speaks for or against it or, where it is open, what would tell. */
export interface Trust {
  readonly verdict: 'yes' | 'no' | 'open';
  readonly why: string;
}

export interface FoundCure {
  readonly action: 'serving_change' | 'gather_evidence';
  readonly why: string;
}

/** The rows of one tenth of production's predictions, with both models on them. */
export interface Bucket {
  /** `p10 to p20`. */
  readonly prediction: string;
  readonly rows: number;
  /** Gain over production's model, in the metric of the gap. */
  readonly gain: Estimate;
  /** Predicted over actual, of production's model and of the candidate; undefined where scores are no predictions. */
  readonly production?: Estimate;
  readonly candidate?: Estimate;
}

/** The part of the gap that a check explains, if it could be told. */
export type Effect =
  /** The evidence that would tell is missing. */
  | {
      readonly kind: 'untested';
      readonly why: string;
      /** Names the evidence that would let it be tested. */
      readonly settle: string;
      readonly table: TableSpec;
    }
  /** A part of the ledger's gap, on the same rows. */
  | (Acquittal & {
      readonly kind: 'step';
      /** Its step on the way from offline to online: what the candidate loses, less what production's model does. */
      readonly contribution: Statistic;
      /** Loss of production's model at the same step, where the ledger has it: it is taken off already. */
      readonly production?: Statistic;
      /** First-in and last-in, where columns tell them apart: both or none. */
      readonly alone?: Statistic;
      readonly fix?: Statistic;
      /** Shapley's value over the causes that columns tell apart. */
      readonly shared?: Statistic;
      /** Names the evidence without which it is never shown to be enough alone. */
      readonly notAlone?: string;
      /** The most that it can be, as the step holds more than this cause: it is never shown to be enough alone. */
      readonly bound?: true;
      /** Gives the reason for which it convicts nobody although it is above 0. */
      readonly excuse?: string;
      /** Names the evidence that would settle it, where that is not more rows. */
      readonly settle?: string;
      /**
       * The step is that of another check too, which carries it where it is asked for. `same`: what both find are the
       * same features, so that there is one finding, and no excuse for the other check.
       */
      readonly within?: { readonly check: CheckId; readonly same: boolean };
    })
  /** From other data. */
  | (Acquittal & {
      readonly kind: 'apart';
      /** True where it is in the unit of the gap, whatever that is measured by; left out: in log loss. */
      readonly inGap?: true;
      readonly explains: Estimate;
      /** The most that it can be: it may acquit, and contribute, and is never shown to be enough alone. */
      readonly bound?: true;
      /** An approximation of unknown error: it may contribute, and neither acquits nor is enough alone. */
      readonly approximate?: true;
      /** Gives the reason for which it convicts nobody although it is above 0. */
      readonly excuse?: string;
      readonly settle: string;
    })
  /** Decided on its own evidence; a share of the outcome's gap where past arms translate. */
  | {
      readonly kind: 'outcome';
      readonly verdict: 'contributing' | 'ruled_out' | 'inconclusive';
      readonly settle: string;
      /**
       * It explains predicted · (the online delta that the gain should win) + own, in the unit of the online metric.
       */
      readonly part?: { readonly predicted: 0 | 1; readonly own: Estimate };
    };

export type StepEffect = Extract<Effect, { kind: 'step' }>;

/** A condition beside a small share that a hypothesis must meet before it is ruled out. */
export interface Acquittal {
  readonly innocent?: boolean;
  /** Names the evidence that would show innocence. */
  readonly acquits?: string;
}

/** The outcome of a check whose evidence is missing. */
export function untested(table: TableSpec, why: string, settle: string): Examined {
  return { measurements: [], facts: [], effect: { kind: 'untested', why, settle, table } };
}

/** Evidence that says something, and nothing of the gap. */
export function factsAlone(settle: string): Effect {
  return { kind: 'outcome', verdict: 'inconclusive', settle };
}
