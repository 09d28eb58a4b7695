/**
 * Notices of a sweep tell a reviewer what to doubt although no file is wrong: a sweep that measures nothing, a rule
 * that allows all. Those that are known before it are in source-notices.ts.
 */

import type { Slice } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { comparesFamilies } from '../../documents/policy/policy.js';
import { columnOfVersion, type Release } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { belowFloors } from '../../estimation/statistics/noninferiority.js';
import { list, quoted } from '../../lib/text.js';
import { shiftOf } from '../../models/scores/spread.js';
import type { Sweep } from '../../models/scores/sweep.js';
import type { Finding } from '../check-report.js';
import { spelled } from '../reason-words.js';
import { cellOf, sliceOf } from './cell-names.js';
import { DILUTED, dilution } from './informative.js';
import type { CellClaim, Measured } from './judge.js';
import { allowsNoSkill, judgesLevel } from './merit.js';
import { comparesNothing } from './source-notices.js';
import { columnAt, stateAt } from './states.js';

/** Scores that say nothing are an error. */
export function refuseOneScore(sweep: Sweep, release: Release): void {
  const aligned = columnAt(sweep, 0).scores;
  if (aligned.every((score) => score === aligned[0])) throw oneScore(aligned[0]!, release);
}

/** The refusal of scores that are all the same. */
export function oneScore(score: number, release: Release): DataError {
  return new DataError([
    {
      place: release.score.place,
      found: `the same score ${score} for every row at distance 0`,
      expected: 'scores that tell rows apart',
      mend: release.scores
        ? `Check score.scale, and what was written to ${quoted(columnOfVersion(release.scores.column, release.live))}.`
        : 'Check score.scale, and that both towers give different embeddings to different inputs.',
    },
  ]);
}

/**
 * Between-version shifts of the scores beyond this share of their within-request standard deviation let one version's
 * items win.
 */
export const MIXED_ALARM = 0.1;

/** A mixed index ranks items by scores of different versions: these must be on one scale. */
export function mixedIndexAlarm(
  evalSet: EvalSet,
  sweep: Pick<Sweep, 'columns' | 'current'>,
  distances: readonly number[],
): string[] {
  const zero = columnAt(sweep, 0).scores;
  return distances.flatMap((k) => {
    const { offset, scale } = shiftOf(evalSet, columnAt(sweep, k).scores, zero);
    if (Math.abs(offset) <= MIXED_ALARM && Math.abs(scale - 1) <= MIXED_ALARM) return [];
    return [
      `distance ${k}: scores are ${offset.toFixed(2)} within-request standard deviations off and ` +
        `${scale.toFixed(2)} times as wide as at distance 0. In a mixed index (mix: per_item) such items win or ` +
        'lose by their version: do not trust the pure curves of rankings.',
    ];
  });
}

/** Below as many effective clusters a side a pass is less sure than is promised (docs/statistics-coverage.md). */
const FEW_CLUSTERS = 50;

/** Cells that pass on few effective clusters, outside of what is promised. */
export function fewClustersNotice({ tabulation, cells }: Measured, findings: readonly Finding[]): string[] {
  const few = new Map<string, number>();
  for (const { metric, slice, verdict, level } of findings) {
    if (verdict !== 'pass' || level !== 'fail') continue;
    const { itemClusters, queryClusters } = tabulation.evidence(metric, cellOf(cells, slice));
    const least = Math.min(itemClusters, queryClusters);
    if (least < FEW_CLUSTERS) few.set(formatKey(slice), Math.min(least, few.get(formatKey(slice)) ?? least));
  }
  if (few.size === 0) return [];
  const slices = [...few].map(([slice, clusters]) => `${slice} (${Math.floor(clusters)})`);
  return [
    `fewer than ${FEW_CLUSTERS} effective clusters on a side carry ${list(slices, 5)}: false passes may be ` +
      'somewhat more frequent there than the confidence says.',
  ];
}

/** Rankings whose change most queries only dilute, as no order of their candidates would change their value. */
export function dilutionNotices({ tabulation, cells }: Measured, findings: readonly Finding[]): string[] {
  const said = new Map<string, string>();
  for (const { metric, slice } of findings) {
    const ranking = tabulation.ranking(metric, cellOf(cells, slice));
    if (ranking && ranking.queries > 0 && ranking.queries < DILUTED * ranking.counted)
      said.set(`${metric} ${formatKey(slice)}`, dilution(metric, formatKey(slice), ranking.queries, ranking.counted));
  }
  return [...said.values()];
}

/** Slice values that are below the floors, where the policy wants them listed alone. */
export function thinNotices(claims: readonly CellClaim[], { cells, tabulation }: Measured): string[] {
  const thin = new Map<string, string>();
  for (const { thin: isThin, rule, cell } of claims) {
    if (!isThin) continue;
    const slice = formatKey(sliceOf(cells, cell));
    const below = belowFloors(tabulation.evidence(rule.metric, cell));
    if (below && !thin.has(slice)) thin.set(slice, `${slice} (${spelled(below)})`);
  }
  if (thin.size === 0) return [];
  return [`thin slices, listed and not judged (thin_slices: report): ${list([...thin.values()], 8)}.`];
}

/** Cells that are judged although their aligned model shows no skill, where the policy only warns of it. */
export function unskilledNotice(claims: readonly CellClaim[], { cells, policy, skill }: Measured): string[] {
  if (policy.versionSkew.onNoSkill === 'fail') return [];
  const slices = new Set<string>();
  for (const { rule, cell } of claims) {
    if (skill.of(rule.metric, cell).shown) continue;
    slices.add(`${rule.metric} on ${formatKey(sliceOf(cells, cell))}`);
  }
  if (slices.size === 0) return [];
  return [
    'no skill at distance 0 (on_no_skill: warn), so that there is little that skew could cost: ' +
      `${list([...slices], 8)}.`,
  ];
}

function formatKey(slice: Slice): string {
  const entries = Object.entries(slice);
  return entries.length === 0 ? 'all rows' : entries.map(([k, v]) => `${k}=${v}`).join(', ');
}

/** Thresholds that allow a change as large as the value itself: usually a forgotten percent sign. */
export function ruleNotices(measured: Measured): string[] {
  const { policy, tabulation, families } = measured;
  const { current } = families.candidate;
  return policy.versionSkew.rules.flatMap((rule) => {
    if (comparesFamilies(rule.operator) || comparesNothing(rule, measured)) return [];
    const where = `${policy.path}:${rule.place.line}`;
    const chance = allowsNoSkill(rule, measured);
    if (chance !== undefined)
      return [
        `${where}: ${rule.operator} ${rule.thresholdText} of ${rule.metric} allows ` +
          `${Number(chance.toPrecision(4))}, which a model without skill has: such a model would pass this rule.`,
      ];
    if (judgesLevel(rule)) return [];
    const zero = Math.abs(tabulation.value(rule.metric, 0, stateAt(current, 0)));
    const allowed = rule.relative ? rule.threshold * zero : rule.threshold;
    if (!(allowed >= zero) || zero === 0) return [];
    const hint = rule.relative ? '' : `; as a percentage write ${rule.threshold}%`;
    return [
      `${where}: ${rule.operator} ${rule.thresholdText} of ${rule.metric} allows a change as large as the ` +
        `value itself${hint}.`,
    ];
  });
}
