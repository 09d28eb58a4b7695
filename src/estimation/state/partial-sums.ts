/**
 * The sums from which every estimate is made: bucket marginals and pair moments (docs/decisions/0001-one-estimator.md).
 * They merge by addition once the shares of the buckets are known, which a census of the rows finds without a score
 * (docs/decisions/0012-state-with-keys.md).
 *
 * For columns c_r of a row (weights included), in every cell:
 *   query marginals  Mq_c[a] = Σ over rows with hash(cluster) mod B = a of c_r
 *   item marginals   Mi_c[b] = Σ over rows with hash(item) mod B = b of c_r
 *   moments          X_cd    = Σ over (cluster, item) pairs p of c d, each summed over the pair's rows
 *   way moments      Xw_cd   = the same with each pair divided by h_a(p), the share of the cell's weight in its bucket
 */
import { ColumnSums } from '../../lib/kernels/column-sums.js';
import type { Geometry, WaySizes } from './geometry.js';
import { BUCKETS } from './slots.js';
import { cornerOf, SUM_ARRAYS, type SumArrays, triangleOf } from './sum-arrays.js';

/**
 * Below as much of a cell's weight in clusters of several pairs, effects of clusters cannot be told from those of
 * pairs.
 */
const HARDLY = 1e-12;

/** A variance below as much of what its terms are by themselves is what rounding leaves of 0. */
const ROUNDING = 1e-24;
/** The same of a quadratic form, whose terms are squares already. */
const FORM_ROUNDING = 1e-12;

/** The variance of a statistic, and how far effects of few clusters may have skewed it. */
export interface Variance {
  readonly variance: number;
  /**
   * g = Σ_w (M_w / V)^1.5 · H3_w / H2_w^1.5: the skewness that cluster effects of skewness 1 would give the statistic.
   */
  readonly skewness: number;
}

/** Places of rows or pairs in partial sums. Shape (`count`, or more) each. */
export interface Places {
  readonly count: number;
  readonly cell: Int32Array;
  readonly querySlot: Int32Array;
  readonly itemSlot: Int32Array;
}

export class PartialSums implements SumArrays {
  readonly queryMarginals: Float64Array;
  readonly itemMarginals: Float64Array;
  readonly moments: Float64Array;
  readonly queryMoments: Float64Array;
  readonly itemMoments: Float64Array;
  readonly magnitudes: Float64Array;
  /** Entries of a cell's triangle. */
  private readonly triangle: number;

  /**
   * @param purpose for values alone no products are kept, and no variance is known
   * @param filled  sums that were filled elsewhere; left out: zeros
   */
  constructor(
    readonly columns: number,
    readonly geometry: Geometry,
    private readonly purpose: 'values' | 'errors' = 'errors',
    filled?: SumArrays,
  ) {
    const { cells } = geometry;
    this.triangle = purpose === 'errors' ? triangleOf(columns) : 0;
    const { queryMarginals, itemMarginals, moments, queryMoments, itemMoments, magnitudes } = filled ?? {
      queryMarginals: new Float64Array(geometry.query.slots.count * columns),
      itemMarginals: new Float64Array(geometry.item.slots.count * columns),
      moments: new Float64Array(cells * this.triangle),
      queryMoments: new Float64Array(cells * this.triangle),
      itemMoments: new Float64Array(cells * this.triangle),
      magnitudes: new Float64Array(cells * columns),
    };
    this.queryMarginals = queryMarginals;
    this.itemMarginals = itemMarginals;
    this.moments = moments;
    this.queryMoments = queryMoments;
    this.itemMoments = itemMoments;
    this.magnitudes = magnitudes;
  }

  /** The arrays alone. */
  arrays(): SumArrays {
    const { queryMarginals, itemMarginals, moments, queryMoments, itemMoments, magnitudes } = this;
    return { queryMarginals, itemMarginals, moments, queryMoments, itemMoments, magnitudes };
  }

  /** Places that a row's columns take in values: an even number, so that products can be made two by two. */
  get stride(): number {
    return this.columns + (this.columns % 2);
  }

  /** Room for the columns of rows. @param values places; `pairs` and rows at most at a time */
  roomFor(values: number, pairs: number): ColumnSums {
    return new ColumnSums(this.columns, values, pairs, this);
  }

  /**
   * Adds the columns of rows; row i's stand in the room's values from i · stride on. The room may keep the sums until
   * it is asked to give them.
   */
  addMarginals({ count, cell, querySlot, itemSlot }: Places, room: ColumnSums): void {
    if (room.addMarginals) {
      room.querySlot.set(querySlot.subarray(0, count));
      room.itemSlot.set(itemSlot.subarray(0, count));
      room.cell.set(cell.subarray(0, count));
      room.addMarginals(count);
      return;
    }
    const { columns: n, stride, queryMarginals, itemMarginals, magnitudes } = this;
    const { values } = room;
    for (let r = 0; r < count; r++) {
      const at = r * stride;
      const q = querySlot[r]! * n;
      const i = itemSlot[r]! * n;
      const m = cell[r]! * n;
      for (let c = 0; c < n; c++) {
        const value = values[at + c]!;
        queryMarginals[q + c]! += value;
        itemMarginals[i + c]! += value;
        magnitudes[m + c]! += value * value;
      }
    }
  }

  /**
   * Adds the products of pairs, those of a cell one after the other: of each its columns, summed over the rows that
   * share cluster and item.
   *
   * @param vector shape (pairs): the columns of pair p stand in the room's values from vector[p] · stride on
   */
  addProducts({ count, cell, querySlot, itemSlot }: Places, vector: Int32Array, room: ColumnSums): void {
    if (this.purpose === 'values') return;
    const { triangle, geometry, moments, queryMoments, itemMoments } = this;
    const bytes = this.stride * Float64Array.BYTES_PER_ELEMENT;
    const { at, byQuery, byItem } = room;
    for (let p = 0; p < count; p++) {
      at[p] = vector[p]! * bytes;
      byQuery[p] = geometry.query.inverse[querySlot[p]!]!;
      byItem[p] = geometry.item.inverse[itemSlot[p]!]!;
    }
    for (let from = 0, to = 0; from < count; from = to) {
      while (to < count && cell[to] === cell[from]) to++;
      const base = cell[from]! * triangle;
      const of = (sums: Float64Array) => sums.subarray(base, base + triangle);
      room.addProducts([of(moments), of(queryMoments), of(itemMoments)], from, to);
    }
  }

  /** Adds sums of other rows, over the same geometry. */
  add(other: SumArrays): void {
    for (const name of SUM_ARRAYS) {
      const [own, more] = [this[name], other[name]];
      for (let i = 0; i < own.length; i++) own[i]! += more[i]!;
    }
  }

  /** The same sums with their columns in another order: column c of the result is column order[c] of these. */
  arranged(order: readonly number[]): PartialSums {
    const found = new PartialSums(order.length, this.geometry);
    for (const name of ['queryMarginals', 'itemMarginals', 'magnitudes'] as const)
      for (let at = 0; at < found[name].length; at++) {
        const row = Math.floor(at / order.length);
        found[name][at] = this[name][row * this.columns + order[at % order.length]!]!;
      }
    for (let cell = 0; cell < this.geometry.cells; cell++)
      for (let c = 0; c < order.length; c++)
        for (let d = 0; d <= c; d++)
          for (const name of ['moments', 'queryMoments', 'itemMoments'] as const)
            found[name][cell * found.triangle + cornerOf(c, d)] =
              this[name][cell * this.triangle + cornerOf(order[c]!, order[d]!)]!;
    return found;
  }

  /** Σ over the rows of a cell of one column. */
  total(cell: number, column: number): number {
    let sum = 0;
    const { first } = this.geometry.query.slots;
    for (let slot = first[cell]!; slot < first[cell + 1]!; slot++)
      sum += this.queryMarginals[slot * this.columns + column]!;
    return sum;
  }

  /**
   * Variance of a statistic whose influence of row r is e_r = Σ_c g_c c_r, clustered both ways on bucket sums. With R =
   * Σ_p e_p², H2 = Σ_a h_a² and ρ = Σ_p h_p²:
   *
   *   N_w = B/(B-1)·Σ_a e_a² - R                                              (Cameron, Gelbach & Miller 2011)
   *   P_w = (H2 - ρ)·Σ_a [(e_a² - r_a)/h_a] / Σ_a [(h_a² - k_a)(1 - 2h_a + H2)/h_a]
   *         with r_a = Σ_{p in a} e_p² and k_a = Σ_{p in a} h_p²
   *   V   = R + Σ_w max(0, N_w, P_w)
   *
   * P_w is the variance of a cluster effect, learnt from all clusters by their weight (a moment estimator of a random
   * effect, with the centring of Bell & McCaffrey 2002 and Imbens & Kolesár 2016), times the sizes that the clusters
   * have: the few largest decide no more than their share. 0 where its denominator is not above 0.
   */
  variance(cell: number, gradient: Gradient): Variance {
    if (this.purpose === 'values') throw new Error('sums of values alone know no variance');
    const { query, item } = this.geometry;
    const sizes = this.geometry.sizes(cell);
    const terms = this.terms(cell, gradient);
    const pairs = this.form(this.moments, cell, gradient);
    const ways = [
      this.wayVariance(cell, this.queryMarginals, query, this.queryMoments, sizes.query, pairs, gradient),
      this.wayVariance(cell, this.itemMarginals, item, this.itemMoments, sizes.item, pairs, gradient),
    ];
    const variance = pairs + ways[0]! + ways[1]!;
    if (!(variance > ROUNDING * terms)) return { variance: Number.isNaN(variance) ? variance : 0, skewness: 0 };
    const skewness = [sizes.query, sizes.item].reduce(
      (sum, { second, third }, w) => sum + (second > 0 ? (ways[w]! / variance) ** 1.5 * (third / second ** 1.5) : 0),
      0,
    );
    return { variance, skewness };
  }

  /**
   * Σ of a statistic's influence over the rows of each bucket, both ways: what half of the clusters has in excess of
   * the whole. Shape (BUCKETS) each.
   */
  influences(cell: number, { columns, weights }: Gradient): Readonly<Record<'query' | 'item', Float64Array>> {
    const along = (marginals: Float64Array, { slots }: Geometry['query']): Float64Array => {
      const found = new Float64Array(BUCKETS);
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const slot = slots.slot(cell, bucket);
        if (slot < 0) continue;
        for (let j = 0; j < columns.length; j++)
          found[bucket]! += weights[j]! * marginals[slot * this.columns + columns[j]!]!;
      }
      return found;
    };
    const { query, item } = this.geometry;
    return { query: along(this.queryMarginals, query), item: along(this.itemMarginals, item) };
  }

  private wayVariance(
    cell: number,
    marginals: Float64Array,
    { slots, inverse }: Geometry['query'],
    moments: Float64Array,
    { second, withinShare }: WaySizes,
    pairs: number,
    gradient: Gradient,
  ): number {
    const { columns, weights } = gradient;
    let squares = 0;
    let byShare = 0;
    for (let slot = slots.first[cell]!; slot < slots.first[cell + 1]!; slot++) {
      let e = 0;
      for (let j = 0; j < columns.length; j++) e += weights[j]! * marginals[slot * this.columns + columns[j]!]!;
      squares += e * e;
      byShare += e * e * inverse[slot]!;
    }
    const net = (squares * BUCKETS) / (BUCKETS - 1) - pairs;
    const within = this.geometry.pairSquares(cell);
    const denominator = 1 - second - (1 + second) * withinShare + 2 * within;
    const pooled =
      denominator > HARDLY && second > within
        ? ((second - within) * (byShare - this.form(moments, cell, gradient))) / denominator
        : 0;
    // NaN must not be taken for 0.
    return Number.isNaN(net + pooled) ? Number.NaN : Math.max(0, net, pooled);
  }

  /** The size of an influence's terms by themselves: Σ_c g_c² Σ_r c_r². */
  private terms(cell: number, { columns, weights }: Gradient): number {
    let sum = 0;
    for (let j = 0; j < columns.length; j++)
      sum += weights[j]! * weights[j]! * this.magnitudes[cell * this.columns + columns[j]!]!;
    return sum;
  }

  /** gᵀ X g over a cell's triangle. */
  private form(moments: Float64Array, cell: number, { columns, weights }: Gradient): number {
    const base = cell * this.triangle;
    let sum = 0;
    let squares = 0;
    for (let j = 0; j < columns.length; j++) {
      const own = columns[j]!;
      squares += weights[j]! * weights[j]! * moments[base + cornerOf(own, own)]!;
      for (let l = 0; l < columns.length; l++)
        sum += weights[j]! * weights[l]! * moments[base + cornerOf(columns[j]!, columns[l]!)]!;
    }
    // A form of squares: what rounding leaves of 0 is 0, on either side of it.
    return sum < FORM_ROUNDING * squares ? 0 : sum;
  }
}

/** Derivatives of a statistic by the column sums, for the columns where they are not 0; a column may stand twice. */
export interface Gradient {
  readonly columns: readonly number[];
  readonly weights: readonly number[];
}

/** a·g + b·h. */
export function combine(a: number, g: Gradient, b: number, h: Gradient): Gradient {
  return {
    columns: [...g.columns, ...h.columns],
    weights: [...g.weights.map((x) => a * x), ...h.weights.map((x) => b * x)],
  };
}
