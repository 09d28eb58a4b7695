/**
 * Measures how an old version's item vectors differ from the current ones, and fits the maps that would align them
 * (docs/drift.md). They explain and never gate.
 */
import { hash32 } from '../../lib/hash.js';
import { type Embeddings, norm } from '../towers/embeddings.js';
import type { VectorSource } from '../towers/vector-source.js';
import { mappedSource } from './mapped.js';
import { fitMap, nuclearNorm, RUNGS, type Rung } from './maps.js';
import { linearCka, type Moments, mergeMoments, momentsOf, trace } from './moments.js';
import { neighbourOverlap } from './neighbours.js';

/** Of the old item vectors against the current ones; NaN where undefined. */
export interface Displacement {
  /** tr(G_oo) / tr(G_nn), of the vectors as the tower gives them. */
  readonly normRatio: number;
  /** ‖V_o - V_n‖ / ‖V_n‖ (Frobenius), before and after the best orthogonal map. */
  readonly displacement: number;
  readonly procrustesResidual: number;
  readonly cka: number;
  readonly neighbourOverlap: number;
}

export interface Alignment extends Displacement {
  /**
   * Old embeddings after the map of each rung, every item mapped by what was fitted on the other fold; empty where too
   * few items could teach one.
   */
  readonly rungs: ReadonlyMap<Rung, VectorSource>;
  /** Vectors of the smaller fold, and the dimension. */
  readonly fitted: number;
  readonly dimension: number;
}

/** Vectors that the moments are taken from, at most: a sample by hash of the item. */
const SAMPLE = 20_000;
const POOL = 2_000;
const PROBES = 200;
/**
 * Vectors a dimension that a fold needs before a map is fitted at all; below `SURE` times the shares are lower bounds.
 */
export const LEAST = 2;
export const SURE = 10;
/** Beyond as many dimensions a singular value decomposition takes longer than the sweep. */
export const MAX_DIMENSION = 512;

/**
 * @param idOf the item's id, by entity: all entities of an item are in one fold
 * @param unit whether scores see directions alone (cosine)
 * @returns undefined where the versions give an item different numbers of vectors
 */
export function alignmentOf(
  old: Embeddings,
  current: Embeddings,
  idOf: (entity: number) => string,
  unit: boolean,
): Alignment | undefined {
  if (old.dimension !== current.dimension || !sameOffsets(old, current)) return undefined;
  const { foldOf, sample } = split(current, idOf);
  const folds = [0, 1].map((fold) => {
    const select = sample.filter((v) => foldOf[v] === fold);
    return momentsOf(old, current, select, unit);
  }) as [Moments, Moments];
  const all = mergeMoments(...folds);
  const d = current.dimension;
  const [oo, nn, on] = [trace(all.oldOld, d), trace(all.newNew, d), trace(all.oldNew, d)];
  const small = d <= MAX_DIMENSION;
  const fitted = Math.min(folds[0].n, folds[1].n);
  return {
    normRatio: unit ? lengths(old, sample) / lengths(current, sample) : oo / nn,
    displacement: Math.sqrt(Math.max(0, oo + nn - 2 * on) / nn),
    procrustesResidual: small && nn > 0 ? Math.sqrt(Math.max(0, oo + nn - 2 * nuclearNorm(all)) / nn) : Number.NaN,
    cka: linearCka(all),
    neighbourOverlap: old.offsets
      ? Number.NaN
      : neighbourOverlap(old, current, sample.subarray(0, PROBES), sample.subarray(0, POOL)),
    rungs: small && fitted >= LEAST * d && teaches(folds, d) ? ladder(old, folds, foldOf, unit) : new Map(),
    fitted,
    dimension: d,
  };
}

/** False where a version embeds all items of a fold as zeros, of which no map can be learned. */
export function teaches(folds: readonly Moments[], d: number): boolean {
  return folds.every(({ oldOld, newNew }) => trace(oldOld, d) > 0 && trace(newNew, d) > 0);
}

/** Every vector mapped by what the fold that it is not in has taught. */
function ladder(
  old: Embeddings,
  folds: readonly [Moments, Moments],
  foldOf: Uint8Array,
  unit: boolean,
): Map<Rung, VectorSource> {
  return new Map(
    RUNGS.map((rung) => [rung, mappedSource(old, [fitMap(rung, folds[1]), fitMap(rung, folds[0])], foldOf, unit)]),
  );
}

/** The fold of each vector by hash of its item's id, and the sampled vectors, in the order of another hash. */
export function split(
  embeddings: Embeddings,
  idOf: (entity: number) => string,
): { foldOf: Uint8Array; sample: Int32Array } {
  const { count, offsets } = embeddings;
  const vectors = offsets ? offsets[count]! : count;
  const foldOf = new Uint8Array(vectors);
  const order = new Float64Array(vectors);
  for (let e = 0; e < count; e++) {
    const id = idOf(e);
    const fold = hash32(`fold\u0000${id}`) & 1;
    const rank = hash32(`sample\u0000${id}`);
    for (let v = offsets ? offsets[e]! : e; v < (offsets ? offsets[e + 1]! : e + 1); v++) {
      foldOf[v] = fold;
      order[v] = rank;
    }
  }
  const sample = Int32Array.from({ length: vectors }, (_, v) => v).sort((a, b) => order[a]! - order[b]! || a - b);
  return { foldOf, sample: sample.subarray(0, SAMPLE) };
}

export function sameOffsets(a: Embeddings, b: Embeddings): boolean {
  const [one, other] = [a.offsets, b.offsets];
  if (!one || !other) return one === other && a.count === b.count;
  return one.length === other.length && one.every((offset, i) => offset === other[i]);
}

function lengths(embeddings: Embeddings, sample: Int32Array): number {
  let sum = 0;
  for (const v of sample) sum += norm(embeddings, v) ** 2;
  return sum;
}
