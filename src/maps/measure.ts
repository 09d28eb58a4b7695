/** Two versions embedded, the maps between them fitted, and every metric of the policy with mapped queries. */

import { gatherSkew, planSkew } from '../checks/version-skew/gather.js';
import type { MetricPlan } from '../checks/version-skew/plan.js';
import type { Workspace } from '../data/artefacts/files.js';
import type { Cells } from '../data/evalset/cells.js';
import type { EvalSet } from '../data/evalset/evalset.js';
import type { SkewPolicy } from '../documents/policy/policy.js';
import type { TowerRelease } from '../documents/release/release.js';
import { Tabulation } from '../estimation/tabulation/tabulate.js';
import { lookUp, present } from '../lib/lookup.js';
import type { Progress } from '../lib/progress.js';
import { RUNGS, type Rung } from '../models/drift/maps.js';
import { type Fitting, fittingOf, type VersionMap } from '../models/drift/version-map.js';
import { type ScoreColumn, type ScoredRows, scoreColumn } from '../models/scores/score-column.js';
import { SideEmbedder } from '../models/scores/side-embedder.js';
import { type Shift, shiftOf } from '../models/scores/spread.js';
import { scoredRows } from '../models/scores/tower-sweep.js';
import type { Embeddings } from '../models/towers/embeddings.js';
import type { InspectedTowers } from '../models/towers/inspect.js';
import { plainSource } from '../models/towers/vector-source.js';
import { behindOf, type MapAsked } from './asked.js';
import { foldedItems, mappedQueries } from './mapped-queries.js';

/** States of the tabulation. */
export interface MapStates {
  /** Both towers live. */
  readonly aligned: number;
  /** Live queries against the older items. */
  readonly skewed: number;
  /** Both towers of the older version; undefined without its query checkpoint. */
  readonly old?: number;
  /** Mapped live queries against the older items, by kind; every item by what was fitted on others. */
  readonly mapped: ReadonlyMap<Rung, number>;
}

export interface MeasuredMaps {
  readonly policy: SkewPolicy;
  readonly release: TowerRelease;
  readonly asked: MapAsked;
  readonly plan: MetricPlan;
  readonly cells: Cells;
  readonly behind: number;
  readonly tabulation: Tabulation;
  readonly states: MapStates;
  readonly fitting: Fitting;
  readonly maps: ReadonlyMap<Rung, VersionMap>;
  readonly shift: Shift;
  /** The output of the live query tower's graph that is the embedding; empty where vectors are looked up by id. */
  readonly queryOutput: string;
}

/** @returns the reason, where no map can be fitted */
export async function measureMaps(
  policy: SkewPolicy,
  release: TowerRelease,
  asked: MapAsked,
  workspace: Workspace,
  progress: Progress,
): Promise<MeasuredMaps | { readonly why: string }> {
  const behind = behindOf(release, asked);
  const plan = planSkew(policy, new Map());
  const sources = await gatherSkew(plan, release, workspace);
  const { positions } = plan.metrics;
  const towers = present(sources.families[0].towers, 'towers');
  const options = { positions, candidates: policy.evalSet.candidates, mixedCatalogue: false };
  const rows = scoredRows(sources.evalSet, release, towers, options);
  const embedded = await embedAll(sources.evalSet, rows, towers, behind, progress);
  const unit = release.score.similarity === 'cosine';
  progress({ stage: 'fitting maps', detail: `${asked.from} to ${asked.to}` });
  const fitting = fittingOf(embedded.items.old, embedded.items.live, rows.items.idOf, unit);
  if ('why' in fitting) return fitting;
  const kinds = asked.kind ? [asked.kind] : RUNGS;
  const maps = new Map(kinds.map((kind) => [kind, fitting.mapOf(kind)]));
  const columns = await columnsOf(rows, embedded, fitting, maps, behind, positions);
  const tabulation = await Tabulation.shared({
    evalSet: sources.evalSet,
    sweep: {
      columns: columns.all,
      positiveRows: rows.positiveRows,
      embedded: { query: rows.queries.count, item: rows.items.count },
    },
    scorePlace: release.score.place,
    cells: sources.grid.cells,
    metrics: plan.metrics.metrics,
    states: columns.all.map((_, column) => ({ parts: [{ column }], aligned: columns.states.aligned })),
    aligned: columns.states.aligned,
    weightQueries: policy.evalSet.weightQueries,
    distinctItems: policy.evalSet.candidates === 'full',
    progress,
  });
  const { aligned, skewed } = columns.states;
  return {
    policy,
    release,
    asked,
    plan: plan.metrics,
    cells: sources.grid.cells,
    behind,
    tabulation,
    states: columns.states,
    fitting,
    maps,
    shift: shiftOf(sources.evalSet, columns.all[skewed]!.scores, columns.all[aligned]!.scores),
    queryOutput: lookUp(towers.query.checkpoints, release.live, 'query checkpoint').output,
  };
}

interface Embedded {
  readonly queries: { readonly live: Embeddings; readonly old?: Embeddings };
  readonly items: { readonly live: Embeddings; readonly old: Embeddings };
}

async function embedAll(
  evalSet: EvalSet,
  rows: ScoredRows,
  towers: InspectedTowers,
  behind: number,
  progress: Progress,
): Promise<Embedded> {
  const { release } = rows;
  const query = new SideEmbedder('query', rows.queries, evalSet, release, towers.query, progress);
  const item = new SideEmbedder('item', rows.items, evalSet, release, towers.item, progress);
  const live = await query.embed(0);
  const hasOld = release.checkpoints.query.has(release.chain[behind]!);
  return {
    queries: { live, ...(hasOld ? { old: await query.embed(behind) } : {}) },
    items: { live: await item.embed(0), old: await item.embed(behind) },
  };
}

async function columnsOf(
  rows: ScoredRows,
  { queries, items }: Embedded,
  fitting: Fitting,
  maps: ReadonlyMap<Rung, VersionMap>,
  behind: number,
  positions: boolean,
): Promise<{ readonly all: readonly ScoreColumn[]; readonly states: MapStates }> {
  const all: ScoreColumn[] = [];
  const skewed = { query: 0, item: behind };
  const plain = async (pair: { query: number; item: number }, query: Embeddings, item: Embeddings) =>
    all.push(await scoreColumn(rows, pair, { query, item: plainSource(item) }, positions)) - 1;
  const states = {
    aligned: await plain({ query: 0, item: 0 }, queries.live, items.live),
    skewed: await plain(skewed, queries.live, items.old),
    ...(queries.old ? { old: await plain({ query: behind, item: behind }, queries.old, items.old) } : {}),
  };
  const { score } = rows.release;
  const unit = score.similarity === 'cosine';
  // Both sides are at length 1 then, where their cosine is their dot product.
  const asDot: ScoredRows = unit
    ? { ...rows, release: { ...rows.release, score: { ...score, similarity: 'dot' } } }
    : rows;
  const mapped = new Map<Rung, number>();
  for (const kind of maps.keys()) {
    const query = mappedQueries(queries.live, lookUp(maps, kind, 'map'), unit);
    const item = plainSource(foldedItems(items.old, fitting.foldOf, unit));
    mapped.set(kind, all.push(await scoreColumn(asDot, skewed, { query, item }, positions)) - 1);
  }
  return { all, states: { ...states, mapped } };
}
