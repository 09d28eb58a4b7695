/** The history of releases: each with its runs over time, and what each run measured. */

import type { OverallVerdict } from '../../verdict/report-object.js';
import type { LeftOut } from './collect.js';

export interface History {
  /** One entry a release and policy, those that ran last first. */
  readonly timelines: readonly Timeline[];
  readonly left: readonly LeftOut[];
}

/** The runs of one release under one policy, the first first. */
export interface Timeline {
  readonly release: string;
  readonly policy: string;
  readonly runs: readonly PastRun[];
  /** The order of the runs where it is not that of their times, and margins that changed; without full stops. */
  readonly notices: readonly string[];
}

/** Figures that are not known are NaN here, and null in JSON. */
export interface PastRun {
  readonly path: string;
  /** As the report has it. */
  readonly startedAt: string;
  readonly live: string;
  readonly verdict: OverallVerdict;
  readonly headline: string;
  readonly policySha256: string;
  /** The policy's waivers at that run, in its order. */
  readonly waivers: readonly PastWaiver[];
  /** The cell that used most of its margin, of those that are required and not waived; undefined where none was. */
  readonly worst?: Worst;
  /** Changes against distance 0, on all rows, at distance 1 and in production. */
  readonly changes: readonly PastChange[];
  /** The metrics themselves, on all rows; those that are changes by definition have none. */
  readonly levels: readonly PastLevel[];
  /** Measures of checks on evidence, on all rows. */
  readonly evidence: readonly PastMeasure[];
  /** Undefined where nothing was swept. */
  readonly coverage?: PastCoverage;
  readonly gap?: PastGap;
}

export interface PastWaiver {
  /** `used` let the run pass what it names; `expired` no longer did. */
  readonly state: 'used' | 'expired' | 'not_needed' | 'cannot';
  /** The rule, and the slice where it names one: `log_loss max_increase on tier=large`. */
  readonly what: string;
  readonly owner: string;
  readonly until: string;
  readonly reason: string;
  /** Cells that are waived, or would be. */
  readonly cells: number;
}

/** In margins: 1 is at the margin. */
export interface Worst {
  /** `roc_auc at distance 0 on tier=large`, and the rule. */
  readonly cell: string;
  readonly allowed: string;
  readonly used: number;
  readonly least: number;
  readonly most: number;
  /** As the report says it: `44 % (≤ 74 %)`. */
  readonly text: string;
}

/** One metric at one distance, in the unit of a chart: percent, or the metric's own. */
export interface PastChange {
  readonly metric: string;
  readonly at: '1' | 'production';
  readonly percent: boolean;
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
  /** As it is written, and its bounds. */
  readonly text: string;
  readonly bounds: string;
  readonly verdict?: 'pass' | 'fail' | 'inconclusive';
  /** The rule that is asked there, and the changes that it allows. */
  readonly allowed?: string;
  readonly most?: number;
  readonly least?: number;
}

export interface PastLevel {
  readonly metric: string;
  readonly aligned: number;
  /** NaN where production is not declared. */
  readonly production: number;
}

export interface PastMeasure {
  readonly check: string;
  readonly metric: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly text: string;
  readonly bounds: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly allowed: string;
  /** The bound of the value itself; undefined where the rule asks for a change. */
  readonly most?: number;
  readonly least?: number;
}

/** Shares of 1. */
export interface PastCoverage {
  /** Of the rows, by weight, those whose item has an embedding of the version that lacks most. */
  readonly rows: number;
  /** Of production's mass, that which lies within the sweep, where least does; NaN where production is not declared. */
  readonly mass: number;
}

export interface PastCause {
  readonly id: string;
  readonly verdict: string;
  /** Its step from offline to online: with what nobody explains, the steps add up to the gap. */
  readonly contribution: number;
  /** The share of the gap that the report gives it; null where it gives none. */
  readonly share: number | null;
}

export interface PastGap {
  /** The metric in words. */
  readonly words: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly offline: number;
  readonly online: number;
  readonly text: string;
  /** Steps from offline to online: with what nobody explains they add up to the gap. */
  readonly causes: readonly PastCause[];
  /** NaN where it is not known. */
  readonly unexplained: number;
}
