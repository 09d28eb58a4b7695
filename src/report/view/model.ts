/**
 * The view: all that is said of a report, in the order of its urgency, with every figure written and nothing laid out.
 * Each medium (terminal, Markdown, HTML, annotations) draws it and knows nothing of the report. Its strings are not
 * yet made inert: whoever draws them does that in the way of the medium.
 */

import type { Verdict } from '../../checks/check-report.js';
import type { MarginUsed, Reckoned } from '../../checks/margin-used.js';
import type { Place } from '../../errors.js';
import type { HypothesisVerdict } from '../../verdict/diagnosis/diagnosis.js';
import type { OverallVerdict } from '../../verdict/report-object.js';

/** The states that a colour or an icon may stand for. */
export type Mark = Verdict | HypothesisVerdict;

export interface View {
  readonly head: Head;
  /** One of each kind at most; a medium shows those that it has room for, in its own order. */
  readonly sections: readonly ViewSection[];
  /** Every cell that was judged, the most urgent first. */
  readonly cells: readonly JudgedCell[];
  /** Says how the margin that a cell uses is reckoned; empty where there is no cell. */
  readonly used: string;
  /** The rules that judged them, the one with the most urgent cell first. */
  readonly rules: readonly RuleView[];
  /** The curves of every metric on every slice, those of the most urgent cells first. */
  readonly curves: readonly Chart[];
  /** Shares of production by version distance, one entry a histogram; empty where it is not declared. */
  readonly production: readonly Tier[];
  readonly reliability: readonly Reliability[];
  readonly ladder: readonly Rung[];
  /** The policy's waivers, in its order. */
  readonly waivers: readonly WaiverView[];
  /** Whole sentences that a reviewer should know besides. */
  readonly notes: readonly string[];
  /** Phrases that say what the verdict rests on; without capitals and full stops. */
  readonly footing: readonly string[];
  /**
   * The files that it rests on, each by its name and the head of its SHA-256: of our own making, so that nothing in
   * them is hostile.
   */
  readonly digests: readonly string[];
}

/** The verdict, of what, by what. */
export interface Head {
  readonly verdict: OverallVerdict;
  /** The verdict as a word. */
  readonly word: string;
  readonly headline: string;
  readonly release: string;
  readonly live: string;
  readonly policy: string;
  /** The policy's path, and which of its versions judged where that is not the file itself. */
  readonly policyAt: string;
  readonly conclusion: Conclusion;
  /** True where what is not shown to hold stops a release: not where the policy lets it only warn. */
  readonly openStops: boolean;
  /** True where this change edits the policy, so that its lines are not those that judged. */
  readonly policyEdited: boolean;
  /** The place of the live version in the release. */
  readonly place: Place;
  readonly program: string;
}

export type Conclusion = 'success' | 'failure' | 'neutral';

/** A rule judged on one slice at one distance, in words. A pass that is 0 by definition is none. */
export interface JudgedCell {
  /** Of our own making, and of this view alone. */
  readonly id: string;
  readonly mark: Verdict;
  /** True where the rule can stop a release, false where it only warns or is waived. */
  readonly required: boolean;
  readonly waived: boolean;
  readonly check: string;
  readonly rule: number;
  /** The metric, with its check where that is not the sweep. */
  readonly metric: string;
  /** `production` or `distance 2`; of a check on evidence always `production`. */
  readonly at: string;
  readonly slice: string;
  /** Where, as the end of a phrase: ` at production on tier=large`; what is told without saying is left out. */
  readonly where: string;
  readonly measured: string;
  readonly bounds: string;
  readonly allowed: string;
  /**
   * The part of its margin that the measured figure uses, by figure and in words: `44 % (≤ 74 %)`, where in brackets
   * stands what a cell that passes or is open is sorted by, its bound.
   */
  readonly used: MarginUsed;
  readonly reckoned: Reckoned;
  readonly usedInWords: string;
  /** The reason for which it is open, and who waives it; empty where neither is. */
  readonly reason: string;
  readonly line: string;
  readonly place: Place;
}

/** A waiver of the policy, and what became of it. */
export interface WaiverView {
  readonly state: 'used' | 'expired' | 'not_needed' | 'cannot';
  /** Cells that it waives, or would. */
  readonly findings: number;
  /** `log_loss max_increase at production on tier=large, until 2026-12-31`. */
  readonly what: string;
  /** The owner, the reason and what became of it. */
  readonly text: string;
  readonly place: Place;
}

export type SectionKind =
  | 'options'
  | 'waived'
  | 'policy-edit'
  | 'comparison-edit'
  | 'curve'
  | 'failed'
  | 'inconclusive'
  | 'drift'
  | 'beside'
  | 'tonight'
  | 'gap'
  | 'next'
  | 'waterfall'
  | 'since'
  | 'passed'
  | 'queries'
  | 'production'
  | 'checkpoints';

export interface ViewSection {
  readonly kind: SectionKind;
  readonly title: string;
  /** The verdict that colours the title. */
  readonly mark?: Verdict;
  /** Only for whoever looks for it: folded up where that can be done. */
  readonly folded?: true;
  /** Of interest to few, as it explains what did not fail: left out where room is short. */
  readonly minor?: true;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'sentences'; readonly sentences: readonly Sentence[] }
  | { readonly kind: 'list'; readonly items: readonly ListItem[] }
  | { readonly kind: 'table'; readonly table: ViewTable }
  /** The same figures twice: a medium that cannot show both shows the chart. */
  | { readonly kind: 'chart'; readonly chart: Chart; readonly table: ViewTable }
  | { readonly kind: 'waterfall'; readonly waterfall: WaterfallChart; readonly table: ViewTable }
  | { readonly kind: 'code'; readonly title?: string; readonly language?: 'sql'; readonly text: string };

export interface ListItem {
  readonly term: string;
  /** Without its full stop. */
  readonly text: string;
  /** A command that does it, to be pasted: it stands on a line of its own, and is never broken. */
  readonly command?: string;
}

/** Without its capital and its full stop. */
export interface Sentence {
  readonly text: string;
  /** Sentences that say how the others are read. */
  readonly aside?: true;
}

export interface ViewTable {
  /** Of a table of details: folded up under this title, or left out where room is short. */
  readonly details?: string;
  readonly columns: readonly ViewColumn[];
  readonly rows: readonly Row[];
  /** The meaning of its columns, without capital and full stop: beneath it, wherever they are shown. */
  readonly note?: string;
  /** The cells themselves show what each column holds: no header where room is short. */
  readonly selfEvident?: true;
  /** Rows are hypotheses, each with more to say than a line holds: folded one by one where that can be done. */
  readonly hypotheses?: true;
}

export interface Row {
  readonly mark?: Mark;
  /** The name of its subject, for where its reason stands apart from it. */
  readonly name?: string;
  /** One a column. */
  readonly cells: readonly string[];
}

export interface ViewColumn {
  readonly title: string;
  /** `decimal`: figures stand by their decimal points, where a medium can. */
  readonly align?: 'right' | 'decimal';
  readonly role?: ColumnRole;
}

/**
 * - `group`   rows with the same cell belong together
 * - `verdict` what the row's mark says in a word
 * - `told`    the same, where the section's title says it too
 * - `reason`  a sentence that many rows share; empty where there is none
 * - `aside`   a sentence about this row alone that follows the others, after the column's title
 * - `record`  for the record: left out where room is short
 */
export type ColumnRole = 'group' | 'verdict' | 'told' | 'reason' | 'aside' | 'record';

/** Levels of one quantity, and the steps from each to the next; a medium draws it from above. */
export interface WaterfallChart {
  /** The unit, as a title says it. */
  readonly what: string;
  readonly bars: readonly WaterfallBarView[];
}

export interface WaterfallBarView {
  readonly label: string;
  /** The written figure. */
  readonly text: string;
  /** Its start and its end: a level starts at 0, a step at the level before it. */
  readonly from: number;
  readonly to: number;
  /** Bounds of its end; NaN where unknown. */
  readonly lower: number;
  readonly upper: number;
  readonly tone: 'level' | 'loss' | 'gain' | 'unexplained';
}

/** One rule of the policy with all of its cells: those that fail first, then what is open, then what passes. */
export interface RuleView {
  readonly check: string;
  readonly rule: number;
  readonly mark: Verdict;
  /** True where one of its cells can stop a release. */
  readonly required: boolean;
  /** True where none can, as those that could are waived. */
  readonly waived: boolean;
  readonly metric: string;
  readonly allowed: string;
  readonly line: string;
  readonly cells: readonly JudgedCell[];
  readonly counts: Readonly<Record<Verdict, number>>;
}

/** A histogram of production, as it was declared. */
export interface Tier {
  readonly name: string;
  /** Shares of the mass by distance, as `ChartPoint.distance` writes it. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Predicted beside actual, by bins of the predictions, at every distance. */
export interface Reliability {
  readonly slice: string;
  readonly points: readonly {
    readonly distance: string;
    readonly bins: readonly { readonly share: number; readonly predicted: number; readonly actual: number }[];
  }[];
}

/** The shares of a loss that maps between versions repair, by distance; null where nothing was judged. */
export interface Rung {
  readonly distance: string;
  readonly of: string;
  readonly scale: number | null;
  readonly orthogonal: number | null;
  readonly linear: number | null;
}

/** A limit that a rule sets to a curve, in the unit of the chart. */
export interface MarginLine {
  readonly allowed: string;
  readonly line: string;
  /** The largest and the smallest change that is allowed. */
  readonly upper?: number;
  readonly lower?: number;
  /** The distances at which it is asked, as `ChartPoint.distance` writes them. */
  readonly at: readonly string[];
}

/**
 * A metric by version distance. Figures are in the unit that is shown: percent, or the metric's own; NaN where
 * undefined.
 */
export interface Chart {
  readonly metric: string;
  /** The points that are drawn. */
  readonly what: string;
  readonly slice: string;
  readonly percent: boolean;
  readonly points: readonly ChartPoint[];
  /** The bound that a rule is held against: of a two-sided one the one that is nearer to its limit. */
  readonly bound: 'lower' | 'upper';
  /** The worst verdict of a rule on this metric and slice; undefined where none asks. */
  readonly mark?: Verdict;
  readonly margins: readonly MarginLine[];
  /** The family that serves today, where there is one. */
  readonly today?: string;
  /** The range over pure versions and 0, from below, as written on an axis. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  /** The name of each part of a change. */
  readonly parts: { readonly age: string; readonly incompatibility: string };
}

export interface ChartPoint {
  readonly distance: string;
  /** True where every item is of one version; production mixes them. */
  readonly pure: boolean;
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
  /** The part of the change that is age, and the rest; null where old query checkpoints are missing. */
  readonly age: number | null;
  readonly incompatibility: number | null;
  /** The change of the family that serves today; null where there is none. */
  readonly today: number | null;
  readonly bounds: string;
  readonly label: string;
  /** The parts of the change in words; empty where they are not known. */
  readonly split: string;
}
