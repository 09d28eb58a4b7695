/** The part of a sweep that a matrix of jobs shares out: what its checkpoints embed. */
import type { SharedWork } from '../../data/vectors/vector-work.js';
import { vectorWorks } from '../../models/scores/vector-works.js';
import { ALIGNED, type SkewPlan, type SkewSources, wants } from './gather.js';

/**
 * The families' checkpoints, those of serving, and the live ones once more where catalogues are ranked and served
 * vectors held against them: those are of the rows' entities alone. What a replay on served features embeds, whoever
 * merges does itself.
 */
export function sharedWork({ families, release, served, evalSet }: SkewSources, plan: SkewPlan): SharedWork {
  const { sweep, wanted } = plan;
  const [candidate] = families;
  const others = sweep.candidates === 'full' && sweep.positions && wants(wanted, 'vectorOf', release);
  const of = families.flatMap((family, i) =>
    family.towers
      ? vectorWorks(evalSet, family.release, family.towers, i === 0 ? sweep : { ...sweep, anchors: 1 })
      : [],
  );
  return {
    works: [
      ...of,
      ...(served ? vectorWorks(evalSet, served.release, served.towers, ALIGNED) : []),
      ...(others && candidate.towers ? vectorWorks(evalSet, candidate.release, candidate.towers, ALIGNED) : []),
    ],
    evalSet: Object.fromEntries(
      Object.entries(evalSet.sha256).flatMap(([file, digest]) => (digest ? [[file, digest]] : [])),
    ),
  };
}
