/** A metric that is a mean over queries, of rows that come in parts: every query is whole in one of them. */
import type { Cells } from '../../data/evalset/cells.js';
import type { GroupedMetric, PositionMetric } from '../metrics/metric.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Geometry } from '../state/geometry.js';
import { denseSlots, GeometrySums } from '../state/geometry-sums.js';
import type { QueryParts } from '../state/metric-parts.js';
import { PartialSums } from '../state/partial-sums.js';
import type { RankingEvidence } from '../tabulation/metric-table.js';
import {
  type QueryCut,
  type RankedQueries,
  rankQueries,
  sumQueries,
  wayParts,
  weighQueries,
} from '../tabulation/query-table.js';
import { groupsBy, positionsBy } from '../tabulation/query-tables.js';
import type { RowContext } from '../tabulation/row-context.js';
import { ClusterTally } from './cluster-tally.js';

/** A reference to a metric of rankings. */
type RankingRef = MetricRef & { readonly metric: PositionMetric | GroupedMetric };

export function isRankingRef(ref: MetricRef): ref is RankingRef {
  return ref.metric.kind === 'positions' || ref.metric.kind === 'groups';
}

export class RankingSum {
  private readonly weighed: GeometrySums;
  private readonly dense: Readonly<Record<'query' | 'item', ReturnType<typeof denseSlots>>>;
  private readonly clusters: ClusterTally<'informative'>;
  /** Shape (cells) each. */
  private readonly counts: Readonly<Record<'positives' | 'queries' | 'counted', Float64Array>>;
  private found: { readonly geometry: Geometry; readonly sums: PartialSums } | undefined;

  constructor(
    private readonly ref: RankingRef,
    private readonly cells: number,
    private readonly states: number,
    capacity: number,
  ) {
    this.weighed = new GeometrySums(cells);
    const slots = denseSlots(cells);
    this.dense = { query: slots, item: slots };
    this.clusters = new ClusterTally(cells, capacity);
    const zeros = () => new Float64Array(cells);
    this.counts = { positives: zeros(), queries: zeros(), counted: zeros() };
  }

  /** The first of two passes. */
  weigh(context: RowContext, slot: Int32Array): void {
    const ranked = this.rank(context);
    weighQueries(ranked, this.dense, this.weighed);
    for (const cut of ranked.cuts) this.count(context, cut, slot);
  }

  /** The second one. */
  add(context: RowContext): void {
    if (!this.found) {
      const geometry = this.weighed.geometry();
      this.found = { geometry, sums: new PartialSums(1 + this.states, geometry) };
    }
    sumQueries(context.inputs, this.rank(context), this.found.sums);
  }

  parts(): QueryParts {
    const { found } = this;
    if (!found) throw new Error(`${this.ref.id} of no part`);
    const { geometry, sums } = found;
    return {
      query: wayParts(geometry.query),
      item: wayParts(geometry.item),
      total: geometry.total,
      pairs: geometry.pairs,
      sums: sums.arrays(),
      evidence: Array.from({ length: this.cells }, (_, cell) => this.evidence(cell)),
      // How much a value varies from one assignment of versions to another is not kept.
      realisations: new Map<string, number>(),
    };
  }

  private rank(context: RowContext): RankedQueries {
    const { metric, k } = this.ref;
    return rankQueries(context, metric.kind === 'groups' ? groupsBy(context, metric) : positionsBy(context, metric, k));
  }

  /** Counts what could move (ranking-evidence.ts). */
  private count(context: RowContext, { cut, entries, weight, informative, share }: QueryCut, slot: Int32Array): void {
    const { evalSet, sweep } = context.inputs;
    const { positives, queries, counted } = this.counts;
    for (let e = 0; e < entries.count; e++) {
      if (!(weight[e]! > 0)) continue;
      counted[cut.first + entries.cell[e]!]!++;
      if (informative[e] === 1) queries[cut.first + entries.cell[e]!]!++;
    }
    const own = Float64Array.from(sweep.positiveRows, (r, i) => {
      const e = entries.ofRow[r]!;
      if (informative[e] !== 1 || !(weight[e]! > 0)) return 0;
      if (evalSet.weight[r]! > 0) positives[cut.first + cut.cell[i]!]!++;
      return weight[e]! * share[i]!;
    });
    const of = (codes: Int32Array) => Int32Array.from(sweep.positiveRows, (r) => codes[r]!);
    const cluster = { codes: of(evalSet.cluster.codes), names: evalSet.cluster.names };
    const cuts: Pick<Cells, 'cuts'> = { cuts: [cut] };
    this.clusters.add('informative', cuts, cluster, of(slot), own);
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
