/** Stability of nearest neighbours between two versions (Wendlandt et al. 2018), on a sample. */
import { lookUp } from '../../lib/lookup.js';
import { type Embeddings, norm } from '../towers/embeddings.js';

/** Neighbours compared. */
const K = 10;

/**
 * Mean share of an item's 10 nearest neighbours by cosine, among `pool`, that both versions have in common; NaN where
 * the pool is too small.
 *
 * @param probes and `pool`: vectors, as indices into both
 */
export function neighbourOverlap(old: Embeddings, current: Embeddings, probes: Int32Array, pool: Int32Array): number {
  if (pool.length < 4 * K || probes.length === 0) return Number.NaN;
  const a = unitRows(old, pool);
  const b = unitRows(current, pool);
  const at = new Map([...pool].map((v, i) => [v, i]));
  let shared = 0;
  for (const probe of probes) {
    const own = lookUp(at, probe, 'place in the pool');
    const before = nearest(a, old.dimension, own);
    const now = new Set(nearest(b, current.dimension, own));
    for (const i of before) if (now.has(i)) shared++;
  }
  return shared / (K * probes.length);
}

function unitRows(embeddings: Embeddings, pool: Int32Array): Float64Array {
  const d = embeddings.dimension;
  const rows = new Float64Array(pool.length * d);
  for (const [i, v] of pool.entries()) {
    // A zero vector is like no other.
    const length = norm(embeddings, v) || 1;
    for (let j = 0; j < d; j++) rows[i * d + j] = embeddings.data[v * d + j]! / length;
  }
  return rows;
}

/** The K rows most similar to row `own`, itself left out; of equal ones the first. */
function nearest(rows: Float64Array, d: number, own: number): number[] {
  const best: { i: number; s: number }[] = [];
  for (let i = 0; i * d < rows.length; i++) {
    if (i === own) continue;
    let s = 0;
    for (let j = 0; j < d; j++) s += rows[own * d + j]! * rows[i * d + j]!;
    if (best.length === K && s <= best[K - 1]!.s) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.s < s) place--;
    best.splice(place, 0, { i, s });
    if (best.length > K) best.pop();
  }
  return best.map(({ i }) => i);
}
