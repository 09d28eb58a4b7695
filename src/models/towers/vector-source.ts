/** Vectors that are at hand a stretch of entities at a time, so that nothing holds a changed copy of all of them. */
import type { Embeddings } from './embeddings.js';

export interface VectorSource extends Pick<Embeddings, 'count' | 'dimension' | 'offsets'> {
  /** All of them, where they are held. */
  readonly whole?: Embeddings;
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
    stretch(from, to) {
      const { first, last, own } = vectorsOf(embeddings, from, to);
      const values = data.subarray(first * dimension, last * dimension);
      return { count: to - from, dimension, data: new Float64Array(values), ...own };
    },
  };
}
