/**
 * Scores of one checkpoint at full precision and as it is served, on the same rows: errors, ties, and the first items.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { refuseClipped, refuseOneClass } from '../../data/evidence/unjudgeable-rows.js';
import { rowsBy } from '../../data/tables/coded.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { clusteredRatio } from '../../estimation/statistics/clustered-ratio.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { ClusteredSums, effectiveClusters, linear, quotient } from '../../estimation/tabulation/clustered.js';
import { clusteredQuantile } from '../../estimation/tabulation/clustered-quantile.js';
import { rowLogLoss } from '../../lib/log-loss.js';
import type { ServedScores } from '../evidence-check.js';
import {
  type Change,
  type Compared,
  figure,
  level,
  type Measurement,
  percent,
  requestShare,
  tooFew,
  withBounds,
} from '../measurement.js';

export const PRECISION: TableSpec = {
  name: 'precision',
  page: 'checks/precision-parity.md',
  holds: 'one row per request and item, scored by the same checkpoint at full precision and as it is served',
  required: ['request_id', 'item_id', 'score_full', 'score_served'],
  optional: ['label'],
  sql: sql`SELECT f.request_id, f.item_id, f.score AS score_full, q.score AS score_served, f.converted AS label
FROM scores_fp32 f JOIN scores_int8 q USING (request_id, item_id)`,
  cost: 'replay',
};

/** Positions of a ranking that are looked at. */
export const K = 10;

/** Reads the table; refuses scores that were rounded when they were printed, as they would look quantised. */
export function readScores(table: EvidenceTable): ServedScores {
  const label = table.has('label')
    ? table.numbers('label', 'a label between 0 and 1', (y) => y >= 0 && y <= 1)
    : undefined;
  const score = (name: string) =>
    label
      ? table.numbers(name, 'a prediction between 0 and 1, as the table has labels', (p) => p >= 0 && p <= 1)
      : table.finite(name);
  const read = {
    query: table.texts('request_id'),
    item: table.texts('item_id'),
    full: score('score_full'),
    served: score('score_served'),
    label,
  };
  table.refuseRepeated([read.query, read.item], ['request_id', 'item_id']);
  table.throwIfBad();
  if (label) {
    refuseOneClass(label, table.file.shown);
    for (const name of ['score_full', 'score_served'] as const)
      refuseClipped(name === 'score_full' ? read.full : read.served, label, name, table.file.shown);
  }
  for (const [name, values] of [
    ['score_full', read.full],
    ['score_served', read.served],
  ] as const) {
    const decimals = printedDecimals(values);
    if (decimals !== undefined)
      throw table.error(
        `scores of "${name}" that are all printed with ${decimals} decimals`,
        'scores as they are',
        'Rounded when they were written, they look quantised: write them as floats.',
      );
  }
  return read;
}

/**
 * The decimals that numbers were cut to when they were printed, at most 4; undefined where they were not, or where
 * there are too few of them to tell.
 */
function printedDecimals(values: Float64Array): number | undefined {
  if (new Set(values).size < 30) return undefined;
  for (const decimals of [2, 3, 4]) {
    const scale = 10 ** decimals;
    if (values.every((x) => Math.abs(x * scale - Math.round(x * scale)) < 1e-6)) return decimals;
  }
  return undefined;
}

/** Scores as served against full precision: what rules judge, the log loss where labels are, and all of it in words. */
export interface ScoreErrors {
  readonly measurements: readonly Measurement[];
  readonly loss: Compared | undefined;
  readonly fact: string;
}

/**
 * The errors of scores as served, in the mean and in the tails, and the log loss that they cost where there are
 * labels.
 */
export function errorsOf({ query, item, full, served, label }: ServedScores, confidence: number): ScoreErrors {
  const ones = new Float64Array(full.length).fill(1);
  const error = full.map((x, r) => Math.abs(x - served[r]!));
  const losses = label ? [full, served].map((p) => p.map((x, r) => rowLogLoss(x, label[r]!))) : [];
  const sums = new ClusteredSums(query, item, [ones, error.map((x) => x * x), ...losses], [ones]);
  const open = tooFew(effectiveClusters(query, ones));
  const squared = sums.estimate(sums.ratio(1, 0));
  const root = Math.sqrt(squared.value);
  // √x by the delta method; an error of 0 in every row is exact.
  const rmse = { ...squared, value: root, standardError: root === 0 ? 0 : squared.standardError / (2 * root) };
  const tail = clusteredQuantile(error, 0.99, query, item, confidence);
  const p99 = withBounds(tail.value, tail.lower, tail.upper, confidence);
  const most = error.reduce((max, x) => Math.max(max, x), 0);
  const requests = rowsBy([query]).map(({ rows }) => rows);
  const [before, after] = [full, served].map((scores) => tieRate(requests, scores));
  const ties: Compared | undefined =
    before && after
      ? {
          metric: 'tie_rate',
          slice: {},
          value: after,
          change: tieChange(requests, full, served, before, after),
          ...(open === undefined ? {} : { open }),
        }
      : undefined;
  const overlap = topOverlap(requests, full, served);
  const loss = label
    ? ((): Compared => {
        const change = linear(1, sums.ratio(3, 0), -1, sums.ratio(2, 0));
        return {
          metric: LOG_LOSS,
          slice: {},
          value: sums.estimate(sums.ratio(3, 0)),
          change: { absolute: sums.estimate(change), relative: sums.estimate(quotient(change, sums.ratio(2, 0))) },
          ...(open === undefined ? {} : { open }),
        };
      })()
    : undefined;
  return {
    measurements: [
      level('score_rmse', {}, rmse, open),
      level(
        'score_error_p99',
        {},
        p99,
        open ?? (Number.isFinite(p99.standardError) ? undefined : { kind: 'unbounded', what: 'error' }),
      ),
      ...(ties ? [ties] : []),
      ...(overlap ? [overlap] : []),
    ],
    loss,
    fact: [
      `scores differ by ${figure(rmse.value)} (root mean square), ${figure(p99.value)} at the 99th percentile ` +
        `and ${figure(most)} at most`,
      ...(before && after
        ? [
            `of the pairs of a request’s items ${percent(after.value)} have one score in place of ` +
              `${percent(before.value)}`,
          ]
        : []),
      ...(overlap ? [`${percent(overlap.value.value)} of the first ${K} stay among them`] : []),
    ].join('; '),
  };
}

/** Pairs of a request's items with one score, and all of its pairs. */
function tiesOf(rows: readonly number[], scores: Float64Array): { readonly n: number; readonly hit: number } {
  const counts = new Map<number, number>();
  for (const r of rows) counts.set(scores[r]!, (counts.get(scores[r]!) ?? 0) + 1);
  let hit = 0;
  for (const count of counts.values()) hit += (count * (count - 1)) / 2;
  return { n: (rows.length * (rows.length - 1)) / 2, hit };
}

function tieRate(requests: readonly (readonly number[])[], scores: Float64Array): Estimate | undefined {
  const pairs = requests.map((rows) => tiesOf(rows, scores)).filter(({ n }) => n > 0);
  return pairs.length === 0 ? undefined : requestShare(pairs);
}

/**
 * The rate of ties as served (`value`) against full precision (`baseline`), on the same requests; where next to
 * nothing ties the change is no surer than the rate.
 */
function tieChange(
  requests: readonly (readonly number[])[],
  full: Float64Array,
  served: Float64Array,
  baseline: Estimate,
  value: Estimate,
): Change {
  const change = clusteredRatio(
    requests
      .map((rows) => ({ n: tiesOf(rows, full).n, hit: tiesOf(rows, served).hit - tiesOf(rows, full).hit }))
      .filter(({ n }) => n > 0),
  );
  const rare = change.standardError === 0;
  const absolute = { ...change, standardError: rare ? value.standardError : change.standardError };
  const relative = {
    value: absolute.value / baseline.value,
    standardError: absolute.standardError / baseline.value,
    df: absolute.df,
  };
  return { absolute, relative };
}

/**
 * Of requests with more items than K. Ties as served count against it: the item that was worse at full precision comes
 * first. Undefined where there are none.
 */
function topOverlap(
  requests: readonly (readonly number[])[],
  full: Float64Array,
  served: Float64Array,
): Measurement | undefined {
  const long = requests.filter((rows) => rows.length > K);
  if (long.length === 0) return undefined;
  const shared = long.map((rows) => {
    const kept = new Set(rows.toSorted((a, b) => served[b]! - served[a]! || full[a]! - full[b]! || a - b).slice(0, K));
    const wanted = rows.toSorted((a, b) => full[b]! - full[a]! || a - b).slice(0, K);
    return { n: K, hit: wanted.filter((r) => kept.has(r)).length };
  });
  return level(`top_overlap@${K}`, {}, requestShare(shared), tooFew(long.length, `requests with more than ${K} items`));
}
