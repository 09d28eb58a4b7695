/** The evidence of the sweep: distances, towers, the pinned eval set, one column of scores a pair of versions. */
import { allFeatures, loadEvalSet, verifyEvalSet } from '../../../evalset/evalset.js';
import type { Workspace } from '../../../lib/files.js';
import { coverageAsked, type Policy, type SkewPolicy } from '../../../policy/policy.js';
import { readDistances } from '../../../production/distances.js';
import { readRelease } from '../../../release/read.js';
import { familiesOf } from '../../../release/release.js';
import { runSweeps, type SweepOptions } from '../../../scores/sweep.js';
import { coveredRows } from '../../../towers/coverage.js';
import { inspectTowers } from '../../../towers/inspect.js';
import type { VersionSkewEvidence } from './check.js';
import { type MetricPlan, mixedIndexOf, planMetrics } from './plan.js';

/** What the check asks of the sweep. Refuses impossible combinations before anything is loaded. */
export interface SkewPlan {
  readonly policy: SkewPolicy;
  readonly metrics: MetricPlan;
  readonly sweep: Omit<SweepOptions, 'onProgress'>;
}

export function planSkew({ skew: policy }: Policy): SkewPlan | undefined {
  if (!policy) return undefined;
  const metrics = planMetrics(policy);
  const { from, to, anchors } = policy.versionSkew;
  const { candidates } = policy.evalSet;
  const { positions, alignment } = metrics;
  return {
    policy,
    metrics,
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

export async function gatherSkew(
  { policy, metrics, sweep }: SkewPlan,
  releasePath: string,
  workspace: Workspace,
  onProgress: (message: string) => void,
): Promise<VersionSkewEvidence> {
  await verifyEvalSet(policy, workspace);
  const release = await readRelease(releasePath, policy, workspace);
  const distances = await readDistances(policy, release);
  const families = familiesOf(release);
  const towers = families.map(inspectTowers);
  const whole = await loadEvalSet(policy, allFeatures(towers), workspace);
  const { evalSet, coverage } = await coveredRows(whole, families, coverageAsked(policy));
  const sweeps = await runSweeps(evalSet, families, towers, sweep, onProgress);
  return { policy, release, evalSet, ...sweeps, coverage, distances, plan: metrics };
}
