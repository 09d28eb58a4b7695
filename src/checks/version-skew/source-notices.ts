/** Notices that need no sweep: of distances, of the eval set, and of rules that look where production is not. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { UNCOVERED_TOLERANCE } from '../../data/production/mix.js';
import { comparesFamilies, type Rule } from '../../documents/policy/policy.js';
import { softmaxNotice } from '../../models/scores/softmax-labels.js';
import type { CoverageEntry } from '../check-report.js';
import { ALL_ROWS } from './cell-names.js';
import type { SkewSources } from './gather.js';
import type { Grid } from './judged-cells.js';
import { judgesLevel } from './merit.js';
import { requiredRules } from './plan.js';

/** Everything that is known before scores are looked at; a state has no rows. */
export type KnownSources = Pick<SkewSources, 'policy' | 'plan' | 'release' | 'coverage' | 'production' | 'grid'> & {
  readonly evalSet?: EvalSet;
  readonly scoreNotices?: SkewSources['scoreNotices'];
};

/** Everything that a report notices and `validate` can say too. */
export function knownNotices(sources: KnownSources): string[] {
  const { plan, production, coverage, evalSet } = sources;
  return [
    ...plan.notices,
    ...(production?.distances.notices ?? []),
    ...coverageNotice(coverage),
    ...(evalSet ? [...repeatsNotice(evalSet), ...labelNotices(evalSet, sources)] : []),
    ...idleNotices(sources),
    ...unjudgedNotice(sources),
    ...(sources.scoreNotices ?? []),
  ];
}

/** Items that did not exist at a version: freshness, not skew. */
function coverageNotice(coverage: readonly CoverageEntry[]): string[] {
  const worst = coverage.toSorted((a, b) => a.share - b.share)[0];
  if (!worst) return [];
  return [
    `coverage: ${worst.missingRows} rows (${(100 * (1 - worst.share)).toFixed(1)} % by weight) have an item ` +
      `without an embedding at distance ${worst.distance} (${worst.version}). Rows whose item some swept version ` +
      'lacks are left out of every distance: that is freshness, not skew.',
  ];
}

/** Rows that say again what another says. */
export function repeatsNotice({ repeatedPairs = 0 }: Pick<EvalSet, 'repeatedPairs'>): string[] {
  if (repeatedPairs === 0) return [];
  const [rows, each] = repeatedPairs === 1 ? ['row repeats', 'it counts'] : ['rows repeat', 'each counts'];
  return [
    `${repeatedPairs.toLocaleString('en-US')} ${rows} a (query, item) pair of an earlier row: ${each} once ` +
      'more in every mean and in rankings of logged candidates, as the rows stand.',
  ];
}

/** Under a softmax the metrics of predictions say something else than under a sigmoid. */
function labelNotices(evalSet: EvalSet, { release, plan }: KnownSources): string[] {
  if (!plan.metrics.some(({ metric }) => metric.probabilities)) return [];
  const notice = softmaxNotice(evalSet, release.score.link);
  return notice === undefined ? [] : [notice];
}

/** Rules that compare distance 0 with itself. */
function idleNotices({ policy, grid }: KnownSources): string[] {
  return policy.versionSkew.rules
    .filter((rule) => comparesNothing(rule, grid))
    .map(
      ({ metric, place }) =>
        `${policy.path}:${place.line}: all of production is at distance 0, where ${metric} does not change by ` +
        'definition.',
    );
}

/** Tells whether a rule on a change is asked where production is, and production is at distance 0 alone. */
export function comparesNothing(rule: Rule, { mixes }: Grid): boolean {
  if (rule.at !== 'each' || judgesLevel(rule) || comparesFamilies(rule.operator)) return false;
  const all = mixes?.[ALL_ROWS];
  return all !== undefined && [...all.histogram.keys()].every((k) => k === 0);
}

/** The share of production at distances that no required rule looks at. */
function unjudgedNotice({ grid: { mixes }, policy, plan }: KnownSources): string[] {
  const rules = requiredRules(policy, plan);
  if (!mixes || rules.some(({ at }) => typeof at === 'string')) return [];
  const judged = new Set(rules.flatMap(({ at }) => at as readonly number[]));
  const { histogram, uncovered } = mixes[0]!;
  // Shares are of what the sweep covers. At distance 0 nothing has changed, whatever the rules.
  const left = [...histogram].filter(([k, share]) => k !== 0 && share > 0 && !judged.has(k));
  const mass = left.reduce((sum, [, share]) => sum + (1 - uncovered) * share, uncovered);
  if (!(mass > UNCOVERED_TOLERANCE)) return [];
  const where = [...left.map(([k]) => String(k)), ...(uncovered > UNCOVERED_TOLERANCE ? ['outside the sweep'] : [])];
  return [
    `${(100 * mass).toFixed(mass < 0.1 ? 1 : 0)} % of production is at distances that no required rule judges ` +
      `(${where.join(', ')}): nothing is shown of what is served there. Write: at: each`,
  ];
}
