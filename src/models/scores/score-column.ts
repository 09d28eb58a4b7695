/** One column of scores: a pair of versions on the rows of the eval set. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link, Release, TowerRelease } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { inSharedMemory, sharedFloats } from '../../lib/shared-memory.js';
import { quoted } from '../../lib/text.js';
import { threadsFor } from '../../lib/threads.js';
import type { Embeddings } from '../towers/embeddings.js';
import type { Entities } from '../towers/entities.js';
import type { VectorSource } from '../towers/vector-source.js';
import { cataloguePositions } from './catalogue.js';
import type { VersionPair } from './pairs.js';
import { loggedPositions, type Positions } from './ranks.js';
import { type RowEntities, rowEntities, SCORE_ROWS, type ScoreForm, scoreRows } from './score-rows.js';
import { Scorer } from './scorer.js';

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
  readonly release: TowerRelease;
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
export async function scoreColumn(
  rows: ScoredRows,
  pair: VersionPair,
  embeddings: { readonly query: Embeddings; readonly item: VectorSource },
  positions: boolean,
): Promise<ScoreColumn> {
  const { evalSet, release, positiveRows, queryEntity } = rows;
  const scorer = new Scorer(release, pair, embeddings.query, embeddings.item);
  const scores = await scoresOf(rows, formOf(scorer), embeddings.query, embeddings.item);
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
    positions: await cataloguePositions(rows, queryEntity, scores, scorer),
    ...(rows.mixedCatalogue && embeddings.item.whole
      ? { catalogue: catalogueScores(scorer, embeddings.item.whole, queryEntity) }
      : {}),
  };
}

/** A scorer itself holds functions, which no other thread can be given. */
function formOf({ kind, scale, bias }: ScoreForm): ScoreForm {
  return { kind, scale, bias };
}

/** The scores of all rows; in another thread where that is worth it. */
async function scoresOf(rows: ScoredRows, form: ScoreForm, queries: Embeddings, item: VectorSource) {
  const out = sharedFloats(rows.evalSet.rows);
  const asked = { rows: entitiesOf(rows), form, queries, out };
  const pool = threadsFor(out.length * queries.dimension);
  if (!pool) scoreRows(asked, item);
  else await pool.run(SCORE_ROWS, { ...inSharedMemory({ ...asked, items: item.origin }), out });
  return out;
}

/** Grouped once, however many columns are scored. */
const grouped = new WeakMap<Entities, { readonly queries: Entities; readonly rows: RowEntities }>();

function entitiesOf({ queries, items }: ScoredRows): RowEntities {
  let found = grouped.get(items);
  if (found?.queries !== queries) {
    found = { queries, rows: rowEntities(queries.ofRow, items.ofRow, items.count) };
    grouped.set(items, found);
  }
  return found.rows;
}

/** Scores of (query code, item), within reach for as long as the column is. */
function catalogueScores(
  scorer: Scorer,
  items: Embeddings,
  queryEntity: Int32Array,
): NonNullable<ScoreColumn['catalogue']> {
  const score = scorer.among(items);
  return (q, i) => score(queryEntity[q]!, i);
}

/** DataError of the first score that is not finite. */
export function checkFinite(
  scores: Float64Array,
  evalSet: EvalSet,
  release: Pick<Release, 'score' | 'chain'>,
  pair: VersionPair,
): void {
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
