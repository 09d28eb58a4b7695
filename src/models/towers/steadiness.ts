/**
 * An embedding depends on its own features, on nothing else: not on chance, not on its neighbours in the batch.
 * Measured on a spread sample of every checkpoint, by embedding each entity alone and again, and by holding that
 * against the run itself.
 */
import { ModelError } from '../../errors.js';
import { plural, quoted } from '../../lib/text.js';
import type { ListFeed } from './batches.js';
import { type Embeddings, withoutPadding } from './embeddings.js';
import type { Entities } from './entities.js';
import type { GraphRun } from './graph-run.js';
import type { InspectedCheckpoint } from './inspect.js';
import { type Suspects, saidOf } from './suspects.js';

/** Entities that are embedded alone, apart from those with the shortest and the longest lists. */
const SAMPLE = 24;
/** Of these, entities that are embedded alone a second time: chance is in every run, or in an operator that draws. */
const AGAIN = 6;
/** Batches of a declared size that are embedded again, where one holds more than a few entities. */
const BATCHES = 4;

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

/** The distance between two embeddings of one entity, the worst of a sample. */
export interface Apart {
  /** |a - b| over the larger of |a| and |b|; infinite where one of them is no number. */
  readonly share: number;
  readonly entity: number;
}

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
  let [apart, xx, yy] = [0, 0, 0];
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
 */
export async function batchNoise(
  run: GraphRun,
  inspected: InspectedCheckpoint,
  entities: Entities,
  together: Embeddings,
  size: number,
  suspects: Suspects,
): Promise<number | undefined> {
  const said = { inspected, entities, suspects };
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
  const alone: Embeddings[] = [];
  for (const e of sample) alone.push(withoutPadding(await run.embed(e, e + 1, 1)));
  let twice: Apart = { share: 0, entity: 0 };
  for (const i of spread(sample.length, [], AGAIN)) {
    const entity = sample[i]!;
    const share = distance(alone[i]!, 0, withoutPadding(await run.embed(entity, entity + 1, 1)), 0);
    if (!(share <= twice.share)) twice = { share, entity };
  }
  if (!(twice.share <= TWICE)) throw drawsAtRandom(twice, said);
  const beside = worst(sample, (e, i) => distance(alone[i]!, 0, together, e));
  if (!(beside.share <= LIMIT)) throw dependsOnTheBatch(beside, said, run.lists);
  return beside.share <= ROUNDING ? undefined : beside.share;
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

interface Said {
  readonly inspected: InspectedCheckpoint;
  readonly entities: Entities;
  readonly suspects: Suspects;
}

const EVALUATION =
  'Export in evaluation mode: call model.eval() before torch.onnx.export(…), with ' +
  'training=torch.onnx.TrainingMode.EVAL.';

function drawsAtRandom({ share, entity }: Apart, { inspected: { checkpoint }, entities, suspects }: Said): ModelError {
  const { random, mixing } = suspects;
  const why = saidOf(random) ?? saidOf(mixing.filter(inTraining));
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found:
        `${checkpoint.side} checkpoint ${quoted(checkpoint.version)}, which embeds ${checkpoint.side} ` +
        `${quoted(entities.idOf(entity))} in two ways in two runs (${percent(share)} of its length ` +
        `apart${why === undefined ? '' : `; ${why}`})`,
      expected: 'an embedding that depends on its own features alone, not on chance',
      mend: EVALUATION,
    },
  ]);
}

/**
 * Two runs that agree acquit nobody who draws: it may be rare, or optimised away by this runtime and not by the one
 * that serves.
 */
function mayDraw({ inspected: { checkpoint }, suspects }: Said): ModelError {
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found:
        `${checkpoint.side} checkpoint ${quoted(checkpoint.version)}, in which ${saidOf(suspects.random)}, ` +
        'though two runs agreed here',
      expected: 'an embedding that depends on its own features alone, not on chance, in every runtime',
      mend: EVALUATION,
    },
  ]);
}

function dependsOnTheBatch(
  { share, entity }: Apart,
  { inspected: { checkpoint }, entities, suspects }: Said,
  lists: readonly ListFeed[],
): ModelError {
  const { mixing } = suspects;
  const unmasked = lists.filter(({ ragged }) => ragged).map(({ name }) => quoted(name));
  const why =
    saidOf(mixing) ??
    (unmasked.length > 0
      ? `a longer neighbour pads ${unmasked.join(' and ')}, and something reads the padding`
      : undefined);
  const training = mixing.some(inTraining);
  const remedy = training
    ? `${EVALUATION} `
    : mixing.length === 0 && unmasked.length > 0
      ? 'Give the encoder a mask and use it wherever it pools, or pad all to one `length:`. '
      : '';
  const id = quoted(entities.idOf(entity));
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found:
        `embedding of ${checkpoint.side} ${id} alone differs from ${id} beside others in its batch by ` +
        `${percent(share)} of its length in ${checkpoint.side} checkpoint ` +
        `${quoted(checkpoint.version)}${why === undefined ? '' : ` (${why})`}`,
      expected: 'an embedding that depends on its own features alone, not on its batch',
      mend: `${remedy}Or say how many are embedded together where it is served; beside its \`onnx:\` write: batch: 1`,
    },
  ]);
}

function inTraining(suspect: string): boolean {
  return suspect.includes('in training mode');
}

/**
 * Says what is no error, but must not go unsaid: neighbours that are an input by the release's word, a tower that tells
 * nothing apart.
 */
export async function suspicions(
  run: GraphRun,
  { checkpoint, batch }: InspectedCheckpoint,
  entities: Entities,
  together: Embeddings,
): Promise<string[]> {
  const { side, shown } = checkpoint;
  const notices: string[] = [];
  if (batch !== undefined && batch > 1) {
    const sample = spread(entities.count, run.lists);
    const alone: Embeddings[] = [];
    for (const e of sample) alone.push(withoutPadding(await run.embed(e, e + 1, 1)));
    const beside = worst(sample, (e, i) => distance(alone[i]!, 0, together, e));
    if (!(beside.share <= LIMIT))
      notices.push(
        `${shown}: ${side} ${quoted(entities.idOf(beside.entity))} alone differs from itself beside its ` +
          `neighbours by ${percent(beside.share)} of its length, as \`batch: ${batch}\` allows: the figures are ` +
          `those of the table's order, and serving's batches hold others.`,
      );
  }
  if (entities.count > 1 && isConstant(together))
    notices.push(
      `${shown}: all ${plural(entities.count, side, side === 'query' ? 'queries' : 'items')} have the same ` +
        `embedding: it does not depend on the ${side}, so no ranking can.`,
    );
  return notices;
}

/** True where every entity has the first one's vector, number for number. */
function isConstant({ count, dimension, data, offsets }: Embeddings): boolean {
  if (offsets) return false;
  for (let i = dimension; i < count * dimension; i++) if (data[i] !== data[i % dimension]) return false;
  return true;
}

/** The notice of a checkpoint that is embedded one at a time. */
export function noiseNotice({ checkpoint, fixedBatch }: InspectedCheckpoint, noise: number, together: number): string {
  const { side, shown } = checkpoint;
  const how =
    fixedBatch === undefined ? 'one at a time' : `one at a time, each in all ${fixedBatch} rows of the graph’s batch`;
  return (
    `${shown}: ${side === 'query' ? 'a query' : 'an item'} embedded alone differs from itself in a batch of ` +
    `${plural(together, side, side === 'query' ? 'queries' : 'items')} by up to ${percent(noise)} of its length. ` +
    `They are embedded ${how}, so that nothing depends on a batch; if it is served in batches, say so: batch.`
  );
}

/** In two digits, never as 0. */
function percent(share: number): string {
  if (!Number.isFinite(share)) return 'more than all';
  return `${Number((100 * share).toPrecision(2)).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`;
}
