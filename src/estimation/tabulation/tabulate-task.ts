/** Jobs of a tabulation as a task for another thread. */

import type { Task } from '../../lib/threads.js';
import { findMetric, type MetricRef, withGain } from '../metrics/registry.js';
import { type Job, type Part, runJob } from './jobs.js';
import type { TabulateInputs } from './metric-table.js';
import { RowContext } from './row-context.js';
import { adoptPlacement, type PlacementParts } from './row-placement.js';

/** Inputs without anything that cannot be cloned; metrics by their names. */
export interface PlainInputs {
  /** Another number for every tabulation of a process. */
  readonly number: number;
  readonly inputs: Omit<TabulateInputs, 'metrics' | 'progress' | 'scorePlace'>;
  readonly metrics: readonly MetricName[];
  readonly placement: PlacementParts;
}

/** A metric as it can be handed to another thread. */
export interface MetricName {
  readonly id: string;
  readonly exponential: boolean;
}

let number = 0;

/** Requirements of the scores have been checked by the context. */
export function plainInputs(context: RowContext): PlainInputs {
  const { metrics, progress: _, scorePlace: __, evalSet, states, sweep, ...rest } = context.inputs;
  const mixed = states.some(({ mixedIndex }) => mixedIndex !== undefined);
  const { rows, positives, query, item, cluster, label, weight, grades } = evalSet;
  // Of most names their number alone is asked for. Versions are drawn by the names of the items.
  const unnamed = ({ codes, names }: typeof query) => ({ codes, names: new Array<string>(names.length) });
  return {
    number: ++number,
    inputs: {
      ...rest,
      states,
      sweep: { columns: sweep.columns, positiveRows: sweep.positiveRows, embedded: sweep.embedded },
      evalSet: {
        rows,
        positives,
        label,
        weight,
        query: unnamed(query),
        cluster: unnamed(cluster),
        item: mixed ? item : unnamed(item),
        ...(grades === undefined ? {} : { grades }),
      },
    },
    metrics: metrics.map(nameOf),
    placement: context.parts(rest.valuesAlone !== true),
  };
}

export function nameOf({ id, metric }: MetricRef): MetricName {
  return { id, exponential: findMetric(id)?.metric !== metric };
}

export function metricOf({ id, exponential }: MetricName): MetricRef {
  const found = findMetric(id);
  const ref = found && exponential ? withGain(found, 'exponential') : found;
  if (!ref) throw new Error(`no metric ${id}`);
  return ref;
}

interface Asked {
  readonly asked: PlainInputs;
  readonly job: Job;
}

/** The contexts that this thread works on: jobs of two tabulations may come by turns. */
const contexts = new Map<number, RowContext>();
const KEPT = 2;

function contextOf({ number: own, inputs, metrics, placement }: PlainInputs): RowContext {
  let context = contexts.get(own);
  if (!context) {
    if (contexts.size >= KEPT) contexts.delete(Math.min(...contexts.keys()));
    adoptPlacement(inputs.evalSet, inputs.cells, placement);
    context = new RowContext({ ...inputs, metrics: metrics.map(metricOf) });
    contexts.set(own, context);
  }
  return context;
}

export const TABULATE: Task<Asked, Part[]> = {
  name: 'tabulate',
  run: ({ asked, job }) => {
    const context = contextOf(asked);
    try {
      return runJob(context, job);
    } finally {
      context.release();
    }
  },
};
