/**
 * Second moments of two versions' embeddings of the same items, from which norm ratio, displacement, Procrustes
 * residual, CKA and the maps of the ladder all come. They merge by addition.
 */
import { type Embeddings, norm } from '../towers/embeddings.js';

/**
 * Sums over n items of old vectors v_o and new vectors v_n, both of dimension d. Matrices row after row, shape (d, d).
 */
export interface Moments {
  readonly n: number;
  readonly dimension: number;
  /** Σ v_o v_oᵀ and Σ v_n v_nᵀ. */
  readonly oldOld: Float64Array;
  readonly newNew: Float64Array;
  /** Σ v_o v_nᵀ. */
  readonly oldNew: Float64Array;
  readonly oldSum: Float64Array;
  readonly newSum: Float64Array;
}

/**
 * @param select vectors to take, as indices into both
 * @param unit   whether each vector is taken at length 1, as a cosine sees it
 */
export function momentsOf(old: Embeddings, current: Embeddings, select: Int32Array, unit: boolean): Moments {
  const d = current.dimension;
  const moments = {
    n: select.length,
    dimension: d,
    oldOld: new Float64Array(d * d),
    newNew: new Float64Array(d * d),
    oldNew: new Float64Array(d * d),
    oldSum: new Float64Array(d),
    newSum: new Float64Array(d),
  };
  const { oldOld, newNew, oldNew, oldSum, newSum } = moments;
  const a = new Float64Array(TOGETHER * d);
  const b = new Float64Array(TOGETHER * d);
  for (let n = 0; n < select.length; n += TOGETHER) {
    const some = select.subarray(n, n + TOGETHER);
    // Places that are left over stay 0, and add nothing.
    a.fill(0);
    b.fill(0);
    for (const [place, v] of some.entries()) {
      const scaleA = unit ? 1 / norm(old, v) : 1;
      const scaleB = unit ? 1 / norm(current, v) : 1;
      for (let i = 0; i < d; i++) {
        a[place * d + i] = old.data[v * d + i]! * scaleA;
        b[place * d + i] = current.data[v * d + i]! * scaleB;
        oldSum[i]! += a[place * d + i]!;
        newSum[i]! += b[place * d + i]!;
      }
    }
    for (let i = 0; i < d; i++) {
      addProducts(oldOld, i, i + 1, a, a, d);
      addProducts(newNew, i, i + 1, b, b, d);
      addProducts(oldNew, i, d, a, b, d);
    }
  }
  for (const symmetric of [oldOld, newNew]) mirror(symmetric, d);
  return moments;
}

/** Items whose products are added at a time: a sum is read and written once for all of them. */
const TOGETHER = 4;

/** Adds the products of coordinate i of `a` with coordinates 0 … end-1 of `b`, one item after the other. */
function addProducts(matrix: Float64Array, i: number, end: number, a: Float64Array, b: Float64Array, d: number): void {
  const row = i * d;
  const x0 = a[i]!;
  const x1 = a[d + i]!;
  const x2 = a[2 * d + i]!;
  const x3 = a[3 * d + i]!;
  for (let j = 0; j < end; j++)
    matrix[row + j] = matrix[row + j]! + x0 * b[j]! + x1 * b[d + j]! + x2 * b[2 * d + j]! + x3 * b[3 * d + j]!;
}

/** Copies what stands below the diagonal of a matrix of shape (d, d) above it. */
function mirror(matrix: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) matrix[j * d + i] = matrix[i * d + j]!;
}

/** The sums of two disjoint sets of items together. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const add = (x: Float64Array, y: Float64Array) => x.map((value, i) => value + y[i]!);
  return {
    n: a.n + b.n,
    dimension: a.dimension,
    oldOld: add(a.oldOld, b.oldOld),
    newNew: add(a.newNew, b.newNew),
    oldNew: add(a.oldNew, b.oldNew),
    oldSum: add(a.oldSum, b.oldSum),
    newSum: add(a.newSum, b.newSum),
  };
}

export function trace(matrix: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += matrix[i * d + i]!;
  return sum;
}

/**
 * Linear CKA (Kornblith et al. 2019) of the centred vectors: ‖G̃_on‖²_F / (‖G̃_oo‖_F ‖G̃_nn‖_F). Blind to rotation and
 * to one scale for all.
 */
export function linearCka({ n, dimension: d, oldOld, newNew, oldNew, oldSum, newSum }: Moments): number {
  const squares = (matrix: Float64Array, left: Float64Array, right: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) sum += (matrix[i * d + j]! - (left[i]! * right[j]!) / n) ** 2;
    return sum;
  };
  return squares(oldNew, oldSum, newSum) / Math.sqrt(squares(oldOld, oldSum, oldSum) * squares(newNew, newSum, newSum));
}
