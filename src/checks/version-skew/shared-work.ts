/** The part of a sweep that a matrix of jobs shares out: what its checkpoints embed. */
import type { SharedWork } from '../../data/vectors/vector-work.js';
import { vectorWorks } from '../../models/scores/vector-works.js';
import { ALIGNED, type SkewPlan, type SkewSources } from './gather.js';

/**
 * The families' checkpoints, and those of serving. What a replay on served features embeds, and a second time the live
 * ones where catalogues are ranked, whoever merges does itself.
 */
export function sharedWork({ families, served, evalSet }: SkewSources, { sweep }: SkewPlan): SharedWork {
  const of = families.flatMap((family, i) =>
    family.towers
      ? vectorWorks(evalSet, family.release, family.towers, i === 0 ? sweep : { ...sweep, anchors: 1 })
      : [],
  );
  return {
    works: [...of, ...(served ? vectorWorks(evalSet, served.release, served.towers, ALIGNED) : [])],
    evalSet: Object.fromEntries(
      Object.entries(evalSet.sha256).flatMap(([file, digest]) => (digest ? [[file, digest]] : [])),
    ),
  };
}
