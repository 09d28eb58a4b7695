/** The digest of everything that the vectors of some batches depend on. */
import { createHash, type Hash } from 'node:crypto';
import { sha256 } from '../../data/artefacts/digests.js';
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
 * The digest of what batches are fed: of every one the very tensors, with their names, types and shapes. So column
 * bindings, padding, lengths, masks and neighbours are all in it.
 */
export function fedDigest(batches: Iterable<FedBatch>): string {
  const hash = createHash('sha256');
  for (const { tensors, entities, kept } of batches) {
    text(hash, JSON.stringify([entities, kept ?? null, Object.keys(tensors)]));
    for (const feed of Object.values(tensors)) addTensor(hash, feed);
  }
  return hash.digest('hex');
}

/**
 * The key of batches: of the checkpoint with its external data, the output, the runtime and its options, and what the
 * batches are fed. The processor is not in it: whoever keeps vectors for other machines adds it.
 *
 * @param fed           of `fedDigest`
 * @param severalVectors whether an entity may have several
 */
export function batchKey({ checkpoint, output }: InspectedCheckpoint, fed: string, severalVectors: boolean): string {
  return sha256(JSON.stringify([SCHEME, RUNTIME, checkpoint.sha256, output, severalVectors, fed]));
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
