/**
 * From score columns to estimates. One pass over the rows fills the state of every summed metric, from which alone its
 * estimates come: a run is one shard. Metrics that need an order of the rows (AUC, bins, positions) give values and
 * influences, which go through the same sums and the same estimator.
 */

import { giveBack } from '../../lib/memory.js';
import { Share, SILENT } from '../../lib/progress.js';
import { inSharedMemory } from '../../lib/shared-memory.js';
import { doAll, threadsFor } from '../../lib/threads.js';
import { LEADING } from '../state/keys.js';
import type { SummedState } from '../state/summed-state.js';
import { Estimates } from './estimates.js';
import { FILLING, fill } from './fill-state.js';
import { type Job, jobsOf, type Part, runJob } from './jobs.js';
import type { MetricTable, TabulateInputs } from './metric-table.js';
import { queryTable } from './query-table.js';
import { Reliability } from './reliability.js';
import { RowContext } from './row-context.js';
import { rowTable } from './row-table.js';
import { effectiveBy, sumTable } from './sum-tables.js';
import { plainInputs, TABULATE } from './tabulate-task.js';

export type { CellCounts, Estimates, Term } from './estimates.js';
export type { Mass, State, TabulateInputs } from './metric-table.js';

/** The estimates of all metrics over the rows of a run. */
export class Tabulation extends Estimates {
  /** @param done what threads have done of it; left out: nothing */
  constructor(inputs: TabulateInputs, done?: Done) {
    const { context, parts, told } = done ?? here(inputs);
    const sums = parts.flatMap((part) => (part.kind === 'sums' ? [part] : []));
    const width = LEADING + inputs.states.length;
    const state = fill(
      context,
      new Map(sums.map(({ quantity, sums: arrays }) => [quantity, context.partialSums(width, arrays)])),
      told,
    );
    const aligned = inputs.states.map((_, s) => context.alignedOf(s));
    const bins = parts.find((part) => part.kind === 'bins');
    super(state, tablesOf(context, state, aligned, parts), aligned, bins && new Reliability(bins.sums));
  }

  /** The same, to the bit, by all threads of the process where that is worth it. */
  static async shared(inputs: TabulateInputs): Promise<Tabulation> {
    const { cells, states, sweep, evalSet, metrics } = inputs;
    const pool = threadsFor(evalSet.rows * states.length * cells.cuts.length * metrics.length);
    // Scores of a whole catalogue are computed where they are asked for.
    if (!pool || inputs.census || sweep.columns.some(({ catalogue }) => catalogue)) return new Tabulation(inputs);
    const jobs = jobsOf(inputs);
    const { told } = telling(inputs, jobs);
    const context = new RowContext(inputs);
    const asked = inSharedMemory(plainInputs(context));
    giveBack();
    told();
    const parts = await doAll(
      pool,
      TABULATE,
      jobs.map((job) => ({ asked, job })),
      told,
    );
    return new Tabulation(inputs, { context, parts: parts.flat(), told });
  }
}

/** A context, and the parts that were computed from it. */
interface Done {
  readonly context: RowContext;
  readonly parts: readonly Part[];
  /** Hears of every part that is done. */
  told?(): void;
}

/**
 * Tells that the work begins, and gives what is to be called for each part (the context, every job, the state), and
 * what hears of the part that is worked on.
 */
function telling({ progress = SILENT }: TabulateInputs, jobs: readonly Job[]) {
  const step = { stage: 'measuring', detail: 'in every slice', total: 1 + jobs.length + FILLING, unit: 'parts' };
  let done = 0;
  progress({ ...step, done });
  return {
    told: () => progress({ ...step, done: ++done }),
    share: new Share((share) => share < 1 && progress({ ...step, done: done + share })),
  };
}

/** Numbers of one metric from which on memory is worth a collection: a million are 8 MB. */
const LARGE = 2e6;

/** Everything in this thread. */
function here(inputs: TabulateInputs): Done {
  const jobs = jobsOf(inputs);
  const { told, share } = telling(inputs, jobs);
  const context = new RowContext(inputs, share);
  told();
  // Of a small run there is nothing to give back.
  const large = inputs.evalSet.rows * inputs.states.length >= LARGE;
  const parts = jobs.flatMap((job) => {
    const done = runJob(context, job);
    if (large) {
      context.release();
      giveBack();
    }
    told();
    return done;
  });
  return { context, parts, told };
}

function tablesOf(
  context: RowContext,
  state: SummedState,
  aligned: readonly number[],
  parts: readonly Part[],
): Map<string, MetricTable> {
  const byWeight = effectiveBy(state, 'w');
  const { metrics, states, valuesAlone } = context.inputs;
  const tables = new Map<string, MetricTable>();
  for (const { id, metric } of metrics) if (metric.kind === 'sums') tables.set(id, sumTable(state, metric, aligned));
  for (const part of parts) {
    if (part.kind === 'rows') {
      const sums = context.partialSums(states.length, part.parts.sums);
      tables.set(part.metric, rowTable(sums, part.parts, byWeight));
    }
    if (part.kind === 'queries')
      tables.set(part.metric, queryTable(part.parts, states.length, valuesAlone ? 'values' : 'errors'));
  }
  return tables;
}
