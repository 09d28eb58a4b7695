/** What a reviewer should doubt although nothing is wrong with the files: a sweep that measures nothing, a rule that allows everything. */
import { DataError } from '../../../errors.js';
import type { EvalSet } from '../../../evalset/evalset.js';
import { list } from '../../../lib/text.js';
import { entropy } from '../../../metrics/entropy.js';
import { comparesFamilies } from '../../../policy/policy.js';
import type { Release } from '../../../release/release.js';
import { predictor } from '../../../scores/link.js';
import { shiftOf } from '../../../scores/spread.js';
import type { Sweep } from '../../../scores/sweep.js';
import { type Slice, sameColumns } from '../../../statistics/cells.js';
import type { CoverageEntry, Finding } from '../../check.js';
import { judgesLevel, type Measured } from './judge.js';

/** Scores that say nothing are an error; versions whose scores are the same, and a model that knows nothing, are noted. */
export function sweepNotices(evalSet: EvalSet, sweep: Sweep, release: Release): string[] {
  const aligned = sweep.columns[sweep.current.get(0)!]!.scores;
  if (aligned.every((score) => score === aligned[0]))
    throw new DataError([
      {
        place: release.score.place,
        found: `the same score ${aligned[0]} for every row at distance 0`,
        expected: 'scores that tell rows apart',
        mend: 'Check score.scale, and that both towers give different embeddings to different inputs.',
      },
    ]);
  const notices: string[] = [];
  const same = sweep.distances.filter((k) => {
    const { scores } = sweep.columns[sweep.current.get(k)!]!;
    return k !== 0 && scores.every((score, r) => score === aligned[r]);
  });
  if (same.length > 0)
    notices.push(
      `distance ${list(same.map(String))}: every score is the same as at distance 0, so the sweep measures nothing there (the same weights?).`,
    );
  if (noBetterThanBaseRate(evalSet, aligned, release))
    notices.push(
      'with both towers of one version the model is no better than predicting the base rate: there is little that skew could cost.',
    );
  return notices;
}

function noBetterThanBaseRate(evalSet: EvalSet, scores: Float64Array, release: Release): boolean {
  if (release.score.link === 'identity' && scores.some((score) => score < 0 || score > 1)) return false;
  const predict = predictor(release.score.link, scores, evalSet.query.codes, evalSet.query.names.length);
  let w = 0;
  let wy = 0;
  let loss = 0;
  for (let r = 0; r < evalSet.rows; r++) {
    w += evalSet.weight[r]!;
    wy += evalSet.weight[r]! * evalSet.label[r]!;
    loss += evalSet.weight[r]! * predict.logLoss(r, evalSet.label[r]!);
  }
  return loss / w >= entropy(wy / w);
}

/** Between-version shifts of the scores beyond this share of their within-request standard deviation let one version's items win. */
export const MIXED_ALARM = 0.1;

/** A mixed index ranks items by scores of different versions: these must be on one scale. */
export function mixedIndexAlarm(evalSet: EvalSet, sweep: Sweep, distances: readonly number[]): string[] {
  const zero = sweep.columns[sweep.current.get(0)!]!.scores;
  return distances.flatMap((k) => {
    const { offset, scale } = shiftOf(evalSet, sweep.columns[sweep.current.get(k)!]!.scores, zero);
    if (Math.abs(offset) <= MIXED_ALARM && Math.abs(scale - 1) <= MIXED_ALARM) return [];
    return [
      `distance ${k}: scores are ${offset.toFixed(2)} within-request standard deviations off and ${scale.toFixed(2)} times as wide as at distance 0. In a mixed index (mix: per_item) such items win or lose by their version: do not trust the pure curves of rankings.`,
    ];
  });
}

/** Items that did not exist at a version: freshness, not skew. */
export function coverageNotice(coverage: readonly CoverageEntry[]): string[] {
  const worst = coverage.toSorted((a, b) => a.share - b.share)[0];
  if (!worst) return [];
  return [
    `coverage: ${worst.missingRows} rows (${(100 * (1 - worst.share)).toFixed(1)} % by weight) have an item without an embedding at distance ${worst.distance} (${worst.version}). Rows whose item some swept version lacks are left out of every distance: that is freshness, not skew.`,
  ];
}

/** Rows that say again what another says. */
export function repeatsNotice({ repeatedPairs = 0 }: EvalSet): string[] {
  if (repeatedPairs === 0) return [];
  const [rows, each] = repeatedPairs === 1 ? ['row repeats', 'it counts'] : ['rows repeat', 'each counts'];
  return [
    `${repeatedPairs.toLocaleString('en-US')} ${rows} a (query, item) pair of an earlier row: ${each} once more in every mean and in rankings of logged candidates, as the rows stand.`,
  ];
}

/** Below as many effective items a pass is less sure than the confidence says (docs/statistics-coverage.md). */
const FEW_ITEMS = 50;

/** Cells that pass on few effective items. */
export function fewItemsNotice({ tabulation, cells }: Measured, findings: readonly Finding[]): string[] {
  const few = new Map<string, number>();
  for (const { metric, slice, verdict, level } of findings) {
    if (verdict !== 'pass' || level !== 'fail') continue;
    const cut = cells.cuts.find((c) => sameColumns(c.columns, Object.keys(slice)))!;
    const { itemClusters } = tabulation.evidence(metric, cut.first + cut.slices.indexOf(slice));
    if (itemClusters < FEW_ITEMS) few.set(formatKey(slice), itemClusters);
  }
  if (few.size === 0) return [];
  const slices = [...few].map(([slice, items]) => `${slice} (${Math.floor(items)})`);
  return [
    `fewer than ${FEW_ITEMS} effective items carry ${list(slices, 5)}: false passes are somewhat more frequent there than the confidence says.`,
  ];
}

function formatKey(slice: Slice): string {
  const entries = Object.entries(slice);
  return entries.length === 0 ? 'all rows' : entries.map(([k, v]) => `${k}=${v}`).join(', ');
}

/** Rules that compare nothing, and thresholds that allow a change as large as the value itself: usually a forgotten percent sign. */
export function ruleNotices({ policy, tabulation, families, mixes }: Measured): string[] {
  const { current } = families.candidate;
  return policy.versionSkew.rules.flatMap((rule) => {
    if (judgesLevel(rule) || comparesFamilies(rule.operator)) return [];
    const where = `${policy.path}:${rule.place.line}`;
    if (rule.at === 'each' && mixes && [...mixes[0]!.histogram.keys()].every((k) => k === 0))
      return [`${where}: all of production is at distance 0, where ${rule.metric} does not change by definition.`];
    if (rule.metric === 'calibration_shift') return [];
    const zero = Math.abs(tabulation.value(rule.metric, 0, current.get(0)!));
    const allowed = rule.relative ? rule.threshold * zero : rule.threshold;
    if (!(allowed >= zero) || zero === 0) return [];
    const hint = rule.relative ? '' : `; as a percentage write ${rule.threshold}%`;
    return [
      `${where}: ${rule.operator} ${rule.thresholdText} of ${rule.metric} allows a change as large as the value itself${hint}.`,
    ];
  });
}
