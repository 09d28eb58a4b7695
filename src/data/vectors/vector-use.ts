/** Vectors that were there before a run: where, and how many of them it took. */
import { plural } from '../../lib/text.js';
import type { VectorStore } from './vector-store.js';

/** Counted in blocks, which are one batch or several small ones. */
export interface VectorUse {
  readonly from: 'cache' | 'shards';
  /** Taken from there, embedded by this run, and, of these, found damaged there. */
  readonly taken: number;
  readonly embedded: number;
  readonly damaged: number;
  /** Entities that were taken and embedded again, to hold the two against each other. */
  readonly held: number;
  /** Of a cache: entries that no run has used for long, which were removed; and what is there now. */
  readonly removed?: number;
  readonly entries?: number;
  readonly bytes?: number;
  /** The reason for which some could not be kept. */
  readonly failure?: string;
  /** Of shards: the processors that embedded, in words, where they are not all this machine's. */
  readonly processors?: readonly string[];
}

/** Vectors that a run opens before it reads anything, and closes once it has judged. */
export interface OpenVectors {
  readonly store: VectorStore;
  close(): VectorUse;
}

/** One line. */
export function useInWords(use: VectorUse): string {
  const { from, taken, embedded, damaged, held, removed, entries, bytes, failure, processors } = use;
  return [
    `${taken.toLocaleString('en-US')} of ${plural(taken + embedded, 'block')} of vectors from the ${from}`,
    ...(damaged > 0 ? [`${damaged.toLocaleString('en-US')} damaged there and embedded anew`] : []),
    ...(held > 0 ? [`${plural(held, 'vector')} embedded again, the same`] : []),
    ...(removed ? [`${plural(removed, 'unused entry', 'unused entries')} removed`] : []),
    ...(entries === undefined
      ? []
      : [`${Math.ceil((bytes ?? 0) / 1e6).toLocaleString('en-US')} MB in ${plural(entries, 'entry', 'entries')}`]),
    ...(failure === undefined ? [] : [`not all could be kept: ${failure}`]),
    ...(processors ? [`embedded on other processors (${processors.join('; ')})`] : []),
  ].join(', ');
}
