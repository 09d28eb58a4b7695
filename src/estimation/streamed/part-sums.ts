/** The sums over the rows of one part, as plain arrays: whatever thread finds them, they are the same to the bit. */
import { UserError } from '../../errors.js';
import { present } from '../../lib/lookup.js';
import type { BinnedStatistic, RowMetric } from '../metrics/metric.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Geometry } from '../state/geometry.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { Census } from '../state/summed-state.js';
import { accumulate } from '../tabulation/accumulate.js';
import type { TabulateInputs } from '../tabulation/metric-table.js';
import { hasDiagrams } from '../tabulation/reliability.js';
import { RowContext } from '../tabulation/row-context.js';
import { binFill, binMasses } from './bin-sum.js';
import { withConstant } from './constant-column.js';
import { type OrderTables, orderFill, orderMasses } from './order-sum.js';
import { isRankingRef, type RankingWeights, sumRanking, weighRanking } from './ranking-sum.js';
import { RowBins, ScoreBins } from './score-bins.js';
import { type StatePart, statePart } from './state-sum.js';

/** The rows of a part. */
export interface Part {
  /** Without a census; the cells are those of all rows. */
  readonly inputs: TabulateInputs;
  /** Shape (rows): the number of each row's item, below ITEM_NUMBERS; items beyond share them. */
  readonly items: Int32Array;
}

/**
 * Does something with a part whose ids have no names, which are most of the work of reading it. Where it is refused,
 * names are read and it is done again: the error then has them.
 */
export function withPart<Result>(read: (named: boolean) => Part, use: (part: Part) => Result): Result {
  try {
    return use(read(false));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return use(read(true));
  }
}

/** Everything that all parts have in common. */
export interface PartPlan {
  readonly census: Census;
  /** Items that are counted by themselves: a power of two. */
  readonly capacity: number;
  /** Edges of the bins of calibration; undefined where no metric has any. */
  readonly edges: Float64Array | undefined;
  /** Edges of the bins that orders are counted in likewise. */
  readonly order: Float64Array | undefined;
}

/** The first of two passes, where there are two. */
export interface WeighedPart {
  /** By metric of rankings. */
  readonly rankings: readonly RankingWeights[];
  /** By metric of bins: as of `binMasses`. */
  readonly binned: readonly (readonly Float64Array[])[];
  /** As of `orderMasses`. */
  readonly order: readonly Float64Array[] | undefined;
}

/** The findings of the first pass, which the second one needs. */
export interface Weighed {
  /** By metric of rankings. */
  readonly rankings: readonly Geometry[];
  /** By metric of bins: by state and cell. */
  readonly binned: readonly (readonly (readonly BinnedStatistic[])[])[];
  /** By metric of orders. */
  readonly ordered: readonly OrderTables[];
}

export interface SummedPart {
  readonly state: StatePart;
  /** By metric of rankings. */
  readonly rankings: readonly SumArrays[];
  /** Of influences: by metric of bins, then by metric of orders. */
  readonly influences: readonly SumArrays[];
  /** As of `binMasses`; undefined where no metric is about calibration. */
  readonly diagrams: readonly Float64Array[] | undefined;
}

interface RowRef {
  readonly id: string;
  readonly metric: RowMetric;
}

/** The metrics of bins, or of orders. */
export function rowMetrics(metrics: readonly MetricRef[], merges: RowMetric['merges']): RowRef[] {
  return metrics.flatMap(({ id, metric }) =>
    metric.kind === 'rows' && metric.merges === merges ? [{ id, metric }] : [],
  );
}

export function weighPart(plan: PartPlan, part: Part): WeighedPart {
  const { metrics } = part.inputs;
  const { context, ranked, numbers } = opened(plan, part);
  return {
    rankings: metrics.filter(isRankingRef).map((ref) => weighRanking(ranked, ref, numbers, plan.capacity)),
    binned: rowMetrics(metrics, 'bins').map(({ metric }) =>
      binMasses(context, present(metric.ofBins, 'sums by bin').by),
    ),
    order: plan.order && orderMasses(context, plan.order),
  };
}

export function sumPart(plan: PartPlan, weighed: Weighed, part: Part): SummedPart {
  const { metrics } = part.inputs;
  const { context, ranked, numbers } = opened(plan, part);
  return {
    state: statePart(context, numbers, plan.capacity),
    rankings: metrics.filter(isRankingRef).map((ref, n) => sumRanking(ranked, ref, weighed.rankings[n]!)),
    influences: sumInfluences(context, plan, weighed),
    diagrams: hasDiagrams(metrics) ? binMasses(context, 'own') : undefined,
  };
}

function opened({ census, capacity, edges }: PartPlan, { inputs: own, items }: Part) {
  const inputs = { ...own, census };
  const ranks = own.metrics.some(isRankingRef);
  return {
    context: new RowContext({ ...inputs, ...(edges ? { edges } : {}) }),
    // With a model without skill, that skill is held against.
    ranked: new RowContext(ranks ? { ...withConstant(inputs), metrics: [] } : inputs),
    numbers: items.map((number) => number & (capacity - 1)),
  };
}

/** All metrics in one walk over the rows of a cut. */
function sumInfluences(context: RowContext, { order }: PartPlan, { binned, ordered }: Weighed): SumArrays[] {
  const { metrics, states, cells } = context.inputs;
  const bins = order && new RowBins(new ScoreBins(order));
  const fills = [
    ...rowMetrics(metrics, 'bins').map(({ metric }, n) => binFill(context, metric, binned[n]!)),
    ...(bins && order ? ordered.map((tables) => orderFill(context, bins, order.length + 1, tables)) : []),
  ];
  const targets = fills.map((fillIn) => ({ sums: context.partialSums(states.length), fillIn }));
  if (targets.length > 0)
    for (const cut of cells.cuts)
      accumulate(
        context,
        [cut],
        targets.map(({ sums, fillIn }) => ({ sums, fill: fillIn(cut) })),
      );
  return targets.map(({ sums }) => sums.arrays());
}
