/** Old item vectors brought into the current version's space, a stretch at a time. */
import { VectorMap } from '../../lib/kernels/vector-map.js';
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
  let applied: readonly [Apply, Apply] | undefined;
  return {
    count,
    dimension: d,
    ...(offsets ? { offsets } : {}),
    origin: { embeddings: old, mapped: { maps, foldOf, unit } },
    stretch(from, to) {
      applied ??= [applying(maps[0], d), applying(maps[1], d)];
      const { first, last, own } = vectorsOf(old, from, to);
      const vectors = new Float64Array(old.data.subarray(first * d, last * d));
      if (unit) normalise(vectors, d);
      const data = new Float64Array(vectors.length);
      for (const fold of [0, 1] as const) {
        const chosen: number[] = [];
        for (let v = first; v < last; v++) if (foldOf[v] === fold) chosen.push((v - first) * d);
        applied[fold](vectors, chosen, data);
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

/** Vectors that are mapped at a time. */
const TOGETHER = 256;

/** Writes vectors mapped, each to its own place. @param chosen where the vectors to map begin */
type Apply = (vectors: Float64Array, chosen: readonly number[], out: Float64Array) => void;

function applying(map: LinearMap, d: number): Apply {
  if (typeof map === 'number')
    return (vectors, chosen, out) => {
      for (const at of chosen) for (let i = at; i < at + d; i++) out[i] = vectors[i]! * map;
    };
  const kernel = new VectorMap(map, d, TOGETHER);
  return (vectors, chosen, out) => {
    for (let from = 0; from < chosen.length; from += TOGETHER) {
      const some = chosen.slice(from, from + TOGETHER);
      for (const [n, at] of some.entries()) kernel.vectors.set(vectors.subarray(at, at + d), n * d);
      kernel.run(some.length);
      for (const [n, at] of some.entries()) out.set(kernel.out.subarray(n * d, (n + 1) * d), at);
    }
  };
}
