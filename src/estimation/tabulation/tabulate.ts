/**
 * From score columns to estimates. One pass over the rows fills the state of every summed metric, from which alone its
 * estimates come: a run is one shard. Metrics that need an order of the rows (AUC, bins, positions) give values and
 * influences, which go through the same sums and the same estimator.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { Cells } from '../../data/evalset/cells.js';
import { present } from '../../lib/lookup.js';
import { giveBack } from '../../lib/memory.js';
import { Share, SILENT } from '../../lib/progress.js';
import { inSharedMemory } from '../../lib/shared-memory.js';
import { doAll, threadsFor } from '../../lib/threads.js';
import { LEADING, type QuantityKey } from '../state/keys.js';
import type { PartialSums } from '../state/partial-sums.js';
import type { SummedState } from '../state/summed-state.js';
import { Estimates } from './estimates.js';
import { FILLING, fillSteps } from './fill-state.js';
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
    const { context, state, parts } = done ?? here(inputs);
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
    const doing = doAll(
      pool,
      TABULATE,
      jobs.map((job) => ({ asked, job })),
      told,
    );
    // It is waited for below; until then nobody has to hear of its failure.
    doing.catch(() => undefined);
    const filling = new Filling(context, told);
    // A thread that is done gets its next job between two steps.
    while (filling.step()) await turn();
    return new Tabulation(inputs, filling.done((await doing).flat()));
  }
}

/** A context, and what was computed from it. */
interface Done {
  readonly context: RowContext;
  readonly state: SummedState;
  readonly parts: readonly Part[];
}

/** The state of a context on its way, step by step. */
export class Filling {
  private readonly sums = new Map<QuantityKey, PartialSums>();
  private readonly steps: Generator<void, SummedState>;
  private state: SummedState | undefined;

  constructor(
    private readonly context: RowContext,
    private readonly told: () => void,
  ) {
    this.steps = this.run();
  }

  private *run(): Generator<void, SummedState> {
    const state = yield* fillSteps(this.context, this.sums);
    // Every cell's effective clusters are asked for in the end; a cut is counted at its first cell.
    for (const { first } of countedCuts(this.context.inputs))
      for (const clusters of [state.clusters.query, state.clusters.item]) {
        clusters.effective(first, 'w');
        yield;
      }
    return state;
  }

  /** Does one step more. @returns whether there is another */
  step(): boolean {
    const { done, value } = this.steps.next();
    if (done) this.state = value;
    else this.told();
    return !done;
  }

  /** The whole, once the jobs are done too. */
  done(parts: readonly Part[]): Done {
    const { context } = this;
    const width = LEADING + context.inputs.states.length;
    for (const part of parts)
      if (part.kind === 'sums') this.sums.set(part.quantity, context.partialSums(width, part.sums));
    return { context, state: present(this.state, 'a filled state'), parts };
  }
}

/** Cuts whose clusters are counted: of values alone no error is asked for. */
function countedCuts({ cells, valuesAlone }: TabulateInputs): Cells['cuts'] {
  return valuesAlone ? [] : cells.cuts;
}

/**
 * Tells that the work begins, and gives what is to be called for each part (the context, every job, the state), and
 * what hears of the part that is worked on.
 */
function telling(inputs: TabulateInputs, jobs: readonly Job[]) {
  const { progress = SILENT } = inputs;
  const total = 1 + jobs.length + FILLING + 2 * countedCuts(inputs).length;
  const step = { stage: 'measuring', detail: 'in every slice', total, unit: 'parts' };
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
  const filling = new Filling(context, told);
  while (filling.step());
  return filling.done(parts);
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
