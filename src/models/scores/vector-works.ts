/** Everything that a sweep by towers embeds, as work that can be shared out. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { VectorWork } from '../../data/vectors/vector-work.js';
import type { TowerRelease } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import { checkpointWork } from '../towers/checkpoint-work.js';
import type { InspectedTowers } from '../towers/inspect.js';
import { planPairs } from './pairs.js';
import type { SweepOptions } from './sweep.js';
import { agedPair, scoredRows } from './tower-sweep.js';

/** By checkpoint; those whose vectors are given are left out. */
export function vectorWorks(
  evalSet: EvalSet,
  release: TowerRelease,
  towers: InspectedTowers,
  options: Pick<SweepOptions, 'from' | 'to' | 'anchors' | 'candidates' | 'positions' | 'mixedCatalogue'>,
): VectorWork[] {
  const { pairs } = planPairs(agedPair(release), options);
  const { queries, items } = scoredRows(evalSet, release, towers, options);
  return (['query', 'item'] as const).flatMap((side) =>
    [...new Set(pairs.map((pair) => pair[side]))].flatMap((behind) => {
      const inspected = lookUp(towers[side].checkpoints, release.chain[behind]!, `${side} checkpoint`);
      if (inspected.checkpoint.kind !== 'onnx') return [];
      const { table } = evalSet.features[side];
      return [checkpointWork(inspected, table, side === 'query' ? queries : items, release.score.similarity)];
    }),
  );
}
