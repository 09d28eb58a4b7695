/**
 * The ladder of maps that could bring stale item vectors into the current version's space: one scale, an orthogonal
 * matrix, any linear matrix. Singular values and solves are ml-matrix's.
 */
import { Matrix, SingularValueDecomposition, solve } from 'ml-matrix';
import type { LinearMap } from '../towers/vector-source.js';
import { type Moments, trace } from './moments.js';

export type Rung = 'scale' | 'orthogonal' | 'linear';
export const RUNGS: readonly Rung[] = ['scale', 'orthogonal', 'linear'];

/** Ridge of the linear rung, as a share of the mean eigenvalue of Σ v_o v_oᵀ. Judgement of this project. */
const RIDGE = 1e-3;

/** The best map of each rung, by least squares over the items of the moments; v_o · map ≈ v_n. */
export function fitMap(rung: Rung, moments: Moments): LinearMap {
  const { dimension: d, oldOld, oldNew } = moments;
  switch (rung) {
    case 'scale':
      return trace(oldNew, d) / trace(oldOld, d);
    case 'orthogonal': {
      const { u, v } = decompose(oldNew, d);
      return flat(u.mmul(v.transpose()), d);
    }
    case 'linear': {
      const ridge = (RIDGE * trace(oldOld, d)) / d;
      const left = matrix(oldOld, d).add(Matrix.eye(d, d).mul(ridge));
      return flat(solve(left, matrix(oldNew, d)), d);
    }
  }
}

/** Sum of the singular values of Σ v_o v_nᵀ: what the best orthogonal map (Schönemann 1966) makes of tr(Σ v_o v_nᵀ). */
export function nuclearNorm({ oldNew, dimension }: Moments): number {
  return decompose(oldNew, dimension).singular.reduce((sum, value) => sum + value, 0);
}

function decompose(values: Float64Array, d: number) {
  const svd = new SingularValueDecomposition(matrix(values, d));
  return { u: svd.leftSingularVectors, v: svd.rightSingularVectors, singular: svd.diagonal };
}

function matrix(values: Float64Array, d: number): Matrix {
  return new Matrix(Array.from({ length: d }, (_, i) => values.subarray(i * d, (i + 1) * d)));
}

function flat(m: Matrix, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[i * d + j] = m.get(i, j);
  return out;
}
