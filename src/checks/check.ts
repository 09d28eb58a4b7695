/** What every check gives: findings and a verdict, and what the report shows of its evidence. */
import type { Place } from '../errors.js';
import type { Slice } from '../statistics/cells.js';

export type Verdict = 'pass' | 'fail' | 'inconclusive';
export type Distance = number | 'production';

/** One rule judged on one slice at one distance. */
export interface Finding {
  readonly rule: number;
  readonly metric: string;
  readonly slice: Slice;
  readonly at: Distance;
  readonly operator: string;
  /** The metric there. */
  readonly value: number;
  /** Against distance 0, in `unit`. */
  readonly change: number;
  readonly unit: 'relative' | 'absolute';
  /** One-sided bounds of what is judged: the change, or the value under `min` and `max`. */
  readonly judged: 'change' | 'value';
  readonly lower: number;
  readonly upper: number;
  /** What the rule allows, in the unit of what is judged. */
  readonly margin: number;
  readonly mde: number;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Rows of this slice that would settle an inconclusive finding, if more of the same would. */
  readonly rowsToSettle?: number;
  readonly level: 'fail' | 'warn';
  /** Where the threshold stands, and as written. */
  readonly place: Place;
  readonly threshold: string;
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
  /** At production: the histogram average of the pure curves. */
  readonly averageOfPure?: number;
  /** A ranking in which items of different versions meet. */
  readonly mixed?: boolean;
  /** Where that is averaged over assignments of versions to items: the value's standard deviation from one to another. */
  readonly realisationSd?: number;
}

export interface ProductionEntry {
  readonly slice: Slice;
  readonly histogram: ReadonlyMap<number, number>;
  readonly source: string;
  readonly uncoveredMass: number;
}

/** How old the index of a tier may be, and how old it is. */
export interface IndexAge {
  readonly slice: Slice;
  /** The largest age at which every required rule passes in the tier; null where even a fresh index would not. */
  readonly maxHours: number | null;
  /** Mean age under the declared cadence. */
  readonly nowHours: number;
}

/** What the sweep says about each possible cure; the recommendation weighs them. */
export interface Remedies {
  /** The largest k for which every required rule passes at every pure distance 0 … k. */
  readonly safeDistance: number;
  /** The largest distance swept. */
  readonly deepest: number;
  /** Distances that do not pass although a larger one does: the checkpoint itself may be bad. */
  readonly suspects: readonly number[];
  /** Every pure version passes, and a ranking in which versions meet does not. */
  readonly mixedIndexAlone: boolean;
  /** Of tiers with a declared cadence. */
  readonly indexAges: readonly IndexAge[];
  /** Slice values whose required findings all pass, of columns where others do not. */
  readonly passingSlices: readonly Slice[];
  /** Share of the worst failing change that is incompatibility; null where old checkpoints are missing. */
  readonly incompatibleShare: number | null;
}

export interface CheckReport {
  readonly check: string;
  readonly layer: 1 | 2 | 3;
  readonly verdict: Verdict;
  readonly rules: number;
  readonly curve: readonly CurvePoint[];
  readonly production: readonly ProductionEntry[];
  readonly findings: readonly Finding[];
  readonly remedies: Remedies;
  readonly notices: readonly string[];
}

/** The verdict of findings: warnings never decide; one failure fails; one inconclusive finding leaves it open. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const required = findings.filter((finding) => finding.level === 'fail');
  if (required.some((finding) => finding.verdict === 'fail')) return 'fail';
  // Not "none is inconclusive": anything that is not a pass keeps the check from passing.
  return required.every((finding) => finding.verdict === 'pass') ? 'pass' : 'inconclusive';
}
