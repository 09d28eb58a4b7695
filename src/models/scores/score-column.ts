/** One column of scores: a pair of versions on the rows of the eval set. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link, Release } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { lookUp } from '../../lib/lookup.js';
import { quoted } from '../../lib/text.js';
import type { Embeddings } from '../towers/embeddings.js';
import type { Entities } from '../towers/entities.js';
import { differentDimensions } from '../towers/tower.js';
import { cataloguePositions } from './catalogue.js';
import type { VersionPair } from './pairs.js';
import { loggedPositions, type Positions } from './ranks.js';
import { pairSimilarity } from './similarity.js';

/** The scores of one pair of versions on the eval set's rows. */
export interface ScoreColumn extends VersionPair {
  /** Shape (rows): scale · similarity + bias. */
  readonly scores: Float64Array;
  /** The link by which the family turns a score into a prediction. */
  readonly link: Link;
  /** Present when a ranking metric asks for it. */
  readonly positions?: Positions;
  /**
   * Score of a query (its code) with an item of the catalogue; present where a mixed index over the catalogue is
   * asked for.
   */
  readonly catalogue?: (query: number, item: number) => number;
}

/** The rows that are scored, and the entities that they are about. */
export interface ScoredRows {
  readonly evalSet: EvalSet;
  readonly release: Release;
  readonly queries: Entities;
  readonly items: Entities;
  /** Rows with a positive label, ascending. */
  readonly positiveRows: Int32Array;
  /** Shape (queries): the entity of each query, where rankings run over the whole catalogue. */
  readonly queryEntity: Int32Array | undefined;
  /** True where the catalogue's scores are kept within reach, for a mixed index. */
  readonly mixedCatalogue: boolean;
}

/** Scores a pair of versions on every row. `positions`: whether the relevant items are ranked besides. */
export function scoreColumn(
  { evalSet, release, queries, items, positiveRows, queryEntity, mixedCatalogue }: ScoredRows,
  pair: VersionPair,
  embeddings: { readonly query: Embeddings; readonly item: Embeddings },
  positions: boolean,
): ScoreColumn {
  const score = scorer(release, pair, embeddings.query, embeddings.item);
  const scores = new Float64Array(evalSet.rows);
  for (let r = 0; r < scores.length; r++) scores[r] = score(queries.ofRow[r]!, items.ofRow[r]!);
  checkFinite(scores, evalSet, release, pair);
  const column = { ...pair, scores, link: release.score.link };
  if (!positions) return column;
  if (!queryEntity)
    return {
      ...column,
      positions: loggedPositions(scores, evalSet.query.codes, evalSet.query.names.length, positiveRows),
    };
  return {
    ...column,
    positions: cataloguePositions(evalSet, queryEntity, items, positiveRows, score),
    ...(mixedCatalogue ? { catalogue: (q: number, i: number) => score(queryEntity[q]!, i) } : {}),
  };
}

/** Score of (query entity, item entity) under one pair of versions. */
function scorer(
  release: Release,
  pair: VersionPair,
  queries: Embeddings,
  items: Embeddings,
): (q: number, i: number) => number {
  if (queries.dimension !== items.dimension) {
    const query = lookUp(release.checkpoints.query, release.chain[pair.query]!, 'query checkpoint');
    const item = lookUp(release.checkpoints.item, release.chain[pair.item]!, 'item checkpoint');
    throw differentDimensions(item, items.dimension, query, queries.dimension);
  }
  const similarity = pairSimilarity(release.score.similarity, queries, items);
  const version = release.chain[pair.query]!;
  const scale = release.score.scale(version);
  const bias = release.score.bias(version);
  return (q, i) => scale * similarity(q, i) + bias;
}

function checkFinite(scores: Float64Array, evalSet: EvalSet, release: Release, pair: VersionPair): void {
  const row = scores.findIndex((score) => !Number.isFinite(score));
  if (row < 0) return;
  throw new DataError([
    {
      place: release.score.place,
      found:
        `score ${scores[row]} of query ${quoted(evalSet.query.names[evalSet.query.codes[row]!])} and item ` +
        `${quoted(evalSet.item.names[evalSet.item.codes[row]!])} at query ${release.chain[pair.query]} × item ` +
        `${release.chain[pair.item]}`,
      expected: 'finite scores',
    },
  ]);
}
