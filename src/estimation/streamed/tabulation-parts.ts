/** A tabulation on its way over the parts of the rows: what all parts have in common, and what is summed over them. */
import { BINS, predictionsOf, quantileEdges } from '../metrics/bins.js';
import type { RowMetric } from '../metrics/metric.js';
import type { MetricParts } from '../state/metric-parts.js';
import type { PartialSums } from '../state/partial-sums.js';
import type { Census, SummedState } from '../state/summed-state.js';
import type { TabulateInputs } from '../tabulation/metric-table.js';
import { binSums, hasDiagrams, Reliability } from '../tabulation/reliability.js';
import { RowContext } from '../tabulation/row-context.js';
import { BinSum } from './bin-sum.js';
import { ClusterTally } from './cluster-tally.js';
import { withConstant } from './constant-column.js';
import { ItemSlots, itemCapacity } from './item-slots.js';
import { type OrderedMetric, OrderSum, orderBins } from './order-sum.js';
import { isRankingRef, RankingSum } from './ranking-sum.js';
import { StateSum } from './state-sum.js';

/** Denominators that effective clusters are counted by beside those of rankings: of weights, labels and losses. */
const DENOMINATORS = 4;

/** Where values are not those of one pass over the rows. */
export interface StreamBounds {
  /** Items that are counted by themselves; undefined where all are. */
  readonly itemCapacity: number | undefined;
  /** Bins of the scores that orders are counted in; undefined where no metric asks for one. */
  readonly orderBins: number | undefined;
  /** Rows that edges of bins are quantiles of; undefined where there are none. */
  readonly sample: number | undefined;
}

interface Named {
  readonly id: string;
  readonly metric: RowMetric;
}

export class TabulationParts {
  private readonly state: StateSum;
  private readonly items: ItemSlots;
  private readonly rankings: ReadonlyMap<string, RankingSum>;
  private readonly binned: ReadonlyMap<string, BinSum>;
  private readonly order: OrderSum | undefined;
  private readonly ordered: readonly Named[];
  private readonly influences = new Map<string, PartialSums>();
  /** Of the bins of calibration; undefined where no metric has any. */
  private readonly edges: Float64Array | undefined;
  private readonly diagrams: Float64Array[] = [];
  private readonly sample: number;
  private found: ReadonlyMap<string, OrderedMetric> | undefined;

  /** @param samples the inputs of the parts that edges are taken from, with the census of all rows */
  constructor(samples: readonly TabulateInputs[], census: Census) {
    const { cells, states, metrics } = samples[0]!;
    const ranked = metrics.filter(isRankingRef);
    const rows = metrics.flatMap(({ id, metric }) => (metric.kind === 'rows' ? [{ id, metric }] : []));
    const capacity = itemCapacity(cells.count * (DENOMINATORS + ranked.length));
    this.items = new ItemSlots(capacity);
    this.state = new StateSum(census, new ClusterTally(cells.count, capacity));
    this.rankings = new Map(
      ranked.map((ref) => [ref.id, new RankingSum(ref, cells.count, 1 + states.length, capacity)]),
    );
    const binned = rows.filter(({ metric }) => metric.merges === 'bins');
    this.binned = new Map(binned.map(({ id, metric }) => [id, new BinSum(metric, cells.count, states.length)]));
    this.ordered = rows.filter(({ metric }) => metric.merges === 'sorted_runs');
    const contexts = samples.map((own) => new RowContext(own));
    this.sample = samples.reduce((sum, { evalSet }) => sum + evalSet.rows, 0);
    this.edges = binned.length > 0 || hasDiagrams(metrics) ? alignedEdges(contexts) : undefined;
    const bins = orderBins(cells.count * states.length);
    this.order =
      this.ordered.length > 0 ? new OrderSum(scoreEdges(contexts, bins), cells.count, states.length) : undefined;
  }

  /** Tells whether a pass over the weights comes before that over the sums. */
  get weighs(): boolean {
    return this.rankings.size > 0 || this.binned.size > 0 || this.order !== undefined;
  }

  weigh(inputs: TabulateInputs): void {
    const context = this.contextOf(inputs);
    const slot = this.slotsOf(inputs);
    const ranked = this.rankedContext(inputs);
    for (const ranking of this.rankings.values()) ranking.weigh(ranked, slot);
    for (const binned of this.binned.values()) binned.weigh(context);
    this.order?.add(context);
  }

  add(inputs: TabulateInputs): void {
    const context = this.contextOf(inputs);
    this.state.add(context, this.slotsOf(inputs));
    const ranked = this.rankedContext(inputs);
    for (const ranking of this.rankings.values()) ranking.add(ranked);
    for (const [id, binned] of this.binned) binned.add(context, this.influencesOf(id, context));
    for (const [id, ordered] of this.orderedMetrics())
      ordered.add(context, this.order!.edges, this.influencesOf(id, context));
    if (hasDiagrams(inputs.metrics)) this.addDiagrams(binSums(context));
  }

  summed(): SummedState {
    return this.state.state(this.metrics());
  }

  /** Metrics that are no sums over rows. */
  private metrics(): Map<string, MetricParts> {
    const found = new Map<string, MetricParts>();
    for (const [id, ranking] of this.rankings) found.set(id, { kind: 'queries', parts: ranking.parts() });
    for (const [id, binned] of this.binned)
      found.set(id, { kind: 'rows', parts: binned.parts(this.influences.get(id)!) });
    for (const [id, ordered] of this.orderedMetrics())
      found.set(id, { kind: 'rows', parts: ordered.parts(this.influences.get(id)!) });
    return found;
  }

  get reliability(): Reliability | undefined {
    return this.diagrams.length > 0 ? new Reliability(this.diagrams) : undefined;
  }

  get bounds(): StreamBounds {
    return {
      itemCapacity: this.items.shared ? this.items.capacity : undefined,
      orderBins: this.order && this.order.edges.length + 1,
      sample: this.order || this.edges ? this.sample : undefined,
    };
  }

  private contextOf(inputs: TabulateInputs): RowContext {
    return new RowContext({ ...inputs, ...(this.edges ? { edges: this.edges } : {}) });
  }

  /** With a model without skill, that skill is held against. */
  private rankedContext(inputs: TabulateInputs): RowContext {
    return new RowContext(this.rankings.size > 0 ? { ...withConstant(inputs), metrics: [] } : inputs);
  }

  /** Shape (rows): the number of each row's item. */
  private slotsOf({ evalSet }: TabulateInputs): Int32Array {
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

/** Edges of the bins of calibration: quantiles of the aligned predictions. Shape (bins - 1). */
function alignedEdges(contexts: readonly RowContext[]): Float64Array {
  const predictions = contexts.map((context) => {
    const aligned = context.partsOfColumn(context.alignedColumn)[0]!;
    return predictionsOf(aligned, context.inputs.evalSet.rows);
  });
  return quantileEdges(joined(predictions), BINS);
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
