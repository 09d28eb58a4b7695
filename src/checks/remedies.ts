/** The sweep's figures for each possible cure, as the recommendation weighs them. */

import type { Slice } from '../data/evalset/cells.js';
import type { Distance } from './check-report.js';

/** From this share on a map is said to repair a loss. Judgement of this project. */
export const REPAIRS = 0.8;

/** The age that the index of a tier may have, and the one that it has. */
export interface IndexAge {
  readonly slice: Slice;
  /** The largest age at which every required rule passes in the tier; null where even a fresh index would not. */
  readonly maxHours: number | null;
  /** Mean age under the declared cadence. */
  readonly nowHours: number;
  /** True where the tier passes as it is declared. */
  readonly passesNow: boolean;
  /**
   * The longest build period and duration (streaming: backfill period), the rest of the cadence as declared; null
   * where none passes.
   */
  readonly levers: readonly Lever[];
}

/** One number of a cadence that can be turned. */
export interface Lever {
  readonly name: 'build_period' | 'build_duration' | 'full_backfill_period';
  readonly maxHours: number | null;
  readonly nowHours: number;
}

/** A metric on a slice at a distance: what a share is a share of. */
export interface Cell {
  readonly metric: string;
  readonly slice: Slice;
  readonly at: Distance;
}

/** The incompatible part of the worst change: serving the old query tower with the old index would win it back. */
export interface PinGain {
  readonly metric: string;
  readonly slice: Slice;
  readonly at: Distance;
  readonly change: number;
  readonly incompatible: number;
  readonly stale: number;
  readonly unit: 'relative' | 'absolute';
  /** True where every required rule would pass with what is left. */
  readonly passes: boolean;
}

/** A map between versions, and how much of the task metric's loss it repairs on items that it was not fitted on. */
export interface Repair {
  readonly rung: 'scale' | 'orthogonal' | 'linear';
  readonly share: number;
  /**
   * Share of what: of the part that age does not explain, or of the whole loss where that part is not known to be one.
   */
  readonly of: 'incompatible' | 'loss';
  readonly metric: string;
  /** The command that writes the map, as it is pasted. */
  readonly command?: string;
}

/** The price of not promoting: the candidate against what serves, over all rows, each with its one-sided bounds. */
export interface Forgone {
  /** Today's family by its release; without `release` the version before the candidate, with its own index. */
  readonly over: { readonly release?: string; readonly version: string };
  readonly metric: string;
  readonly at: Distance;
  readonly unit: 'relative' | 'absolute';
  readonly better: 'lower' | 'higher';
  /** At `at` (production, else distance 1), and with an index of its own. */
  readonly there: ForgoneChange;
  readonly aligned: ForgoneChange;
}

export interface ForgoneChange {
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
}

/** The sweep's word on each possible cure; the recommendation weighs them. */
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
  /** The cell of that change; undefined where no required change fails. */
  readonly worst?: Cell;
  /** The simplest map that repairs most of it at the distances that production has; null where none was fitted. */
  readonly repair: Repair | null;
  /** Undefined where old query checkpoints are missing, or items of different versions meet in one ranking. */
  readonly pin?: PinGain;
  /** There where the worst failure is age alone, and it is known what serves. */
  readonly forgone?: Forgone;
}
