/** The acceptance policy as the rest of the program knows it: checked, with the place of every threshold. */
import policySchema from '../../../gates/policy.schema.json' with { type: 'json' };
import type { Place } from '../../errors.js';
import type { PolicyFile } from './policy-file.js';

/** An operator judges one of three things, and looks one way. */
interface OperatorTraits {
  /** It judges the value itself, its change, or the share of a gain that is left. */
  readonly judges: 'value' | 'change' | 'share';
  /** It holds against a rise, a fall, either, or against whatever is worse for the metric. */
  readonly against: 'rise' | 'fall' | 'either' | 'worse';
  /** It needs the family that serves today beside the candidate. */
  readonly comparesFamilies: boolean;
}

/** Every operator, one line each; whatever depends on which it is asks this table. */
const TRAITS = {
  max_increase: { judges: 'change', against: 'rise', comparesFamilies: false },
  max_decrease: { judges: 'change', against: 'fall', comparesFamilies: false },
  max_change: { judges: 'change', against: 'either', comparesFamilies: false },
  min: { judges: 'value', against: 'fall', comparesFamilies: false },
  max: { judges: 'value', against: 'rise', comparesFamilies: false },
  no_more_sensitive_than: { judges: 'change', against: 'worse', comparesFamilies: true },
  min_retained_gain: { judges: 'share', against: 'worse', comparesFamilies: true },
} as const satisfies Readonly<Record<string, OperatorTraits>>;

export type Operator = keyof typeof TRAITS;
/** In the order in which they are listed for users. */
export const OPERATORS = Object.keys(TRAITS) as readonly Operator[];
/** Operators of rules on evidence. */
export const EVIDENCE_OPERATORS = ['max_increase', 'max_decrease', 'min', 'max'] as const satisfies readonly Operator[];
/** Operators that can be held against a mean over anchors: those of changes. */
export const FAMILY_OPERATORS = OPERATORS.filter(
  (operator) => TRAITS[operator].judges === 'change' && !TRAITS[operator].comparesFamilies,
);

/** The traits of an operator. */
export function traitsOf(operator: Operator): OperatorTraits {
  return TRAITS[operator];
}

/** Tells whether an operator needs the family that serves today beside the candidate. */
export function comparesFamilies(operator: Operator): boolean {
  return TRAITS[operator].comparesFamilies;
}

/** Tells whether an operator judges the value itself, not its change. */
export function judgesValue(operator: Operator): boolean {
  return TRAITS[operator].judges === 'value';
}

/** Columns whose values cut the rows: `[]` is all rows, two names are a cross. */
export type SliceColumns = readonly string[];

/** One line of `require`. */
export interface Rule {
  readonly index: number;
  /** The name that a waiver may call it by. */
  readonly id?: string;
  /** A metric id as in the policy, such as `recall@10`. */
  readonly metric: string;
  /** The gain of its relevant items, where that is not their label. */
  readonly gain?: 'exponential';
  readonly operator: Operator;
  /** The threshold as a fraction where `relative`, in the metric's own unit otherwise. */
  readonly threshold: number;
  /** As written: `1%` or `0.02`. */
  readonly thresholdText: string;
  /** A percentage of the value at distance 0. */
  readonly relative: boolean;
  /** The claim is of the live version, or of the mean over the anchors. */
  readonly claim: 'checkpoint' | 'family';
  readonly at: 'production' | 'each' | readonly number[];
  readonly slices: readonly SliceColumns[];
  readonly level: 'fail' | 'warn';
  /** The place of the threshold. */
  readonly place: Place;
  readonly metricPlace: Place;
  readonly gainPlace?: Place;
  readonly atPlace: Place;
  readonly slicesPlace: Place;
}

/** Mass by version distance, as written; masses sum to 1. */
export type Histogram = ReadonlyMap<number, number>;

/** The timing by which the index follows the query tower's checkpoints. All times are in hours. */
export interface Cadence {
  readonly checkpointPeriod: number;
  readonly buildPeriod: number;
  readonly buildDuration: number;
  readonly rollout: number;
  readonly pickupLag: number;
  /** Items re-embedded one by one, and all of them by a backfill; replaces the build. */
  readonly streaming?: { readonly refreshRate: number; readonly backfillPeriod: number; readonly latency: number };
}

/** The source of a histogram. Paths are absolute, inside the workspace. */
export type DistanceSource =
  | { readonly kind: 'histogram'; readonly masses: Histogram }
  | { readonly kind: 'cadence'; readonly cadence: Cadence }
  | { readonly kind: 'counts' | 'manifest'; readonly path: string; readonly shown: string; readonly place: Place };

export interface Distances {
  /** The slice column that chooses a row's histogram; undefined: one histogram for all rows. */
  readonly by?: string;
  /** Keyed by the slice value; the empty key is all rows, or a file that has a column for the slice value. */
  readonly sources: ReadonlyMap<string, DistanceSource>;
  readonly places: ReadonlyMap<string, Place>;
  readonly place: Place;
}

export interface Production {
  /** The unit in which items of different versions meet in one ranking; undefined where the policy does not say. */
  readonly mix?: 'per_request' | 'per_item' | 'per_shard';
  readonly place: Place;
  readonly distances: Distances;
  /** Shards of the index, which roll one by one under `mix: per_shard`. */
  readonly shards: number;
  /** Shares of traffic whose query tower is one checkpoint ahead, or behind. */
  readonly canary: number;
  readonly rollback: number;
}

export interface VersionSkewPolicy {
  readonly from: number;
  readonly to: number;
  readonly sweepPlace: Place;
  /** Live versions that the sweep is repeated for: 1, or at least 3. */
  readonly anchors: number;
  /** Share of the rows, by weight, whose item must have an embedding at every swept version. */
  readonly minCoverage: number;
  /** A cell whose aligned model shows no skill is inconclusive, or judged with a notice. */
  readonly onNoSkill: 'fail' | 'warn';
  /**
   * Slice values below the floors are inconclusive like every other cell, or listed and left out of the verdict.
   */
  readonly thinSlices: 'fail' | 'report';
  /** True where versions that embed alike are meant: a tower that is frozen. Else their distances stay open. */
  readonly allowIdenticalVersions: boolean;
  /** So many queries and items that lose most are listed by id; undefined: none. */
  readonly listLosing?: number;
  readonly place: Place;
  readonly rules: readonly Rule[];
  /** One-sided, such as 0.95. */
  readonly confidence: number;
}

export type Candidates = 'full' | 'logged' | 'sampled';
export type EvalFile = 'rows' | 'queries' | 'items';
export const EVAL_FILES: readonly EvalFile[] = ['rows', 'queries', 'items'];

/** One file of the eval set. */
export interface EvalFileRef {
  /** Absolute path, inside the workspace. */
  readonly path: string;
  readonly sha256: string;
  readonly place: Place;
  readonly digestPlace: Place;
}

export interface EvalSetPolicy {
  readonly files: Partial<Readonly<Record<EvalFile, EvalFileRef>>> & { readonly rows: EvalFileRef };
  readonly columns: {
    readonly query: string;
    readonly item: string;
    readonly label: string;
    readonly weight?: string;
    readonly cluster?: string;
  };
  readonly columnPlaces: ReadonlyMap<string, Place>;
  readonly slices: readonly string[];
  readonly candidates: Candidates;
  readonly weightQueries: boolean;
  /** The grade that stands for a label of 1: the label column has grades from 0 to it. */
  readonly grades: number;
}

/** The pinned digests of the eval set, by file. */
export function pinnedFiles({ files }: EvalSetPolicy): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).flatMap(([name, file]) => (file ? [[name, file.sha256]] : [])));
}

/** The share of the eval set that every swept version must cover, and where that is asked. */
export function coverageAsked({ versionSkew: { minCoverage, place } }: SkewPolicy): { share: number; place: Place } {
  return { share: minCoverage, place };
}

/** The id of a check: a key of the policy's `checks`. The schema has them from the registry of checks. */
export type CheckId = Exclude<keyof WrittenChecks, 'all'>;
/** The checks that a policy names. */
export type WrittenChecks = Exclude<PolicyFile['checks'], string>;
export type EvidenceCheckId = Exclude<CheckId, 'version-skew'>;

/** Checks that judge tables of the release's `evidence`, by layer. */
export const EVIDENCE_CHECKS: readonly EvidenceCheckId[] = Object.keys(
  policySchema.properties.checks.properties,
).filter((id) => id !== 'version-skew' && id !== 'all') as EvidenceCheckId[];

/** The part of a policy that it has whatever its checks are. */
export interface PolicyHead {
  /** Path as shown to the user. */
  readonly path: string;
  readonly sha256: string;
  readonly name: string;
  readonly requirePins: boolean;
  /** The commit that it was read from, and how the checkout's differs from it. */
  readonly from: 'base' | 'head' | 'file';
  readonly difference?: string;
  readonly notices: readonly string[];
  /** One-sided, such as 0.95. */
  readonly confidence: number;
  readonly onInconclusive: 'fail' | 'warn';
  /** The hypotheses of the online-offline gap that the policy asks about, in the order of their layers. */
  readonly diagnosis: readonly DiagnosisCheck[];
  /** The metric by which the gain, and the gap between offline and online, are measured. */
  readonly gap: { readonly metric: string; readonly gain?: 'exponential' };
}

/** A policy with a sweep. */
export interface SkewPolicy extends PolicyHead {
  readonly evalSet: EvalSetPolicy;
  readonly production?: Production;
  readonly versionSkew: VersionSkewPolicy;
}

export interface Policy extends PolicyHead {
  /** Present where the policy has the check version-skew. */
  readonly skew?: SkewPolicy;
  readonly waivers: readonly Waiver[];
}

/** A rule that may fail until a date, where somebody answers for it. */
export interface Waiver {
  /** The rule, by its check and its index there, and as the waiver names it. */
  readonly check: CheckId;
  readonly rule: number;
  readonly named: string;
  /** The one slice that is waived; undefined: every slice of the rule. */
  readonly slice?: Readonly<Record<string, string>>;
  /** The last day on which it holds, in UTC: `2026-12-31`. */
  readonly until: string;
  readonly owner: string;
  readonly reason: string;
  readonly place: Place;
  readonly slicePlace: Place;
  readonly untilPlace: Place;
}

/** A check on tables of evidence: its hypothesis is tested in the diagnosis, and its rules judge what it measures. */
export interface DiagnosisCheck {
  readonly id: CheckId;
  readonly place: Place;
  readonly rules: readonly EvidenceRule[];
}

/** One line of such a check's `require`. */
export type EvidenceRule = Pick<
  Rule,
  | 'index'
  | 'id'
  | 'metric'
  | 'operator'
  | 'threshold'
  | 'thresholdText'
  | 'relative'
  | 'level'
  | 'place'
  | 'metricPlace'
>;
