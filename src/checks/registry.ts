/** Every check, one line each: what it needs of the sweep, and what it finds. */
import type { EvalSet } from '../evalset/evalset.js';
import type { Policy } from '../policy/policy.js';
import type { ResolvedDistances } from '../production/distances.js';
import type { Release } from '../release/release.js';
import type { Sweep, SweepOptions } from '../scores/sweep.js';
import type { CheckReport, CoverageEntry } from './check.js';
import { checkVersionSkew } from './serving/version-skew/check.js';
import { type MetricPlan, mixedIndexOf, planMetrics } from './serving/version-skew/plan.js';

export interface CheckPlan {
  readonly versionSkew: MetricPlan;
  readonly sweep: Omit<SweepOptions, 'onProgress'>;
}

export interface Evidence {
  readonly policy: Policy;
  readonly release: Release;
  readonly evalSet: EvalSet;
  readonly sweep: Sweep;
  /** The family that serves today, on the same rows. */
  readonly compared: Sweep | undefined;
  readonly coverage: readonly CoverageEntry[];
  readonly distances: ResolvedDistances | undefined;
}

/** What the policy's checks ask for. Refuses impossible combinations before anything is loaded. */
export function planChecks(policy: Policy): CheckPlan {
  const versionSkew = planMetrics(policy);
  const { from, to, anchors } = policy.versionSkew;
  const { candidates } = policy.evalSet;
  const { positions, alignment } = versionSkew;
  return {
    versionSkew,
    sweep: {
      from,
      to,
      candidates,
      positions,
      anchors,
      drift: alignment?.metric.kind === 'positions' ? 'positions' : 'scores',
      mixedCatalogue: candidates === 'full' && positions && mixedIndexOf(policy) !== undefined,
    },
  };
}

export function runChecks(plan: CheckPlan, evidence: Evidence): CheckReport[] {
  return [checkVersionSkew({ ...evidence, plan: plan.versionSkew })];
}
