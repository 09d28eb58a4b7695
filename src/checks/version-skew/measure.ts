/** The version-skew check: a sweep's scores against the policy's rules, in every slice, at every distance. */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { ProductionMix } from '../../data/production/mix.js';
import type { SkewPolicy } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { isRanking } from '../../estimation/metrics/metric.js';
import type { RowFacts } from '../../estimation/state/row-facts.js';
import type { Claim } from '../../estimation/statistics/claims.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { Tabulation } from '../../estimation/tabulation/tabulate.js';
import { joined, type Progress, SILENT } from '../../lib/progress.js';
import { list } from '../../lib/text.js';
import type { Alike } from '../../models/drift/alike.js';
import { predictor } from '../../models/scores/link.js';
import type { Sweep } from '../../models/scores/sweep.js';
import { type ProductionEntry, type SweepReport, verdictOf } from '../check-report.js';
import type { ServedScores, Swept } from '../evidence-check.js';
import { curveOf, unitOf } from './curve.js';
import { driftEntries } from './drift-entries.js';
import { findingsOf } from './findings.js';
import type { EmbeddedLive, VersionSkewEvidence } from './gather.js';
import { hypothesis } from './hypothesis.js';
import { alikeDistances, alikeNotices, scoreAlike } from './identical-versions.js';
import { needsPass } from './index-age.js';
import { fixedPredictions } from './informative.js';
import { type CellClaim, type Measured, skewClaims } from './judge.js';
import { losingNotices, losingOf } from './losing.js';
import {
  dilutionNotices,
  fewClustersNotice,
  mixedIndexAlarm,
  refuseOneScore,
  ruleNotices,
  thinNotices,
  unskilledNotice,
} from './notices.js';
import { type MetricPlan, mixedIndexOf, requiredRules } from './plan.js';
import { remediesOf } from './remedies.js';
import { SkillTest } from './skill.js';
import { type KnownSources, knownNotices, repeatsNotice } from './source-notices.js';
import { columnAt, planStates } from './states.js';
import { tonightOf } from './tonight.js';

/** The sweep tabulated, and every claim on it; not yet judged. */
export interface MeasuredSkew {
  readonly evidence: KnownSources;
  /** The rows, their scores and what towers gave; undefined where a state alone is judged. */
  readonly rows: VersionSkewEvidence | undefined;
  /** Facts of the rows that a state is of. */
  readonly facts?: RowFacts;
  /** Versions that are the same, where a state tells; of rows, their sweep does. */
  readonly alike?: readonly Alike[];
  /** Said of a state that was filled from rows; left out: that it has none. */
  readonly notices?: readonly string[];
  readonly measured: Measured;
  readonly claims: readonly CellClaim[];
}

export async function measureVersionSkew(
  evidence: VersionSkewEvidence,
  progress: Progress = SILENT,
): Promise<MeasuredSkew> {
  refuseOneScore(evidence.sweep, evidence.release);
  const measured = await measure(evidence, progress);
  return { evidence, rows: evidence, measured, claims: skewClaims(measured) };
}

/** The results of a sweep that checks on evidence read. */
export function sweptOf(skew: MeasuredSkew): Swept {
  const loss = lossInProduction(skew);
  if (!skew.rows) return { loss, precision: undefined, vectorOf: undefined };
  const { evalSet, sweep, asServed, embedded } = skew.rows;
  const vectors = embedded && { query: vectorsById(embedded.query), item: vectorsById(embedded.item) };
  return {
    loss,
    precision: asServed && servedScores(evalSet, sweep, asServed),
    vectorOf: vectors && ((side, id) => vectors[side](id)),
  };
}

function servedScores(evalSet: EvalSet, sweep: Sweep, asServed: Sweep): ServedScores {
  const { query, item, label, rows } = evalSet;
  const predictions = (sweep: Sweep) => {
    const { link, scores } = columnAt(sweep, 0);
    const { prediction } = predictor(link, scores, query.codes, query.names.length);
    return Float64Array.from({ length: rows }, (_, r) => prediction(r));
  };
  const [full, served] = [predictions(sweep), predictions(asServed)];
  const probabilities = [full, served].every((values) => values.every((p) => p >= 0 && p <= 1));
  return { query, item, full, served, label: probabilities ? label : undefined };
}

/**
 * Of several feature rows nobody says which one the index was built from; of several vectors an item none stands for
 * it.
 */
function vectorsById({
  entities,
  embeddings,
}: EmbeddedLive[Side]): (id: string) => Float32Array | Float64Array | undefined {
  const entityOf = new Map<string, number>();
  for (let e = 0; e < entities.count; e++) entityOf.set(entities.idOf(e), entityOf.has(entities.idOf(e)) ? -1 : e);
  return (id) => {
    const e = entityOf.get(id) ?? -1;
    if (e < 0 || embeddings.offsets) return undefined;
    return embeddings.data.subarray(e * embeddings.dimension, (e + 1) * embeddings.dimension);
  };
}

/**
 * Log loss that production's version distances cost on all rows; undefined without a rule on log_loss, or without
 * `production`.
 */
function lossInProduction({ measured: { plan, families, tabulation } }: MeasuredSkew): Estimate | undefined {
  const state = families.candidate.current.get('production');
  if (state === undefined || !plan.metrics.some(({ id }) => id === LOG_LOSS)) return undefined;
  // Cell 0 is all rows.
  return tabulation.change(LOG_LOSS, 0, state, false);
}

const WITHOUT_VECTORS =
  'drift is not measured, as the release gives scores and no item vectors: what moved between versions, and which map ' +
  'would repair it, is not known (docs/scores.md)';

/** @param rejected claims that Holm's procedure over the whole run lets be called violated */
export function reportVersionSkew(
  { evidence, rows, facts, alike = rows?.sweep.alike ?? [], notices, measured, claims }: MeasuredSkew,
  rejected: ReadonlySet<Claim>,
  progress: Progress = SILENT,
): SweepReport {
  const { policy, release, production, coverage } = evidence;
  const { families } = measured;
  const findings = findingsOf(claims, rejected, measured);
  const verdict = verdictOf(findings);
  const drift = rows ? driftEntries(measured, rows.evalSet, rows.sweep, progress) : [];
  progress({ stage: 'judging', detail: 'cures and curves' });
  const losing = rows && losingOf(measured, rows.evalSet, rows.sweep, production?.mix);
  const tonight = tonightOf(measured, release.chain, (metric) => unitOf(policy, metric));
  return {
    kind: 'sweep',
    check: hypothesis.id,
    layer: hypothesis.layer,
    verdict,
    rules: policy.versionSkew.rules.length,
    curve: curveOf(measured, families.candidate),
    ...(families.compared && release.compareWith
      ? { compared: { ...named(release.compareWith), curve: curveOf(measured, families.compared) } }
      : {}),
    ...(tonight ? { tonight } : {}),
    production: production ? productionEntries(production.mix) : [],
    drift,
    ...(release.scores ? { withoutDrift: WITHOUT_VECTORS } : {}),
    coverage,
    findings,
    remedies: remediesOf({
      measured,
      rows,
      mixedIndex: mixedIndexOf(policy),
      findings,
      drift,
      verdict,
      release,
    }),
    ...(losing ? { losing } : {}),
    notices: [
      ...knownNotices(evidence),
      ...alikeNotices(alike, policy.versionSkew),
      ...(rows ? embeddingNotices(rows) : []),
      ...(facts ? repeatsNotice(facts) : []),
      ...ruleNotices(measured),
      ...fewClustersNotice(measured, findings),
      ...dilutionNotices(measured, findings),
      ...thinNotices(claims, measured),
      ...unskilledNotice(claims, measured),
      ...(rows ? mixedIndexNotices(rows, measured) : stateNotices(measured, verdict, notices)),
      ...(rows ? losingNotices(policy.versionSkew.listLosing, losing) : nothingListed(policy)),
    ],
  };
}

function mixedIndexNotices({ evalSet, sweep }: VersionSkewEvidence, { mixes, policy, plan }: Measured): string[] {
  return mixes && ranksVersionsTogether(policy, plan)
    ? mixedIndexAlarm(evalSet, sweep, [...mixes[0]!.histogram.keys()])
    : [];
}

/** Notices of all that a run over rows would say besides. */
function stateNotices(measured: Measured, verdict: SweepReport['verdict'], said?: readonly string[]): string[] {
  const { policy, plan } = measured;
  const ages =
    verdict === 'fail' && needsPass(requiredRules(policy, plan), measured) ? ['the age an index may have'] : [];
  if (said) return [...said, ...ages.map((what) => `${what} would need a pass over the rows an age, and is left out.`)];
  const lacking = [
    'drift and its repair',
    ...ages,
    ...(ranksVersionsTogether(policy, plan) ? ['whether scores of different versions are on one scale'] : []),
  ];
  return [`judged from a state: ${list(lacking)} would need the rows, and is left out.`, ...binnedNotice(measured)];
}

/** Metrics of order may be of bins of the scores there: their bounds are then wider than those over the rows. */
function binnedNotice({ plan, tabulation }: Measured): string[] {
  const ordered = plan.metrics
    .filter(({ id, metric }) => metric.merges === 'sorted_runs' && tabulation.isBounded(id))
    .map(({ id }) => id);
  return ordered.length > 0
    ? [
        `the state counts ${list(ordered)} by bins of the scores; what an order within a bin may hide is in their bounds.`,
      ]
    : [];
}

/** A state has sums, and no row of anybody. */
function nothingListed({ versionSkew }: SkewPolicy): string[] {
  return versionSkew.listLosing === undefined ? [] : ['list_losing: a state holds no rows, so that nothing is listed.'];
}

/** Notices about the towers themselves, each once. */
function embeddingNotices({ sweep, compared, asServed, towerNotices }: VersionSkewEvidence): string[] {
  return [...new Set([...towerNotices, ...[sweep, compared, asServed].flatMap((one) => one?.notices ?? [])])];
}

/** Everything that is judged, from one tabulation over the scores of both families. */
async function measure(evidence: VersionSkewEvidence, progress: Progress): Promise<Measured> {
  const { policy, release, evalSet, sweep, compared, production, plan, grid } = evidence;
  const { cells } = grid;
  const other = compared ? { sweep: compared, firstColumn: sweep.columns.length } : undefined;
  const {
    states,
    aligned,
    candidate,
    compared: served,
  } = planStates(sweep, production?.mix, mixedIndexOf(policy), other);
  const share = joined(progress);
  const tabulating = Tabulation.shared({
    evalSet,
    sweep: compared ? { ...sweep, columns: [...sweep.columns, ...compared.columns] } : sweep,
    ...(other ? { firstCompared: other.firstColumn } : {}),
    scorePlace: release.score.place,
    cells,
    metrics: plan.metrics,
    states,
    aligned,
    weightQueries: policy.evalSet.weightQueries,
    distinctItems: policy.evalSet.candidates === 'full',
    progress: share(),
  });
  const [tabulation, skill] = await Promise.all([
    tabulating,
    SkillTest.of(
      evalSet,
      sweep,
      cells,
      plan.metrics,
      policy,
      tabulating.then((judged) => ({ tabulation: judged, aligned })),
      share(),
    ),
  ]);
  const { allowIdenticalVersions, anchors } = policy.versionSkew;
  const alike = allowIdenticalVersions ? [] : sweep.alike;
  const scored = allowIdenticalVersions ? [] : scoreAlike(tabulation, candidate.current);
  return {
    policy,
    plan,
    ...grid,
    tabulation,
    families: { candidate, ...(served ? { compared: served } : {}) },
    skill,
    fixedPredictions: fixedPredictions(evalSet, cells, release.score.link),
    alike: {
      checkpoint: new Map([...scored, ...alikeDistances(alike, 1)]),
      family: alikeDistances(alike, anchors),
    },
  };
}

function named({ name, path, live }: Release): { release: string; path: string; live: string } {
  return { release: name, path, live };
}

/** Tells whether a rule is about rankings in which items of different versions meet. */
function ranksVersionsTogether(policy: SkewPolicy, { metrics }: MetricPlan): boolean {
  return mixedIndexOf(policy) !== undefined && metrics.some(({ metric }) => isRanking(metric));
}

function productionEntries(mix: ProductionMix): ProductionEntry[] {
  return mix.histograms.map(({ slice, written, source, uncovered }) => ({
    slice,
    histogram: written,
    source,
    uncoveredMass: uncovered,
  }));
}
