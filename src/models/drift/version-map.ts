/**
 * The map between the item vectors of two versions: fitted on all items, and on each half of them, so that what it
 * repairs can be told of items that it was not fitted on.
 */
import type { Embeddings } from '../towers/embeddings.js';
import { LEAST, MAX_DIMENSION, sameOffsets, split, teaches } from './drift.js';
import { fitMap, type Rung } from './maps.js';
import { linearCka, type Moments, mergeMoments, momentsOf, trace } from './moments.js';

/** Matrices of shape (d, d), row after row: v_old · matrix ≈ v_new. */
export interface VersionMap {
  readonly kind: Rung;
  /** Fitted on every item that is taken. */
  readonly whole: Float64Array;
  /** By fold: the map of its items, fitted on those of the other. */
  readonly ofFold: readonly [Float64Array, Float64Array];
}

/** Two versions' vectors of the same items, ready to fit a map of any kind. */
export interface Fitting {
  /** Vectors of the smaller fold, and the dimension. */
  readonly fitted: number;
  readonly dimension: number;
  /** Shape (vectors): the fold that each is in; all vectors of an item are in one. */
  readonly foldOf: Uint8Array;
  /** Vectors that were taken, of both folds. */
  readonly taken: number;
  /** tr(G_oo) / tr(G_nn), as the vectors are taken, and linear CKA. */
  readonly normRatio: number;
  readonly cka: number;
  mapOf(kind: Rung): VersionMap;
}

/**
 * @param idOf the item's id, by entity
 * @param unit whether scores see directions alone (cosine): vectors are taken at length 1
 * @returns the reason, where no map can be fitted
 */
export function fittingOf(
  old: Embeddings,
  current: Embeddings,
  idOf: (entity: number) => string,
  unit: boolean,
): Fitting | { readonly why: string } {
  const d = current.dimension;
  if (old.dimension !== d || !sameOffsets(old, current))
    return { why: 'the versions give an item different numbers of vectors' };
  if (d > MAX_DIMENSION) return { why: `${d} dimensions, and maps are fitted up to ${MAX_DIMENSION}` };
  const { foldOf, sample } = split(current, idOf);
  const folds = [0, 1].map((fold) => {
    const select = sample.filter((v) => foldOf[v] === fold);
    return momentsOf(old, current, select, unit);
  }) as [Moments, Moments];
  const fitted = Math.min(folds[0].n, folds[1].n);
  if (fitted < LEAST * d) return { why: `${fitted} vectors in a half of the items, fewer than ${LEAST} a dimension` };
  if (!teaches(folds, d)) return { why: 'a version embeds all items of a half as zeros' };
  const all = mergeMoments(...folds);
  const matrix = (kind: Rung, moments: Moments) => {
    const map = fitMap(kind, moments);
    return typeof map === 'number' ? diagonal(map, d) : map;
  };
  return {
    fitted,
    dimension: d,
    foldOf,
    taken: all.n,
    normRatio: trace(all.oldOld, d) / trace(all.newNew, d),
    cka: linearCka(all),
    mapOf: (kind) => ({
      kind,
      whole: matrix(kind, all),
      ofFold: [matrix(kind, folds[1]), matrix(kind, folds[0])],
    }),
  };
}

function diagonal(value: number, d: number): Float64Array {
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < d; i++) matrix[i * (d + 1)] = value;
  return matrix;
}
