/** Everything that a run embeds, and whose it is: `shard` makes some of it, `merge` asks for all. */
import type { Origin } from '../data/vectors/shard-manifest.js';
import type { VectorWork } from '../data/vectors/vector-work.js';
import { isSwept } from '../documents/release/release.js';
import { ConfigError } from '../errors.js';
import type { GatheredGate } from '../gate.js';
import { type Progress, told } from '../lib/progress.js';

export interface Shared {
  readonly origin: Origin;
  readonly works: readonly VectorWork[];
}

/** @throws ConfigError where there is nothing to share out */
export function sharedBy({ policy, release, gathered }: GatheredGate): Shared {
  const shared = gathered.checks.flatMap((check) => check.sharedWork?.() ?? []);
  if (isSwept(release) && release.scores)
    throw new ConfigError([
      {
        place: release.scores.place,
        found: 'a release of score columns, so that nothing is embedded',
        expected: 'towers, whose embedding is what jobs share out',
        mend: 'Judge it in one job, `skewgate run`, which reads the columns a part at a time; or write the state in your own engine.',
      },
    ]);
  if (shared.length === 0 || !isSwept(release))
    throw new ConfigError([
      {
        place: { file: policy.path },
        found: 'a policy that sweeps no versions, so that nothing is embedded',
        expected: 'checks: version-skew, whose embedding is what jobs share out',
        mend: 'Judge it in one job: skewgate run.',
      },
    ]);
  return {
    origin: {
      policy: policy.sha256,
      release: release.sha256,
      ...(release.compareWith ? { compared: release.compareWith.sha256 } : {}),
      evalSet: shared[0]!.evalSet,
    },
    works: shared.flatMap(({ works }) => works),
  };
}

/** A block of vectors: the key, and its place. */
export interface Block {
  readonly key: string;
  readonly work: VectorWork;
  readonly place: number;
}

/** Every block once, in one order: two checkpoints of one digest give the same ones. */
export function blocksOf(works: readonly VectorWork[], progress: Progress): Block[] {
  const found = new Map<string, Block>();
  for (const work of told(works, progress, { stage: 'reading', detail: 'features', unit: 'checkpoints' }))
    for (const [place, key] of work.keys().entries()) if (!found.has(key)) found.set(key, { key, work, place });
  return [...found.values()];
}
