/** A metric that is a mean over queries, of rows that come in parts: every query is whole in one of them. */
import { gatherInts } from '../../lib/gather.js';
import type { GroupedMetric, PositionMetric } from '../metrics/metric.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Geometry } from '../state/geometry.js';
import { denseSlots, GeometrySums, type GeometryWeights } from '../state/geometry-sums.js';
import { placedGeometry, type QueryParts } from '../state/metric-parts.js';
import { PartialSums } from '../state/partial-sums.js';
import type { SumArrays } from '../state/sum-arrays.js';
import type { RankingEvidence } from '../tabulation/metric-table.js';
import { type RankedQueries, rankQueries, sumQueries, weighQueries } from '../tabulation/query-table.js';
import { groupsBy, groupWeights, positionsBy, positionWeights } from '../tabulation/query-tables.js';
import type { QueryWeights } from '../tabulation/ranking-evidence.js';
import type { RowContext } from '../tabulation/row-context.js';
import { ClusterTally, type PartTallies, tallyPart } from './cluster-tally.js';

/** A reference to a metric of rankings. */
export type RankingRef = MetricRef & { readonly metric: PositionMetric | GroupedMetric };

export function isRankingRef(ref: MetricRef): ref is RankingRef {
  return ref.metric.kind === 'positions' || ref.metric.kind === 'groups';
}

/** Counts of a ranking metric (ranking-evidence.ts). Shape (cells) each. */
interface Counts {
  readonly positives: Float64Array;
  readonly queries: Float64Array;
  readonly counted: Float64Array;
}

/** The weights of the queries of a part. */
export interface RankingWeights {
  readonly geometry: GeometryWeights;
  readonly counts: Counts;
  readonly clusters: PartTallies<'informative'>;
}

/** The first of two passes. @param numbers shape (rows): the number of each row's item, below `capacity` */
export function weighRanking(
  context: RowContext,
  { metric, k }: RankingRef,
  numbers: Int32Array,
  capacity: number,
): RankingWeights {
  const weights = metric.kind === 'groups' ? groupWeights(context, metric) : positionWeights(context, metric, k);
  const ranked = rankQueries(context, weights);
  const { count } = context.inputs.cells;
  const slots = denseSlots(count);
  const geometry = new GeometrySums(count);
  weighQueries(ranked, { query: slots, item: slots }, geometry);
  return { geometry: geometry.arrays(), ...countsOf(context, ranked, numbers, capacity) };
}

function countsOf(
  { inputs: { evalSet, sweep, cells } }: RowContext,
  ranked: RankedQueries<QueryWeights>,
  numbers: Int32Array,
  capacity: number,
): Pick<RankingWeights, 'counts' | 'clusters'> {
  const zeros = () => new Float64Array(cells.count);
  const counts = { positives: zeros(), queries: zeros(), counted: zeros() };
  const own = ranked.cuts.map(({ cut, entries, weight, informative, share }) => {
    for (let e = 0; e < entries.count; e++) {
      if (!(weight[e]! > 0)) continue;
      counts.counted[cut.first + entries.cell[e]!]!++;
      if (informative[e] === 1) counts.queries[cut.first + entries.cell[e]!]!++;
    }
    return Float64Array.from(sweep.positiveRows, (r, i) => {
      const e = entries.ofRow[r]!;
      if (informative[e] !== 1 || !(weight[e]! > 0)) return 0;
      if (evalSet.weight[r]! > 0) counts.positives[cut.first + cut.cell[i]!]!++;
      return weight[e]! * share[i]!;
    });
  });
  const of = (codes: Int32Array) => gatherInts(codes, sweep.positiveRows);
  const cluster = { codes: of(evalSet.cluster.codes), names: evalSet.cluster.names };
  const relevant = { cuts: ranked.cuts.map(({ cut }) => cut), count: cells.count };
  return { counts, clusters: tallyPart(relevant, cluster, of(numbers), capacity, new Map([['informative', own]])) };
}

/** The second pass. @param geometry of all parts */
export function sumRanking(context: RowContext, { metric, k }: RankingRef, geometry: Geometry): SumArrays {
  const sums = new PartialSums(1 + context.inputs.states.length, geometry);
  const values = metric.kind === 'groups' ? groupsBy(context, metric) : positionsBy(context, metric, k);
  sumQueries(context.inputs, rankQueries(context, values), sums);
  return sums.arrays();
}

/** The sums of all parts. */
export class RankingSum {
  private readonly weighed: GeometrySums;
  private readonly counts: Counts;
  private readonly clusters: ClusterTally<'informative'>;
  private found: { readonly geometry: Geometry; readonly sums: PartialSums } | undefined;

  /** @param states with that of a model without skill, the last */
  constructor(
    private readonly cells: number,
    private readonly states: number,
    capacity: number,
  ) {
    this.weighed = new GeometrySums(cells);
    this.clusters = new ClusterTally(cells, capacity);
    const zeros = () => new Float64Array(cells);
    this.counts = { positives: zeros(), queries: zeros(), counted: zeros() };
  }

  weigh({ geometry, counts, clusters }: RankingWeights): void {
    this.weighed.addAll(geometry);
    for (const name of ['positives', 'queries', 'counted'] as const)
      for (let cell = 0; cell < this.cells; cell++) this.counts[name][cell]! += counts[name][cell]!;
    this.clusters.add(clusters);
  }

  /** Of all parts, once each was weighed. */
  get geometry(): Geometry {
    return this.filled().geometry;
  }

  add(sums: SumArrays): void {
    this.filled().sums.add(sums);
  }

  private filled() {
    if (!this.found) {
      const geometry = this.weighed.geometry();
      this.found = { geometry, sums: new PartialSums(1 + this.states, geometry) };
    }
    return this.found;
  }

  parts(): QueryParts {
    const { geometry, sums } = this.filled();
    return {
      ...placedGeometry(geometry),
      sums: sums.arrays(),
      evidence: Array.from({ length: this.cells }, (_, cell) => this.evidence(cell)),
      // Values of single assignments of versions to items are not kept.
      realisations: new Map<string, number>(),
    };
  }

  private evidence(cell: number): RankingEvidence {
    const { positives, queries, counted } = this.counts;
    return {
      positives: positives[cell]!,
      queries: queries[cell]!,
      counted: counted[cell]!,
      queryClusters: this.clusters.query('informative', cell),
      itemClusters: this.clusters.item('informative', cell),
    };
  }
}
