/**
 * Tabulations of rows of which only a part is in memory at a time. Two passes over the parts: the census of the rows;
 * then sums. Metrics of rankings, of orders and of bins take one more between them, in which weights and masses are
 * summed. What comes of it are the estimates that one pass over all rows gives, but for the order of addition and for
 * the bins of the metrics of orders (docs/decisions/0015-streamed-rows.md).
 */

import { type Progress, SILENT } from '../../lib/progress.js';
import { BINS, predictionsOf, quantileEdges } from '../metrics/bins.js';
import type { RowMetric } from '../metrics/metric.js';
import type { PartialSums } from '../state/partial-sums.js';
import type { Census } from '../state/summed-state.js';
import { refuseClippedScores } from '../tabulation/clipping.js';
import { Estimates } from '../tabulation/estimates.js';
import type { MetricTable, TabulateInputs } from '../tabulation/metric-table.js';
import { binSums, hasDiagrams, Reliability } from '../tabulation/reliability.js';
import { RowContext } from '../tabulation/row-context.js';
import { effectiveBy, sumTable } from '../tabulation/sum-tables.js';
import { BinSum } from './bin-sum.js';
import { censusOf } from './census.js';
import { ClusterTally } from './cluster-tally.js';
import { ItemSlots, itemCapacity } from './item-slots.js';
import { type OrderedMetric, OrderSum, orderBins } from './order-sum.js';
import { isRankingRef, RankingSum } from './ranking-sum.js';
import { StateSum } from './state-sum.js';

/** Parts of the rows, each with all rows of its query clusters. */
export interface InParts {
  readonly parts: number;
  /**
   * The inputs of each tabulation over the rows of a part, without a census. All of a part have the same rows and the
   * same cells, which are those of all rows.
   */
  inputs(part: number): readonly TabulateInputs[];
}

/** Estimates with what was given up for them. */
export class StreamedEstimates extends Estimates {
  constructor(
    readonly reliability: Reliability | undefined,
    readonly bounds: StreamBounds,
    ...own: ConstructorParameters<typeof Estimates>
  ) {
    super(...own);
  }
}

export interface StreamBounds {
  /** Items that are counted by themselves; undefined where all are. */
  readonly itemCapacity: number | undefined;
  /** Bins of the scores that orders are counted in; undefined where no metric asks for one. */
  readonly orderBins: number | undefined;
  /** Rows that edges of bins are quantiles of; undefined where there are none. */
  readonly sample: number | undefined;
}

/** Rows that edges of bins are taken from at least, where there are as many. */
const SAMPLE = 200_000;

/** The estimates of each tabulation, in their order. */
export function tabulateParts(source: InParts, progress: Progress = SILENT): StreamedEstimates[] {
  const step = (detail: string, done: number) =>
    progress({ stage: 'measuring', detail, done, total: source.parts, unit: 'parts' });
  function* parts(detail: string): Generator<readonly TabulateInputs[]> {
    for (let part = 0; part < source.parts; part++) {
      step(detail, part);
      yield source.inputs(part);
    }
    step(detail, source.parts);
  }
  const census = censusOf(firstOf(parts('census of the rows')));
  const tabulations = begun(source, census);
  if (tabulations.some((one) => one.weighs))
    for (const inputs of parts('weights and masses'))
      for (const [n, own] of inputs.entries()) tabulations[n]!.weigh({ ...own, census });
  for (const inputs of parts('sums over the rows'))
    for (const [n, own] of inputs.entries()) tabulations[n]!.add({ ...own, census });
  return tabulations.map((one) => one.estimates());
}

/** Every tabulation, its edges taken from the first parts. */
function begun(source: InParts, census: Census): Streamed[] {
  const sample = [...sampleOf(source, census)];
  return (sample[0] ?? []).map((_, n) => new Streamed(sample.map((one) => one[n]!)));
}

function* firstOf(parts: Iterable<readonly TabulateInputs[]>): Generator<TabulateInputs> {
  for (const [first] of parts) {
    if (!first) throw new Error('nothing to be tabulated');
    yield first;
  }
}

/** Parts by the hash of their clusters: the first ones are a sample of the rows that is the same in every run. */
function* sampleOf(source: InParts, census: Census): Generator<readonly TabulateInputs[]> {
  let rows = 0;
  for (let part = 0; part < source.parts && rows < SAMPLE; part++) {
    const inputs = source.inputs(part).map((own) => ({ ...own, census }));
    rows += inputs[0]!.evalSet.rows;
    yield inputs;
  }
}

/** One tabulation on its way over the parts. */
class Streamed {
  /** Of the first part: what all have in common is taken from it. */
  private readonly inputs: TabulateInputs;
  private readonly state: StateSum;
  private readonly items: ItemSlots;
  private readonly rankings: ReadonlyMap<string, RankingSum>;
  private readonly binned: ReadonlyMap<string, BinSum>;
  private readonly order: OrderSum | undefined;
  private readonly ordered: readonly { readonly id: string; readonly metric: RowMetric }[];
  private readonly influences = new Map<string, PartialSums>();
  private readonly edges: Float64Array;
  private readonly diagrams: Float64Array[] = [];
  private found: ReadonlyMap<string, OrderedMetric> | undefined;
  private readonly sample: number;

  /** @param samples the inputs of the parts that edges are taken from */
  constructor(samples: readonly TabulateInputs[]) {
    this.inputs = samples[0]!;
    const { cells, states, metrics, census } = this.inputs;
    const ranked = metrics.filter(isRankingRef);
    const rows = metrics.flatMap(({ id, metric }) => (metric.kind === 'rows' ? [{ id, metric }] : []));
    const capacity = itemCapacity(cells.count * (3 + ranked.length));
    this.items = new ItemSlots(capacity);
    this.state = new StateSum(census!, new ClusterTally(cells.count, capacity));
    this.rankings = new Map(ranked.map((ref) => [ref.id, new RankingSum(ref, cells.count, states.length, capacity)]));
    const binned = rows.filter(({ metric }) => metric.merges === 'bins');
    this.binned = new Map(binned.map(({ id, metric }) => [id, new BinSum(metric, cells.count, states.length)]));
    this.ordered = rows.filter(({ metric }) => metric.merges === 'sorted_runs');
    for (const { id, metric } of rows)
      if (!metric.ofBins && !metric.slackOfTies) throw new Error(`${id} cannot be counted in parts`);
    const contexts = samples.map((own) => new RowContext(own));
    this.sample = samples.reduce((sum, { evalSet }) => sum + evalSet.rows, 0);
    this.edges = binned.length > 0 || hasDiagrams(metrics) ? alignedEdges(contexts) : new Float64Array(BINS - 1);
    const bins = orderBins(cells.count * states.length);
    this.order =
      this.ordered.length > 0 ? new OrderSum(scoreEdges(contexts, bins), cells.count, states.length) : undefined;
  }

  /** Tells whether a pass over the weights comes before that over the sums. */
  get weighs(): boolean {
    return this.rankings.size > 0 || this.binned.size > 0 || this.order !== undefined;
  }

  weigh(inputs: TabulateInputs): void {
    const context = new RowContext({ ...inputs, edges: this.edges });
    const slot = this.slotsOf(context);
    for (const ranking of this.rankings.values()) ranking.weigh(context, slot);
    for (const binned of this.binned.values()) binned.weigh(context);
    this.order?.add(context);
  }

  add(inputs: TabulateInputs): void {
    const context = new RowContext({ ...inputs, edges: this.edges });
    this.state.add(context, this.slotsOf(context));
    for (const ranking of this.rankings.values()) ranking.add(context);
    for (const [id, binned] of this.binned) binned.add(context, this.influencesOf(id, context));
    for (const [id, ordered] of this.orderedMetrics())
      ordered.add(context, this.order!.edges, this.influencesOf(id, context));
    if (hasDiagrams(inputs.metrics)) this.addDiagrams(binSums(context));
  }

  estimates(): StreamedEstimates {
    const state = this.state.state();
    const { inputs } = this;
    refuseClippedScores(state.clipped, state.held.rows, inputs.scorePlace);
    const aligned = inputs.states.map((own) => own.aligned ?? inputs.aligned);
    const byWeight = effectiveBy(state, 'w');
    const tables = new Map<string, MetricTable>();
    for (const { id, metric } of inputs.metrics)
      if (metric.kind === 'sums') tables.set(id, sumTable(state, metric, aligned));
    for (const [id, ranking] of this.rankings) tables.set(id, ranking.table());
    for (const [id, binned] of this.binned) tables.set(id, binned.table(this.influences.get(id)!, byWeight));
    for (const [id, ordered] of this.orderedMetrics())
      tables.set(id, ordered.table(this.influences.get(id)!, byWeight));
    return new StreamedEstimates(
      hasDiagrams(inputs.metrics) ? new Reliability(this.diagrams) : undefined,
      {
        itemCapacity: this.items.shared ? this.items.capacity : undefined,
        orderBins: this.order && this.order.edges.length + 1,
        sample: this.order || this.binned.size > 0 || hasDiagrams(inputs.metrics) ? this.sample : undefined,
      },
      state,
      tables,
      aligned,
    );
  }

  /** Shape (rows). */
  private slotsOf({ inputs: { evalSet } }: RowContext): Int32Array {
    const slots = this.items.of(evalSet.item.names);
    return evalSet.item.codes.map((code) => slots[code]!);
  }

  private influencesOf(id: string, context: RowContext): PartialSums {
    const sums = this.influences.get(id) ?? context.partialSums(context.inputs.states.length);
    this.influences.set(id, sums);
    return sums;
  }

  private orderedMetrics(): ReadonlyMap<string, OrderedMetric> {
    this.found ??= new Map(this.ordered.map(({ id, metric }) => [id, this.order!.evaluate(metric)]));
    return this.found;
  }

  private addDiagrams(sums: readonly Float64Array[]): void {
    for (const [state, own] of sums.entries()) {
      const total = this.diagrams[state];
      if (!total) this.diagrams[state] = own;
      else for (let i = 0; i < own.length; i++) total[i]! += own[i]!;
    }
  }
}

/** Edges of the bins of calibration: quantiles of the aligned predictions. */
function alignedEdges(contexts: readonly RowContext[]): Float64Array {
  return quantileEdges(
    joined(
      contexts.map((context) => {
        const aligned = context.partsOfColumn(context.alignedColumn)[0]!;
        return predictionsOf(aligned, context.inputs.evalSet.rows);
      }),
    ),
  );
}

/** Distinct quantiles of all scores that are ordered, whatever the version: a mix of several shares the bins. */
function scoreEdges(contexts: readonly RowContext[], bins: number): Float64Array {
  const scores = contexts.flatMap((context) =>
    context.inputs.states.flatMap((_, state) => context.partsOf(state).map((part) => part.scores)),
  );
  const edges = quantileEdges(joined([...new Set(scores)]), bins);
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!);
}

function joined(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
