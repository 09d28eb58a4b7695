/** The place of production's version distances: the histogram of each row, and how much of it the sweep covers. */

import type { Histogram, SkewPolicy } from '../../documents/policy/policy.js';
import { type Slice, sliceColumn } from '../evalset/cells.js';
import type { EvalSet } from '../evalset/evalset.js';
import { type ResolvedDistances, type ResolvedHistogram, requireSliceValues, type SourceKind } from './distances.js';

/**
 * Mass outside the sweep beyond 0.5 % makes production cells inconclusive: it is never extrapolated. A billionth more
 * is rounding.
 */
export const UNCOVERED_TOLERANCE = 0.005 + 1e-9;

export interface CoveredHistogram {
  readonly slice: Slice;
  /** As given, before the sweep cuts it. */
  readonly written: Histogram;
  readonly source: SourceKind;
  /** Mass by distance within the sweep, rescaled to sum to 1. */
  readonly covered: Histogram;
  /** Mass outside the sweep. */
  readonly uncovered: number;
}

export interface ProductionMix {
  /** Shape (rows): index into `histograms`. */
  readonly ofRow: Int32Array;
  readonly histograms: readonly CoveredHistogram[];
}

/** Gives every row its histogram. A slice value without a histogram, or a histogram without rows, is an error. */
export function productionMix(distances: ResolvedDistances, policy: SkewPolicy, evalSet: EvalSet): ProductionMix {
  const { by } = distances;
  // Without a slice column the one histogram stands under the empty key.
  if (by === undefined)
    return { ofRow: new Int32Array(evalSet.rows), histograms: coveredHistograms(distances, policy, []) };
  // The policy lists it among eval_set.slices, all of which are read.
  const slice = sliceColumn(evalSet, by);
  const histograms = coveredHistograms(distances, policy, slice.names);
  const rank = new Map(histograms.map((histogram, i) => [histogram.slice[by], i]));
  const place = Int32Array.from(slice.names, (name) => rank.get(name)!);
  return { ofRow: slice.codes.map((code) => place[code]!), histograms };
}

/**
 * The histograms of the values of the slice column that they are by, in ascending order: the report is the same for
 * parts in another order.
 *
 * @param values distinct values that rows have; of no account where there is one histogram for all
 */
export function coveredHistograms(
  distances: ResolvedDistances,
  policy: SkewPolicy,
  values: readonly string[],
): CoveredHistogram[] {
  const { by, histograms } = distances;
  const { from, to } = policy.versionSkew;
  const histogramOf = (key: string): ResolvedHistogram => {
    const histogram = histograms.get(key);
    if (!histogram) throw new Error(`no histogram of ${key}`);
    return histogram;
  };
  if (by === undefined) return [cover({}, histogramOf(''), from, to)];
  requireSliceValues(distances, policy, values);
  return [...values].sort((a, b) => (a < b ? -1 : 1)).map((name) => cover({ [by]: name }, histogramOf(name), from, to));
}

function cover(
  slice: Slice,
  { histogram: written, source }: ResolvedHistogram,
  from: number,
  to: number,
): CoveredHistogram {
  // Distance 0 is measured in any case.
  const inside = [...written].filter(([distance]) => distance === 0 || (distance >= from && distance <= to));
  const mass = inside.reduce((sum, [, m]) => sum + m, 0);
  const total = [...written.values()].reduce((sum, m) => sum + m, 0);
  return {
    slice,
    written,
    source,
    covered: new Map(mass > 0 ? inside.map(([distance, m]): [number, number] => [distance, m / mass]) : []),
    uncovered: Math.max(0, (total - mass) / total),
  };
}

/** Shape (histograms): the mass that each histogram has at a distance; NaN where the sweep covers none of it. */
export function massAt(mix: ProductionMix, distance: number): Float64Array {
  return Float64Array.from(mix.histograms, ({ covered }) =>
    covered.size === 0 ? Number.NaN : (covered.get(distance) ?? 0),
  );
}

/** The share of production that a set of rows sees: of each histogram, by row weight. */
export interface CellMix {
  /** Covered mass by distance. */
  readonly histogram: Histogram;
  /** The largest uncovered mass of a histogram that some row of the cell has. */
  readonly uncovered: number;
  /** The distance nearest to 0 of the mass outside the sweep. */
  readonly outside?: number;
}

/**
 * Mixes the histograms of the rows of each cell, by row weight (plain counts where a cell's weights are all 0). Shape
 * (cells).
 */
export function cellMixes(mix: ProductionMix, cell: Int32Array, cells: number, weight: Float64Array): CellMix[] {
  const h = mix.histograms.length;
  const share = new Float64Array(cells * h);
  const count = new Float64Array(cells * h);
  for (let r = 0; r < cell.length; r++) {
    share[cell[r]! * h + mix.ofRow[r]!]! += weight[r]!;
    count[cell[r]! * h + mix.ofRow[r]!]!++;
  }
  return mixesOfShares(mix.histograms, cells, share, count);
}

/**
 * The same by what each cell has of each histogram. Shape (cells).
 *
 * @param weight shape (cells, histograms): Σ weight
 * @param rows   shape (cells, histograms): rows, which count where a cell's weights are all 0
 */
export function mixesOfShares(
  histograms: readonly CoveredHistogram[],
  cells: number,
  weight: Float64Array,
  rows: Float64Array,
): CellMix[] {
  const h = histograms.length;
  return Array.from({ length: cells }, (_, c) => {
    const weighted = weight.subarray(c * h, (c + 1) * h);
    return mixOf(histograms, weighted.some((s) => s > 0) ? weighted : rows.subarray(c * h, (c + 1) * h));
  });
}

/** @param shares shape (histograms): rows of each */
function mixOf(histograms: readonly CoveredHistogram[], shares: Float64Array): CellMix {
  const total = shares.reduce((sum, s) => sum + s, 0);
  const histogram = new Map<number, number>();
  let uncovered = 0;
  let nearest: number | undefined;
  for (const [i, { covered, written, uncovered: outside }] of histograms.entries()) {
    if (shares[i] === 0) continue;
    uncovered = Math.max(uncovered, outside);
    for (const [distance, mass] of written)
      if (mass > 0 && !covered.has(distance) && (nearest === undefined || Math.abs(distance) < Math.abs(nearest)))
        nearest = distance;
    for (const [distance, mass] of covered)
      if (mass > 0) histogram.set(distance, (histogram.get(distance) ?? 0) + (shares[i]! / total) * mass);
  }
  return {
    histogram: new Map([...histogram].sort(([a], [b]) => a - b)),
    uncovered,
    ...(nearest === undefined ? {} : { outside: nearest }),
  };
}
