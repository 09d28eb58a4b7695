/** The sweep by towers: every checkpoint embeds every distinct query or item once. */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { TowerRelease } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import { alignmentOf } from '../drift/drift.js';
import type { Rung } from '../drift/maps.js';
import type { Embeddings } from '../towers/embeddings.js';
import { type Entities, entities } from '../towers/entities.js';
import type { InspectedTower } from '../towers/inspect.js';
import { plainSource, type VectorSource } from '../towers/vector-source.js';
import { oneEntityPerQuery } from './catalogue.js';
import { planPairs, type VersionPair } from './pairs.js';
import { relevantRows } from './ranks.js';
import { type ScoreColumn, type ScoredRows, scoreColumn } from './score-column.js';
import { SideEmbedder } from './side-embedder.js';
import type { DriftEvidence, Sweep, SweepOptions } from './sweep.js';

export async function sweepTowers(
  evalSet: EvalSet,
  release: TowerRelease,
  towers: Readonly<Record<Side, InspectedTower>>,
  options: SweepOptions,
): Promise<Sweep> {
  const { pairs, ...plan } = planPairs(agedPair(release), options);
  const rows = scoredRows(evalSet, release, towers, options);
  const queryTower = new SideEmbedder('query', rows.queries, evalSet, release, towers.query, options.onProgress);
  const itemTower = new SideEmbedder('item', rows.items, evalSet, release, towers.item, options.onProgress);
  const queries = new Map<number, Embeddings>();
  for (const k of unique(pairs.map(({ query }) => query))) queries.set(k, await queryTower.embed(k));
  const columnOf = (pair: VersionPair, item: VectorSource, positions: boolean) =>
    scoreColumn(rows, pair, { query: lookUp(queries, pair.query, 'embeddings of queries'), item }, positions);
  /** Every pair with the items of a version, and how these differ from the live ones where that is asked for. */
  const scoreVersion = async (k: number, embeddings: Embeddings, live: Embeddings | undefined): Promise<void> => {
    const own = [...pairs.entries()].filter(([, pair]) => pair.item === k);
    await Promise.all(
      own.map(async ([c, pair]) => {
        columns[c] = await columnOf(pair, plainSource(embeddings), options.positions);
      }),
    );
    if (!live) return;
    const { taskMetric } = options;
    const zero = columns[lookUp(plan.current, 0, 'column')]!;
    const found = await driftOf(rows, embeddings, live, async (mapped) => {
      if (!taskMetric) return undefined;
      const column = await columnOf({ query: 0, item: k }, mapped, options.drift === 'positions');
      return taskMetric(column, zero, { positiveRows: rows.positiveRows, embedded: embeddedOf(rows) });
    });
    if (found) drift.set(k, found);
  };

  const columns: ScoreColumn[] = new Array(pairs.length);
  const drift = new Map<number, DriftEvidence>();
  let live: Embeddings | undefined;
  let before: Promise<void> = Promise.resolve();
  for (const k of unique(pairs.map(({ item }) => item))) {
    const embeddings = await itemTower.embed(k);
    // One version is scored while the next is embedded, and no more than these two are held.
    await before;
    options.onProgress({ stage: 'towers', detail: `scores with items of ${release.chain[k]}` });
    // Every change is against distance 0, so that the live item tower is the first of all.
    live ??= embeddings;
    const measured = options.drift !== 'none' && k !== 0 && k <= options.to ? live : undefined;
    before = scoreVersion(k, embeddings, measured);
    // It is waited for above or below; until then nobody has to hear of its failure.
    before.catch(() => undefined);
  }
  await before;
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
export function scoredRows(
  evalSet: EvalSet,
  release: TowerRelease,
  towers: Readonly<Record<Side, InspectedTower>>,
  { positions, candidates, mixedCatalogue }: Pick<SweepOptions, 'positions' | 'candidates' | 'mixedCatalogue'>,
): ScoredRows {
  const whole = positions && candidates === 'full';
  const queries = entities(evalSet.features.query, towers.query.columns, false);
  return {
    evalSet,
    release,
    queries,
    items: entities(evalSet.features.item, towers.item.columns, whole),
    positiveRows: relevantRows(evalSet),
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
  const worth = await Promise.all([...rungs].map(async ([rung, mapped]) => [rung, await worthOf(mapped)] as const));
  const values = worth.flatMap(([rung, value]): [Rung, number][] => (value === undefined ? [] : [[rung, value]]));
  return { ...measures, rungs: new Map(values), mapped: rungs.size > 0 };
}

/** Tells whether both checkpoints of a version exist, so that the old pair can be scored. */
export function agedPair({ checkpoints, chain }: TowerRelease): (age: number) => boolean {
  const has = (side: Side, age: number) => checkpoints[side].has(chain[age]!);
  return (age) => has('query', age) && has('item', age);
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
