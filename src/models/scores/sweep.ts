/**
 * The sweep: the query tower at live X, the item tower at every swept version, one column of scores a pair of
 * versions, all on the same rows. Every checkpoint embeds every distinct query or item once.
 */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Candidates } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import type { Progress } from '../../lib/progress.js';
import type { Alike } from '../drift/alike.js';
import { alignmentOf, type Displacement } from '../drift/drift.js';
import type { Rung } from '../drift/maps.js';
import type { Embeddings } from '../towers/embeddings.js';
import { type Entities, entities } from '../towers/entities.js';
import type { InspectedTower } from '../towers/inspect.js';
import { plainSource, type VectorSource } from '../towers/vector-source.js';
import { oneEntityPerQuery } from './catalogue.js';
import { planPairs, type VersionPair } from './pairs.js';
import { type ScoreColumn, type ScoredRows, scoreColumn } from './score-column.js';
import { SideEmbedder } from './side-embedder.js';

export type { ScoreColumn } from './score-column.js';

/**
 * Says how the item tower at a distance differs from the live one, and what the live query tower's scores are worth
 * with its items mapped back.
 */
export interface DriftEvidence extends Displacement {
  /**
   * The task metric over all rows by rung of the ladder, each item mapped by what was fitted on other items; without
   * a rung whose scores leave what the link allows.
   */
  readonly rungs: ReadonlyMap<Rung, number>;
  /** False where there are too few items to fit a map. */
  readonly mapped: boolean;
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
  /** Sentences on what was done so that no embedding depends on a batch. */
  readonly notices: readonly string[];
}

export type TaskMetric = (
  column: ScoreColumn,
  zero: ScoreColumn,
  scored: Pick<Sweep, 'positiveRows' | 'embedded'>,
) => number | undefined;

export interface SweepOptions {
  readonly from: number;
  readonly to: number;
  readonly candidates: Candidates;
  /** True where a ranking metric needs positions. */
  readonly positions: boolean;
  /** Live versions that the sweep is repeated for: X, X-1, … X-anchors+1. */
  readonly anchors: number;
  /** Says whether the item towers' drift is measured; with positions if the task metric ranks. */
  readonly drift: 'none' | 'scores' | 'positions';
  /**
   * The task metric over all rows at a column of mapped items, whose distance 0 is `zero`; undefined where its scores
   * leave what the link allows. Asked for as soon as a column is there, so that none is kept.
   */
  readonly taskMetric?: TaskMetric;
  /** True where the catalogue's scores are kept within reach, for a mixed index. */
  readonly mixedCatalogue: boolean;
  readonly onProgress: Progress;
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
    onProgress: (step) => onProgress({ ...step, detail: `${other.name}, ${step.detail ?? ''}` }),
  });
  return { sweep, compared };
}

export async function runSweep(
  evalSet: EvalSet,
  release: Release,
  towers: Readonly<Record<Side, InspectedTower>>,
  options: SweepOptions,
): Promise<Sweep> {
  const { pairs, ...plan } = planPairs(release, options);
  const rows = scoredRows(evalSet, release, towers, options);
  const queryTower = new SideEmbedder('query', rows.queries, evalSet, release, towers.query, options.onProgress);
  const itemTower = new SideEmbedder('item', rows.items, evalSet, release, towers.item, options.onProgress);
  const queries = new Map<number, Embeddings>();
  for (const k of unique(pairs.map(({ query }) => query))) queries.set(k, await queryTower.embed(k));
  const columnOf = (pair: VersionPair, item: VectorSource, positions: boolean) =>
    scoreColumn(rows, pair, { query: lookUp(queries, pair.query, 'embeddings of queries'), item }, positions);

  const columns: ScoreColumn[] = new Array(pairs.length);
  const drift = new Map<number, DriftEvidence>();
  let live: Embeddings | undefined;
  for (const k of unique(pairs.map(({ item }) => item))) {
    const embeddings = await itemTower.embed(k);
    options.onProgress({ stage: 'towers', detail: `scores with items of ${release.chain[k]}` });
    for (const [c, pair] of pairs.entries())
      if (pair.item === k) columns[c] = await columnOf(pair, plainSource(embeddings), options.positions);
    // Every change is against distance 0, so that the live item tower is the first of all.
    live ??= embeddings;
    if (options.drift === 'none' || k === 0 || k > options.to) continue;
    const { taskMetric } = options;
    const zero = columns[lookUp(plan.current, 0, 'column')]!;
    const found = await driftOf(rows, embeddings, live, async (mapped) => {
      if (!taskMetric) return undefined;
      const column = await columnOf({ query: 0, item: k }, mapped, options.drift === 'positions');
      return taskMetric(column, zero, { positiveRows: rows.positiveRows, embedded: embeddedOf(rows) });
    });
    if (found) drift.set(k, found);
  }
  return {
    ...plan,
    columns,
    drift,
    ...(rows.queryEntity && options.mixedCatalogue ? { catalogue: catalogueOf(rows.items) } : {}),
    positiveRows: rows.positiveRows,
    embedded: embeddedOf(rows),
    alike: [...queryTower.alike(), ...itemTower.alike()],
    notices: [...queryTower.notices, ...itemTower.notices],
  };
}

function embeddedOf({ queries, items }: ScoredRows): Sweep['embedded'] {
  return { query: queries.count, item: items.count };
}

/** The distinct queries and items of the rows: those of the whole catalogue, where rankings run over it. */
function scoredRows(
  evalSet: EvalSet,
  release: Release,
  towers: Readonly<Record<Side, InspectedTower>>,
  { positions, candidates, mixedCatalogue }: SweepOptions,
): ScoredRows {
  const whole = positions && candidates === 'full';
  const queries = entities(evalSet.features.query, towers.query.columns, false);
  return {
    evalSet,
    release,
    queries,
    items: entities(evalSet.features.item, towers.item.columns, whole),
    positiveRows: rowsWithPositiveLabel(evalSet),
    queryEntity: whole ? oneEntityPerQuery(evalSet, queries) : undefined,
    mixedCatalogue,
  };
}

/**
 * Measures how a version's items differ from the live ones, and the scores of its items mapped back; undefined where
 * there is nothing to compare.
 */
async function driftOf(
  { items, release }: ScoredRows,
  embeddings: Embeddings,
  live: Embeddings,
  worthOf: (mapped: VectorSource) => Promise<number | undefined>,
): Promise<DriftEvidence | undefined> {
  const alignment = alignmentOf(embeddings, live, items.idOf, release.score.similarity === 'cosine');
  if (!alignment) return undefined;
  const { rungs, ...measures } = alignment;
  const values = new Map<Rung, number>();
  for (const [rung, mapped] of rungs) {
    const value = await worthOf(mapped);
    if (value !== undefined) values.set(rung, value);
  }
  return { ...measures, rungs: values, mapped: rungs.size > 0 };
}

function rowsWithPositiveLabel({ label, positives }: EvalSet): Int32Array {
  const rows = new Int32Array(positives);
  let count = 0;
  for (let r = 0; r < label.length; r++) if (label[r]! > 0) rows[count++] = r;
  return rows;
}

function catalogueOf(items: Entities): NonNullable<Sweep['catalogue']> {
  return {
    count: items.count,
    ofRow: items.ofRow,
    names: Array.from({ length: items.count }, (_, entity) => items.idOf(entity)),
  };
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)];
}
