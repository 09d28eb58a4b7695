/**
 * The sweep judged from a state: sums that an engine, or a pass over rows that do not fit into memory, has written.
 * Everything that the state lacks is refused by rule.
 */

import { type Cells, placelessCells, sameColumns } from '../../data/evalset/cells.js';
import type { EvalSetSize } from '../../data/evalset/size.js';
import { readDistances } from '../../data/production/distances.js';
import { type CoveredHistogram, coveredHistograms, mixesOfShares } from '../../data/production/mix.js';
import { pinnedFiles, type Rule, type SkewPolicy, type SliceColumns } from '../../documents/policy/policy.js';
import { familiesOf, type Release } from '../../documents/release/release.js';
import { DataError, type Problem } from '../../errors.js';
import { yardstickOf } from '../../estimation/metrics/registry.js';
import type { GivenState } from '../../estimation/state/given-state.js';
import { type ColumnKey, type PairKey, textOf } from '../../estimation/state/keys.js';
import { arrangedAs, missingColumns, type SummedState } from '../../estimation/state/summed-state.js';
import { columnKeys } from '../../estimation/tabulation/column-keys.js';
import { Reliability } from '../../estimation/tabulation/reliability.js';
import { estimatesOf, holds } from '../../estimation/tabulation/state-estimates.js';
import { lookUp, present } from '../../lib/lookup.js';
import { list, quoted } from '../../lib/text.js';
import type { Alike } from '../../models/drift/alike.js';
import { alikeDisplaced } from '../../models/scores/alike-scores.js';
import { versionNames } from '../../models/scores/column-sweep.js';
import { planPairs } from '../../models/scores/pairs.js';
import type { IdenticalScores, IdenticalVersions } from '../reason.js';
import type { SkewPlan } from './gather.js';
import { alikeDistances, scoreAlike } from './identical-versions.js';
import { type Measured, skewClaims } from './judge.js';
import { requireCells } from './judged-cells.js';
import type { MeasuredSkew } from './measure.js';
import { oneScore } from './notices.js';
import { type MetricPlan, mixedIndexOf } from './plan.js';
import { SkillTest } from './skill.js';
import type { KnownSources } from './source-notices.js';
import { planStates, type StatePlan } from './states.js';

/** A state held to a policy and a release: nothing that a rule asks for is missing. */
export interface StateSources extends KnownSources {
  readonly given: GivenState;
  readonly states: StatePlan;
  /** Its columns are those of `states`, in their order. */
  readonly state: SummedState;
}

/** Holds a state to what the policy asks of a release. DataError with everything that it lacks. */
export async function gatherState(plan: SkewPlan, release: Release, given: GivenState): Promise<StateSources> {
  const { policy, metrics } = plan;
  const cells = placelessCells(given.state.census.cells);
  const problems = [...missingCuts(policy, metrics, cells, given), ...missingMetrics(policy, metrics, given)];
  if (problems.length > 0) throw new DataError(problems);
  const distances = await readDistances(policy, release);
  const histograms = distances && histogramsOf(distances, policy, given);
  const mixes = histograms && mixesOf(histograms, cells, given);
  const mix = histograms && { ofRow: new Int32Array(0), histograms };
  const { states, keys } = plannedColumns(plan, release, histograms, agedIn(given.state));
  const lacking = missingColumns(given.state, keys);
  if (lacking.length > 0) throw new DataError([withoutColumns(lacking, given)]);
  const grid = { cells, mixes, distances: [...states.candidate.current.keys()].filter((k) => k !== 'production') };
  requireCells(policy, grid);
  return {
    policy,
    plan: metrics,
    release,
    coverage: [],
    scoreNotices: [],
    production: distances && mix && { distances, mix },
    grid,
    given,
    states,
    state: present(arrangedAs(given.state, keys), 'state of these columns'),
  };
}

/**
 * The states that a sweep of a release judges, and the columns that a state must hold for them.
 *
 * @param histograms those of production; undefined without `production`
 * @param hasAged    says of a family and an age above 0 whether M[X-age, X-age] is there
 */
export function plannedColumns(
  { policy, sweep }: Pick<SkewPlan, 'policy' | 'sweep'>,
  release: Release,
  histograms: readonly CoveredHistogram[] | undefined,
  hasAged: (family: PairKey['family'], age: number) => boolean,
): { readonly states: StatePlan; readonly keys: ColumnKey[] } {
  const [candidate, ...others] = familiesOf(release).map((_, n) =>
    planPairs((age) => hasAged(n === 0 ? 'candidate' : 'compared', age), n === 0 ? sweep : { ...sweep, anchors: 1 }),
  );
  const own = present(candidate, 'pairs of the candidate');
  const compared = others[0] && { sweep: others[0], firstColumn: own.pairs.length };
  const mix = histograms && { ofRow: new Int32Array(0), histograms };
  const states = planStates(own, mix, mixedIndexOf(policy), compared);
  const keys = columnKeys({
    sweep: { columns: [...own.pairs, ...(others[0]?.pairs ?? [])] },
    ...(compared ? { firstCompared: compared.firstColumn } : {}),
    states: states.states,
    aligned: states.aligned,
  });
  return { states, keys };
}

/** Tells whether a state has the scores of M[v, v] of a family, v the version of an age. */
function agedIn(state: SummedState): (family: PairKey['family'], age: number) => boolean {
  const held = new Set(state.columns.flatMap(({ parts }) => (parts.length === 1 ? parts : [])).map(pairText));
  return (family, age) => held.has(pairText({ family, query: age, item: age }));
}

function pairText({ family, query, item }: PairKey): string {
  return `${family} ${query} ${item}`;
}

/** Facts that whoever has filled a state knows besides. */
export interface BesideState {
  readonly reliability?: Reliability;
  /** Versions that are the same by their scores. */
  readonly alike?: readonly Alike[];
  /** Said in place of what a state cannot say. */
  readonly notices?: readonly string[];
}

/** Measures what a state holds as a sweep over rows would be measured. */
export function measureState(sources: StateSources, beside: BesideState = {}): MeasuredSkew {
  const { policy, plan, release, grid, given, state, states } = sources;
  const { facts } = given;
  if (facts.oneScore !== undefined) throw oneScore(facts.oneScore, release);
  refuseOutside(plan, release, given);
  const yardsticks = plan.metrics.map((ref) => yardstickOf(ref, facts.probabilities));
  const { alike = alikeInState(sources), notices } = beside;
  const reliability = beside.reliability ?? diagramsOf(sources);
  const tabulation = estimatesOf(state, [...plan.metrics, ...yardsticks], release.score.place, reliability);
  const { candidate, compared, aligned } = states;
  const scored = policy.versionSkew.allowIdenticalVersions
    ? []
    : [...scoreAlike(tabulation, candidate.current), ...alikeDistances(alike, 1)];
  const measured: Measured = {
    policy,
    plan,
    ...grid,
    tabulation,
    families: { candidate, ...(compared ? { compared } : {}) },
    skill: SkillTest.ofState({ tabulation, aligned }, facts.probabilities, plan.metrics, policy),
    fixedPredictions: facts.fixedPredictions,
    alike: { checkpoint: new Map<number, IdenticalVersions | IdenticalScores>(scored), family: new Map() },
  };
  return {
    ...{ evidence: sources, rows: undefined, facts, measured, claims: skewClaims(measured) },
    alike,
    ...(notices ? { notices } : {}),
  };
}

/** By the order of the columns that are judged. */
function diagramsOf({ given: { diagrams, state: held }, state }: StateSources): Reliability | undefined {
  if (!diagrams) return undefined;
  const places = new Map(held.columns.map((key, c) => [textOf(key), c]));
  return new Reliability(state.columns.map((key) => diagrams[lookUp(places, textOf(key), 'column')]!));
}

/** Versions that are the same by their scores over all rows. */
function alikeInState({ release, states, given: { facts } }: StateSources): Alike[] {
  const { displacement } = facts;
  if (!displacement) return [];
  const pairAt = (k: number): PairKey => ({ family: 'candidate', query: Math.max(0, -k), item: Math.max(0, k) });
  const distances = [...states.candidate.current.keys()].filter((k) => k !== 'production');
  return alikeDisplaced(
    distances,
    (newer, older) => displacement(pairAt(newer), pairAt(older)),
    (k) => (release.scores ? versionNames(release, k) : unnamed(release.chain[Math.abs(k)]!)),
  );
}

/** A version whose scores have no column of their own in the release. */
function unnamed(version: string): { readonly version: string; readonly column: string } {
  return { version, column: `the scores of ${version}` };
}

/** Metrics of probabilities refuse predictions that are none. */
function refuseOutside({ metrics }: MetricPlan, release: Release, { file, facts }: GivenState): void {
  const needing = metrics.find(({ metric }) => metric.probabilities);
  if (!facts.outside || !needing) return;
  throw new DataError([
    {
      place: release.score.place,
      found:
        `predictions outside of 0 to 1 at ${pairInWords(facts.outside)} (${file}), in a policy that asks for ` +
        needing.id,
      expected: 'predictions between 0 and 1',
      mend: 'Write: score: {link: sigmoid}, or ask for metrics of rankings alone.',
    },
  ]);
}

/** The size of the rows that a state is of. */
export function sizeOfState({ policy, given: { state, facts } }: StateSources): EvalSetSize {
  return {
    rows: state.held.rows,
    positives: state.tallies.positives[0] ?? 0,
    queries: facts.queries,
    items: facts.items,
    catalogue: facts.items,
    sha256: pinnedFiles(policy.evalSet),
  };
}

function histogramsOf(
  distances: NonNullable<Awaited<ReturnType<typeof readDistances>>>,
  policy: SkewPolicy,
  { file, facts: { histograms } }: GivenState,
): CoveredHistogram[] {
  // A histogram that no row has is refused as over the rows.
  const covered = coveredHistograms(distances, policy, withRows(histograms));
  if (distances.by !== undefined && !histograms)
    throw new DataError([
      {
        place: { file },
        found: 'a state without the rows of each of production’s histograms',
        expected: `the weight of every value of ${quoted(distances.by)} in every cell`,
        mend: REWRITE,
      },
    ]);
  return covered;
}

/** The names of the histograms that some row has. Every cut has all rows, so that any cell may show one. */
function withRows(histograms: GivenState['facts']['histograms']): readonly string[] {
  const { names, rows } = histograms ?? { names: [], rows: new Float64Array(0) };
  return names.filter((_, h) => rows.some((count, at) => count > 0 && at % names.length === h));
}

function mixesOf(histograms: readonly CoveredHistogram[], { count }: Cells, { state, facts }: GivenState) {
  const shares = facts.histograms ?? { weight: state.census.geometry.total, rows: state.tallies.rows };
  return mixesOfShares(histograms, count, shares.weight, shares.rows);
}

const REWRITE = 'Write the state again by the SQL of: skewgate sql --policy P --release R';

/** Cells that rules name and the state does not have. */
function missingCuts(policy: SkewPolicy, { crosses }: MetricPlan, { cuts }: Cells, { file }: GivenState): Problem[] {
  const wanted: SliceColumns[] = [[], ...policy.evalSet.slices.map((name) => [name]), ...crosses];
  const lacking = wanted.filter((columns) => !cuts.some((cut) => sameColumns(cut.columns, columns)));
  if (lacking.length === 0) return [];
  const names = [...new Set(lacking.map((columns) => quoted(columns.join('*') || 'all rows')))];
  return [
    {
      place: { file },
      found: `a state without the cells of ${list(names)}`,
      expected: 'every cell that rules judge',
      mend: REWRITE,
    },
  ];
}

/** Rules whose metric, or the yardstick of its skill, the state does not hold. */
function missingMetrics(policy: SkewPolicy, plan: MetricPlan, { file, state, facts }: GivenState): Problem[] {
  const said = new Set<string>();
  return plan.metrics.flatMap((ref): Problem[] => {
    const yardstick = yardstickOf(ref, facts.probabilities);
    const lacking = [ref, yardstick].find((one) => !holds(state, one));
    if (!lacking || said.has(ref.id)) return [];
    said.add(ref.id);
    const rule = present(
      policy.versionSkew.rules.find(({ metric }) => metric === ref.id),
      'rule of a metric',
    );
    return [lackingMetric(rule, ref.id, lacking.id, file)];
  });
}

function lackingMetric(rule: Rule, id: string, lacking: string, file: string): Problem {
  const what = lacking === id ? id : `${lacking}, which shows whether there is skill that ${id} could lose`;
  return {
    place: rule.metricPlace,
    found: `a rule on ${id}, where the state ${quoted(file)} does not hold ${what}`,
    expected: 'a state that holds every metric that rules judge',
    mend: 'Run without --state on a machine that holds the rows, or keep this rule in a policy of its own.',
  };
}

function withoutColumns(lacking: readonly ColumnKey[], { file }: GivenState): Problem {
  const first = lacking
    .slice(0, 3)
    .map(({ parts }) => (parts.length === 1 && !parts[0]!.mass ? pairInWords(parts[0]!) : 'a mix of production'));
  return {
    place: { file },
    found: `a state without ${list([...new Set(first)])}`,
    expected: 'every pair of versions that the policy sweeps, and production’s mixes as they are declared now',
    mend: REWRITE,
  };
}

function pairInWords({ family, query, item }: PairKey): string {
  const whose = family === 'compared' ? ' of the family that serves today' : '';
  return `query ${query} and item ${item} steps behind live${whose}`;
}
