/**
 * The whole program: a policy and a release come in; evidence is gathered; checks turn it into findings; findings become a
 * verdict; the verdict is written for whoever reads it.
 */

import { examineEvidence, withSweep } from './checks/examine.js';
import { judgeChecks } from './checks/judge.js';
import { gatherEvidence, planChecks } from './checks/registry.js';
import { measureVersionSkew, sweptOf } from './checks/version-skew/check.js';
import { Workspace } from './data/artefacts/files.js';
import type { PolicyOrigin } from './documents/policy/origin.js';
import { readPolicy } from './documents/policy/read.js';
import { readReleaseHead } from './documents/release/read-head.js';
import { UserError } from './errors.js';
import { outOfMemory } from './lib/memory.js';
import { printable } from './lib/text.js';
import { prepareReport, type ReportFiles, writeReport } from './report/write.js';
import { assemble } from './verdict/assemble.js';
import { diagnose } from './verdict/diagnosis/diagnose.js';
import { exitStatus, type Report } from './verdict/report-object.js';

/** 0 ready, 1 judged and not ready, 2 could not judge, 3 a bug here. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** What the program asks of its surroundings; host/ has one for a terminal and one for a workflow. */
export interface Host {
  /** The folder that bounds every path. */
  readonly workspace: string;
  /** The judging begins: shown as being in progress where that can be shown. Neither file has been read yet. */
  judging?(): Promise<void>;
  /** A line about what is going on. */
  progress(message: string): void;
  /** The verdict; `files` says where the report was written. */
  result(report: Report, files: ReportFiles): Promise<void>;
  /** Why nothing could be judged: the user's to mend. */
  refused(error: UserError): Promise<void>;
  /** A bug of ours. */
  crashed(error: unknown): Promise<void>;
}

export interface GateArguments {
  readonly policy: string;
  readonly release: string;
  /** Folder for report.json, summary.md and report.html. */
  readonly out?: string;
  /** Where the policy is read from, and what its commit has published of the release; left out: the files themselves. */
  readonly origin?: PolicyOrigin;
}

export function gate(args: GateArguments, host: Host): Promise<ExitStatus> {
  return guarded(host, async () => {
    const startedAt = new Date();
    const workspace = new Workspace(host.workspace);
    if (args.out !== undefined) prepareReport(args.out, workspace);
    await host.judging?.();
    const policy = readPolicy(args.policy, workspace, args.origin);
    const plan = planChecks(policy);
    const head = await readReleaseHead(args.release, policy, workspace, args.origin);
    // Before the sweep: a table that is wrong is refused at once.
    const tables = await examineEvidence(policy, head);
    const progress = (message: string) => host.progress(message);
    const swept = await gatherEvidence(plan, args.release, workspace, progress, args.origin);
    const release = swept.versionSkew?.release ?? head;
    const skew = swept.versionSkew && measureVersionSkew(swept.versionSkew);
    const examined = withSweep(tables, policy, skew && sweptOf(skew));
    const checks = judgeChecks(policy, skew, examined);
    const diagnosis = diagnose(policy, examined);
    const report = assemble({ policy, release, evidence: swept, checks, diagnosis, startedAt });
    await host.result(report, writeReport(report, args.out, workspace));
    return exitStatus(report);
  });
}

/** What the user can mend is said and is 2; anything else is a bug and is 3. Neither is ever a pass. */
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
function tooLarge({ message }: Error): UserError {
  return new UserError([
    {
      found: `not enough memory on this machine (${printable(message, 200)})`,
      expected: 'room for the eval set, one column of scores a pair of versions, and a checkpoint at a time',
      mend: 'Give the job more memory, or the sweep fewer rows or versions.',
    },
  ]);
}
