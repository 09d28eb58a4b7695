/** Old item vectors brought into the current version's space, a stretch at a time. */
import type { Embeddings } from '../towers/embeddings.js';
import {
  type LinearMap,
  plainSource,
  type SourceOrigin,
  type VectorSource,
  vectorsOf,
} from '../towers/vector-source.js';

/** The source that an origin describes. */
export function sourceOf({ embeddings, mapped }: SourceOrigin): VectorSource {
  return mapped ? mappedSource(embeddings, mapped.maps, mapped.foldOf, mapped.unit) : plainSource(embeddings);
}

/**
 * Each vector mapped by the map of its fold.
 *
 * @param foldOf shape (vectors): 0 or 1
 * @param unit   each vector is taken at length 1 first
 */
export function mappedSource(
  old: Embeddings,
  maps: readonly [LinearMap, LinearMap],
  foldOf: Uint8Array,
  unit: boolean,
): VectorSource {
  const { count, dimension: d, offsets } = old;
  return {
    count,
    dimension: d,
    ...(offsets ? { offsets } : {}),
    origin: { embeddings: old, mapped: { maps, foldOf, unit } },
    stretch(from, to) {
      const { first, last, own } = vectorsOf(old, from, to);
      const vectors = new Float64Array(old.data.subarray(first * d, last * d));
      if (unit) normalise(vectors, d);
      const data = new Float64Array(vectors.length);
      for (const fold of [0, 1] as const) {
        const chosen: number[] = [];
        for (let v = first; v < last; v++) if (foldOf[v] === fold) chosen.push((v - first) * d);
        apply(maps[fold], vectors, chosen, d, data);
      }
      return { count: to - from, dimension: d, data, ...own };
    },
  };
}

function normalise(vectors: Float64Array, d: number): void {
  for (let at = 0; at < vectors.length; at += d) {
    let squares = 0;
    for (let i = at; i < at + d; i++) squares += vectors[i]! ** 2;
    const scale = 1 / Math.sqrt(squares);
    for (let i = at; i < at + d; i++) vectors[i]! *= scale;
  }
}

/** @param chosen where the vectors to map begin */
function apply(map: LinearMap, vectors: Float64Array, chosen: readonly number[], d: number, out: Float64Array): void {
  if (typeof map === 'number') {
    for (const at of chosen) for (let i = at; i < at + d; i++) out[i] = vectors[i]! * map;
    return;
  }
  for (let n = 0; n < chosen.length; n += 2) {
    const [a, b] = [chosen[n]!, chosen[n + 1] ?? chosen[n]!];
    let j = 0;
    for (; j + 3 < d; j += 4) mapFour(map, vectors, a, b, j, d, out);
    for (; j < d; j++) {
      out[a + j] = mapOne(map, vectors, a, j, d);
      out[b + j] = mapOne(map, vectors, b, j, d);
    }
  }
}

function mapOne(map: Float64Array, vectors: Float64Array, a: number, j: number, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += vectors[a + i]! * map[i * d + j]!;
  return sum;
}

/** Four coordinates of two vectors: eight sums stay in registers. */
function mapFour(
  map: Float64Array,
  vectors: Float64Array,
  a: number,
  b: number,
  j: number,
  d: number,
  out: Float64Array,
): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let i = 0, at = j; i < d; i++, at += d) {
    const x = vectors[a + i]!;
    const y = vectors[b + i]!;
    const m0 = map[at]!;
    const m1 = map[at + 1]!;
    const m2 = map[at + 2]!;
    const m3 = map[at + 3]!;
    a0 += x * m0;
    a1 += x * m1;
    a2 += x * m2;
    a3 += x * m3;
    b0 += y * m0;
    b1 += y * m1;
    b2 += y * m2;
    b3 += y * m3;
  }
  out[a + j] = a0;
  out[a + j + 1] = a1;
  out[a + j + 2] = a2;
  out[a + j + 3] = a3;
  out[b + j] = b0;
  out[b + j + 1] = b1;
  out[b + j + 2] = b2;
  out[b + j + 3] = b3;
}
