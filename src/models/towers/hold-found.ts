/**
 * Vectors that were found in a store, held against the checkpoint itself. A store may come from a run of whoever wants
 * a green check, and a digest that stands beside its content vouches for nothing: some of what was found is embedded
 * again. What is chosen nobody can foresee; the verdict does not depend on it.
 *
 * A change of a share f of the entities, which a share r of the rows read, is in none of the draws with a chance of
 * (1 - f)^ANYWHERE (1 - r)^BY_ROWS: a verdict is a mean over rows, and a few entities may be read by most of them.
 * A product of another height mostly gives a row the same bits, so that whatever change there is shows; where it does
 * not, whole batches of those that differ are embedded again, each as it was.
 */
import { randomInt } from 'node:crypto';
import type { VectorStore } from '../../data/vectors/vector-store.js';
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Embeddings, withoutPadding } from './embeddings.js';
import type { Entities } from './entities.js';
import type { GraphRun } from './graph-run.js';
import type { InspectedCheckpoint } from './inspect.js';
import { distance, spread, TWICE } from './steadiness.js';

/** Entities that are embedded again, any as likely as any other. */
export const ANYWHERE = 256;
/** Rows that are drawn, whose entities are embedded again. */
export const BY_ROWS = 256;
/** Entities that are embedded again in whole batches, which must be the same to the bit. */
export const WHOLE = 512;
/** Share of its length that a vector may differ by beside other neighbours; rounding is below a tenth of it. */
const APART = 1e-4;

/** Entities from … to-1. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The vectors of every entity, and which of them were found in the store. */
export interface Taken {
  readonly all: Embeddings;
  readonly found: readonly Stretch[];
}

/** Entities that were found, and embedded again beside other neighbours. */
export interface Held {
  /** True where every one of them, and the sample that shows a steady checkpoint, is the same to the bit. */
  readonly same: boolean;
  readonly chosen: readonly number[];
  /** Their vectors beside other neighbours. */
  readonly again: Embeddings;
}

/**
 * Holds what was found, to the bit as far as bits do not depend on the batch.
 *
 * @param size entities of a batch
 * @returns undefined where whole batches alone can be held. What differs beside other neighbours though it is the same
 *          in its batch is for `refuseFar`, once it is known that the checkpoint does not depend on the batch
 */
export async function holdFound(
  run: GraphRun,
  inspected: InspectedCheckpoint,
  store: VectorStore,
  entities: Entities,
  { all, found }: Taken,
  size: number,
): Promise<Held | undefined> {
  // An embedding may depend on all of a batch that is declared, and one at a time is a batch of its own.
  if (inspected.batch !== undefined || size === 1) {
    await holdBatches(run, inspected, store, all, drawnBatches(found, size));
    return undefined;
  }
  if (found.length === 0) return undefined;
  const sample = spread(entities.count, run.lists);
  const chosen = drawnEntities(entities, found, sample);
  const again = withoutPadding(await run.among(chosen).embed(0, chosen.length, inspected.fixedBatch ?? chosen.length));
  const there = withoutPadding(all);
  const others = chosen.filter((e, i) => !identical(again, i, there, e));
  if (others.length > 0) {
    await holdBatches(run, inspected, store, all, batchesOf(others, found, size));
    return { same: false, chosen, again };
  }
  store.held(chosen.length);
  return { same: sample.every((e) => chosen.includes(e)), chosen, again };
}

/**
 * Refuses what is further from itself beside other neighbours than rounding can bring it.
 *
 * @param together the vectors of every entity, without padding
 */
export function refuseFar(
  run: GraphRun,
  { checkpoint }: InspectedCheckpoint,
  store: VectorStore,
  together: Embeddings,
  { chosen, again }: Held,
): void {
  for (const [i, e] of chosen.entries())
    if (!(distance(again, i, together, e) <= APART)) throw untrue(run, e, checkpoint.shown, store);
  store.held(chosen.length);
}

/** Whole batches of what was found, bit for bit. */
async function holdBatches(
  run: GraphRun,
  { checkpoint }: InspectedCheckpoint,
  store: VectorStore,
  all: Embeddings,
  batches: readonly Stretch[],
): Promise<void> {
  for (const { from, to } of batches) {
    const again = await run.embed(from, to, to - from);
    const other = firstOther(again, all, from, identical);
    if (other !== undefined) {
      // A checkpoint that gives other bits in every run is held to what it gives; one that draws is refused elsewhere.
      const twice = await run.embed(from, to, to - from);
      if (firstOther(twice, again, 0, identical) === undefined) throw untrue(run, other, checkpoint.shown, store);
      if (firstOther(twice, again, 0, isNear) !== undefined) continue;
      const far = firstOther(again, all, from, isNear);
      if (far !== undefined) throw untrue(run, far, checkpoint.shown, store);
    }
    store.held(to - from);
  }
}

/** Entities of what was found: some from anywhere, those of some rows, and a sample. Ascending, each once. */
export function drawnEntities(
  { ofRow, count }: Pick<Entities, 'ofRow' | 'count'>,
  found: readonly Stretch[],
  sample: readonly number[],
): number[] {
  const sizes = found.map(({ from, to }) => to - from);
  const chosen = new Set(drawn(sizes, ANYWHERE).map(([stretch, place]) => found[stretch]!.from + place));
  const isFound = new Uint8Array(count);
  for (const { from, to } of found) isFound.fill(1, from, to);
  const byRows = Array.from({ length: ofRow.length > 0 ? BY_ROWS : 0 }, () => ofRow[randomInt(ofRow.length)]!);
  for (const e of [...byRows, ...sample]) if (isFound[e] === 1) chosen.add(e);
  return [...chosen].sort((a, b) => a - b);
}

/** Batches of what was found, enough to hold `WHOLE` entities. Stretches begin with a batch. */
function drawnBatches(found: readonly Stretch[], size: number): Stretch[] {
  const batches = found.map(({ from, to }) => Math.ceil((to - from) / size));
  return drawn(batches, Math.ceil(WHOLE / size)).map(([stretch, batch]) => batchAt(found[stretch]!, batch, size));
}

/** As many of the batches that some entities are in. @param others ascending */
function batchesOf(others: readonly number[], found: readonly Stretch[], size: number): Stretch[] {
  const batches = new Map<number, Stretch>();
  for (const e of others) {
    const stretch = found.find(({ from, to }) => from <= e && e < to);
    if (!stretch) continue;
    const batch = batchAt(stretch, Math.floor((e - stretch.from) / size), size);
    batches.set(batch.from, batch);
  }
  const all = [...batches.values()];
  return drawn([all.length], Math.ceil(WHOLE / size)).map(([, place]) => all[place]!);
}

function batchAt({ from, to }: Stretch, batch: number, size: number): Stretch {
  return { from: from + batch * size, to: Math.min(from + (batch + 1) * size, to) };
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
