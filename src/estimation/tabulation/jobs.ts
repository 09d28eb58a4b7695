/** A tabulation in jobs that do not depend on each other and give plain arrays: any thread can do any of them. */

import type { Merge } from '../metrics/metric.js';
import type { QuantityKey } from '../state/keys.js';
import type { QueryParts, RowParts } from '../state/metric-parts.js';
import type { SumArrays } from '../state/sum-arrays.js';
import { quantitiesOf, sumQuantities } from './fill-state.js';
import type { TabulateInputs } from './metric-table.js';
import { groupParts, positionParts } from './query-tables.js';
import { binSums, hasDiagrams } from './reliability.js';
import type { RowContext } from './row-context.js';
import { rowParts } from './row-table.js';

/** The sums of a quantity, or metrics by their numbers: those that share an order or bins of the rows together. */
export type Job =
  | { readonly kind: 'sums'; readonly quantity: number }
  | {
      readonly kind: 'metrics';
      readonly metrics: readonly number[];
      /** Sums of reliability diagrams besides. */
      readonly diagrams?: true;
    };

/** A part of a tabulation's results, by the id of its quantity or metric. */
export type Part =
  | { readonly kind: 'sums'; readonly quantity: QuantityKey; readonly sums: SumArrays }
  | { readonly kind: 'rows'; readonly metric: string; readonly parts: RowParts }
  | { readonly kind: 'queries'; readonly metric: string; readonly parts: QueryParts }
  | { readonly kind: 'bins'; readonly sums: readonly Float64Array[] };

/** All jobs, those first that take longest. */
export function jobsOf({ metrics, valuesAlone }: Pick<TabulateInputs, 'metrics' | 'valuesAlone'>): Job[] {
  const numbered = metrics.map(({ metric }, n) => ({ n, metric }));
  const merging = (by: Merge) => numbered.filter(({ metric }) => metric.merges === by).map(({ n }) => n);
  const [ordered, binned] = [merging('sorted_runs'), merging('bins')];
  const diagrams = !valuesAlone && hasDiagrams(metrics);
  return [
    ...(ordered.length > 0 ? [{ kind: 'metrics', metrics: ordered } as const] : []),
    ...(binned.length > 0 || diagrams
      ? [{ kind: 'metrics', metrics: binned, ...(diagrams ? { diagrams } : {}) } as const]
      : []),
    ...merging('queries').map((n): Job => ({ kind: 'metrics', metrics: [n] })),
    ...quantitiesOf(metrics).map((_, quantity): Job => ({ kind: 'sums', quantity })),
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
    case 'metrics':
      return metricParts(context, job);
  }
}

function metricParts(context: RowContext, { metrics, diagrams }: Extract<Job, { kind: 'metrics' }>): Part[] {
  const works = metrics.length + (diagrams ? 1 : 0);
  const { share } = context;
  return [
    ...metrics.flatMap((n, i) => share.part(i, works, () => partsOf(context, n))),
    ...(diagrams ? [{ kind: 'bins', sums: share.part(metrics.length, works, () => binSums(context)) } as const] : []),
  ];
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
