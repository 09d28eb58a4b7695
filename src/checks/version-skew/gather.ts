/** The evidence of the sweep: distances, towers, the pinned eval set, one column of scores a pair of versions. */

import type { Workspace } from '../../data/artefacts/files.js';
import type { Side } from '../../data/checkpoints/checkpoint.js';
import { allFeatures, type EvalSet, loadEvalSet, verifyEvalSet } from '../../data/evalset/evalset.js';
import { readDistances } from '../../data/production/distances.js';
import type { PolicyOrigin } from '../../documents/policy/origin.js';
import { type CheckId, coverageAsked, type Policy, type SkewPolicy } from '../../documents/policy/policy.js';
import { readRelease } from '../../documents/release/read.js';
import { familiesOf, type Release } from '../../documents/release/release.js';
import { runSweep, runSweeps, type SweepOptions } from '../../models/scores/sweep.js';
import { coveredRows } from '../../models/towers/coverage.js';
import { entities } from '../../models/towers/entities.js';
import { type InspectedTowers, inspectTowers } from '../../models/towers/inspect.js';
import { embed } from '../../models/towers/tower.js';
import type { EmbeddedLive, VersionSkewEvidence } from './check.js';
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
  origin?: PolicyOrigin,
): Promise<VersionSkewEvidence> {
  await verifyEvalSet(policy, workspace);
  const release = await readRelease(releasePath, policy, workspace, origin);
  const distances = await readDistances(policy, release);
  const families = familiesOf(release);
  const { columns } = policy.evalSet;
  const towers = families.map((family) => inspectTowers(family, columns));
  const served = servedOf(release, policy);
  const servedTowers = served && inspectTowers(served, columns);
  const whole = await loadEvalSet(policy, allFeatures([...towers, ...(servedTowers ? [servedTowers] : [])]), workspace);
  const { evalSet, coverage } = await coveredRows(whole, families, coverageAsked(policy));
  const sweeps = await runSweeps(evalSet, families, towers, sweep, onProgress);
  const asServed =
    served && servedTowers
      ? await runSweep(evalSet, served, servedTowers, {
          ...ALIGNED,
          onProgress: (message) => onProgress(`as served, ${message}`),
        })
      : undefined;
  const embedded =
    release.evidence.has('canary') && asks(policy, 'checkpoint-identity')
      ? await embedLive(evalSet, release, towers[0]!)
      : undefined;
  return {
    policy,
    release,
    evalSet,
    ...sweeps,
    coverage,
    distances,
    plan: metrics,
    towerNotices: [
      ...(evalSet.notices ?? []),
      ...new Set([...towers, ...(servedTowers ? [servedTowers] : [])].flatMap(({ notices }) => notices)),
    ],
    ...(asServed ? { asServed } : {}),
    ...(embedded ? { embedded } : {}),
  };
}

/** The live version against itself. */
const ALIGNED = {
  from: 0,
  to: 0,
  candidates: 'logged',
  positions: false,
  anchors: 1,
  drift: 'none',
  mixedCatalogue: false,
} as const;

/** The files of serving, where a check compares them. */
export function servedOf({ served }: Release, policy: SkewPolicy): Release | undefined {
  return asks(policy, 'precision-parity') ? served : undefined;
}

function asks({ diagnosis }: SkewPolicy, id: CheckId): boolean {
  return diagnosis.some((check) => check.id === id);
}

/** Every query and item of the eval set with the live checkpoints, to hold served vectors against. */
async function embedLive(evalSet: EvalSet, release: Release, towers: InspectedTowers): Promise<EmbeddedLive> {
  const multiVector = release.score.similarity === 'max_sim';
  const side = async (which: Side) => {
    const features = evalSet.features[which];
    const all = entities(features, towers[which].columns, false);
    const checkpoint = towers[which].checkpoints.get(release.live)!;
    // What is to be said of the checkpoint, its sweep says.
    const { embeddings } = await embed(checkpoint, features.table, all, multiVector);
    return { entities: all, embeddings };
  };
  return { query: await side('query'), item: await side('item') };
}
