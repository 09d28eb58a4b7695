/** Similarities between embeddings, summed in float64 whatever the towers' precision. */

import type { Similarity } from '../../documents/release/release.js';
import { present } from '../../lib/lookup.js';
import { type Embeddings, norm } from '../towers/embeddings.js';

/** Similarity of query entity q with item entity i. */
export type PairSimilarity = (q: number, i: number) => number;

/**
 * @param queries shape (query entities, dimension); with offsets several vectors each
 * @param items   shape (item entities, dimension); the same dimension
 */
export function pairSimilarity(kind: Similarity, queries: Embeddings, items: Embeddings): PairSimilarity {
  return similarityTo(kind, queries)(items);
}

/** The same for items that come a stretch at a time: what depends on the queries alone is computed once. */
export function similarityTo(kind: Similarity, queries: Embeddings): (items: Embeddings) => PairSimilarity {
  if (kind === 'max_sim') return (items) => maxSim(queries, items);
  const { data: a, dimension: d } = queries;
  if (kind === 'dot')
    return ({ data: b }) =>
      (q, i) =>
        dotAt(a, q * d, b, i * d, d);
  const queryNorms = norms(queries);
  return (items) => {
    const itemNorms = norms(items);
    const b = items.data;
    // Rounding may leave [-1, 1] by a bit in the last place.
    return (q, i) => Math.min(1, Math.max(-1, dotAt(a, q * d, b, i * d, d) / (queryNorms[q]! * itemNorms[i]!)));
  };
}

function dotAt(a: Embeddings['data'], aFrom: number, b: Embeddings['data'], bFrom: number, d: number): number {
  // Four sums side by side: one alone would wait for every addition.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 3 < d; j += 4) {
    s0 += a[aFrom + j]! * b[bFrom + j]!;
    s1 += a[aFrom + j + 1]! * b[bFrom + j + 1]!;
    s2 += a[aFrom + j + 2]! * b[bFrom + j + 2]!;
    s3 += a[aFrom + j + 3]! * b[bFrom + j + 3]!;
  }
  for (; j < d; j++) s0 += a[aFrom + j]! * b[bFrom + j]!;
  return s0 + s1 + (s2 + s3);
}

function norms(embeddings: Embeddings): Float64Array {
  return Float64Array.from({ length: embeddings.count }, (_, v) => norm(embeddings, v));
}

/**
 * Late interaction: Σ over query vectors of the largest dot product with an item vector (Khattab & Zaharia 2020,
 * ColBERT, eq. 3).
 */
function maxSim(queries: Embeddings, items: Embeddings): PairSimilarity {
  const d = queries.dimension;
  const queryOffsets = present(queries.offsets, 'offsets of the queries’ vectors');
  const itemOffsets = present(items.offsets, 'offsets of the items’ vectors');
  return (q, i) => {
    let sum = 0;
    for (let u = queryOffsets[q]!; u < queryOffsets[q + 1]!; u++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let v = itemOffsets[i]!; v < itemOffsets[i + 1]!; v++)
        best = Math.max(best, dotAt(queries.data, u * d, items.data, v * d, d));
      sum += best;
    }
    return sum;
  };
}
