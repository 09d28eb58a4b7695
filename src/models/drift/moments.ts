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
  const a = new Float64Array(d);
  const b = new Float64Array(d);
  for (const v of select) {
    const scaleA = unit ? 1 / norm(old, v) : 1;
    const scaleB = unit ? 1 / norm(current, v) : 1;
    for (let i = 0; i < d; i++) {
      a[i] = old.data[v * d + i]! * scaleA;
      b[i] = current.data[v * d + i]! * scaleB;
    }
    for (let i = 0; i < d; i++) {
      const x = a[i]!;
      const y = b[i]!;
      oldSum[i]! += x;
      newSum[i]! += y;
      const row = i * d;
      for (let j = 0; j <= i; j++) {
        oldOld[row + j]! += x * a[j]!;
        newNew[row + j]! += y * b[j]!;
      }
      for (let j = 0; j < d; j++) oldNew[row + j]! += x * b[j]!;
    }
  }
  for (const symmetric of [oldOld, newNew]) mirror(symmetric, d);
  return moments;
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
