/** The loss of each row at each pair of versions, by which queries and items are told apart that lose most. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { SkewPolicy } from '../../documents/policy/policy.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import type { PositionMetric } from '../../estimation/metrics/metric.js';
import type { MetricRef } from '../../estimation/metrics/registry.js';
import { buildEntries, relevantOf } from '../../estimation/tabulation/entries.js';
import { gainsOf, rankedBy } from '../../estimation/tabulation/relevant-items.js';
import { present } from '../../lib/lookup.js';
import { predictor } from '../../models/scores/link.js';
import type { Positions } from '../../models/scores/ranks.js';
import type { ScoreColumn, Sweep } from '../../models/scores/sweep.js';
import type { Measured } from './judge.js';
import { givesProbabilities } from './skill.js';
import { columnAt } from './states.js';

/** Parts of a metric's value over all rows, one a row. */
export interface RowLosses {
  readonly metric: string;
  readonly better: 'lower' | 'higher';
  /** Shape (rows): what each row weighs in the metric; 0 where it is not in it. Sums to 1. */
  readonly weight: Float64Array;
  /** Shape (rows): what each row adds to the metric's value under a column of scores. */
  partsOf(column: ScoreColumn): Float64Array;
}

/**
 * By the task metric where that ranks; else by the log loss, where scores give probabilities; else by the first metric
 * of the policy that ranks. Undefined where there is none of these.
 */
export function rowLossesOf({ plan, policy, cells }: Measured, evalSet: EvalSet, sweep: Sweep): RowLosses | undefined {
  const ranking = [plan.alignment, ...plan.metrics].filter((ref) => ref?.metric.kind === 'positions');
  const probabilities = [...sweep.current.keys()].every((k) => givesProbabilities(columnAt(sweep, k), evalSet));
  const first = plan.alignment?.metric.kind === 'positions' || !probabilities ? ranking[0] : undefined;
  if (first) return byRanking(first, policy, evalSet, sweep, present(cells.cuts[0], 'cut of all rows'));
  return probabilities ? byLogLoss(evalSet) : undefined;
}

function byLogLoss({ weight, label, query, rows }: EvalSet): RowLosses {
  const total = weight.reduce((sum, w) => sum + w, 0);
  const shares = weight.map((w) => w / total);
  return {
    metric: LOG_LOSS,
    better: 'lower',
    weight: shares,
    partsOf({ link, scores }) {
      const { logLoss } = predictor(link, scores, query.codes, query.names.length);
      return Float64Array.from({ length: rows }, (_, r) => shares[r]! * logLoss(r, label[r]!));
    },
  };
}

/** A query's value belongs to its relevant rows, as it does in the metric's own sums. */
function byRanking(
  { id, metric, k }: MetricRef,
  policy: SkewPolicy,
  evalSet: EvalSet,
  sweep: Sweep,
  all: Measured['cells']['cuts'][number],
): RowLosses | undefined {
  if (metric.kind !== 'positions' || metric.better === 'neither') return undefined;
  const { positiveRows } = sweep;
  const entries = buildEntries(evalSet, all);
  const { weightQueries, candidates } = policy.evalSet;
  const relevant = relevantOf(evalSet, positiveRows, entries, candidates === 'full');
  const weights = new Float64Array(entries.count);
  if (weightQueries) for (let r = 0; r < evalSet.rows; r++) weights[entries.ofRow[r]!]! += evalSet.weight[r]!;
  else weights.fill(1);
  for (const [e, list] of relevant.entries()) if (list.length === 0) weights[e] = 0;
  const total = weights.reduce((sum, w) => sum + w, 0);
  const gainOf = gainsOf(evalSet, positiveRows, metric);
  const spread = (positions: Positions, of: (ranked: ReturnType<typeof rankedBy>) => ArrayLike<number>) => {
    const parts = new Float64Array(evalSet.rows);
    for (const [e, list] of relevant.entries()) {
      if (weights[e] === 0) continue;
      const ranked = rankedBy(list, positions, gainOf);
      const values = of(ranked);
      for (const [n, i] of ranked.list.entries()) parts[positiveRows[i]!] = (weights[e]! / total) * values[n]!;
    }
    return parts;
  };
  const positionsOf = (column: ScoreColumn) => present(column.positions, 'positions');
  const share = spread(positionsOf(columnAt(sweep, 0)), ({ items }) => metric.share(items));
  return {
    metric: id,
    better: metric.better,
    weight: share,
    partsOf: (column) => spread(positionsOf(column), ({ items }) => creditOf(metric, items, k)),
  };
}

/** Shape (relevant items): the part of the query's value that each of them adds. */
function creditOf(metric: PositionMetric, items: ReturnType<typeof rankedBy>['items'], k: number): ArrayLike<number> {
  if (metric.credit) return metric.credit(items, k);
  const value = metric.evaluate(items, k);
  return Array.from(metric.share(items), (part) => part * value);
}
