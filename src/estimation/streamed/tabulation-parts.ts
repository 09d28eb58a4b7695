/** A tabulation on its way over the parts of the rows: what all parts have in common, and what is summed over them. */
import { ITEM_NUMBERS } from '../../data/evalset/streamed/item-numbers.js';
import { present } from '../../lib/lookup.js';
import { BINS, predictionsOf, quantileEdges } from '../metrics/bins.js';
import type { MetricRef } from '../metrics/registry.js';
import type { MetricParts } from '../state/metric-parts.js';
import { PartialSums } from '../state/partial-sums.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { Census, SummedState } from '../state/summed-state.js';
import type { State, TabulateInputs } from '../tabulation/metric-table.js';
import { hasDiagrams, Reliability } from '../tabulation/reliability.js';
import { RowContext } from '../tabulation/row-context.js';
import { BinSum, binParts } from './bin-sum.js';
import { ClusterTally } from './cluster-tally.js';
import { OrderSum, orderBins, orderParts } from './order-sum.js';
import { type PartPlan, rowMetrics, type SummedPart, type WeighedPart } from './part-sums.js';
import { type WeighedMasses, weighedOf } from './part-task.js';
import { isRankingRef, RankingSum } from './ranking-sum.js';
import { StateSum } from './state-sum.js';

/** Denominators that effective clusters are counted by beside those of rankings: of weights, labels and losses. */
const DENOMINATORS = 4;

/** Sums that are kept for the items of all cells. */
const ROOM = 1 << 23;
/** Twice the buckets, beyond which no degree of freedom is counted. */
const LEAST = 1 << 11;

/** The number of items that are counted by themselves, where as many sums are kept of each. */
function itemCapacity(sums: number): number {
  let capacity = ITEM_NUMBERS;
  while (capacity > LEAST && capacity * sums > ROOM) capacity /= 2;
  return capacity;
}

/** The respects in which values are not those of one pass over the rows. */
export interface StreamBounds {
  /** Items that are counted by themselves, if there are as many. */
  readonly itemCapacity: number;
  /** Bins of the scores that orders are counted in; undefined where no metric asks for one. */
  readonly orderBins: number | undefined;
  /** Rows that edges of bins are quantiles of; undefined where there are none. */
  readonly sample: number | undefined;
}

export class TabulationParts {
  readonly plan: PartPlan;
  private readonly metrics: readonly MetricRef[];
  private readonly states: readonly State[];
  private readonly state: StateSum;
  private readonly rankings: readonly RankingSum[];
  private readonly binned: readonly BinSum[];
  private readonly order: OrderSum | undefined;
  private readonly influences: PartialSums[] = [];
  private readonly diagrams = new BinSum();
  private readonly sample: number;
  private found: WeighedMasses | undefined;

  /** @param samples the inputs of the parts that edges are taken from, with the census of all rows */
  constructor(samples: readonly TabulateInputs[], census: Census) {
    const { cells, states, metrics } = samples[0]!;
    this.metrics = metrics;
    this.states = states;
    const ranked = metrics.filter(isRankingRef);
    const capacity = itemCapacity(cells.count * (DENOMINATORS + ranked.length));
    this.state = new StateSum(census, new ClusterTally(cells.count, capacity));
    this.rankings = ranked.map(() => new RankingSum(cells.count, 1 + states.length, capacity));
    this.binned = rowMetrics(metrics, 'bins').map(() => new BinSum());
    const contexts = samples.map((own) => new RowContext(own));
    this.sample = samples.reduce((sum, { evalSet }) => sum + evalSet.rows, 0);
    const order =
      rowMetrics(metrics, 'sorted_runs').length > 0
        ? scoreEdges(contexts, orderBins(cells.count * states.length))
        : undefined;
    this.order = order && new OrderSum(order, cells.count, states);
    const edges = this.binned.length > 0 || hasDiagrams(metrics) ? alignedEdges(contexts) : undefined;
    this.plan = { census, capacity, edges, order };
  }

  /** Tells whether a pass over the weights comes before that over the sums. */
  get weighs(): boolean {
    return this.rankings.length > 0 || this.binned.length > 0 || this.order !== undefined;
  }

  /** Adds the first pass over a part. */
  weigh({ rankings, binned, order }: WeighedPart): void {
    for (const [n, weights] of rankings.entries()) this.rankings[n]!.weigh(weights);
    for (const [n, masses] of binned.entries()) this.binned[n]!.add(masses);
    if (order) this.order?.add(order);
  }

  /** The findings of the first pass over all parts. */
  weighed(): WeighedMasses {
    this.found ??= {
      rankings: this.rankings.map(({ geometry }) => geometry),
      binned: this.binned.map((masses) => masses.ofStates(this.states)),
      ordered: rowMetrics(this.metrics, 'sorted_runs').map(({ metric }) =>
        present(this.order, 'order of the rows').evaluate(metric),
      ),
    };
    return this.found;
  }

  /** Adds the second pass over a part. */
  add({ state, rankings, influences, diagrams }: SummedPart): void {
    this.state.add(state);
    for (const [n, sums] of rankings.entries()) this.rankings[n]!.add(sums);
    for (const [n, sums] of influences.entries()) this.influencesOf(n).add(sums);
    if (diagrams) this.diagrams.add(diagrams);
  }

  summed(): SummedState {
    return this.state.state(this.metricParts());
  }

  /** Metrics that are no sums over rows. */
  private metricParts(): Map<string, MetricParts> {
    const { binned, ordered } = weighedOf(this.metrics, this.weighed());
    const rankings = this.metrics
      .filter(isRankingRef)
      .map(({ id }, n): [string, MetricParts] => [id, { kind: 'queries', parts: this.rankings[n]!.parts() }]);
    const ofBins = rowMetrics(this.metrics, 'bins').map(({ id }, n): [string, MetricParts] => [
      id,
      { kind: 'rows', parts: binParts(binned[n]!, this.sumsOf(n)) },
    ]);
    const ofOrders = rowMetrics(this.metrics, 'sorted_runs').map(({ id }, n): [string, MetricParts] => [
      id,
      { kind: 'rows', parts: orderParts(ordered[n]!, this.states.length, this.sumsOf(binned.length + n)) },
    ]);
    return new Map([...rankings, ...ofBins, ...ofOrders]);
  }

  private sumsOf(n: number): SumArrays {
    return this.influencesOf(n).arrays();
  }

  private influencesOf(n: number): PartialSums {
    this.influences[n] ??= new PartialSums(this.states.length, this.plan.census.geometry);
    return this.influences[n];
  }

  get reliability(): Reliability | undefined {
    const sums = this.diagrams.ofStates(this.states);
    return sums.length > 0 ? new Reliability(sums) : undefined;
  }

  get bounds(): StreamBounds {
    const { order, edges, capacity } = this.plan;
    return {
      itemCapacity: capacity,
      orderBins: order && order.length + 1,
      sample: order || edges ? this.sample : undefined,
    };
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
