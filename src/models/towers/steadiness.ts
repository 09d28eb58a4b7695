/**
 * An embedding depends on its own features, on nothing else: not on chance, not on its neighbours in the batch.
 * Measured on a spread sample of every checkpoint, by embedding it beside others than in the run, a few of it alone,
 * and again, and by holding that against the run itself.
 *
 * A run of one entity reads every weight for it and takes as long as one of some ten. Therefore the sample is embedded
 * as one batch, in which nobody has the neighbours, the place or the number of others that it has in the run: what
 * depends on any of these differs. If a share f of all entities does, a sample of n has none of them with a chance of
 * (1 - f)^n, whether it is embedded beside others or alone. Alone come two, as a batch of one may be a case of its own
 * in a graph; all of them where a batch decides what lists are padded to, which the longest of the sample would decide
 * as it does in the run. Whatever differs has the whole sample embedded alone, twice, which gives the figures of the
 * report.
 */
import type { ListFeed } from './batches.js';
import { type Embeddings, withoutPadding } from './embeddings.js';
import type { GraphRun } from './graph-run.js';
import type { InspectedCheckpoint } from './inspect.js';
import { type Apart, dependsOnTheBatch, drawsAtRandom, mayDraw, type Said } from './unsteady.js';

/** Entities of a sample, apart from those with the shortest and the longest lists. */
const SAMPLE = 24;
/** Of these, entities that are always embedded alone. */
const ALONE = 2;
/** Of these, entities that are embedded twice at least: chance is in every run, or in an operator that draws. */
const AGAIN = 6;
/** Batches of a declared size that are embedded again, where one holds more than a few entities. */
const BATCHES = 2;

/**
 * Shares of an embedding's length (docs/decisions/0007). Two runs of one session on one input take the same sums in
 * the same order.
 */
export const TWICE = 1e-6;
/**
 * Sums of float32 in another order, as a matrix of another height is multiplied: below it a batch is no cause of
 * anything.
 */
export const ROUNDING = 1e-5;
/** Beyond it the neighbours in the batch are an input of the tower. */
export const LIMIT = 1e-3;

/**
 * Evenly spread entities, the first and the last among them, and of every column of lists the one with the shortest
 * and the longest. Ascending.
 */
export function spread(count: number, lists: readonly Pick<ListFeed, 'sizeOf'>[], size = SAMPLE): number[] {
  const chosen = new Set<number>();
  for (let i = 0; i < Math.min(size, count); i++)
    chosen.add(Math.round((i * (count - 1)) / Math.max(Math.min(size, count) - 1, 1)));
  for (const list of lists) {
    let [shortest, longest] = [0, 0];
    for (let e = 1; e < count; e++) {
      if (list.sizeOf(e) < list.sizeOf(shortest)) shortest = e;
      if (list.sizeOf(e) > list.sizeOf(longest)) longest = e;
    }
    if (count > 0) chosen.add(shortest).add(longest);
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * Entities whose several vectors differ in number are compared as max_sim would see them: those that the other lacks
 * count as zeros.
 */
export function distance(a: Embeddings, i: number, b: Embeddings, j: number): number {
  const [x, y] = [vectorsOf(a, i), vectorsOf(b, j)];
  let apart = 0;
  let xx = 0;
  let yy = 0;
  for (let d = 0; d < Math.max(x.length, y.length); d++) {
    const [u, v] = [x[d] ?? 0, y[d] ?? 0];
    apart += (u - v) ** 2;
    xx += u * u;
    yy += v * v;
  }
  if (apart === 0) return 0;
  const share = Math.sqrt(apart / Math.max(xx, yy));
  return Number.isFinite(share) ? share : Number.POSITIVE_INFINITY;
}

function vectorsOf({ data, dimension, offsets }: Embeddings, e: number): Float32Array | Float64Array {
  const [from, to] = offsets ? [offsets[e]!, offsets[e + 1]!] : [e, e + 1];
  return data.subarray(from * dimension, to * dimension);
}

/**
 * Holds the run's own embeddings against others of the same entities: refuses a checkpoint that embeds one entity in
 * two ways, and one whose embeddings depend on the batch, unless the release says how many are embedded together.
 * Undefined where nothing depends on the batch, else by how much of their length embeddings differ: noise, that
 * another run must not have.
 *
 * @param together shape (entities), as they were embedded `size` at a time, without padding
 * @param steady   the sample is known to be the same to the bit beside others, and in another run
 */
export async function batchNoise(
  run: GraphRun,
  said: Said,
  together: Embeddings,
  size: number,
  steady = false,
): Promise<number | undefined> {
  const { inspected, entities, suspects } = said;
  if (suspects.random.length > 0) {
    // An operator that draws may do so for a few entities alone: here all of them are asked twice.
    const again = withoutPadding(await run.embed(0, entities.count, size));
    const redrawn = worst(every(entities.count), (e) => distance(again, e, together, e));
    if (!(redrawn.share <= TWICE)) throw drawsAtRandom(redrawn, said);
    throw mayDraw(said);
  }
  if (inspected.batch !== undefined) {
    const again = await repeated(run, inspected.batch, entities.count, together);
    if (!(again.share <= TWICE)) throw drawsAtRandom(again, said);
    return undefined;
  }
  const sample = spread(entities.count, run.lists);
  const others = steady ? NOTHING : await besideOthers(run, inspected, sample, together);
  const all = sample.length === entities.count || run.lists.some(({ ragged }) => ragged);
  const alone = await embedAlone(run, all ? sample : spread(sample.length, [], ALONE).map((i) => sample[i]!), together);
  if (others.again.share <= TWICE && others.beside.share <= ROUNDING && alone.share <= ROUNDING) return undefined;
  const noise = await noiseAlone(run, said, sample, others.beside, together);
  if (!(others.again.share <= TWICE)) throw drawsAtRandom(others.again, said);
  return noise;
}

const NOTHING = { again: { share: 0, entity: 0 }, beside: { share: 0, entity: 0 } };

/**
 * A sample as one batch, held against the run and against itself once more.
 *
 * @returns by how much it differs from itself, and from the run
 */
async function besideOthers(
  run: GraphRun,
  { fixedBatch }: InspectedCheckpoint,
  sample: readonly number[],
  together: Embeddings,
): Promise<{ readonly again: Apart; readonly beside: Apart }> {
  // Upside down: what looks at the first of a batch, or at all those before, finds others there.
  const chosen = [...sample].reverse();
  const others = run.among(chosen);
  const size = fixedBatch ?? chosen.length;
  const once = withoutPadding(await others.embed(0, chosen.length, size));
  // Whole batches, as the others of a batch must be the same.
  const few = chosen.slice(0, size * Math.ceil(AGAIN / size));
  const twice = withoutPadding(await others.embed(0, few.length, size));
  return {
    again: worst(few, (_, i) => distance(twice, i, once, i)),
    beside: worst(chosen, (e, i) => distance(once, i, together, e)),
  };
}

/** The figures of a checkpoint of whose sample something differs: all of it alone, a few a second time. */
async function noiseAlone(
  run: GraphRun,
  said: Said,
  sample: readonly number[],
  beside: Apart,
  together: Embeddings,
): Promise<number | undefined> {
  for (const i of spread(sample.length, [], AGAIN)) {
    const entity = sample[i]!;
    const once = await aloneOf(run, entity);
    const share = distance(once, 0, await aloneOf(run, entity), 0);
    if (!(share <= TWICE)) throw drawsAtRandom({ share, entity }, said);
  }
  const alone = await embedAlone(run, sample, together);
  if (!(alone.share <= LIMIT)) throw dependsOnTheBatch(alone, said, run.lists, 0);
  if (!(beside.share <= LIMIT)) throw dependsOnTheBatch(beside, said, run.lists, sample.length - 1);
  return alone.share <= ROUNDING ? beside.share : alone.share;
}

/** The distance of entities alone from themselves in the run, that of the worst of them. */
export async function embedAlone(run: GraphRun, chosen: readonly number[], together: Embeddings): Promise<Apart> {
  const alone: Embeddings[] = [];
  for (const e of chosen) alone.push(await aloneOf(run, e));
  return worst(chosen, (e, i) => distance(alone[i]!, 0, together, e));
}

async function aloneOf(run: GraphRun, entity: number): Promise<Embeddings> {
  return withoutPadding(await run.embed(entity, entity + 1, 1));
}

/** Some of the batches of a declared size once more. */
async function repeated(run: GraphRun, batch: number, count: number, together: Embeddings): Promise<Apart> {
  const most = batch === 1 ? SAMPLE : BATCHES;
  let furthest: Apart = { share: 0, entity: 0 };
  for (const b of spread(Math.ceil(count / batch), [], most)) {
    const from = b * batch;
    const again = withoutPadding(await run.embed(from, Math.min(from + batch, count), batch));
    for (let e = 0; e < again.count; e++) {
      const share = distance(again, e, together, from + e);
      if (!(share <= furthest.share)) furthest = { share, entity: from + e };
    }
  }
  return furthest;
}

/** NaN is worse than anything. */
function worst(sample: readonly number[], shareOf: (entity: number, i: number) => number): Apart {
  return sample.reduce<Apart>(
    (furthest, entity, i) => {
      const share = shareOf(entity, i);
      return share <= furthest.share ? furthest : { share, entity };
    },
    { share: 0, entity: 0 },
  );
}

function every(count: number): number[] {
  return Array.from({ length: count }, (_, e) => e);
}
