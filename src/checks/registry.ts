/** Every check, one line each: the sweep, and the checks on tables of evidence in the order of their layers. */
import type { Workspace } from '../data/artefacts/files.js';
import type { PolicyOrigin } from '../documents/policy/origin.js';
import type { CheckId, Policy } from '../documents/policy/policy.js';
import type { EvidenceCheck } from './evidence-check.js';
import { auctionFiltering } from './funnel/auction-filtering.js';
import { metricMismatch } from './funnel/metric-mismatch.js';
import { recallSaturation } from './funnel/recall-saturation.js';
import { planGates } from './gates.js';
import { evalSetConstruction } from './model/eval-set-construction.js';
import { exposureBias } from './model/exposure-bias.js';
import { labelLeakage } from './model/label-leakage.js';
import { outlierDomination } from './model/outlier-domination.js';
import { samplingBias } from './model/sampling-bias.js';
import { checkpointIdentity } from './serving/checkpoint-identity.js';
import { featureParity } from './serving/feature-parity.js';
import { precisionParity } from './serving/precision-parity.js';
import { servingHealth } from './serving/serving-health.js';
import type { VersionSkewEvidence } from './version-skew/check.js';
import { gatherSkew, planSkew, type SkewPlan } from './version-skew/gather.js';
import { versionSkew } from './version-skew/hypothesis.js';

export const CHECKS_ON_EVIDENCE: readonly EvidenceCheck[] = [
  samplingBias,
  labelLeakage,
  outlierDomination,
  evalSetConstruction,
  exposureBias,
  featureParity,
  versionSkew,
  precisionParity,
  checkpointIdentity,
  servingHealth,
  recallSaturation,
  metricMismatch,
  auctionFiltering,
];

export function checkOf(id: CheckId): EvidenceCheck {
  return CHECKS_ON_EVIDENCE.find((check) => check.id === id)!;
}

export interface CheckPlan {
  readonly versionSkew: SkewPlan | undefined;
}

/** What the policy's checks need that a sweep makes. */
export interface SweptEvidence {
  readonly versionSkew: VersionSkewEvidence | undefined;
}

/** What the policy's checks ask for. Refuses impossible combinations before anything is loaded. */
export function planChecks(policy: Policy): CheckPlan {
  planGates(policy, checkOf);
  return { versionSkew: planSkew(policy) };
}

export async function gatherEvidence(
  plan: CheckPlan,
  release: string,
  workspace: Workspace,
  onProgress: (message: string) => void,
  origin?: PolicyOrigin,
): Promise<SweptEvidence> {
  return {
    versionSkew: plan.versionSkew && (await gatherSkew(plan.versionSkew, release, workspace, onProgress, origin)),
  };
}
