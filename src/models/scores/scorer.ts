/** Scores of query entities with items, under one pair of versions. */

import type { Similarity, TowerRelease } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import type { Embeddings } from '../towers/embeddings.js';
import { differentDimensions } from '../towers/tower.js';
import type { VectorSource } from '../towers/vector-source.js';
import type { VersionPair } from './pairs.js';
import { dotRows, type PairRows, type PairSimilarity, similarityTo } from './similarity.js';

/** The part of a release that says how scores are made. */
type ScoredBy = Pick<TowerRelease, 'chain' | 'checkpoints'> & {
  readonly score: Pick<TowerRelease['score'], 'similarity' | 'scale' | 'bias'>;
};

export class Scorer {
  private readonly similarityTo: (items: Embeddings) => PairSimilarity;
  readonly kind: Similarity;
  private readonly wide: Float64Array;
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
    // Widened once: products are float64's whatever the towers' precision.
    this.wide = new Float64Array(queries.data);
    this.kind = release.score.similarity;
    this.similarityTo = similarityTo(this.kind, { ...queries, data: this.wide });
    const version = release.chain[pair.query]!;
    this.scale = release.score.scale(version);
    this.bias = release.score.bias(version);
  }

  /** Scores of rows whose items are from … to-1, each into its place. */
  rows(from: number, to: number, pairs: Omit<PairRows, 'first'>, out: Float64Array): void {
    const { queryOf, itemOf } = pairs;
    const items = this.items.stretch(from, to);
    if (this.kind === 'dot' && items.data instanceof Float64Array)
      dotRows(this.wide, items.data, items.dimension, { ...pairs, first: from }, out);
    else {
      const similarity = this.similarityTo(items);
      for (let n = pairs.from; n < pairs.to; n++) {
        const r = pairs.rows[n]!;
        out[r] = similarity(queryOf[r]!, itemOf[r]! - from);
      }
    }
    for (let n = pairs.from; n < pairs.to; n++) out[pairs.rows[n]!] = this.scale * out[pairs.rows[n]!]! + this.bias;
  }

  /** Scores of (query entity, item of these). */
  among(items: Embeddings): PairSimilarity {
    const { scale, bias } = this;
    const similarity = this.similarityTo(items);
    return (q, i) => scale * similarity(q, i) + bias;
  }
}
