/**
 * The whole program: a policy and a release come in; evidence is gathered; checks turn it into findings; findings
 * become a verdict; the verdict is written for whoever reads it.
 */

import { resolve } from 'node:path';
import {
  examineChecks,
  foretoldOf,
  type GatheredRun,
  gatherChecks,
  judgeChecks,
  planChecks,
} from './checks/pipeline.js';
import { CHECKS } from './checks/registry.js';
import { waive } from './checks/waivers.js';
import { Workspace } from './data/artefacts/files.js';
import { VectorCache } from './data/vectors/vector-cache.js';
import type { VectorStore } from './data/vectors/vector-store.js';
import { type OpenVectors, useInWords } from './data/vectors/vector-use.js';
import type { PolicyOrigin } from './documents/policy/origin.js';
import { type Policy, pinnedFiles } from './documents/policy/policy.js';
import { readPolicy } from './documents/policy/read.js';
import { readRelease } from './documents/release/read.js';
import { readReleaseHead } from './documents/release/read-head.js';
import { isSwept, type ReleaseHead } from './documents/release/release.js';
import { ConfigError, UserError } from './errors.js';
import type { GivenState } from './estimation/state/given-state.js';
import { readStateTables } from './estimation/state-tables/read-state.js';
import { mendOfAddresses, outOfMemory } from './lib/memory.js';
import { type Progress, SILENT, type Step } from './lib/progress.js';
import { printable, quoted } from './lib/text.js';
import type { Paint } from './report/paint.js';
import { readEarlier } from './report/read-earlier.js';
import { prepareReport, type ReportFiles, writeReport } from './report/write.js';
import { assemble } from './verdict/assemble.js';
import { diagnose, diagnoseEvidence } from './verdict/diagnosis/diagnose.js';
import type { NextStep } from './verdict/diagnosis/diagnosis.js';
import type { Earlier } from './verdict/diagnosis/since.js';
import { exitStatus, type Report } from './verdict/report-object.js';

/** 0 ready, 1 judged and not ready, 2 could not judge, 3 a bug here. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** The surroundings of the program: host/ has one for a terminal and one for a workflow. */
export interface Host {
  /** The folder that bounds every path. */
  readonly workspace: string;
  /**
   * The time of the run, which tells what waivers are over; left out: the clock's. The report says it under `run`.
   */
  clock?(): Date;
  /** The judging begins: shown as being in progress where that can be shown. Neither file has been read yet. */
  judging?(): Promise<void>;
  /** The place that the run has come to. */
  progress(step: Step): void;
  /** The verdict; `files` says where the report was written. */
  result(report: Report, files: ReportFiles): Promise<void>;
  /** Says why nothing could be judged: the user's to mend. */
  refused(error: UserError): Promise<void>;
  /** A bug of ours. */
  crashed(error: unknown): Promise<void>;
}

/** A host that shows the results of commands that judge nothing, too. */
export interface CommandHost extends Host {
  /** Text of a result, as it is. */
  output(text: string): void;
  /** The terminal that it is read on; absent where there is none. */
  readonly screen?: { readonly columns: number; readonly paint: Paint };
  /** Asks whoever sits there, and gives what was typed; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** The same host with another way of showing a verdict. */
  showing(format: 'text' | 'json', quiet: boolean): Host;
}

export interface GateArguments {
  readonly policy: string;
  readonly release: string;
  /** Folder for report.json, summary.md and report.html. */
  readonly out?: string;
  /** Opens the vectors that are taken in place of being embedded; left out: everything is embedded. */
  readonly vectors?: () => VectorsOfRun;
  /** The commit that the policy and the release's past are read from; left out: the files themselves. */
  readonly origin?: PolicyOrigin;
  /** Folder of a state that is judged in place of rows and towers. */
  readonly state?: string;
}

/** Vectors of a run, which may look at what is judged before any of them is taken. */
export interface VectorsOfRun extends OpenVectors {
  /** Refuses, by throwing, what they are not of. */
  accept?(run: GatheredGate, progress: Progress): Promise<void>;
}

export function gate(args: GateArguments, host: Host): Promise<ExitStatus> {
  return guarded(host, async () => {
    const startedAt = host.clock?.() ?? new Date();
    const began = performance.now();
    const workspace = new Workspace(host.workspace);
    if (args.out !== undefined) prepareReport(args.out, workspace);
    await host.judging?.();
    const progress: Progress = (step) => host.progress(step);
    const vectors = args.vectors?.();
    const run = await gather(args, workspace, progress, vectors?.store);
    await vectors?.accept?.(run, progress);
    const { policy, release, gathered, earlier } = run;
    const examined = await examineChecks(gathered, progress);
    const { checks, waivers } = waive(judgeChecks(policy, examined, progress), policy.waivers, dayOf(startedAt));
    const diagnosis = diagnose(examined, policy.confidence, earlier);
    const used = vectors?.close();
    if (used) progress({ stage: used.from, detail: useInWords(used) });
    progress({ stage: 'writing the report' });
    const { evalSet } = examined;
    const report = assemble({
      ...{ policy, release, evalSet, checks, diagnosis, waivers, startedAt, began },
      ...(used ? { used } : {}),
    });
    await host.result(report, writeReport(report, args.out, workspace));
    return exitStatus(report);
  });
}

/** The day in UTC, `2026-12-31`. */
/** The day of a time in UTC: `2026-12-31`. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** The argument of a run whose vectors are kept in a folder; none where no folder is named. */
export function cachedAt(folder: string | undefined): Pick<GateArguments, 'vectors'> {
  return folder === undefined ? {} : { vectors: () => new VectorCache(folder) };
}

/** A release that will be judged, and the policy that judges it; no tower has run yet. */
export interface GatheredGate {
  readonly policy: Policy;
  readonly release: ReleaseHead;
  readonly gathered: GatheredRun;
  /** The report that the release compares its diagnosis with. */
  readonly earlier?: Earlier;
}

/**
 * Reads everything that will be judged, and refuses all that can be refused before a tower runs at scale. Here
 * `validate` stops.
 */
export async function gather(
  { policy: path, release: releasePath, origin, state }: Pick<GateArguments, 'policy' | 'release' | 'origin' | 'state'>,
  workspace: Workspace,
  progress: Progress = SILENT,
  vectors?: VectorStore,
): Promise<GatheredGate> {
  progress({ stage: 'reading', detail: path });
  const policy = readPolicy(path, workspace, origin, state !== undefined);
  const plans = planChecks(CHECKS, policy);
  progress({ stage: 'reading', detail: releasePath });
  const release = policy.skew
    ? await readRelease(releasePath, policy.skew, workspace, origin)
    : await readReleaseHead(releasePath, policy, workspace, origin);
  const earlier = release.earlier && readEarlier(release.earlier);
  const given = state === undefined ? undefined : await givenState(state, policy, release, workspace);
  const gathered = await gatherChecks(plans, policy, release, workspace, progress, vectors, given);
  return { policy, release, gathered, ...(earlier ? { earlier } : {}) };
}

/** Reads a state that must be of these files. */
async function givenState(
  folder: string,
  { path, sha256, skew }: Policy,
  release: ReleaseHead,
  workspace: Workspace,
): Promise<GivenState> {
  if (!skew || !isSwept(release))
    throw new ConfigError([
      {
        place: { file: path },
        found: '--state, with a policy that has no rules on version-skew',
        expected: 'a policy that judges what a state holds',
        mend: 'Leave --state out.',
      },
    ]);
  if (!workspace.contains(folder))
    throw new ConfigError([{ found: `--state ${quoted(folder)}`, expected: 'a folder inside the workspace' }]);
  return readStateTables(resolve(folder), workspace.show(folder), {
    policy: sha256,
    release: release.sha256,
    ...(release.compareWith ? { compared: release.compareWith.sha256 } : {}),
    evalSet: pinnedFiles(skew.evalSet),
  });
}

/** The steps that a report would name next, as far as they are known before anything is swept. */
export function stepsForetold({ policy, gathered }: GatheredGate): readonly NextStep[] {
  const foretold = foretoldOf(gathered);
  return foretold ? diagnoseEvidence(foretold, policy.confidence).next : [];
}

/**
 * Turns errors into the exit status: one that the user can mend is said and is 2, anything else is a bug and is 3.
 * Neither is ever a pass.
 */
export async function guarded(
  host: Pick<Host, 'refused' | 'crashed'>,
  work: () => Promise<ExitStatus>,
): Promise<ExitStatus> {
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof UserError ? error : outOfMemory(error) ? tooLarge(error as Error) : undefined;
    if (refusal) {
      await host.refused(refusal);
      return 2;
    }
    await host.crashed(error);
    return 3;
  }
}

/** Of the machine, not of the files: the same run on a larger one would judge. */
function tooLarge(error: Error): UserError {
  return new UserError([
    {
      found: `not enough memory on this machine (${printable(error.message, 200)})`,
      expected: 'room for the eval set, one column of scores a pair of versions, and a checkpoint at a time',
      mend: mendOfAddresses(error) ?? 'Give the job more memory, or the sweep fewer rows or versions.',
    },
  ]);
}
