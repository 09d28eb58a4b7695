/** Errors and a notice of a checkpoint whose embeddings depend on chance, or on their neighbours in the batch. */
import { ModelError } from '../../errors.js';
import { plural, quoted } from '../../lib/text.js';
import type { ListFeed } from './batches.js';
import type { Entities } from './entities.js';
import type { InspectedCheckpoint } from './inspect.js';
import { type Suspects, saidOf } from './suspects.js';

/** The distance between two embeddings of one entity, the worst of a sample. */
export interface Apart {
  /** |a - b| over the larger of |a| and |b|; infinite where one of them is no number. */
  readonly share: number;
  readonly entity: number;
}

export interface Said {
  readonly inspected: InspectedCheckpoint;
  readonly entities: Entities;
  readonly suspects: Suspects;
}

const EVALUATION =
  'Export in evaluation mode: call model.eval() before torch.onnx.export(…), with ' +
  'training=torch.onnx.TrainingMode.EVAL.';

export function drawsAtRandom(
  { share, entity }: Apart,
  { inspected: { checkpoint }, entities, suspects }: Said,
): ModelError {
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
export function mayDraw({ inspected: { checkpoint }, suspects }: Said): ModelError {
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

/** @param others the number of others that it is embedded beside in the run that differs; 0 where it is alone there */
export function dependsOnTheBatch(
  { share, entity }: Apart,
  { inspected: { checkpoint }, entities, suspects }: Said,
  lists: readonly ListFeed[],
  others: number,
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
        `embedding of ${checkpoint.side} ${id} ${others === 0 ? 'alone' : `beside ${others} others`} differs from ` +
        `${id} beside ${others === 0 ? 'others' : 'those'} in its batch by ` +
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
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'more than all';
  return `${Number((100 * share).toPrecision(2)).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`;
}
