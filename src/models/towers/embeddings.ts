/** The embeddings of one checkpoint, and what makes them unusable. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { Similarity } from '../../documents/release/release.js';
import { ModelError, type Problem } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';

/** Vectors of `count` entities. One vector each, or several (for max_sim) by `offsets`. */
export interface Embeddings {
  readonly count: number;
  readonly dimension: number;
  /** Shape (vectors, dimension), row after row. */
  readonly data: Float32Array | Float64Array;
  /** Shape (count + 1): entity e has the vectors offsets[e] … offsets[e+1]-1. Absent: vector e alone. */
  readonly offsets?: Int32Array;
}

/** Euclidean norm of vector v. */
export function norm({ data, dimension }: Embeddings, v: number): number {
  let sum = 0;
  for (let i = v * dimension; i < (v + 1) * dimension; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}

/** The square of the norm of vector v, up to rounding: four sums at a time, as each waits for its last addition. */
function squared({ data, dimension }: Embeddings, v: number): number {
  // Each by itself: sums that are taken out of one array are boxed at every step.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = (v + 1) * dimension;
  let i = v * dimension;
  for (; i + 3 < end; i += 4) {
    a += data[i]! * data[i]!;
    b += data[i + 1]! * data[i + 1]!;
    c += data[i + 2]! * data[i + 2]!;
    d += data[i + 3]! * data[i + 3]!;
  }
  for (; i < end; i++) a += data[i]! * data[i]!;
  return a + b + (c + d);
}

/**
 * Refuses embeddings that hold NaN or infinity, and, unless scores are plain dot products, those without a length:
 * under `dot` a zero vector says that nothing is known of an item, and scores 0; a cosine has no direction to see.
 * Zero vectors among the several of one entity are padding (late-interaction encoders zero the vectors of masked
 * tokens) and are taken out; an entity must keep one.
 */
export function checked(
  embeddings: Embeddings,
  checkpoint: Checkpoint,
  idOf: (entity: number) => string,
  similarity: Similarity,
): Embeddings {
  const bad = { finite: [] as string[], zero: [] as string[] };
  for (let e = 0; e < embeddings.count; e++) {
    const { offsets } = embeddings;
    const from = offsets ? offsets[e]! : e;
    const to = offsets ? offsets[e + 1]! : e + 1;
    let finite = true;
    let alive = false;
    for (let v = from; v < to; v++) {
      const length = squared(embeddings, v);
      if (!Number.isFinite(length)) finite = false;
      if (length > 0) alive = true;
    }
    if (!finite) bad.finite.push(idOf(e));
    else if (!alive && similarity !== 'dot') bad.zero.push(idOf(e));
  }
  const problems: Problem[] = [];
  const say = (ids: string[], what: string, expected: string) => {
    if (ids.length > 0)
      problems.push({
        place: { file: checkpoint.shown },
        found: `${what} of ${checkpoint.side} ${list(ids.map(quoted), 5)} in version ${quoted(checkpoint.version)}`,
        expected,
      });
  };
  say(bad.finite, 'NaN or infinity in the embedding', 'finite numbers for every id');
  say(bad.zero, 'a zero embedding', `a vector with a length above 0 for every id, as ${similarity} needs`);
  if (problems.length > 0) throw new ModelError(problems);
  return withoutPadding(embeddings);
}

/** Without the zero vectors among the several of an entity. */
export function withoutPadding(embeddings: Embeddings): Embeddings {
  const { count, dimension, data, offsets } = embeddings;
  if (!offsets) return embeddings;
  const keep = new Int32Array(offsets[count]!);
  const newOffsets = new Int32Array(count + 1);
  let kept = 0;
  for (let e = 0; e < count; e++) {
    for (let v = offsets[e]!; v < offsets[e + 1]!; v++) if (squared(embeddings, v) !== 0) keep[kept++] = v;
    newOffsets[e + 1] = kept;
  }
  if (kept === keep.length) return embeddings;
  const packed = data instanceof Float64Array ? new Float64Array(kept * dimension) : new Float32Array(kept * dimension);
  for (let v = 0; v < kept; v++)
    packed.set(data.subarray(keep[v]! * dimension, (keep[v]! + 1) * dimension), v * dimension);
  return { count, dimension, data: packed, offsets: newOffsets };
}
