/** Scores of query entities with items, under one pair of versions. */

import type { Release } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import type { Embeddings } from '../towers/embeddings.js';
import { differentDimensions } from '../towers/tower.js';
import type { VectorSource } from '../towers/vector-source.js';
import type { VersionPair } from './pairs.js';
import { type PairSimilarity, similarityTo } from './similarity.js';

export class Scorer {
  private readonly similarityTo: (items: Embeddings) => PairSimilarity;
  readonly scale: number;
  readonly bias: number;

  constructor(
    release: Release,
    pair: VersionPair,
    readonly queries: Embeddings,
    readonly items: VectorSource,
  ) {
    if (queries.dimension !== items.dimension) {
      const query = lookUp(release.checkpoints.query, release.chain[pair.query]!, 'query checkpoint');
      const item = lookUp(release.checkpoints.item, release.chain[pair.item]!, 'item checkpoint');
      throw differentDimensions(item, items.dimension, query, queries.dimension);
    }
    // Widened once: products are float64's whatever the towers' precision.
    const wide = { ...queries, data: Float64Array.from(queries.data) };
    this.similarityTo = similarityTo(release.score.similarity, wide);
    const version = release.chain[pair.query]!;
    this.scale = release.score.scale(version);
    this.bias = release.score.bias(version);
  }

  /** Scores of (query entity, item counted from `from`) with the items from … to-1. */
  on(from: number, to: number): PairSimilarity {
    return this.among(this.items.stretch(from, to));
  }

  /** Scores of (query entity, item of these). */
  among(items: Embeddings): PairSimilarity {
    const { scale, bias } = this;
    const similarity = this.similarityTo(items);
    return (q, i) => scale * similarity(q, i) + bias;
  }
}
