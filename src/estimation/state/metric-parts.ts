/**
 * Metrics that are no sums over rows, as a state holds them: values and influences, or a mean over queries with the
 * places of its own sums. All are plain arrays, whoever computed them.
 */
import { Geometry } from './geometry.js';
import { PartialSums } from './partial-sums.js';
import { Slots } from './slots.js';
import type { SumArrays } from './sum-arrays.js';

/** Values of a statistic of ordered or binned rows, and the sums of its influences, over the census of the state. */
export interface RowParts {
  /** A column each state: Σ influence. */
  readonly sums: SumArrays;
  /** By state, shape (cells). */
  readonly values: readonly Float64Array[];
  /**
   * By state, shape (cells): how far the value may be from the exact one, as of scores that were counted in bins. Left
   * out: it is exact.
   */
  readonly bounds?: readonly Float64Array[];
}

/** One side of a geometry, and the buckets of its slots. */
export interface WayParts {
  readonly first: Uint32Array;
  readonly bucket: Uint16Array;
  readonly share: Float64Array;
  readonly within: Float64Array;
}

/** The counts that a mean over queries rests on, in a cell. */
export interface QueryCounts {
  /** Relevant rows of informative queries, with a weight above 0. */
  readonly positives: number;
  /** Effective clusters of informative queries, and of their relevant items. */
  readonly queryClusters: number;
  readonly itemClusters: number;
  /** Informative queries. */
  readonly queries: number;
  /** Queries that have a value, informative or not. */
  readonly counted: number;
}

/** A geometry as arrays alone. */
export interface PlacedGeometry {
  readonly query: WayParts;
  readonly item: WayParts;
  /** Shape (cells): Σ weight, and Σ_p h_p². */
  readonly total: Float64Array;
  readonly pairs: Float64Array;
}

/** A ranking metric's sums with the places that they are of. */
export interface QueryParts extends PlacedGeometry {
  /** The weight, then a column each state. */
  readonly sums: SumArrays;
  /** By cell. */
  readonly evidence: readonly QueryCounts[];
  /** By cell and state, `3:1`: the standard deviation over assignments of versions to items. */
  readonly realisations: ReadonlyMap<string, number>;
}

/**
 * A metric that a state holds beside its sums.
 *
 * `queries`: the last state of its parts, behind those of the columns, is that of one score for all candidates, which
 * skill is held against.
 */
export type MetricParts =
  | { readonly kind: 'rows'; readonly parts: RowParts }
  | { readonly kind: 'queries'; readonly parts: QueryParts };

/** The states of a ranking metric's parts. */
export function queryStates({ sums, total }: QueryParts): number {
  return sums.magnitudes.length / total.length - 1;
}

export function placedGeometry({ query, item, total, pairs }: Geometry): PlacedGeometry {
  return { query: wayParts(query), item: wayParts(item), total, pairs };
}

export function wayParts({ slots, share, within }: Geometry['query']): WayParts {
  return { first: slots.first, bucket: slots.buckets(), share, within };
}

/** The geometry that arrays are of. */
export function queryGeometry(parts: PlacedGeometry): Geometry {
  const [query, item] = [parts.query, parts.item].map(({ first, bucket }) => Slots.of(first, bucket)) as [Slots, Slots];
  return Geometry.of(query, item, parts);
}

/** The same parts with some of their states, in that order. */
export function selectQueryStates(parts: QueryParts, states: readonly number[]): QueryParts {
  const sums = new PartialSums(1 + queryStates(parts), queryGeometry(parts), 'errors', parts.sums);
  const place = new Map(states.map((state, at) => [state, at]));
  const realisations = [...parts.realisations].flatMap(([key, sd]): [string, number][] => {
    const [cell, state] = key.split(':').map(Number) as [number, number];
    const at = place.get(state);
    return at === undefined ? [] : [[`${cell}:${at}`, sd]];
  });
  return {
    ...parts,
    sums: sums.arranged([0, ...states.map((state) => 1 + state)]).arrays(),
    realisations: new Map(realisations),
  };
}

/** The same parts with some of their columns, in that order; a ranking keeps that of one score for all. */
export function selectColumns(held: MetricParts, columns: readonly number[], geometry: Geometry): MetricParts {
  if (held.kind === 'queries') {
    const last = queryStates(held.parts) - 1;
    return { kind: 'queries', parts: selectQueryStates(held.parts, [...columns, last]) };
  }
  const { values, bounds, sums } = held.parts;
  return {
    kind: 'rows',
    parts: {
      sums: new PartialSums(values.length, geometry, 'errors', sums).arranged(columns).arrays(),
      values: columns.map((c) => values[c]!),
      ...(bounds ? { bounds: columns.map((c) => bounds[c]!) } : {}),
    },
  };
}
