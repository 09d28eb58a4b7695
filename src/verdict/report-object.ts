/** The report object: everything that is written about a run, computed once. Renderings are pure functions of it. */
import type { CheckReport } from '../checks/check-report.js';
import type { Forgone, Lever, PinGain, Repair } from '../checks/remedies.js';
import type { WaiverReport } from '../checks/waivers.js';
import type { Side } from '../data/checkpoints/checkpoint.js';
import type { Slice } from '../data/evalset/cells.js';
import type { VectorUse } from '../data/vectors/vector-use.js';
import type { Place } from '../errors.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';

export type OverallVerdict = 'ready' | 'not_ready' | 'inconclusive';
export type Action = 'ship' | 'serving_change' | 'scope_change' | 'architecture_change' | 'gather_evidence';

export interface Option {
  readonly action: Action;
  readonly why: string;
  /** serving_change: the largest version distance at which every required rule passes. */
  readonly maxDistance?: number;
  /** serving_change: the largest index age that passes and today's mean age, of the tier `appliesTo`. */
  readonly maxIndexAgeHours?: number;
  readonly nowHours?: number;
  readonly appliesTo?: Slice;
  /** The longest build period, build duration or backfill period that would do by itself. */
  readonly levers?: readonly Lever[];
  /**
   * serving_change: what pinning the query tower to the index's version wins back; what a map between versions repairs.
   */
  readonly pin?: PinGain;
  readonly repair?: Repair;
  /** The price of not promoting, where the failure is age alone. */
  readonly forgone?: Forgone;
  /** scope_change: the slice values that pass as they are. */
  readonly passing?: readonly Slice[];
  /** gather_evidence: rows that would settle the hardest open finding. */
  readonly rows?: number;
  /** The same in queries, where only rankings are open. */
  readonly queries?: number;
}

export interface Recommendation {
  readonly action: Action;
  readonly why: string;
  readonly options: readonly Option[];
}

/** The conclusion from all that was found. */
export interface Decision {
  readonly verdict: OverallVerdict;
  readonly headline: string;
  readonly recommendation: Recommendation;
}

export interface Report {
  readonly verdict: OverallVerdict;
  readonly headline: string;
  readonly recommendation: Recommendation;
  readonly policy: {
    readonly path: string;
    readonly sha256: string;
    readonly name: string;
    readonly from: 'base' | 'head' | 'file';
    /** The differences of the checkout's policy from the one that judged. */
    readonly difference?: string;
    readonly confidence: number;
    readonly onInconclusive: 'fail' | 'warn';
  };
  readonly release: {
    readonly path: string;
    readonly sha256: string;
    readonly name: string;
    readonly live: string;
    /** The place at which the release names the live version. */
    readonly place: Place;
    readonly chain: readonly string[];
    readonly checkpoints: readonly { readonly tower: Side; readonly version: string; readonly sha256: string }[];
    /** The columns of the rows that stand in the place of checkpoints, each with `{version}`. */
    readonly scores?: { readonly column: string; readonly aligned?: string; readonly olderQuery?: string };
    /** The differences of the checkout's comparison (compare_with and its file) from the one that counted. */
    readonly difference?: string;
  };
  /** Absent where no check looks at an eval set. */
  readonly evalSet?: {
    readonly rows: number;
    readonly positives: number;
    readonly queries: number;
    readonly items: number;
    /** Items that every ranking runs over, where that is the whole catalogue. */
    readonly rankedCatalogue?: number;
    readonly sha256: Readonly<Record<string, string | undefined>>;
  };
  readonly checks: readonly CheckReport[];
  readonly diagnosis?: Diagnosis;
  /** The waivers of the policy, in its order; absent where it has none. */
  readonly waivers?: readonly WaiverReport[];
  readonly notices: readonly string[];
  readonly run: {
    readonly version: string;
    readonly startedAt: string;
    readonly durationMs: number;
    readonly host: string;
    /** Vectors that were there before it. */
    readonly vectors?: VectorUse;
  };
}

/** 0 ready; 1 judged and not ready. An inconclusive verdict is 1 unless the policy says that it only warns. */
export function exitStatus(report: Report): 0 | 1 {
  if (report.verdict === 'ready') return 0;
  return report.verdict === 'inconclusive' && report.policy.onInconclusive === 'warn' ? 0 : 1;
}
