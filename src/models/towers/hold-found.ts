/**
 * Vectors that were found in a store, held against the checkpoint itself. A store may come from a run of whoever wants
 * a green check, and a digest that stands beside its content vouches for nothing: some of what was found is embedded
 * again. What is chosen nobody can foresee; the verdict does not depend on it.
 */
import { randomInt } from 'node:crypto';
import type { VectorStore } from '../../data/vectors/vector-store.js';
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Embeddings, withoutPadding } from './embeddings.js';
import type { GraphRun } from './graph-run.js';
import type { InspectedCheckpoint } from './inspect.js';
import { distance, TWICE } from './steadiness.js';

/** Entities that are embedded again, in whole batches: their vectors must be the same to the bit. */
export const WHOLE = 512;
/** Entities from anywhere that are embedded again, beside other neighbours. */
export const SCATTERED = 512;
/** Share of its length that a vector may differ by beside other neighbours; rounding is below a tenth of it. */
const APART = 1e-4;

/** Entities from … to-1. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Whole batches of what was found, bit for bit: a change of all vectors, however small, is in every one of them.
 *
 * @param all   the vectors of every entity, as the runtime or the store gave them
 * @param size  entities of a batch
 */
export async function holdBatches(
  run: GraphRun,
  { checkpoint }: InspectedCheckpoint,
  store: VectorStore,
  all: Embeddings,
  found: readonly Stretch[],
  size: number,
): Promise<void> {
  // Stretches begin with a batch and are whole batches but for the last.
  const batches = found.map(({ from, to }) => Math.ceil((to - from) / size));
  for (const [stretch, batch] of drawn(batches, Math.ceil(WHOLE / size))) {
    const from = found[stretch]!.from + batch * size;
    const to = Math.min(from + size, found[stretch]!.to);
    const again = await run.embed(from, to, size);
    const other = firstOther(again, all, from, identical);
    if (other !== undefined) {
      // A checkpoint that gives other bits in every run is held to what it gives; one that draws is refused elsewhere.
      const twice = await run.embed(from, to, size);
      if (firstOther(twice, again, 0, identical) === undefined) throw untrue(run, other, checkpoint.shown, store);
      if (firstOther(twice, again, 0, isNear) !== undefined) continue;
      const far = firstOther(again, all, from, isNear);
      if (far !== undefined) throw untrue(run, far, checkpoint.shown, store);
    }
    store.held(to - from);
  }
}

/**
 * Single entities of what was found, within what a batch of others can do to them: vectors that were exchanged here and
 * there are in hardly any batch, but a share f of them is missed by n entities with a chance of (1-f)^n.
 *
 * @param together the vectors of every entity, without padding
 */
export async function holdScattered(
  run: GraphRun,
  { checkpoint, fixedBatch }: InspectedCheckpoint,
  store: VectorStore,
  together: Embeddings,
  found: readonly Stretch[],
): Promise<void> {
  const sizes = found.map(({ from, to }) => to - from);
  const chosen = drawn(sizes, SCATTERED)
    .map(([stretch, place]) => found[stretch]!.from + place)
    .sort((a, b) => a - b);
  if (chosen.length === 0) return;
  const again = withoutPadding(await run.among(chosen).embed(0, chosen.length, fixedBatch ?? chosen.length));
  for (const [i, e] of chosen.entries())
    if (!(distance(again, i, together, e) <= APART)) throw untrue(run, e, checkpoint.shown, store);
  store.held(chosen.length);
}

/**
 * Up to `count` things out of groups of these sizes, each once and any as likely as any other.
 *
 * @returns its group, and its place there
 */
function drawn(sizes: readonly number[], count: number): [group: number, place: number][] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  // Floyd's sample without replacement (Bentley and Floyd 1987).
  const chosen = new Set<number>();
  for (let last = Math.max(0, all - count); last < all; last++) {
    const one = randomInt(last + 1);
    chosen.add(chosen.has(one) ? last : one);
  }
  return [...chosen].map((one) => {
    let [group, place] = [0, one];
    while (place >= sizes[group]!) place -= sizes[group++]!;
    return [group, place];
  });
}

/** The first entity of a batch whose vector is another there, where the batch begins with entity `from`. */
function firstOther(batch: Embeddings, there: Embeddings, from: number, same: typeof identical): number | undefined {
  for (let e = 0; e < batch.count; e++) if (!same(batch, e, there, from + e)) return from + e;
  return undefined;
}

/** True of what two runs of one session may differ by. */
function isNear(a: Embeddings, i: number, b: Embeddings, j: number): boolean {
  return distance(a, i, b, j) <= TWICE;
}

function identical(a: Embeddings, i: number, b: Embeddings, j: number): boolean {
  const [x, y] = [bytesOf(a, i), bytesOf(b, j)];
  return a.data.constructor === b.data.constructor && Buffer.compare(x, y) === 0;
}

function bytesOf({ data, dimension, offsets }: Embeddings, e: number): Uint8Array {
  const [from, to] = offsets ? [offsets[e]!, offsets[e + 1]!] : [e, e + 1];
  const { buffer, byteOffset, byteLength } = data.subarray(from * dimension, to * dimension);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function untrue(run: GraphRun, entity: number, file: string, { name, mend }: VectorStore): DataError {
  return new DataError([
    {
      place: { file },
      found: `vectors in the ${name} that are not this checkpoint’s, such as that of ${quoted(run.idOf(entity))}`,
      expected: 'what it gives for the same features on this machine',
      mend,
    },
  ]);
}
