/**
 * Cells that no scores could let pass, known from the rows alone: `validate` says them before a tower runs. The size of
 * an error is not among them: a version that scores as the one before it has none.
 */

import { type Cells, type Cut, countClusters } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Rule, SkewPolicy } from '../../documents/policy/policy.js';
import { isRanking } from '../../estimation/metrics/metric.js';
import type { MetricRef } from '../../estimation/metrics/registry.js';
import { belowFloors, type FloorCounts } from '../../estimation/statistics/noninferiority.js';
import { list, plural, printable } from '../../lib/text.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { cutOf, sliceOf } from './cell-names.js';
import type { SkewSources } from './gather.js';
import { hypothesis } from './hypothesis.js';
import { cellsOf } from './judged-cells.js';
import { gates, metricOf } from './plan.js';

/** Metrics that have no value, or none that means anything, where every row is positive. */
const OF_TWO_CLASSES: ReadonlySet<string> = new Set(['roc_auc', 'gauc', 'normalized_entropy', 'information_retained']);

/** The rows of one cell, as far as floors ask for them. */
interface CellFacts {
  readonly rows: FloorCounts;
  /** The most that a ranking can rest on: clusters that have a positive row. */
  readonly ranking: FloorCounts;
  readonly mass: { readonly positive: number; readonly negative: number };
}

/**
 * Lines on rules that have cells which stay inconclusive whatever the scores: too few positives or clusters, or one
 * class alone. None is said of a cell that the policy only lists.
 *
 * @param judged whether these are the rows that will be judged; else a release may leave some of them out, and what is
 *               said holds of whatever rows are left
 */
export function foreseenLines(
  { policy, plan, grid, evalSet }: Pick<SkewSources, 'policy' | 'plan' | 'grid' | 'evalSet'>,
  judged: boolean,
): string[] {
  const facts = factsOf(grid.cells, evalSet, judged);
  return policy.versionSkew.rules.flatMap((rule) => {
    const ref = metricOf(plan, rule.metric);
    const cells = [...new Set(cellsOf(rule, grid).map(({ cell }) => cell))];
    const open = cells.flatMap((cell) => {
      const reason = stays(ref, facts[cell]!);
      return reason && !onlyListed(policy, ref, facts, grid.cells, cell) ? [{ cell, reason }] : [];
    });
    if (open.length === 0) return [];
    const named = open.map(({ cell, reason }) => `${nameOf(grid.cells, cell)} (${spelled(reason)})`);
    const what = gates(rule, ref.metric, policy) ? 'cannot pass' : 'will stay inconclusive (the rule only warns)';
    return [
      `${ruleName(rule)}: ${open.length} of ${plural(cells.length, 'cell')} ${what} on these rows: ${list(named, 6)}`,
    ];
  });
}

function ruleName({ metric, operator, thresholdText }: Rule): string {
  return `${hypothesis.id}: ${metric} ${operator} ${thresholdText}`;
}

function nameOf(cells: Cells, cell: number): string {
  const entries = Object.entries(sliceOf(cells, cell));
  return entries.length === 0 ? 'all rows' : printable(entries.map(([k, v]) => `${k}=${v}`).join(', '), 80);
}

/** The ground on which a cell stays open whatever the scores; undefined where some scores might settle it. */
function stays({ id, metric }: MetricRef, { rows, ranking, mass }: CellFacts): OpenReason | undefined {
  const below = belowFloors(isRanking(metric) ? ranking : rows);
  if (below) return below;
  const why = metric.kind === 'rows' ? metric.immovable?.(mass.positive, mass.negative) : undefined;
  if (why !== undefined) return { kind: 'cannot_move', by: 'labels', why };
  return mass.negative === 0 && OF_TWO_CLASSES.has(id) ? { kind: 'undefined' } : undefined;
}

/** A slice value below the floors, beside others that are not, where the policy only lists such. */
function onlyListed(
  policy: SkewPolicy,
  ref: MetricRef,
  facts: readonly CellFacts[],
  cells: Cells,
  cell: number,
): boolean {
  const { columns, first, slices } = cutOf(cells, cell);
  if (policy.versionSkew.thinSlices !== 'report' || columns.length === 0) return false;
  return slices.some((_, i) => stays(ref, facts[first + i]!) === undefined);
}

/** Sums in another order than the run's may differ in their last digits: a cell at its floor is not below it. */
const ROUNDING = 1 + 1e-9;

function factsOf({ cuts }: Cells, evalSet: EvalSet, judged: boolean): CellFacts[] {
  const { rows, weight, label, cluster, item } = evalSet;
  const positive = Float64Array.from({ length: rows }, (_, r) => (label[r]! > 0 ? weight[r]! : 0));
  return cuts.flatMap((cut) => {
    const masses = massesOf(cut, evalSet);
    const counted = (coded: EvalSet['cluster']) => {
      const { distinct, effective } = countClusters(cut, coded, weight, weight);
      // Rows that are left out make clusters more even at times, and never more.
      const most = judged ? effective.map((count) => count * ROUNDING) : distinct;
      return { most, positive: countClusters(cut, coded, positive, positive).distinct };
    };
    const [byQuery, byItem] = [counted(cluster), counted(item)];
    return cut.slices.map((_, c): CellFacts => {
      const positives = masses.count[c]!;
      return {
        rows: { positives, queryClusters: byQuery.most[c]!, itemClusters: byItem.most[c]! },
        ranking: { positives, queryClusters: byQuery.positive[c]!, itemClusters: byItem.positive[c]! },
        mass: { positive: masses.positive[c]!, negative: masses.negative[c]! },
      };
    });
  });
}

/** Of each cell: rows with a positive label and a weight above 0, Σwy and Σw(1 - y). Shape (cells of the cut) each. */
function massesOf({ cell, slices }: Cut, { rows, weight, label }: EvalSet) {
  const zeros = () => new Float64Array(slices.length);
  const [count, positive, negative] = [zeros(), zeros(), zeros()];
  for (let r = 0; r < rows; r++) {
    const c = cell[r]!;
    if (label[r]! > 0 && weight[r]! > 0) count[c]!++;
    positive[c]! += weight[r]! * label[r]!;
    negative[c]! += weight[r]! * (1 - label[r]!);
  }
  return { count, positive, negative };
}
