/** Vectors that are at hand a stretch of entities at a time, so that nothing holds a changed copy of all of them. */
import type { Embeddings } from './embeddings.js';

/** A map, shape (d, d) row after row, or one factor for all coordinates. */
export type LinearMap = Float64Array | number;

/** Each vector mapped by the map of its fold. */
export interface FoldMaps {
  readonly maps: readonly [LinearMap, LinearMap];
  /** Shape (vectors): 0 or 1. */
  readonly foldOf: Uint8Array;
  /** Each vector is taken at length 1 first. */
  readonly unit: boolean;
}

/** Vectors as they are, or mapped. */
export interface SourceOrigin {
  readonly embeddings: Embeddings;
  readonly mapped?: FoldMaps;
}

export interface VectorSource extends Pick<Embeddings, 'count' | 'dimension' | 'offsets'> {
  /** All of them, where they are held. */
  readonly whole?: Embeddings;
  /** The vectors and maps that it is made of, from which another thread can make it. */
  readonly origin: SourceOrigin;
  /** The vectors of entities from … to-1, in float64. */
  stretch(from: number, to: number): Embeddings;
}

/** The bounds of the vectors of entities from … to-1, and their offsets counted from there. */
export function vectorsOf(
  { offsets }: Pick<Embeddings, 'offsets'>,
  from: number,
  to: number,
): { readonly first: number; readonly last: number; readonly own: Pick<Embeddings, 'offsets'> } {
  if (!offsets) return { first: from, last: to, own: {} };
  const first = offsets[from]!;
  return {
    first,
    last: offsets[to]!,
    own: { offsets: offsets.subarray(from, to + 1).map((offset) => offset - first) },
  };
}

/** Embeddings as they are, each widened to float64 once. */
export function plainSource(embeddings: Embeddings): VectorSource {
  const { count, dimension, data, offsets } = embeddings;
  return {
    count,
    dimension,
    ...(offsets ? { offsets } : {}),
    whole: embeddings,
    origin: { embeddings },
    stretch(from, to) {
      const { first, last, own } = vectorsOf(embeddings, from, to);
      const values = data.subarray(first * dimension, last * dimension);
      return { count: to - from, dimension, data: new Float64Array(values), ...own };
    },
  };
}
