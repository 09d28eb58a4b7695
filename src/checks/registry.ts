/** Every check, one line each: what it gathers, and what it finds. */

import type { Workspace } from '../lib/files.js';
import type { Policy } from '../policy/policy.js';
import type { CheckReport } from './check.js';
import { checkVersionSkew, type VersionSkewEvidence } from './serving/version-skew/check.js';
import { gatherSkew, planSkew, type SkewPlan } from './serving/version-skew/gather.js';

export interface CheckPlan {
  readonly versionSkew: SkewPlan | undefined;
}

export interface Evidence {
  readonly versionSkew: VersionSkewEvidence | undefined;
}

/** What the policy's checks ask for. Refuses impossible combinations before anything is loaded. */
export function planChecks(policy: Policy): CheckPlan {
  return { versionSkew: planSkew(policy) };
}

export async function gatherEvidence(
  plan: CheckPlan,
  release: string,
  workspace: Workspace,
  onProgress: (message: string) => void,
): Promise<Evidence> {
  return {
    versionSkew: plan.versionSkew && (await gatherSkew(plan.versionSkew, release, workspace, onProgress)),
  };
}

export function runChecks({ versionSkew }: Evidence): CheckReport[] {
  return versionSkew ? [checkVersionSkew(versionSkew)] : [];
}
