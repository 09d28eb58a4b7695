/** What the SQL of a state is made from: the plan of its tables, and how the rows of the scored table are read. */

import { readDistances } from '../../data/production/distances.js';
import { type CoveredHistogram, coveredHistograms } from '../../data/production/mix.js';
import { pinnedFiles, type SkewPolicy } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import type { EnginePlan, PairColumn } from '../../engines/plan.js';
import { ConfigError, type Problem } from '../../errors.js';
import type { SumMetric } from '../../estimation/metrics/metric.js';
import { yardstickOf } from '../../estimation/metrics/registry.js';
import type { Denominator, PairKey } from '../../estimation/state/keys.js';
import { HASH, TABLES_FORMAT } from '../../estimation/state-tables/layout.js';
import { denominatorName } from '../../estimation/tabulation/fill-state.js';
import { plannedColumns } from './from-state.js';
import type { SkewPlan } from './gather.js';

/** Plans the state of a release. ConfigError with every rule whose metric no SQL writes. */
export async function planEngine(plan: SkewPlan, release: Release): Promise<EnginePlan> {
  const { policy } = plan;
  refuseUnwritten(policy, plan);
  const distances = await readDistances(policy, release);
  const histograms = distances && coveredHistograms(distances, policy, [...distances.histograms.keys()]);
  const { keys } = plannedColumns(plan, release, histograms, (family, age) => hasAged(release, family, age));
  const pairs = pairsOf(keys.flatMap(({ parts }) => parts));
  const metrics = plan.metrics.metrics.map(({ metric }) => metric).filter((metric) => metric.kind === 'sums');
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
      quantities: [...new Set(metrics.map(({ quantity }) => quantity.id))],
      denominators: denominatorsOf(metrics),
      ...(distances?.by === undefined ? {} : { histograms: namesOf(histograms ?? []) }),
    },
    policy,
    pairs: pairs.map((key) => pairColumn(key, release)),
    ...(distances?.by === undefined ? {} : { histogramsBy: distances.by }),
    aligned: pairs.findIndex(({ family, query, item }) => family === 'candidate' && query === 0 && item === 0),
  };
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
  const [name, age] =
    key.query === 0
      ? (['column', key.item] as const)
      : key.item === 0
        ? (['olderQuery', key.query] as const)
        : (['aligned', key.item] as const);
  const template = own.scores?.[name] ?? { template: NAMES[name] };
  const version = own.chain[age] ?? '';
  // Two families may have versions of one name.
  const prefix = key.family === 'compared' && !own.scores ? 'compared_' : '';
  const query = own.chain[key.query] ?? '';
  return {
    key,
    column: prefix + template.template.replaceAll('{version}', version),
    scale: own.score.scale(query),
    bias: own.score.bias(query),
    link: own.score.link,
  };
}

/** Rules on metrics that need more than sums over rows, and what would judge them. */
function refuseUnwritten({ versionSkew: { rules } }: SkewPolicy, { metrics: { metrics } }: SkewPlan): void {
  const problems = rules.flatMap((rule): Problem[] => {
    const ref = metrics.find(({ id }) => id === rule.metric);
    if (!ref) return [];
    const lacking = [ref, yardstickOf(ref, true)].find(({ metric }) => metric.kind !== 'sums');
    if (!lacking) return [];
    return [
      {
        place: rule.metricPlace,
        found: `a rule on ${ref.id}, of which no SQL writes ${lacking.id === ref.id ? 'the state' : `the skill (${lacking.id})`}`,
        expected: 'metrics that are sums over rows, such as log_loss, normalized_entropy, calibration or brier',
        mend: 'Judge this rule by a run over the rows, in a policy of its own.',
      },
    ];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
