/** A mean over queries rests on what could move: its counts. */

import { type ClusterCounts, type Cut, countClusters } from '../../data/evalset/cells.js';
import type { EvalRows } from '../../data/evalset/evalset.js';
import { gatherInts } from '../../lib/gather.js';
import type { Entries } from './entries.js';
import type { RankingEvidence } from './metric-table.js';

/** The weights by which the queries of a cut count. */
export interface QueryWeights {
  /** Shape (entries); 0 where the query has no value. */
  readonly weight: Float64Array;
  /** Shape (entries): 1 where some order of the candidates would give another value than some other one. */
  readonly informative: Uint8Array;
  /**
   * Shape (positive rows): the share of its entry's weight that a relevant row stands for; sums to 1 over an entry. 0
   * where it does not count.
   */
  readonly share: Float64Array;
}

/**
 * The counts of a cell of the cut, by its number within the cut.
 *
 * @param cut over the positive rows alone
 */
export function rankingEvidence(
  evalSet: EvalRows,
  positiveRows: Int32Array,
  cut: Cut,
  entries: Entries,
  { weight, informative, share }: QueryWeights,
): (local: number) => RankingEvidence {
  const cells = cut.slices.length;
  const counted = new Int32Array(cells);
  const queries = new Int32Array(cells);
  for (let e = 0; e < entries.count; e++) {
    if (!(weight[e]! > 0)) continue;
    counted[entries.cell[e]!]!++;
    if (informative[e] === 1) queries[entries.cell[e]!]!++;
  }
  const positives = new Int32Array(cells);
  const own = new Float64Array(positiveRows.length);
  for (let i = 0; i < own.length; i++) {
    const r = positiveRows[i]!;
    const e = entries.ofRow[r]!;
    if (informative[e] !== 1 || !(weight[e]! > 0)) continue;
    if (evalSet.weight[r]! > 0) positives[cut.cell[i]!]!++;
    own[i] = weight[e]! * share[i]!;
  }
  const clusters = (codes: Int32Array, names: readonly string[]): ClusterCounts =>
    countClusters(cut, { codes: gatherInts(codes, positiveRows), names }, own, own);
  const query = clusters(evalSet.cluster.codes, evalSet.cluster.names);
  const item = clusters(evalSet.item.codes, evalSet.item.names);
  return (local) => ({
    positives: positives[local]!,
    queryClusters: query.effective[local]!,
    itemClusters: item.effective[local]!,
    queries: queries[local]!,
    counted: counted[local]!,
  });
}
