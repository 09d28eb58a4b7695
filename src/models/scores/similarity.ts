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

/**
 * Dot products of pairs whose items come one after the other, as `pairSimilarity` computes them, to the bit. Two pairs
 * of one item are computed together.
 *
 * @param rows  from … to-1 of them are computed, each into its place of `out`
 * @param first the entity that stands first in `items`
 */
export function dotRows(
  queries: Float64Array,
  items: Float64Array,
  d: number,
  { rows, from, to, queryOf, itemOf, first }: PairRows,
  out: Float64Array,
): void {
  for (let n = from; n < to; n++) {
    const r = rows[n]!;
    const next = rows[n + 1]!;
    const b = (itemOf[r]! - first) * d;
    if (n + 1 < to && d % 4 === 0 && itemOf[next] === itemOf[r]) {
      twoDots(queries, queryOf[r]! * d, queryOf[next]! * d, items, b, d);
      out[r] = two[0]!;
      out[next] = two[1]!;
      n++;
    } else out[r] = dotAt(queries, queryOf[r]! * d, items, b, d);
  }
}

/** Rows in the order of their items, and the entities of each. */
export interface PairRows {
  readonly rows: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly queryOf: Int32Array;
  readonly itemOf: Int32Array;
  readonly first: number;
}

/** The last two dot products. */
const two = new Float64Array(2);

/** Each as `dotAt` sums it. */
function twoDots(queries: Float64Array, p: number, q: number, items: Float64Array, b: number, d: number): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  for (let j = 0; j < d; j += 4) {
    const x0 = items[b + j]!;
    const x1 = items[b + j + 1]!;
    const x2 = items[b + j + 2]!;
    const x3 = items[b + j + 3]!;
    s0 += queries[p + j]! * x0;
    s1 += queries[p + j + 1]! * x1;
    s2 += queries[p + j + 2]! * x2;
    s3 += queries[p + j + 3]! * x3;
    t0 += queries[q + j]! * x0;
    t1 += queries[q + j + 1]! * x1;
    t2 += queries[q + j + 2]! * x2;
    t3 += queries[q + j + 3]! * x3;
  }
  two[0] = s0 + s1 + (s2 + s3);
  two[1] = t0 + t1 + (t2 + t3);
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
