/**
 * The one interface of every check, the sweep's too: plan → gather → run → examine → report. Each stage returns what
 * the next one works on, so that a check keeps its own types to itself, and the pipeline names none.
 */

import type { Workspace } from '../data/artefacts/files.js';
import type { EvalSetSize } from '../data/evalset/size.js';
import type { TableSpec } from '../data/evidence/evidence-table.js';
import type { VectorStore } from '../data/vectors/vector-store.js';
import type { SharedWork } from '../data/vectors/vector-work.js';
import type { CheckId, Policy } from '../documents/policy/policy.js';
import type { ReleaseHead } from '../documents/release/release.js';
import type { EnginePlan } from '../engines/plan.js';
import type { GivenState } from '../estimation/state/given-state.js';
import type { Claim } from '../estimation/statistics/claims.js';
import type { Progress } from '../lib/progress.js';
import type { CheckReport } from './check-report.js';
import type { Evidence } from './evidence.js';
import type { EvidenceCheck, Examined, Swept } from './evidence-check.js';

/**
 * One readiness question. What it says of the gap between offline and online is its `examine`, whether rules judge it
 * or not.
 */
export interface Check extends EvidenceCheck {
  /**
   * Says what the policy asks of it; undefined where the policy asks nothing. Throws ConfigError on rules that cannot
   * be judged, before anything is read.
   *
   * @param wanted what the other checks that the policy asks for want to know of a sweep
   */
  plan(policy: Policy, wanted: Wanted): Plan | undefined;
}

/** Results of a sweep that other checks read, each with the table that must be there for it; `true`: none must. */
export type Wanted = ReadonlyMap<keyof Swept, TableSpec | true>;

/** One check as one policy asks for it. */
export interface Plan {
  readonly check: Check;
  /** Tables of evidence that are read where the release has them. */
  readonly tables: readonly TableSpec[];
  /** Says what will be judged of a policy without a release, in lines, and refuses what can be refused of it. */
  withoutRelease(workspace: Workspace): Promise<readonly string[]>;
  /** Plans the state that an engine writes of a release; left out: the check judges none. */
  readonly engine?: (release: ReleaseHead) => Promise<EnginePlan>;
  /** Reads what will be judged and refuses what can be refused; no tower embeds anything at scale. */
  gather(sources: Sources): Promise<Gathered>;
}

/** Sources that a run reads once, for all of its checks. */
export interface Sources {
  /** With its towers where the policy sweeps. */
  readonly release: ReleaseHead;
  readonly evidence: Evidence;
  readonly workspace: Workspace;
  /** Hears of what takes time; left out: nobody does. */
  readonly progress?: Progress;
  /** Sums that the check which sweeps judges in place of rows; left out: it sweeps. */
  readonly state?: GivenState;
  /** The place that vectors are taken from and kept in; left out: everything is embedded. */
  readonly vectors?: VectorStore;
}

/** Everything that one check judges, read: here `validate` stops. */
export interface Gathered {
  /** Says what is known of the gap before anything is swept, and whether rules judge it; a sweep leaves it out. */
  readonly foretold?: { readonly id: CheckId; readonly found: Examined; readonly judges: boolean };
  /** Says what will be judged, and what will not, in lines; towers are tried on a few rows. */
  outlook(): Promise<readonly string[]>;
  /** Everything that its run embeds at scale; left out where it embeds nothing. */
  sharedWork?(): SharedWork;
  /** Embeds and scores at scale, where there is something to. */
  run(progress: Progress): Promise<Ran>;
}

/** One check after everything that takes time. */
export interface Ran {
  /** The check that sweeps gives its results to the others here. */
  readonly swept?: Swept;
  /** The rows that are swept. */
  readonly evalSet?: EvalSetSize;
  /**
   * @param swept    what the run's sweep says, if it has one
   * @param evidence with the columns that the sweep has made for the ledger
   */
  examine(swept: Swept | undefined, evidence: Evidence): Examination;
}

/** One check, measured and not yet judged. */
export interface Examination {
  readonly check: Check;
  /** Every rule on everything that it judges: Holm's procedure runs over those of all checks together. */
  readonly claims: readonly Claim[];
  /** True where rules stand for the check, so that it need not be a hypothesis of a diagnosis. */
  readonly judges: boolean;
  /** Holds the part of the gap that it explains, where the policy asks for it as a hypothesis. */
  readonly found?: Examined;
  /**
   * Judges; undefined where no rule asks.
   *
   * @param rejected claims that Holm's procedure over the whole run lets be called violated
   * @param said     whether a diagnosis says the facts
   */
  report(rejected: ReadonlySet<Claim>, said: boolean, progress?: Progress): CheckReport | undefined;
}
