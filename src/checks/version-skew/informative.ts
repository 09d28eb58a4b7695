/**
 * Queries from which a ranking metric can learn anything, known from the eval set alone: `validate` counts them before
 * any tower runs.
 */

import { buildCells, type Cells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link } from '../../documents/release/release.js';
import type { PositionMetric } from '../../estimation/metrics/metric.js';
import type { MetricRef } from '../../estimation/metrics/registry.js';
import { buildEntries, relevantOf, rowsPerQuery } from '../../estimation/tabulation/entries.js';
import { plural } from '../../lib/text.js';
import type { CannotMove } from '../reason.js';
import { spelled } from '../reason-words.js';
import type { MetricPlan } from './plan.js';

/** The ground on which a ranking metric has one value whatever the model does. */
export function cannotMove({ id, k }: MetricRef, queries: number): CannotMove {
  return { kind: 'cannot_move', by: 'candidates', metric: id, queries, ...(Number.isFinite(k) ? { k } : {}) };
}

/** Below as large a share of informative queries a change is said to be diluted. Judgement of this project. */
export const DILUTED = 0.5;

/** Over all rows: queries that have a value, and those of them that could have another. */
export function informativeQueries(
  evalSet: EvalSet,
  metric: PositionMetric,
  k: number,
  candidates: number | undefined,
): { readonly counted: number; readonly queries: number } {
  const cut = buildCells({ ...evalSet, slices: new Map() }, []).cuts[0]!;
  const entries = buildEntries(evalSet, cut);
  const positiveRows = Int32Array.from([...evalSet.label.keys()].filter((r) => evalSet.label[r]! > 0));
  const relevant = relevantOf(evalSet, positiveRows, entries, candidates !== undefined);
  const logged = rowsPerQuery(evalSet);
  let counted = 0;
  let queries = 0;
  for (const [e, list] of relevant.entries()) {
    if (list.length === 0) continue;
    counted++;
    const gains = list.map((i) => evalSet.label[positiveRows[i]!]!);
    if (metric.canMove(gains, candidates ?? logged[entries.query[e]!]!, k)) queries++;
  }
  return { counted, queries };
}

/** Notices of an eval set from which a ranking metric learns nothing, or little. */
export function informativeNotices(evalSet: EvalSet, { metrics }: MetricPlan, catalogue: boolean): string[] {
  const candidates = catalogue ? evalSet.features.item.table.rows : undefined;
  return metrics.flatMap((ref) => {
    const { id, metric, k } = ref;
    if (metric.kind === 'rows') {
      const why = metric.immovable?.(...massOf(evalSet));
      return why === undefined ? [] : [`${id} cannot move: ${why}: its rules will stay inconclusive.`];
    }
    if (metric.kind !== 'positions') return [];
    const { counted, queries } = informativeQueries(evalSet, metric, k, candidates);
    if (counted > 0 && queries === 0)
      return [`${id} ${spelled(cannotMove(ref, counted))}: its rules will stay inconclusive.`];
    return queries < DILUTED * counted ? [dilution(id, 'all rows', queries, counted)] : [];
  });
}

/** Σwy and Σw(1 - y). */
function massOf({ label, weight }: EvalSet): [number, number] {
  let positive = 0;
  let negative = 0;
  for (let r = 0; r < label.length; r++) {
    positive += weight[r]! * label[r]!;
    negative += weight[r]! * (1 - label[r]!);
  }
  return [positive, negative];
}

/** `recall@10 on all rows: 120 of 400 queries could have another value (30 %); …`. */
export function dilution(metric: string, slice: string, queries: number, counted: number): string {
  return (
    `${metric} on ${slice}: ${queries.toLocaleString('en-US')} of ${plural(counted, 'query', 'queries')} could ` +
    `have another value (${Math.round((100 * queries) / counted)} %); the others dilute every change.`
  );
}

/**
 * Shape (cells): 1 where the sum of the predictions cannot move. Under a softmax those of a query sum to 1; in a cell
 * that holds whole queries, each with one weight for all its rows, so does their weighted sum.
 */
export function fixedPredictions({ query, weight, rows }: EvalSet, { cuts, count }: Cells, link: Link): Uint8Array {
  const fixed = new Uint8Array(count);
  if (link !== 'softmax') return fixed;
  for (const { cell, first, slices } of cuts) {
    fixed.fill(1, first, first + slices.length);
    const firstRow = new Int32Array(query.names.length).fill(-1);
    for (let r = 0; r < rows; r++) {
      const q = query.codes[r]!;
      if (firstRow[q] === -1) firstRow[q] = r;
      const other = firstRow[q]!;
      if (cell[other] === cell[r] && weight[other] === weight[r]) continue;
      fixed[first + cell[r]!] = 0;
      fixed[first + cell[other]!] = 0;
    }
  }
  return fixed;
}
