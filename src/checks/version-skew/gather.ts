/** The evidence of the sweep: distances, towers, the pinned eval set; then one column of scores a pair of versions. */

import type { Workspace } from '../../data/artefacts/files.js';
import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { allFeatures, NO_FEATURES } from '../../data/evalset/features.js';
import { loadEvalSet, verifyEvalSet } from '../../data/evalset/load-evalset.js';
import { type ResolvedDistances, readDistances } from '../../data/production/distances.js';
import { type ProductionMix, productionMix } from '../../data/production/mix.js';
import type { VectorStore } from '../../data/vectors/vector-store.js';
import { coverageAsked, type SkewPolicy, type Waiver } from '../../documents/policy/policy.js';
import { familiesOf, type Release, type TowerRelease } from '../../documents/release/release.js';
import { ConfigError, DataError } from '../../errors.js';
import { wholeValue } from '../../estimation/tabulation/whole-value.js';
import type { Progress } from '../../lib/progress.js';
import { oneEntityPerQuery } from '../../models/scores/catalogue.js';
import { requireScales, wantedScores } from '../../models/scores/column-sweep.js';
import { distancesOf } from '../../models/scores/pairs.js';
import { servedAlike } from '../../models/scores/served-alike.js';
import {
  type Family,
  runSweep,
  runSweeps,
  type ScoreColumn,
  type Sweep,
  type SweepOptions,
  type TowerFamily,
} from '../../models/scores/sweep.js';
import { coveredRows } from '../../models/towers/coverage.js';
import type { Embeddings } from '../../models/towers/embeddings.js';
import { type Entities, entities } from '../../models/towers/entities.js';
import { inspectTowers, withStore } from '../../models/towers/inspect.js';
import { embed } from '../../models/towers/tower.js';
import type { Wanted } from '../check.js';
import type { CoverageEntry } from '../check-report.js';
import type { Swept } from '../evidence-check.js';
import { type Grid, judgedCells, mixesOf, requireCells, requireWaivedSlices } from './judged-cells.js';
import { type MetricPlan, mixedIndexOf, planMetrics } from './plan.js';
import { scoreNotices } from './score-notices.js';

/** The sweep that a policy asks for. */
export interface SkewPlan {
  readonly policy: SkewPolicy;
  readonly metrics: MetricPlan;
  readonly sweep: Omit<SweepOptions, 'onProgress' | 'taskMetric'>;
  readonly wanted: Wanted;
  readonly waivers: readonly Waiver[];
}

/** Refuses impossible combinations before anything is loaded. */
export function planSkew(policy: SkewPolicy, wanted: Wanted, waivers: readonly Waiver[] = []): SkewPlan {
  const metrics = planMetrics(policy);
  const { from, to, anchors } = policy.versionSkew;
  const { candidates } = policy.evalSet;
  const { positions, alignment } = metrics;
  return {
    policy,
    metrics,
    wanted,
    waivers,
    sweep: {
      from,
      to,
      candidates,
      positions,
      anchors,
      drift: alignment?.metric.kind === 'positions' ? 'positions' : 'scores',
      mixedCatalogue: candidates === 'full' && positions && mixedIndexOf(policy) !== undefined,
    },
  };
}

/** Production's version distances, and the mix of them that each row sees. */
interface Production {
  readonly distances: ResolvedDistances;
  readonly mix: ProductionMix;
}

/** Everything that the sweep needs, read and refused where it can be. */
export interface SkewSources {
  readonly policy: SkewPolicy;
  readonly plan: MetricPlan;
  readonly release: Release;
  /** The candidate, then the family that serves today where the release names one. */
  readonly families: readonly [Family, ...Family[]];
  /** The live version as it is served, where a check compares that. */
  readonly served: TowerFamily | undefined;
  readonly evalSet: EvalSet;
  readonly coverage: readonly CoverageEntry[];
  /** Undefined without `production`. */
  readonly production: Production | undefined;
  readonly grid: Grid;
  /** Sentences on columns of scores. */
  readonly scoreNotices: readonly string[];
}

/** The same after the sweep. */
export interface VersionSkewEvidence extends Omit<SkewSources, 'families' | 'served'> {
  readonly sweep: Sweep;
  /** The family that serves today, on the same rows. */
  readonly compared: Sweep | undefined;
  /** Inputs that read what is hardly a feature. */
  readonly towerNotices: readonly string[];
  /** The live version as it is served, on the same rows. */
  readonly asServed?: Sweep;
  /** The live version's vectors of the eval set's entities. */
  readonly embedded?: EmbeddedLive;
}

/** The eval set's entities, embedded by the live checkpoints. */
export type EmbeddedLive = Readonly<Record<Side, { readonly entities: Entities; readonly embeddings: Embeddings }>>;

/** The rows alone, for whoever has no release yet; refuses rows that no release could be judged on. */
export async function gatherRows({ policy, metrics, waivers }: SkewPlan, workspace: Workspace): Promise<EvalSet> {
  await verifyEvalSet(policy, workspace);
  const evalSet = await loadEvalSet(policy, NO_FEATURES, workspace);
  requireWaivedSlices(waivers, policy, judgedCells(policy, metrics, evalSet));
  return evalSet;
}

/** Reads files, digests and graphs; runs nothing. */
export async function gatherSkew(
  plan: SkewPlan,
  release: Release,
  workspace: Workspace,
  vectors?: VectorStore,
): Promise<SkewSources> {
  const { policy, metrics, sweep, wanted, waivers } = plan;
  await verifyEvalSet(policy, workspace);
  for (const family of familiesOf(release)) refuseCatalogue(family, policy, sweep);
  const distances = await readDistances(policy, release);
  const withTowers = (family: TowerRelease): TowerFamily => ({
    release: family,
    towers: withStore(inspectTowers(family, policy.evalSet.columns), vectors),
  });
  const toRun = (family: Release): Family => (family.scores ? { release: family } : withTowers(family));
  const [candidate, ...others] = familiesOf(release);
  const families = [toRun(candidate), ...others.map(toRun)] as const;
  const served = release.served && wants(wanted, 'precision', release) ? withTowers(release.served) : undefined;
  const all = [...families, ...(served ? [served] : [])].flatMap(({ towers }) => towers ?? []);
  const scores = familiesOf(release).flatMap((family) => (family.scores ? wantedScores(family, sweep) : []));
  const whole = await loadEvalSet(policy, allFeatures(all), workspace, scores);
  for (const family of familiesOf(release)) if (family.scores) requireScales(family, whole, sweep);
  const { evalSet, coverage } = await coveredRows(whole, familiesOf(release), coverageAsked(policy));
  const production = distances && { distances, mix: productionMix(distances, policy, evalSet) };
  if (sweep.candidates === 'full' && sweep.positions)
    for (const { towers } of families) if (towers) requireOneFeatureRow(evalSet, towers.query.columns);
  const cells = judgedCells(policy, metrics, evalSet);
  const grid: Grid = {
    cells,
    mixes: production && mixesOf(cells, production.mix, evalSet),
    distances: distancesOf(sweep),
  };
  requireCells(policy, grid);
  requireWaivedSlices(waivers, policy, cells);
  return {
    ...{ policy, plan: metrics, release, families, served, evalSet, coverage, production, grid },
    scoreNotices: scoreNotices(release, evalSet, policy),
  };
}

/** Refuses rankings of the whole catalogue by columns of scores, which hold those of the rows alone. */
export function refuseCatalogue({ scores }: Release, { path, evalSet }: SkewPolicy, sweep: SkewPlan['sweep']): void {
  if (!scores || evalSet.candidates !== 'full' || !sweep.positions) return;
  throw new ConfigError([
    {
      place: scores.place,
      found: `scores of the rows alone, where ${path} ranks the whole catalogue (candidates: full)`,
      expected: 'towers, which score every item, or a ranking of the rows of each query',
      mend: 'Write in the policy: candidates: logged, with the rows of every query being what it chose from.',
    },
  ]);
}

/**
 * Refuses queries with several feature rows, which have no one ranking of the catalogue. A table of queries has one row
 * each.
 */
function requireOneFeatureRow(evalSet: EvalSet, columns: readonly string[]): void {
  const { query } = evalSet.features;
  if (!query.ownTable) oneEntityPerQuery(evalSet, entities(query, columns, false));
}

/** Embeds and scores everything at scale. */
export async function sweepSkew(
  { families, served, ...rest }: SkewSources,
  { sweep, wanted }: SkewPlan,
  onProgress: Progress,
): Promise<VersionSkewEvidence> {
  const { evalSet, release } = rest;
  const taskMetric = taskMetricOf(rest);
  const sweeps = await runSweeps(evalSet, families, { ...sweep, ...(taskMetric ? { taskMetric } : {}) }, onProgress);
  const asServed =
    served &&
    (await runSweep(evalSet, served, {
      ...ALIGNED,
      onProgress: (step) => onProgress({ ...step, detail: `as served, ${step.detail ?? ''}` }),
    }));
  const [candidate] = families;
  const embedded =
    candidate.towers && wants(wanted, 'vectorOf', release)
      ? await embedLive(evalSet, candidate, onProgress)
      : undefined;
  return {
    ...rest,
    ...sweeps,
    towerNotices: [
      ...(evalSet.notices ?? []),
      ...new Set([...families, ...(served ? [served] : [])].flatMap(({ towers }) => towers?.notices ?? [])),
      ...(served && asServed && candidate.towers
        ? servedAlike(candidate.release, served.release, sweeps.sweep, asServed)
        : []),
    ],
    ...(asServed ? { asServed } : {}),
    ...(embedded ? { embedded } : {}),
  };
}

/** The metric that says how much of a loss a map repairs; undefined where no metric of the policy can tell. */
function taskMetricOf({ policy, plan, evalSet, grid }: Pick<SkewSources, 'policy' | 'plan' | 'evalSet' | 'grid'>) {
  const { alignment } = plan;
  if (!alignment) return undefined;
  return (column: ScoreColumn, zero: ScoreColumn, scored: Pick<Sweep, 'positiveRows' | 'embedded'>) => {
    try {
      return wholeValue({
        evalSet,
        sweep: { ...scored, columns: [zero, column] },
        cells: grid.cells,
        metrics: [alignment],
        weightQueries: policy.evalSet.weightQueries,
        distinctItems: policy.evalSet.candidates === 'full',
      });
    } catch (error) {
      // Mapped scores may leave what the link allows (an identity above 1): such a map has no share.
      if (!(error instanceof DataError)) throw error;
      return undefined;
    }
  };
}

/** Tells whether another check reads a result of the sweep: it does not where its own table is missing. */
export function wants(wanted: Wanted, what: keyof Swept, { evidence }: Release): boolean {
  const where = wanted.get(what);
  return where === true || (where !== undefined && evidence.has(where.name));
}

/** The live version against itself. */
export const ALIGNED = {
  from: 0,
  to: 0,
  candidates: 'logged',
  positions: false,
  anchors: 1,
  drift: 'none',
  mixedCatalogue: false,
} as const;

/** Every query and item of the eval set with the live checkpoints, to hold served vectors against. */
async function embedLive(
  evalSet: EvalSet,
  { release, towers }: TowerFamily,
  onProgress: Progress,
): Promise<EmbeddedLive> {
  const progress: Progress = (step) => onProgress({ ...step, detail: `beside served vectors, ${step.detail ?? ''}` });
  const side = async (which: Side) => {
    const features = evalSet.features[which];
    const all = entities(features, towers[which].columns, false);
    const checkpoint = towers[which].checkpoints.get(release.live);
    if (!checkpoint) throw new Error(`no checkpoint of the live ${which} tower, though its family was swept`);
    // The sweep says all that is to be said of the checkpoint.
    const { embeddings } = await embed(checkpoint, features.table, all, release.score.similarity, progress);
    return { entities: all, embeddings };
  };
  return { query: await side('query'), item: await side('item') };
}
