/** Two versions of a tower that are the same measure nothing: found by their digests, and by what they embed. */
import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import type { Embeddings } from '../towers/embeddings.js';

/**
 * sqrt(Σ|a-b|² / Σ|b|²) up to which two versions embed alike: a step of training moves a tower by far more, rounding
 * by far less.
 */
export const ALIKE = 1e-4;
/** Entities that are kept of every version, to be compared with those of every other. */
export const COMPARED = 2_000;

/** Two versions of one tower that are the same. */
export interface Alike {
  readonly side: Side;
  /** Steps behind live, the newer one first. */
  readonly versions: readonly [number, number];
  readonly names: readonly [string, string];
  /** The files' paths as shown, or the columns of scores. */
  readonly shown: readonly [string, string];
  readonly by: 'digest' | 'embedding' | 'scores';
  /** sqrt(Σ|a-b|² / Σ|b|²) over what was compared, of scores about their mean; b is the newer one. */
  readonly displacement: number;
}

/** One version, as it is compared with the others. */
export interface VersionSample {
  /** Steps behind live. */
  readonly behind: number;
  readonly checkpoint: Pick<Checkpoint, 'side' | 'version' | 'shown' | 'sha256'>;
  readonly sample: Embeddings;
}

/**
 * The embeddings of some entities, copied.
 *
 * @param unit each vector at length 1, where the score sees directions alone (cosine)
 */
export function sampleOf(embeddings: Embeddings, chosen: readonly number[], unit: boolean): Embeddings {
  const { dimension, data, offsets } = embeddings;
  const stretches = chosen.map((e) => (offsets ? [offsets[e]!, offsets[e + 1]!] : [e, e + 1]) as [number, number]);
  const kept = new Int32Array(chosen.length + 1);
  for (const [i, [from, to]] of stretches.entries()) kept[i + 1] = kept[i]! + to - from;
  const sample = new Float64Array(kept[chosen.length]! * dimension);
  for (const [i, [from, to]] of stretches.entries())
    sample.set(data.subarray(from * dimension, to * dimension), kept[i]! * dimension);
  if (unit)
    for (let v = 0; v < kept[chosen.length]!; v++) {
      const vector = sample.subarray(v * dimension, (v + 1) * dimension);
      const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      for (let d = 0; d < dimension; d++) vector[d] = vector[d]! / length;
    }
  return { count: chosen.length, dimension, data: sample, ...(offsets ? { offsets: kept } : {}) };
}

/** Every pair of versions that are the same, by distance. @param samples of one tower, of the same entities */
export function alikeVersions(samples: readonly VersionSample[]): Alike[] {
  const inOrder = samples.toSorted((a, b) => a.behind - b.behind);
  return inOrder.flatMap((newer, i) =>
    inOrder.slice(i + 1).flatMap((older): Alike[] => {
      const same = newer.checkpoint.sha256 === older.checkpoint.sha256;
      const displacement = displacementOf(older.sample, newer.sample);
      if (!same && displacement === undefined) return [];
      return [
        {
          side: newer.checkpoint.side,
          versions: [newer.behind, older.behind],
          names: [newer.checkpoint.version, older.checkpoint.version],
          shown: [newer.checkpoint.shown, older.checkpoint.shown],
          by: same ? 'digest' : 'embedding',
          displacement: displacement ?? 0,
        },
      ];
    }),
  );
}

/**
 * sqrt(Σ|a-b|² / Σ|b|²); undefined where it is above ALIKE, which is known long before the end, or where the numbers
 * of vectors differ.
 */
export function displacementOf(a: Embeddings, b: Embeddings): number | undefined {
  if (a.dimension !== b.dimension || a.data.length !== b.data.length) return undefined;
  if (a.offsets?.some((offset, e) => offset !== b.offsets?.[e])) return undefined;
  let length = 0;
  for (let i = 0; i < b.data.length; i++) length += b.data[i]! ** 2;
  const most = ALIKE ** 2 * length;
  let apart = 0;
  for (let i = 0; i < b.data.length; i++) {
    apart += (a.data[i]! - b.data[i]!) ** 2;
    if (!(apart <= most)) return undefined;
  }
  return apart === 0 ? 0 : Math.sqrt(apart / length);
}
