/**
 * Everything that the estimates of summed metrics are made of, as a value with keys: from it alone come values,
 * intervals, floors and degrees of freedom, whether one pass has filled it or shards
 * were merged (docs/decisions/0012-state-with-keys.md).
 */
import type { Clusters } from './cluster-sums.js';
import type { Differences } from './differences.js';
import type { Geometry } from './geometry.js';
import { type CellKey, type ColumnKey, LEADING, type PairKey, type QuantityKey, textOf } from './keys.js';
import { type MetricParts, selectColumns } from './metric-parts.js';
import type { PartialSums } from './partial-sums.js';

/** Counts and masses of every cell. Shape (cells) each. */
export interface CellTallies {
  readonly rows: Float64Array;
  /** Rows with a label above 0. */
  readonly positives: Float64Array;
  /** Those of them with a weight above 0: a row of weight 0 is in the counts, but it is no evidence. */
  readonly weightedPositives: Float64Array;
  /** Σwy and Σw(1 - y). */
  readonly positiveMass: Float64Array;
  readonly negativeMass: Float64Array;
}

export const TALLIES = [
  'rows',
  'positives',
  'weightedPositives',
  'positiveMass',
  'negativeMass',
] as const satisfies readonly (keyof CellTallies)[];

/** A number of rows, and the XOR of their keys (`rowKey`). */
export interface RowSet {
  readonly rows: number;
  readonly keys: number;
}

/**
 * All that is known of the rows of an eval set without a score: their cells, and how weight lies over the clusters.
 * All parts of a run have the same one, so that their sums are divided by the same shares and stand in the same places.
 */
export interface Census {
  readonly cells: readonly CellKey[];
  readonly all: RowSet;
  readonly geometry: Geometry;
}

/** Rows whose log loss at a pair of versions is cut off, as the prediction is 0 or 1 on the wrong side of the label. */
export interface Clipped {
  readonly pair: PairKey;
  readonly rows: number;
}

export interface SummedState {
  readonly census: Census;
  /** The rows whose sums these are. */
  readonly held: RowSet;
  readonly columns: readonly ColumnKey[];
  /** By pair of versions; none where no log loss is asked for, or none can be cut off. */
  readonly clipped: readonly Clipped[];
  readonly tallies: CellTallies;
  readonly clusters: { readonly query: Clusters; readonly item: Clusters };
  readonly differences: Differences;
  /** Of each quantity w, wy and then the columns. */
  readonly sums: ReadonlyMap<QuantityKey, PartialSums>;
  /** Metrics that are no sums over rows, by id, where whoever filled the state has them. */
  readonly metrics: ReadonlyMap<string, MetricParts>;
}

/** The index of every column's aligned pair among the columns; -1 where it is not there. */
export function alignedColumns(columns: readonly ColumnKey[]): readonly number[] {
  const index = new Map(columns.map((key, c) => [textOf(key), c]));
  return columns.map(({ against }) => index.get(textOf({ parts: [against], against })) ?? -1);
}

/** The columns among some that a state does not hold. */
export function missingColumns(state: SummedState, wanted: readonly ColumnKey[]): ColumnKey[] {
  const held = new Set(state.columns.map(textOf));
  return wanted.filter((key) => !held.has(textOf(key)));
}

/** The same state with the wanted columns, in their order; undefined where it lacks one of them. */
export function arrangedAs(state: SummedState, wanted: readonly ColumnKey[]): SummedState | undefined {
  const index = new Map(state.columns.map((key, c) => [textOf(key), c]));
  const order = wanted.map((key) => index.get(textOf(key)));
  if (!order.every((c) => c !== undefined)) return undefined;
  if (wanted.length === state.columns.length && order.every((c, at) => c === at)) return state;
  const leading = Array.from({ length: LEADING }, (_, c) => c);
  const whole = [...leading, ...order.map((c) => LEADING + c)];
  return {
    ...state,
    columns: wanted,
    differences: state.differences.arranged(order),
    sums: new Map([...state.sums].map(([quantity, sums]) => [quantity, sums.arranged(whole)])),
    metrics: new Map([...state.metrics].map(([id, held]) => [id, selectColumns(held, order, state.census.geometry)])),
  };
}
