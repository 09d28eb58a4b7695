/** The plan of a state's SQL: its tables, and the columns of the scored table that it reads. */

import { readDistances } from '../../data/production/distances.js';
import { type CoveredHistogram, coveredHistograms } from '../../data/production/mix.js';
import { pinnedFiles, type SkewPolicy } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { BINNED, type EnginePlan, ORDERED, type PairColumn, RANKINGS, type Ranking } from '../../engines/plan.js';
import { ConfigError, type Problem } from '../../errors.js';
import { isRanking, type SumMetric } from '../../estimation/metrics/metric.js';
import { PREDICTION } from '../../estimation/metrics/quantity.js';
import { findMetric, type MetricRef, yardstickOf } from '../../estimation/metrics/registry.js';
import type { Denominator, PairKey } from '../../estimation/state/keys.js';
import { HASH, TABLES_FORMAT } from '../../estimation/state-tables/layout.js';
import { denominatorName } from '../../estimation/tabulation/fill-state.js';
import { hasDiagrams } from '../../estimation/tabulation/reliability.js';
import { plannedColumns } from './from-state.js';
import type { SkewPlan } from './gather.js';
import { mixedIndexOf } from './plan.js';

/** Plans the state of a release. ConfigError with every rule whose metric no SQL writes. */
export async function planEngine(plan: SkewPlan, release: Release): Promise<EnginePlan> {
  const { policy } = plan;
  refuseUnwritten(policy, plan);
  const distances = await readDistances(policy, release);
  const histograms = distances && coveredHistograms(distances, policy, [...distances.histograms.keys()]);
  const { keys } = plannedColumns(plan, release, histograms, (family, age) => hasAged(release, family, age));
  const pairs = pairsOf(keys.flatMap(({ parts }) => parts));
  const metrics = writtenMetrics(plan, release);
  const summed = metrics.map(({ metric }) => metric).filter((metric) => metric.kind === 'sums');
  const rankings = metrics.flatMap((ref) => rankingOf(ref) ?? []);
  const ordered = ORDERED.filter((id) => metrics.some((ref) => ref.id === id));
  const binned = BINNED.filter((id) => metrics.some((ref) => ref.id === id));
  const { compareWith } = release;
  return {
    tables: {
      format: TABLES_FORMAT,
      policy: policy.sha256,
      release: release.sha256,
      ...(compareWith ? { compared: compareWith.sha256 } : {}),
      evalSet: pinnedFiles(policy.evalSet),
      hash: HASH,
      cuts: cutsOf(policy, plan),
      columns: keys,
      pairs,
      // The weights of buckets are read off the sums of some quantity.
      quantities: summed.length > 0 ? [...new Set(summed.map(({ quantity }) => quantity.id))] : [PREDICTION.id],
      denominators: denominatorsOf(summed),
      rowMetrics: [...ordered, ...binned],
      queryMetrics: rankings.map(({ id }) => id),
      diagrams: hasDiagrams(plan.metrics.metrics),
      ...(distances?.by === undefined ? {} : { histograms: namesOf(histograms ?? []) }),
    },
    policy,
    pairs: pairs.map((key) => pairColumn(key, release)),
    ...(distances?.by === undefined ? {} : { histogramsBy: distances.by }),
    rankings,
    ordered,
    binned,
    diagrams: hasDiagrams(plan.metrics.metrics),
    aligned: pairs.findIndex(({ family, query, item }) => family === 'candidate' && query === 0 && item === 0),
  };
}

/** Those of rules, and those that skill shows by; nobody knows yet whether an identity link gives probabilities. */
function writtenMetrics({ metrics: { metrics } }: SkewPlan, { score }: Release): MetricRef[] {
  const given = score.link === 'identity' ? [true, false] : [true];
  const all = [...metrics, ...metrics.flatMap((ref) => given.map((probabilities) => yardstickOf(ref, probabilities)))];
  return [...new Map(all.map((ref) => [ref.id, ref])).values()];
}

function rankingOf({ id, metric, k }: MetricRef): Ranking | undefined {
  const name = RANKINGS.find((one) => one === metric.id);
  return name && { id, name, k, exponential: findMetric(id)?.metric !== metric };
}

/** Tells whether some SQL writes a metric. */
function isWritten({ metric }: MetricRef): boolean {
  return metric.kind === 'sums' || [...RANKINGS, ...ORDERED, ...BINNED].some((id) => id === metric.id);
}

function namesOf(histograms: readonly CoveredHistogram[]): string[] {
  return histograms.map(({ slice }) => Object.values(slice).join());
}

/** All rows, every slice column, and the crosses that rules name, each once. */
function cutsOf({ evalSet }: SkewPolicy, { metrics: { crosses } }: SkewPlan): string[][] {
  const cuts: string[][] = [[], ...evalSet.slices.map((name) => [name])];
  for (const cross of crosses)
    if (!cuts.some((cut) => cut.length === cross.length && cross.every((name) => cut.includes(name))))
      cuts.push([...cross]);
  return cuts;
}

function pairsOf(parts: readonly PairKey[]): PairKey[] {
  const found = new Map<string, PairKey>();
  for (const { family, query, item } of parts) found.set(`${family} ${query} ${item}`, { family, query, item });
  return [...found.values()];
}

/** Counts of effective clusters are by weight always, as the floors are of them. */
function denominatorsOf(metrics: readonly SumMetric[]): Denominator[] {
  return [...new Set<Denominator>(['w', ...metrics.map(denominatorName)])];
}

/** Tells whether the scored table has the scores of M[v, v], v the version of an age. */
function hasAged(release: Release, family: PairKey['family'], age: number): boolean {
  const own = familyOf(release, family);
  if (own.scores) return own.scores.aligned !== undefined;
  const version = own.chain[age] ?? '';
  return own.checkpoints.query.has(version) && own.checkpoints.item.has(version);
}

function familyOf(release: Release, family: PairKey['family']): Release {
  return family === 'candidate' ? release : (release.compareWith ?? release);
}

/** The columns of a release without `scores`: the same names that such a key would have. */
const NAMES = { column: 'score_{version}', aligned: 'aligned_{version}', olderQuery: 'older_{version}' } as const;

function pairColumn(key: PairKey, release: Release): PairColumn {
  const own = familyOf(release, key.family);
  // Two families may have versions of one name.
  const prefix = key.family === 'compared' && !own.scores ? 'compared_' : '';
  const query = own.chain[key.query] ?? '';
  return {
    key,
    column: prefix + columnName(key, own),
    scale: own.score.scale(query),
    bias: own.score.bias(query),
    link: own.score.link,
  };
}

function columnName({ query, item }: PairKey, { scores, chain }: Release): string {
  const named = (name: keyof typeof NAMES, age: number) =>
    (scores?.[name]?.template ?? NAMES[name]).replaceAll('{version}', chain[age] ?? '');
  if (query === 0) return named('column', item);
  if (item === 0) return named('olderQuery', query);
  if (query === item) return named('aligned', item);
  // Of anchors, which scores have none: an older live version with older items still.
  return `score_${chain[query] ?? ''}_${chain[item] ?? ''}`;
}

/** Rules on metrics that no state has, and what would judge them. */
function refuseUnwritten(policy: SkewPolicy, { metrics: { metrics } }: SkewPlan): void {
  const problems = policy.versionSkew.rules.flatMap((rule): Problem[] => {
    const ref = metrics.find(({ id }) => id === rule.metric);
    const why = ref && unwritten(ref, policy);
    return why ? [{ place: rule.metricPlace, found: `a rule on ${ref.id}, ${why}`, ...BY_ROWS }] : [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

const BY_ROWS = {
  expected: 'metrics that are made of the rows of the scored table, each version by itself',
  mend: 'Judge this rule by a run over the rows, in a policy of its own.',
} as const;

/** The reason why no SQL writes a metric; undefined where some does. */
function unwritten(ref: MetricRef, policy: SkewPolicy): string | undefined {
  const lacking = [ref, yardstickOf(ref, true)].find((one) => !isWritten(one));
  if (lacking) return `of which no SQL writes ${lacking === ref ? 'the state' : `the skill (${lacking.id})`}`;
  if (ref.metric.kind === 'positions' && policy.evalSet.candidates === 'full')
    return 'which ranks the whole catalogue (candidates: full): the scored table has the rows alone';
  if (isRanking(ref.metric) && mixedIndexOf(policy))
    return `where items of several versions meet in one ranking (mix: ${policy.production?.mix}): no SQL counts their orders`;
  return undefined;
}
