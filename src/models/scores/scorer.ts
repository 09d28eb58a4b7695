/** Scores of query entities with items, under one pair of versions. */

import type { Similarity, TowerRelease } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import type { Embeddings } from '../towers/embeddings.js';
import { differentDimensions } from '../towers/tower.js';
import type { VectorSource } from '../towers/vector-source.js';
import type { VersionPair } from './pairs.js';
import { type PairSimilarity, similarityTo } from './similarity.js';

/** The part of a release that says how scores are made. */
type ScoredBy = Pick<TowerRelease, 'chain' | 'checkpoints'> & {
  readonly score: Pick<TowerRelease['score'], 'similarity' | 'scale' | 'bias'>;
};

export class Scorer {
  readonly kind: Similarity;
  private to: ((items: Embeddings) => PairSimilarity) | undefined;
  readonly scale: number;
  readonly bias: number;

  constructor(
    release: ScoredBy,
    pair: VersionPair,
    readonly queries: Embeddings,
    readonly items: VectorSource,
  ) {
    if (queries.dimension !== items.dimension) {
      const query = lookUp(release.checkpoints.query, release.chain[pair.query]!, 'query checkpoint');
      const item = lookUp(release.checkpoints.item, release.chain[pair.item]!, 'item checkpoint');
      throw differentDimensions(item, items.dimension, query, queries.dimension);
    }
    this.kind = release.score.similarity;
    const version = release.chain[pair.query]!;
    this.scale = release.score.scale(version);
    this.bias = release.score.bias(version);
  }

  /** Scores of (query entity, item of these). */
  among(items: Embeddings): PairSimilarity {
    const { scale, bias } = this;
    // Widened once: products are float64's whatever the towers' precision.
    this.to ??= similarityTo(this.kind, { ...this.queries, data: new Float64Array(this.queries.data) });
    const similarity = this.to(items);
    return (q, i) => scale * similarity(q, i) + bias;
  }
}
