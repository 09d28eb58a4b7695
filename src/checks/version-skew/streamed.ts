/**
 * The sweep of score columns over rows that do not fit into memory: they are read once and split into parts, a state is
 * summed over the parts, and it is judged as any state is (from-state.ts).
 */
import type { Workspace } from '../../data/artefacts/files.js';
import { placelessCells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { verifyEvalSet } from '../../data/evalset/load-evalset.js';
import { readPart } from '../../data/evalset/streamed/read-part.js';
import { type StreamedRows, streamRows } from '../../data/evalset/streamed/stream-rows.js';
import { splitOf } from '../../data/evalset/streamed/when.js';
import { type ResolvedDistances, readDistances } from '../../data/production/distances.js';
import { coveredHistograms, mixesOfShares, productionMix } from '../../data/production/mix.js';
import { familiesOf, type Release, type ScoreRelease } from '../../documents/release/release.js';
import { UserError } from '../../errors.js';
import { isRanking } from '../../estimation/metrics/metric.js';
import { type MetricRef, yardstickOf } from '../../estimation/metrics/registry.js';
import type { Part } from '../../estimation/streamed/part-sums.js';
import { planOfStates, type ScoredPlan, scoredPart } from '../../estimation/streamed/scored-part.js';
import { type InParts, type StreamBounds, tabulateParts } from '../../estimation/streamed/tabulate-parts.js';
import type { TabulateInputs } from '../../estimation/tabulation/tabulate.js';
import { lookUp } from '../../lib/lookup.js';
import { type Progress, SILENT } from '../../lib/progress.js';
import { plural } from '../../lib/text.js';
import { columnSources, planColumns, wantedScores } from '../../models/scores/column-sweep.js';
import { distancesOf } from '../../models/scores/pairs.js';
import { checkFinite } from '../../models/scores/score-column.js';
import { ALL_ROWS } from './cell-names.js';
import { gatherState, measureState, type StateSources } from './from-state.js';
import { refuseCatalogue, type SkewPlan } from './gather.js';
import { type Grid, requireCells } from './judged-cells.js';
import type { MeasuredSkew } from './measure.js';
import { mixedIndexOf } from './plan.js';
import { scoreNotices } from './score-notices.js';
import { planStates } from './states.js';
import { FactsOfParts } from './streamed-facts.js';

/** Rows in parts, refused where they can be. */
export interface StreamedSources {
  readonly plan: SkewPlan;
  readonly release: ScoreRelease;
  readonly rows: StreamedRows;
  readonly distances: ResolvedDistances | undefined;
}

/** Undefined where the rows are read whole: towers read them, or they are few. */
export async function gatherStreamed(
  plan: SkewPlan,
  release: Release,
  workspace: Workspace,
  progress: Progress = SILENT,
): Promise<StreamedSources | undefined> {
  const families = familiesOf(release);
  if (!release.scores || families.some(({ scores }) => !scores)) return undefined;
  const { policy, metrics, sweep } = plan;
  const split = await splitOf(policy, workspace);
  if (!split) return undefined;
  await verifyEvalSet(policy, workspace);
  for (const family of families) refuseCatalogue(family, policy, sweep);
  const distances = await readDistances(policy, release);
  const given = families.flatMap((family) => (family.scores ? wantedScores(family, sweep) : []));
  const wholeQueries =
    metrics.metrics.some(({ metric }) => isRanking(metric)) || families.some(({ score }) => score.link === 'softmax');
  const rows = await streamRows(
    policy,
    given,
    {
      ...split,
      crosses: metrics.crosses,
      by: distances?.by,
      wholeQueries,
    },
    workspace,
    progress,
  );
  const sources = { plan, release, rows, distances };
  try {
    requireCells(policy, gridOf(sources));
  } catch (error) {
    rows.close();
    throw error;
  }
  return sources;
}

/** The cells of the rows, and the mix of production that each sees. */
function gridOf({ plan, rows, distances }: StreamedSources): Grid {
  const cells = placelessCells(rows.cells);
  const histograms = distances && coveredHistograms(distances, plan.policy, rows.shares?.names ?? []);
  // Without a slice column every cell sees the one histogram.
  const ones = new Float64Array(cells.count).fill(1);
  const { weight, rows: counts } = rows.shares ?? { weight: ones, rows: ones };
  return {
    cells,
    mixes: histograms && mixesOfShares(histograms, cells.count, weight, counts),
    distances: distancesOf(plan.sweep),
  };
}

/** Sums and judges; the temporary file is given back. */
export async function measureStreamed(
  sources: StreamedSources,
  progress: Progress,
): Promise<{ readonly state: StateSources; readonly skew: MeasuredSkew }> {
  const { plan, release, rows } = sources;
  try {
    const parts = new ScoredParts(sources);
    const { state, reliability, bounds } = await tabulateParts(parts, progress);
    const facts = parts.facts.facts({
      queries: rows.size.queries,
      items: rows.size.items,
      repeatedPairs: rows.repeatedPairs,
      ...(rows.shares ? { histograms: rows.shares } : {}),
    });
    const given = { file: plan.policy.evalSet.files.rows.path, state, facts };
    const held = await gatherState(plan, release, given);
    const predicted = plan.metrics.metrics.some(({ metric }) => metric.probabilities);
    const skew = measureState(held, {
      ...(reliability ? { reliability } : {}),
      alike: parts.facts.alike(),
      notices: [...rows.notices, ...parts.said.notices(), ...parts.facts.notices(predicted), inWords(rows, bounds)],
    });
    return { state: held, skew };
  } finally {
    rows.close();
  }
}

/** Each part with its scores. Its first reading is where facts of the rows are found. */
class ScoredParts implements InParts {
  readonly parts: number;
  readonly rows: number;
  readonly facts: FactsOfParts;
  readonly said = new SaidOfAll();
  readonly shared: NonNullable<InParts['shared']>;
  private seen = 0;
  private planned: ScoredPlan | undefined;

  constructor(private readonly sources: StreamedSources) {
    const { plan, release, rows, distances } = sources;
    this.parts = rows.parts;
    this.rows = rows.size.rows;
    const mixed = mixedIndexOf(plan.policy) && plan.metrics.metrics.some(({ metric }) => isRanking(metric));
    const mix = mixed && distances ? gridOf(sources).mixes?.[ALL_ROWS] : undefined;
    this.facts = new FactsOfParts(release, [...(mix?.histogram.keys() ?? [])]);
    this.shared = { plan: () => this.plan(), part: (part) => rows.part(part) };
  }

  part(part: number, named: boolean): Part {
    const { release, rows } = this.sources;
    const { evalSet, inputs, items } = scoredPart(this.plan(), rows.part(part), named, [], release.score.place);
    if (part === this.seen) this.look(evalSet, inputs);
    return { inputs: { ...inputs, metrics: this.metrics() }, items };
  }

  /** Takes what is found of the rows of a part besides their sums. */
  private look(evalSet: EvalSet, { sweep: { columns }, cells, firstCompared = columns.length }: TabulateInputs): void {
    const { plan, release } = this.sources;
    for (const [c, { scores, query, item }] of columns.entries())
      checkFinite(scores, evalSet, c < firstCompared ? release : (release.compareWith ?? release), { query, item });
    const own = {
      columns: columns.slice(0, firstCompared),
      current: planColumns(evalSet, release, plan.sweep).current,
    };
    this.seen++;
    this.facts.add(evalSet, own, cells);
    this.said.add(() => scoreNotices(release, evalSet, plan.policy));
  }

  private plan(): ScoredPlan {
    this.planned ??= planOf(this.sources);
    return this.planned;
  }

  /** Those of rules, and those that skill shows by: which ones is known once every part was seen. */
  private metrics(): MetricRef[] {
    const { metrics } = this.sources.plan.metrics;
    const all = [...metrics, ...metrics.map((ref) => yardstickOf(ref, this.facts.probabilities))];
    return [...new Map(all.map((ref) => [ref.id, ref])).values()];
  }
}

/** The plan of all parts, by their columns alone. */
function planOf({ plan: { policy, sweep: options }, release, rows, distances }: StreamedSources): ScoredPlan {
  const { evalSet } = readPart(rows.recipe, { ...rows.part(0), rows: 0, runs: [], index: undefined }, true);
  const planned = (family: ScoreRelease) => planColumns(evalSet, family, options);
  const other = release.compareWith?.scores ? release.compareWith : undefined;
  const sweep = planned(release);
  const compared = other && { sweep: planned(other), firstColumn: sweep.pairs.length };
  const mix = distances && productionMix(distances, policy, evalSet);
  const { states, aligned } = planStates(sweep, mix, mixedIndexOf(policy), compared);
  const by = distances?.by;
  const values = by === undefined ? [] : lookUp(evalSet.slices, by, 'slice column').names;
  return {
    recipe: rows.recipe,
    cells: rows.cells,
    columns: [
      ...columnSources(release, sweep.pairs),
      ...(other && compared ? columnSources(other, compared.sweep.pairs) : []),
    ],
    positions: options.positions,
    ...(compared ? { firstCompared: compared.firstColumn } : {}),
    ...planOfStates(states),
    aligned,
    by,
    histogram: Int32Array.from(
      values,
      (name) => mix?.histograms.findIndex(({ slice }) => slice[by ?? ''] === name) ?? 0,
    ),
    weightQueries: policy.evalSet.weightQueries,
  };
}

/** Notices, or a refusal, that hold of all rows where they hold of every part. */
class SaidOfAll {
  private common: readonly string[] | undefined;
  private refused: unknown;
  private all = true;

  add(say: () => readonly string[]): void {
    try {
      const own = say();
      this.all = false;
      this.common = this.common?.filter((notice) => own.includes(notice)) ?? own;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.refused = error;
    }
  }

  notices(): readonly string[] {
    if (this.all && this.refused) throw this.refused;
    return this.common ?? [];
  }
}

/** Says by which parts the rows were read, and where values are not those of one pass over them. */
function inWords(
  { parts, largest, bytes, size }: StreamedRows,
  { itemCapacity, orderBins, sample }: StreamBounds,
): string {
  const figures = (x: number) => x.toLocaleString('en-US');
  const said = [
    `the rows were read in ${plural(parts, 'part')} (at most ${figures(largest)} rows each, ` +
      `${(bytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 2 })} GB of temporary files)`,
    ...(orderBins === undefined
      ? []
      : [
          `metrics of order are of ${figures(orderBins)} bins of the scores, and what that may hide is in their bounds`,
        ]),
    ...(sample === undefined ? [] : [`edges of bins are quantiles of ${figures(sample)} rows`]),
    ...(size.items <= itemCapacity
      ? []
      : [`items beyond ${figures(itemCapacity)} are counted in clusters of several, which lowers their number`]),
  ];
  return `${said.join('; ')} (docs/speed.md).`;
}
