/**
 * The sweep: the query tower at live X, the item tower at every swept version, one column of scores a pair of
 * versions, all on the same rows. Every checkpoint embeds every distinct query or item once.
 */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Candidates } from '../../documents/policy/policy.js';
import type { Link, Release } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Alike, alikeVersions, COMPARED, sampleOf, type VersionSample } from '../drift/alike.js';
import { alignmentOf, type Displacement } from '../drift/drift.js';
import type { Rung } from '../drift/maps.js';
import type { Embeddings } from '../towers/embeddings.js';
import { type Entities, entities } from '../towers/entities.js';
import type { InspectedTower } from '../towers/inspect.js';
import { spread } from '../towers/steadiness.js';
import { differentDimensions, embed } from '../towers/tower.js';
import { cataloguePositions, oneEntityPerQuery } from './catalogue.js';
import { loggedPositions, type Positions } from './ranks.js';
import { pairSimilarity } from './similarity.js';

/** A pair of tower versions, as steps behind live. */
export interface VersionPair {
  readonly query: number;
  readonly item: number;
}

/** The scores of one pair of versions on the eval set's rows. */
export interface ScoreColumn extends VersionPair {
  /** Shape (rows): scale · similarity + bias. */
  readonly scores: Float64Array;
  /** How the family turns a score into a prediction. */
  readonly link: Link;
  /** Present when a ranking metric asks for it. */
  readonly positions?: Positions;
  /** Score of a query (its code) with an item of the catalogue; present where a mixed index over the catalogue is asked for. */
  readonly catalogue?: (query: number, item: number) => number;
}

/** How the item tower at a distance differs from the live one, and the live query tower's scores with its items mapped back. */
export interface DriftEvidence extends Displacement {
  /** One column a rung of the ladder, each item mapped by what was fitted on other items; empty where there are too few. */
  readonly rungs: ReadonlyMap<Rung, ScoreColumn>;
  /** Vectors that each map was fitted on, and their dimension. */
  readonly fitted: number;
  readonly dimension: number;
}

export interface Sweep {
  /** Distances from … to, ascending. */
  readonly distances: readonly number[];
  readonly columns: readonly ScoreColumn[];
  /** By distance: the column of M[X, X-k], and of M[X-|k|, X-|k|] where both old checkpoints exist. */
  readonly current: ReadonlyMap<number, number>;
  readonly alignedOld: ReadonlyMap<number, number>;
  /** Of every anchor X, X-1, …: the column of M[X-a, X-a-k] by distance k ≥ 0. The first is X itself. */
  readonly anchors: readonly ReadonlyMap<number, number>[];
  /** By distance k ≥ 1, where the policy's metrics can tell; empty where nothing asks for it. */
  readonly drift: ReadonlyMap<number, DriftEvidence>;
  /** Items of the catalogue and the row's item among them, where a mixed index over the catalogue is asked for. */
  readonly catalogue?: { readonly count: number; readonly ofRow: Int32Array; readonly names: readonly string[] };
  /** Rows with a positive label, ascending: what `positions` are about. */
  readonly positiveRows: Int32Array;
  readonly embedded: Readonly<Record<Side, number>>;
  /** Versions of a tower that are the same, so that what lies between them measures nothing. */
  readonly alike: readonly Alike[];
  /** What was done so that no embedding depends on a batch. */
  readonly notices: readonly string[];
}

export interface SweepOptions {
  readonly from: number;
  readonly to: number;
  readonly candidates: Candidates;
  /** Whether a ranking metric needs positions. */
  readonly positions: boolean;
  /** Live versions that the sweep is repeated for: X, X-1, … X-anchors+1. */
  readonly anchors: number;
  /** Whether the item towers' drift is measured; with positions if the task metric ranks. */
  readonly drift: 'none' | 'scores' | 'positions';
  /** Whether the catalogue's scores are kept within reach, for a mixed index. */
  readonly mixedCatalogue: boolean;
  readonly onProgress: (message: string) => void;
}

/** The candidate's sweep and, on the same rows, that of the family that serves today. */
export async function runSweeps(
  evalSet: EvalSet,
  families: readonly Release[],
  towers: readonly Readonly<Record<Side, InspectedTower>>[],
  options: Omit<SweepOptions, 'onProgress'>,
  onProgress: SweepOptions['onProgress'],
): Promise<{ readonly sweep: Sweep; readonly compared: Sweep | undefined }> {
  const sweep = await runSweep(evalSet, families[0]!, towers[0]!, { ...options, onProgress });
  const other = families[1];
  if (!other) return { sweep, compared: undefined };
  const compared = await runSweep(evalSet, other, towers[1]!, {
    ...options,
    anchors: 1,
    drift: 'none',
    onProgress: (message) => onProgress(`${other.name}, ${message}`),
  });
  return { sweep, compared };
}

export async function runSweep(
  evalSet: EvalSet,
  release: Release,
  towers: Readonly<Record<Side, InspectedTower>>,
  options: SweepOptions,
): Promise<Sweep> {
  const plan = planPairs(release, options);
  const multiVector = release.score.similarity === 'max_sim';
  const whole = options.positions && options.candidates === 'full';
  const queries = entities(evalSet.features.query, towers.query.columns, false);
  const items = entities(evalSet.features.item, towers.item.columns, whole);
  const positiveRows = rowsWithPositiveLabel(evalSet);
  const queryEntity = whole ? oneEntityPerQuery(evalSet, queries) : undefined;

  const notices: string[] = [];
  const samples: Record<Side, VersionSample[]> = { query: [], item: [] };
  const chosen = { query: spread(queries.count, [], COMPARED), item: spread(items.count, [], COMPARED) };
  const embedVersion = async (side: Side, k: number): Promise<Embeddings> => {
    const version = release.chain[k]!;
    const all = side === 'query' ? queries : items;
    options.onProgress(`${side} tower ${version}: ${all.count} ${side === 'query' ? 'queries' : 'items'}`);
    // The plan pairs versions whose checkpoints are there.
    const inspected = towers[side].checkpoints.get(version)!;
    const { embeddings, notices: own } = await embed(inspected, evalSet.features[side].table, all, multiVector);
    notices.push(...own);
    samples[side].push({
      behind: k,
      checkpoint: inspected.checkpoint,
      sample: sampleOf(embeddings, chosen[side], release.score.similarity === 'cosine'),
    });
    return embeddings;
  };

  const queryEmbeddings = new Map<number, Embeddings>();
  for (const k of unique(plan.pairs.map((pair) => pair.query))) queryEmbeddings.set(k, await embedVersion('query', k));
  const columns: ScoreColumn[] = new Array(plan.pairs.length);
  const drift = new Map<number, DriftEvidence>();
  let current: Embeddings | undefined;
  const columnOf = (pair: VersionPair, itemEmbeddings: Embeddings, positions: boolean): ScoreColumn => {
    // Of every pair's query version there are embeddings, from above.
    const score = scorer(release, pair, queryEmbeddings.get(pair.query)!, itemEmbeddings);
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
      ...(options.mixedCatalogue ? { catalogue: (q: number, i: number) => score(queryEntity[q]!, i) } : {}),
    };
  };
  for (const k of unique(plan.pairs.map((pair) => pair.item))) {
    const itemEmbeddings = await embedVersion('item', k);
    for (const [c, pair] of plan.pairs.entries())
      if (pair.item === k) columns[c] = columnOf(pair, itemEmbeddings, options.positions);
    // Every change is against distance 0, so that the live item tower is the first of all.
    current ??= itemEmbeddings;
    if (options.drift === 'none' || k === 0 || k > options.to) continue;
    const alignment = alignmentOf(itemEmbeddings, current, items.idOf, release.score.similarity === 'cosine');
    if (!alignment) continue;
    const { rungs, ...measures } = alignment;
    const mappedColumn = (embeddings: Embeddings) =>
      columnOf({ query: 0, item: k }, embeddings, options.drift === 'positions');
    drift.set(k, {
      ...measures,
      rungs: new Map([...rungs].map(([rung, embeddings]) => [rung, mappedColumn(embeddings)])),
    });
  }
  return {
    distances: plan.distances,
    columns,
    current: plan.current,
    alignedOld: plan.alignedOld,
    anchors: plan.anchors,
    drift,
    ...(whole && options.mixedCatalogue
      ? { catalogue: { count: items.count, ofRow: items.ofRow, names: idsOf(items) } }
      : {}),
    positiveRows,
    embedded: { query: queries.count, item: items.count },
    alike: [...alikeVersions(samples.query), ...alikeVersions(samples.item)],
    notices,
  };
}

function rowsWithPositiveLabel({ label, positives }: EvalSet): Int32Array {
  const rows = new Int32Array(positives);
  let count = 0;
  for (let r = 0; r < label.length; r++) if (label[r]! > 0) rows[count++] = r;
  return rows;
}

function idsOf(items: Entities): string[] {
  return Array.from({ length: items.count }, (_, entity) => items.idOf(entity));
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)];
}

/** Which pairs of versions are scored: M[X, X-k], M[X-|k|, X], M[X-|k|, X-|k|] where both checkpoints exist, and M[X-a, X-a-k] for every anchor. */
function planPairs(release: Release, { from, to, anchors: count }: SweepOptions) {
  const pairs: VersionPair[] = [];
  const indexOf = (query: number, item: number): number => {
    const found = pairs.findIndex((pair) => pair.query === query && pair.item === item);
    return found >= 0 ? found : pairs.push({ query, item }) - 1;
  };
  const has = (side: Side, k: number) => release.checkpoints[side].has(release.chain[k]!);
  const distances: number[] = [];
  const current = new Map<number, number>();
  const alignedOld = new Map<number, number>();
  for (let k = Math.min(from, 0); k <= Math.max(to, 0); k++) {
    // Distance 0 is measured in any case: every change is against it.
    if (k !== 0 && (k < from || k > to)) continue;
    distances.push(k);
    current.set(k, k >= 0 ? indexOf(0, k) : indexOf(-k, 0));
    const age = Math.abs(k);
    if (has('query', age) && has('item', age)) alignedOld.set(k, indexOf(age, age));
  }
  const anchors = Array.from(
    { length: count },
    (_, a) => new Map(distances.filter((k) => k >= 0).map((k) => [k, indexOf(a, a + k)])),
  );
  return { pairs, distances, current, alignedOld, anchors };
}

/** Score of (query entity, item entity) under one pair of versions. */
function scorer(
  release: Release,
  pair: VersionPair,
  queries: Embeddings,
  items: Embeddings,
): (q: number, i: number) => number {
  if (queries.dimension !== items.dimension) {
    // Both have been embedded.
    const query = release.checkpoints.query.get(release.chain[pair.query]!)!;
    const item = release.checkpoints.item.get(release.chain[pair.item]!)!;
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
      found: `score ${scores[row]} of query ${quoted(evalSet.query.names[evalSet.query.codes[row]!])} and item ${quoted(evalSet.item.names[evalSet.item.codes[row]!])} at query ${release.chain[pair.query]} × item ${release.chain[pair.item]}`,
      expected: 'finite scores',
    },
  ]);
}
