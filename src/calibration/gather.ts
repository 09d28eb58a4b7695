/** The sweep over as many past live versions as have their towers. */

import { gatherSkew, planSkew, sweepSkew } from '../checks/version-skew/gather.js';
import { cellsOf, type Grid } from '../checks/version-skew/judged-cells.js';
import { type MeasuredSkew, measureVersionSkew } from '../checks/version-skew/measure.js';
import type { Workspace } from '../data/artefacts/files.js';
import type { SkewPolicy } from '../documents/policy/policy.js';
import { readRelease } from '../documents/release/read.js';
import type { Release } from '../documents/release/release.js';
import { ConfigError } from '../errors.js';
import type { Progress } from '../lib/progress.js';

/** Versions in the role of the live one; more would take long and say little about today's training. */
const MOST = 12;

export interface Replay {
  readonly skew: MeasuredSkew;
  readonly release: Release;
  /** The live version, and those before it that stand in its role. */
  readonly versions: readonly string[];
}

/** Reads, embeds and scores whatever the past versions have. */
export async function gatherReplay(
  policy: SkewPolicy,
  releasePath: string,
  workspace: Workspace,
  progress: Progress,
): Promise<Replay> {
  const { release, over } = await longest(policy, releasePath, workspace);
  const plan = planSkew(over, new Map());
  const sources = await gatherSkew({ ...plan, sweep: { ...plan.sweep, drift: 'none' } }, release, workspace);
  const evidence = await sweepSkew(sources, { ...plan, sweep: { ...plan.sweep, drift: 'none' } }, progress);
  return {
    skew: await measureVersionSkew(evidence, progress),
    release,
    versions: release.chain.slice(0, over.versionSkew.anchors),
  };
}

/** The release read for as many live versions as it has the towers of; at least for those that the policy asks for. */
async function longest(
  policy: SkewPolicy,
  path: string,
  workspace: Workspace,
): Promise<{ release: Release; over: SkewPolicy }> {
  const release = await readRelease(path, policy, workspace);
  const { grid } = await gatherSkew(planSkew(policy, new Map()), release, workspace);
  const to = deepestAsked(policy, grid);
  const { anchors: asked } = policy.versionSkew;
  for (let anchors = Math.min(MOST, release.chain.length - to); anchors > asked; anchors--) {
    const over = { ...policy, versionSkew: { ...policy.versionSkew, to, anchors } };
    try {
      return { release: await readRelease(path, over, workspace), over };
    } catch (error) {
      // A checkpoint is missing there: what is otherwise wrong, the first reading has refused.
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return { release, over: policy };
}

/** The largest distance that a rule asks about: what a policy sweeps beyond it is shown, and judges nothing. */
function deepestAsked({ versionSkew: { rules } }: SkewPolicy, grid: Grid): number {
  const asked = rules.flatMap((rule) =>
    cellsOf(rule, grid).flatMap(({ cell, at }) =>
      at === 'production' ? [...(grid.mixes?.[cell]?.histogram.keys() ?? [])] : [at],
    ),
  );
  return Math.max(1, ...asked);
}
