/** Every check gives findings and a verdict, and what the report shows of its evidence. */

import type { Slice } from '../data/evalset/cells.js';
import type { CheckId, DistanceSource, Operator } from '../documents/policy/policy.js';
import type { Place } from '../errors.js';
import type { FoundCure } from './evidence-check.js';
import type { Reason } from './reason.js';
import type { Remedies, Repair } from './remedies.js';

export type Verdict = 'pass' | 'fail' | 'inconclusive';
export type Distance = number | 'production';

/** One rule judged on one slice at one distance. */
export interface Finding {
  /** The check whose rule it is. */
  readonly check: CheckId;
  readonly rule: number;
  readonly metric: string;
  readonly slice: Slice;
  readonly at: Distance;
  readonly operator: Operator;
  /** The metric there. */
  readonly value: number;
  /** Against distance 0, in `unit`. Of a comparison of families: by how much more the candidate degrades. */
  readonly change: number;
  readonly unit: 'relative' | 'absolute';
  /**
   * One-sided bounds of what is judged: the change, the value under `min` and `max`, or the share of a gain that is
   * left.
   */
  readonly judged: 'change' | 'value' | 'share';
  readonly lower: number;
  readonly upper: number;
  /** The most that the rule allows, in the unit of what is judged. */
  readonly margin: number;
  readonly mde: number;
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Rows of this slice that would settle an inconclusive finding, if more of the same would. */
  readonly rowsToSettle?: number;
  /** The same of a ranking metric, whose unit is a query that an order can change. */
  readonly queriesToSettle?: number;
  readonly level: 'fail' | 'warn';
  /** Of a ranking metric: queries of the cell whose value another order would change. */
  readonly queries?: number;
  /** It is open as the aligned model shows no skill there. */
  readonly unskilled?: true;
  /** It does not pass, and the policy lets it until a day (in UTC): by whom, and why. */
  readonly waived?: { readonly owner: string; readonly reason: string; readonly until: string };
  /** The place of the threshold in the policy, and the threshold as written. */
  readonly place: Place;
  readonly threshold: string;
}

/** The mean change over several live versions. */
export interface FamilyChange {
  readonly anchors: number;
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
  /** Standard deviation of the change from one live version to another. */
  readonly betweenSd: number;
}

/** The part that is left of the gain over the family that serves today. */
export interface RetainedGain {
  /** Gains in the metric's own unit, positive where the candidate is better. */
  readonly aligned: number;
  readonly skewed: number;
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
}

/** One bin of a reliability diagram: its share of the weight, the mean prediction, the mean label. */
export interface Bin {
  readonly share: number;
  readonly predicted: number;
  readonly actual: number;
}

/** One point of the degradation curve. */
export interface CurvePoint {
  readonly metric: string;
  readonly slice: Slice;
  readonly distance: Distance;
  readonly value: number;
  readonly atZero: number;
  readonly change: number;
  readonly unit: 'relative' | 'absolute';
  readonly lower: number;
  readonly upper: number;
  readonly stale: number | null;
  readonly incompatible: number | null;
  readonly mde: number;
  readonly rows: number;
  readonly positives: number;
  /** Of a ranking metric: queries of the cell whose value another order would change. */
  readonly queries?: number;
  /** At production: the histogram average of the pure curves. */
  readonly averageOfPure?: number;
  /** A ranking in which items of different versions meet. */
  readonly mixed?: boolean;
  /**
   * The value's standard deviation from one assignment of versions to items to another, where it is averaged over such.
   */
  readonly realisationSd?: number;
  /** Over the anchors, where the policy asks for several. */
  readonly family?: FamilyChange;
  /** Against the family that serves today, where the release names one and the metric has a better direction. */
  readonly retainedGain?: RetainedGain;
  /** The reliability diagram there, of a metric that is about calibration. */
  readonly bins?: readonly Bin[];
}

/**
 * The item tower of an older version differs from the live one in this way, and this map would repair what that costs.
 * It explains and never gates.
 */
export interface DriftEntry {
  readonly distance: number;
  /** NaN where undefined. */
  readonly normRatio: number;
  readonly displacement: number;
  readonly procrustesResidual: number;
  readonly cka: number;
  readonly neighbourOverlap: number;
  /** Mean score against distance 0, in within-request standard deviations, and the ratio of these. */
  readonly offsetSd: number;
  readonly scaleRatio: number;
  readonly alignable: Alignable | null;
  /** The simplest map that repairs nearly as much as the best one; null where none was judged. */
  readonly repair: Repair | null;
  readonly reading: string;
}

/**
 * Share of the change that a map of each kind repairs on items that it was not fitted on; NaN where there is no clear
 * change, or no map.
 */
export interface Alignable {
  readonly metric: string;
  readonly scale: number;
  readonly orthogonal: number;
  readonly linear: number;
  /**
   * The same as a share of the incompatible part alone, as no map adds fresh knowledge; null without the old query
   * checkpoint.
   */
  readonly ofIncompatible: { readonly scale: number; readonly orthogonal: number; readonly linear: number } | null;
}

/** The curve of the family that serves today, on the same rows. */
export interface ComparedFamily {
  readonly release: string;
  readonly path: string;
  readonly live: string;
  readonly curve: readonly CurvePoint[];
}

/** The promoted version against the version before it with its own index, over all rows. */
export interface Tonight {
  /** The version before the live one. */
  readonly version: string;
  /** The promoted version is looked at in production, or at distance 1 where that is not declared. */
  readonly at: Distance;
  readonly entries: readonly TonightEntry[];
}

export interface TonightEntry {
  readonly metric: string;
  readonly unit: 'relative' | 'absolute';
  readonly better: 'lower' | 'higher';
  /** The metric of the version before, with its own index. */
  readonly served: number;
  /**
   * The promoted version there against it, and the promoted version with an index of its own: what not promoting
   * forgoes.
   */
  readonly promoted: Compared;
  readonly aligned: Compared;
}

interface Compared {
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
}

/** Rows left out as their item did not exist at a version: a loss of freshness, not of skew. */
export interface CoverageEntry {
  readonly distance: number;
  readonly version: string;
  readonly missingRows: number;
  readonly share: number;
}

export interface ProductionEntry {
  readonly slice: Slice;
  readonly histogram: ReadonlyMap<number, number>;
  readonly source: DistanceSource['kind'];
  readonly uncoveredMass: number;
}

/** Every check reports this. */
interface JudgedCheck {
  readonly check: CheckId;
  readonly layer: 1 | 2 | 3;
  readonly verdict: Verdict;
  readonly rules: number;
  readonly findings: readonly Finding[];
  readonly notices: readonly string[];
}

/** A check that sweeps version distances reports, besides its findings, the curves that they were read from. */
/** Queries and items that lose most, by what each adds to the change over all rows. Ids stand nowhere else. */
export interface Losing {
  readonly metric: string;
  readonly at: Distance;
  readonly query: LosingSide;
  readonly item: LosingSide;
}

export interface LosingSide {
  /** Distinct ids of the rows. */
  readonly of: number;
  /** Those that are listed, the largest loss first. */
  readonly entries: readonly LosingEntry[];
  /** Share of the change over all rows that they carry; NaN where that is no loss. */
  readonly share: number;
}

export interface LosingEntry {
  readonly id: string;
  /** Rows that count in the metric: of a ranking the relevant ones. */
  readonly rows: number;
  /** The metric over them, at distance 0 and there. */
  readonly atZero: number;
  readonly there: number;
  /** Share of the change over all rows; NaN where that is no loss. */
  readonly share: number;
}

export interface SweepReport extends JudgedCheck {
  readonly kind: 'sweep';
  readonly curve: readonly CurvePoint[];
  readonly compared?: ComparedFamily;
  readonly tonight?: Tonight;
  /** Empty where the policy declares no production. */
  readonly production: readonly ProductionEntry[];
  readonly drift: readonly DriftEntry[];
  /** The reason for which there is no drift, without a full stop: the release gives scores, and no vectors. */
  readonly withoutDrift?: string;
  /** Empty where no row lacks an embedding. */
  readonly coverage: readonly CoverageEntry[];
  readonly remedies: Remedies;
  /** There where the policy asks for it, in the run itself: report.json has none of its ids. */
  readonly losing?: Losing;
}

/** A check on tables of evidence reports its findings alone. */
export interface EvidenceReport extends JudgedCheck {
  readonly kind: 'evidence';
  /** The cure that its evidence asks for, where that is not the check's own. */
  readonly cure?: FoundCure;
}

export type CheckReport = SweepReport | EvidenceReport;

/** Reports of sweeps alone, which have curves, drift and production's histograms. */
export function sweepsOf(checks: readonly CheckReport[]): SweepReport[] {
  return checks.filter((check) => check.kind === 'sweep');
}

/** Tells whether a finding counts for the verdict: one that only warns, or that is waived, does not. */
export function isRequired({ level, waived }: Finding): boolean {
  return level === 'fail' && waived === undefined;
}

/** The verdict of findings: warnings never decide; one failure fails; one inconclusive finding leaves it open. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const required = findings.filter(isRequired);
  if (required.some((finding) => finding.verdict === 'fail')) return 'fail';
  // Not "none is inconclusive": anything that is not a pass keeps the check from passing.
  return required.every((finding) => finding.verdict === 'pass') ? 'pass' : 'inconclusive';
}
