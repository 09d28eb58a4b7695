/** Every check, one line each: what it needs of the sweep, and what it finds. */
import type { EvalSet } from '../evalset/evalset.js';
import type { Policy } from '../policy/policy.js';
import type { ResolvedDistances } from '../production/distances.js';
import type { Release } from '../release/release.js';
import type { Sweep, SweepOptions } from '../scores/sweep.js';
import type { CheckReport } from './check.js';
import { checkVersionSkew } from './serving/version-skew/check.js';
import { type MetricPlan, planMetrics } from './serving/version-skew/plan.js';

export interface CheckPlan {
  readonly versionSkew: MetricPlan;
  readonly sweep: Omit<SweepOptions, 'onProgress'>;
}

export interface Evidence {
  readonly policy: Policy;
  readonly release: Release;
  readonly evalSet: EvalSet;
  readonly sweep: Sweep;
  readonly distances: ResolvedDistances | undefined;
}

/** What the policy's checks ask for. Refuses impossible combinations before anything is loaded. */
export function planChecks(policy: Policy): CheckPlan {
  const versionSkew = planMetrics(policy);
  const { from, to } = policy.versionSkew;
  return { versionSkew, sweep: { from, to, candidates: policy.evalSet.candidates, positions: versionSkew.positions } };
}

export function runChecks(plan: CheckPlan, evidence: Evidence): CheckReport[] {
  return [checkVersionSkew({ ...evidence, plan: plan.versionSkew })];
}
