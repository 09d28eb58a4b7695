/**
 * Products of the columns of pairs, summed by cell: most of a tabulation's arithmetic. Two columns by two at a time, so
 * that twelve sums stay in registers over all pairs of a run; every sum adds its pairs in their order, as one pair
 * after the other would.
 */
import { triangleOf } from './sum-arrays.js';

/** Pairs of one cell, one after the other. Shape (pairs, or more) each. */
export interface PairRun {
  /** The place in the values at which a pair's columns stand. */
  readonly at: Int32Array;
  /** 1 / h_a of the pair's bucket, by way. */
  readonly byQuery: Float64Array;
  readonly byItem: Float64Array;
  /** The run's pairs: from … to-1. */
  readonly from: number;
  readonly to: number;
}

/** The sums of a cell's products: lower triangles in arrays of those of all cells. */
export interface Triangles {
  readonly moments: Float64Array;
  readonly queryMoments: Float64Array;
  readonly itemMoments: Float64Array;
}

/**
 * Adds the products of all columns of the pairs of a run.
 *
 * @param base    where the cell's triangle begins
 * @param columns their number; values have one more behind them where it is odd, whatever it is
 */
export function addProducts(sums: Triangles, base: number, columns: number, run: PairRun, values: Float64Array): void {
  for (let c = 0; c < columns; c += 2) for (let d = 0; d <= c; d += 2) addTile(sums, base, columns, c, d, run, values);
}

/** The sums of a tile on their way from and to the triangles: four a way. */
const tile = new Float64Array(12);

/** The products of columns c and c + 1 with d and d + 1. */
function addTile(
  { moments, queryMoments, itemMoments }: Triangles,
  base: number,
  columns: number,
  c: number,
  d: number,
  run: PairRun,
  values: Float64Array,
): void {
  const low = base + triangleOf(c) + d;
  // Above the diagonal, and below the last of an odd number of columns, there is nothing to add to.
  const right = d < c ? 1 : 0;
  const below = c + 1 < columns ? triangleOf(c + 1) - triangleOf(c) : 0;
  load(0, moments, low, right, below);
  load(4, queryMoments, low, right, below);
  load(8, itemMoments, low, right, below);
  sumTile(c, d, run, values);
  store(0, moments, low, right, below);
  store(4, queryMoments, low, right, below);
  store(8, itemMoments, low, right, below);
}

function load(way: number, triangle: Float64Array, low: number, right: number, below: number): void {
  tile[way] = triangle[low]!;
  tile[way + 1] = triangle[low + right]!;
  tile[way + 2] = triangle[low + below]!;
  tile[way + 3] = triangle[low + below + 1]!;
}

function store(way: number, triangle: Float64Array, low: number, right: number, below: number): void {
  // A sum without a place of its own is left out.
  if (below > 0) {
    triangle[low + below + 1] = tile[way + 3]!;
    triangle[low + below] = tile[way + 2]!;
  }
  if (right > 0) triangle[low + 1] = tile[way + 1]!;
  triangle[low] = tile[way]!;
}

function sumTile(c: number, d: number, { at, byQuery, byItem, from, to }: PairRun, values: Float64Array): void {
  let a = tile[0]!;
  let b = tile[1]!;
  let e = tile[2]!;
  let f = tile[3]!;
  let qa = tile[4]!;
  let qb = tile[5]!;
  let qe = tile[6]!;
  let qf = tile[7]!;
  let ia = tile[8]!;
  let ib = tile[9]!;
  let ie = tile[10]!;
  let jf = tile[11]!;
  for (let p = from; p < to; p++) {
    const place = at[p]!;
    const q = byQuery[p]!;
    const i = byItem[p]!;
    const x = values[place + c]!;
    const y = values[place + c + 1]!;
    const u = values[place + d]!;
    const v = values[place + d + 1]!;
    const xu = x * u;
    const xv = x * v;
    const yu = y * u;
    const yv = y * v;
    a += xu;
    b += xv;
    e += yu;
    f += yv;
    qa += q * xu;
    qb += q * xv;
    qe += q * yu;
    qf += q * yv;
    ia += i * xu;
    ib += i * xv;
    ie += i * yu;
    jf += i * yv;
  }
  tile[0] = a;
  tile[1] = b;
  tile[2] = e;
  tile[3] = f;
  tile[4] = qa;
  tile[5] = qb;
  tile[6] = qe;
  tile[7] = qf;
  tile[8] = ia;
  tile[9] = ib;
  tile[10] = ie;
  tile[11] = jf;
}
