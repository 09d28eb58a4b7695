/** Everything that a sweep embeds, as work that can be shared out; it does what runSweep does until then. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { VectorWork } from '../../data/vectors/vector-work.js';
import type { Release } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import { checkpointWork } from '../towers/checkpoint-work.js';
import { entities } from '../towers/entities.js';
import type { InspectedTowers } from '../towers/inspect.js';
import { planPairs } from './pairs.js';
import type { SweepOptions } from './sweep.js';

/** By checkpoint, in the order in which a sweep asks for them. */
export function vectorWorks(
  evalSet: EvalSet,
  release: Release,
  towers: InspectedTowers,
  options: Pick<SweepOptions, 'from' | 'to' | 'anchors' | 'candidates' | 'positions'>,
): VectorWork[] {
  const { pairs } = planPairs(release, options);
  const whole = options.positions && options.candidates === 'full';
  return (['query', 'item'] as const).flatMap((side) => {
    const features = evalSet.features[side];
    const all = entities(features, towers[side].columns, side === 'item' && whole);
    return [...new Set(pairs.map((pair) => pair[side]))].flatMap((behind) => {
      const inspected = lookUp(towers[side].checkpoints, release.chain[behind]!, `${side} checkpoint`);
      if (inspected.checkpoint.kind !== 'onnx') return [];
      return [checkpointWork(inspected, features.table, all, release.score.similarity)];
    });
  });
}
