/** Similarities between embeddings, summed in float64 whatever the towers' precision. */

import type { Similarity } from '../release/release.js';
import { type Embeddings, norm } from '../towers/embeddings.js';

/** Similarity of query entity q with item entity i. */
export type PairSimilarity = (q: number, i: number) => number;

/**
 * @param queries shape (query entities, dimension); with offsets several vectors each
 * @param items   shape (item entities, dimension); the same dimension
 */
export function pairSimilarity(kind: Similarity, queries: Embeddings, items: Embeddings): PairSimilarity {
  const d = queries.dimension;
  const a = queries.data;
  const b = items.data;
  if (kind === 'max_sim') return maxSim(queries, items);
  const dot: PairSimilarity = (q, i) => dotAt(a, q * d, b, i * d, d);
  if (kind === 'dot') return dot;
  const queryNorms = norms(queries);
  const itemNorms = norms(items);
  return (q, i) => dot(q, i) / (queryNorms[q]! * itemNorms[i]!);
}

function dotAt(a: Embeddings['data'], aFrom: number, b: Embeddings['data'], bFrom: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += a[aFrom + j]! * b[bFrom + j]!;
  return sum;
}

function norms(embeddings: Embeddings): Float64Array {
  return Float64Array.from({ length: embeddings.count }, (_, v) => norm(embeddings, v));
}

/** Late interaction: Σ over query vectors of the largest dot product with an item vector (Khattab & Zaharia 2020, ColBERT, eq. 3). */
function maxSim(queries: Embeddings, items: Embeddings): PairSimilarity {
  const d = queries.dimension;
  const queryOffsets = queries.offsets!;
  const itemOffsets = items.offsets!;
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
