/**
 * Queries brought into an older index's space. With row vectors and a map M of the items (v_old · M ≈ v_new),
 * q · (v_old M) = (q Mᵀ) · v_old: mapping the query by Mᵀ gives every dot product that mapping all items by M would, so
 * that the index stays as it is. Of a cosine that holds where M keeps lengths in proportion (a scale, a rotation); with
 * any other M the mapped query's own length divides, (q Mᵀ) · v_old / (‖q Mᵀ‖ ‖v_old‖), which is another order of items
 * than mapped items would have. What is measured here is always the mapped query against the index as it stands.
 */
import type { VersionMap } from '../models/drift/version-map.js';
import { type Embeddings, norm } from '../models/towers/embeddings.js';

/** The matrix that queries are multiplied with from the right: Mᵀ. Shape (d, d), row after row. */
export function queryMatrix(itemMap: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[j * d + i] = itemMap[i * d + j]!;
  return out;
}

/**
 * Every query mapped for the items of either fold, one after the other: shape (vectors, 2d). With `foldedItems` a dot
 * product of both is that of the query, mapped by what was fitted on the other fold's items, with the item as it is.
 *
 * @param unit mapped queries at length 1, so that with items at length 1 the dot product is a cosine
 */
export function mappedQueries(queries: Embeddings, { ofFold }: VersionMap, unit: boolean): Embeddings {
  const { count, dimension: d, data, offsets } = queries;
  const vectors = offsets ? offsets[count]! : count;
  const out = new Float64Array(vectors * 2 * d);
  for (let v = 0; v < vectors; v++)
    for (const fold of [0, 1] as const) {
      const to = (2 * v + fold) * d;
      multiply(ofFold[fold], data, v * d, d, out, to);
      if (unit) normalise(out, to, d);
    }
  return { count, dimension: 2 * d, data: out, ...(offsets ? { offsets } : {}) };
}

/** Items as they are, each in the half of its fold, with zeros in the other: shape (vectors, 2d). */
export function foldedItems(items: Embeddings, foldOf: Uint8Array, unit: boolean): Embeddings {
  const { count, dimension: d, offsets, data } = items;
  const size = foldOf.length * 2 * d;
  // Vectors at length 1 are not those of the tower; others keep its precision.
  const folded = unit || data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  for (const [v, fold] of foldOf.entries()) {
    const scale = unit ? 1 / norm(items, v) : 1;
    const at = (2 * v + fold) * d;
    for (let i = 0; i < d; i++) folded[at + i] = data[v * d + i]! * scale;
  }
  return { count, dimension: 2 * d, data: folded, ...(offsets ? { offsets } : {}) };
}

/** out_i = Σ_j M_ij q_j, which is (q Mᵀ)_i. */
function multiply(
  map: Float64Array,
  q: Float32Array | Float64Array,
  from: number,
  d: number,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += map[i * d + j]! * q[from + j]!;
    out[to + i] = sum;
  }
}

/** A vector of zeros stays one: it scores 0 with everything. */
function normalise(vectors: Float64Array, from: number, d: number): void {
  let squares = 0;
  for (let i = from; i < from + d; i++) squares += vectors[i]! ** 2;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let i = from; i < from + d; i++) vectors[i]! *= scale;
}
