/** The digest of everything that the vectors of some batches depend on. */
import { createHash, type Hash } from 'node:crypto';
import type { Feed } from './batches.js';
import type { InspectedCheckpoint } from './inspect.js';
import { RUNTIME } from './runtime.js';

/** Anything that makes other vectors of the same batches gets another number. */
const SCHEME = 'skewgate batches 1';

/** A batch as it is fed. */
export interface FedBatch {
  /** By input. */
  readonly tensors: Readonly<Record<string, Feed>>;
  /** The entities whose outputs are kept: rows after them are padding. */
  readonly entities: number;
  /** The vectors of each entity that a mask keeps; left out: all. */
  readonly kept?: readonly number[];
}

/**
 * The key of batches: of the checkpoint with its external data, the output, the runtime and its options, and of every
 * batch the very tensors that are fed, with their names, types and shapes. So column bindings, padding, lengths, masks
 * and neighbours are all in it. The processor is not: whoever keeps vectors for other machines adds it.
 *
 * @param severalVectors whether an entity may have several
 */
export function batchKey(
  { checkpoint, output }: InspectedCheckpoint,
  batches: Iterable<FedBatch>,
  severalVectors: boolean,
): string {
  const hash = createHash('sha256');
  text(hash, JSON.stringify([SCHEME, RUNTIME, checkpoint.sha256, output, severalVectors]));
  for (const { tensors, entities, kept } of batches) {
    text(hash, JSON.stringify([entities, kept ?? null, Object.keys(tensors)]));
    for (const feed of Object.values(tensors)) addTensor(hash, feed);
  }
  return hash.digest('hex');
}

function addTensor(hash: Hash, { type, data, shape }: Feed): void {
  text(hash, JSON.stringify([type, shape]));
  if (Array.isArray(data)) text(hash, JSON.stringify(data));
  else hash.update(data);
}

/** With its length before it, so that no two sequences of texts are one. */
function text(hash: Hash, value: string): void {
  hash.update(`${Buffer.byteLength(value)}:`).update(value);
}
