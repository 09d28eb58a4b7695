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
import { distance } from './steadiness.js';

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
  const batches = found.flatMap(({ from, to }) => {
    const stretches: Stretch[] = [];
    for (let start = from; start < to; start += size) stretches.push({ from: start, to: Math.min(start + size, to) });
    return stretches;
  });
  for (const { from, to } of drawn(batches, Math.ceil(WHOLE / size))) {
    const again = await run.embed(from, to, size);
    for (let e = from; e < to; e++)
      if (!identical(again, e - from, all, e)) throw untrue(run, e, checkpoint.shown, store);
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
  const entities = found.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
  const chosen = drawn(entities, SCATTERED).sort((a, b) => a - b);
  if (chosen.length === 0) return;
  const again = withoutPadding(await run.among(chosen).embed(0, chosen.length, fixedBatch ?? chosen.length));
  for (const [i, e] of chosen.entries())
    if (!(distance(again, i, together, e) <= APART)) throw untrue(run, e, checkpoint.shown, store);
  store.held(chosen.length);
}

/** Up to `count` of the list, any as likely as any other. */
function drawn<T>(list: readonly T[], count: number): T[] {
  const left = [...list];
  const most = Math.min(count, left.length);
  for (let i = 0; i < most; i++) {
    const other = randomInt(i, left.length);
    [left[i], left[other]] = [left[other]!, left[i]!];
  }
  return left.slice(0, most);
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
