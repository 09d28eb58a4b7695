/** A tabulation in jobs that do not depend on each other and give plain arrays: any thread can do any of them. */

import type { QuantityKey } from '../state/keys.js';
import type { QueryParts, RowParts } from '../state/metric-parts.js';
import type { SumArrays } from '../state/sum-arrays.js';
import { quantitiesOf, sumQuantities } from './fill-state.js';
import type { TabulateInputs } from './metric-table.js';
import { groupParts, positionParts } from './query-tables.js';
import { binSums, hasDiagrams } from './reliability.js';
import type { RowContext } from './row-context.js';
import { rowParts } from './row-table.js';

/** The sums of a quantity, metrics by their numbers (those that walk over one order together), or bins. */
export type Job =
  | { readonly kind: 'sums'; readonly quantity: number }
  | { readonly kind: 'metrics'; readonly metrics: readonly number[] }
  | { readonly kind: 'bins' };

/** A part of a tabulation's results, by the id of its quantity or metric. */
export type Part =
  | { readonly kind: 'sums'; readonly quantity: QuantityKey; readonly sums: SumArrays }
  | { readonly kind: 'rows'; readonly metric: string; readonly parts: RowParts }
  | { readonly kind: 'queries'; readonly metric: string; readonly parts: QueryParts }
  | { readonly kind: 'bins'; readonly sums: readonly Float64Array[] };

/** All jobs, those first that take longest. */
export function jobsOf({ metrics, valuesAlone }: Pick<TabulateInputs, 'metrics' | 'valuesAlone'>): Job[] {
  const numbered = metrics.map(({ metric }, n) => ({ n, metric }));
  const ordered = numbered.filter(({ metric }) => metric.merges === 'sorted_runs').map(({ n }) => n);
  const alone = (of: readonly string[]) =>
    numbered
      .filter(({ metric }) => of.includes(metric.merges))
      .map(({ n }): Job => ({ kind: 'metrics', metrics: [n] }));
  return [
    ...(ordered.length > 0 ? [{ kind: 'metrics', metrics: ordered } as const] : []),
    ...alone(['queries']),
    ...quantitiesOf(metrics).map((_, quantity): Job => ({ kind: 'sums', quantity })),
    ...alone(['bins']),
    ...(!valuesAlone && hasDiagrams(metrics) ? [{ kind: 'bins' } as const] : []),
  ];
}

export function runJob(context: RowContext, job: Job): Part[] {
  const { metrics } = context.inputs;
  switch (job.kind) {
    case 'sums': {
      const quantity = quantitiesOf(metrics)[job.quantity]!;
      return [...sumQuantities(context, [quantity])].map(([id, sums]) => ({
        kind: 'sums',
        quantity: id,
        sums: sums.arrays(),
      }));
    }
    case 'bins':
      return [{ kind: 'bins', sums: binSums(context) }];
    case 'metrics':
      return job.metrics.flatMap((n, i) => context.share.part(i, job.metrics.length, () => partsOf(context, n)));
  }
}

function partsOf(context: RowContext, n: number): Part[] {
  const { id, metric, k } = context.inputs.metrics[n]!;
  switch (metric.kind) {
    case 'sums':
      return [];
    case 'rows':
      return [{ kind: 'rows', metric: id, parts: rowParts(context, metric) }];
    case 'positions':
      return [{ kind: 'queries', metric: id, parts: positionParts(context, metric, k) }];
    case 'groups':
      return [{ kind: 'queries', metric: id, parts: groupParts(context, metric) }];
  }
}
