/** Does serving's precision cost anything? Scores at full and at serving's precision on the same rows, in the mean and in the tails; and, apart from it, what the approximate index leaves out. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { LEDGER, refuseClipped, refuseOneClass } from '../../data/evidence/ledger.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { clusteredRatio } from '../../estimation/statistics/clustered-ratio.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { ClusteredSums, effectiveClusters, linear, quotient } from '../../estimation/tabulation/clustered.js';
import { clusteredQuantile } from '../../estimation/tabulation/clustered-quantile.js';
import { rowLogLoss } from '../../lib/log-loss.js';
import type { Evidence } from '../evidence.js';
import {
  type CheckContext,
  type EvidenceCheck,
  type Examined,
  factsAlone,
  type ServedScores,
  untested,
} from '../evidence-check.js';
import { figure, level, type Measurement, percent, requestShare, tooFew, withBounds } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { lacks, stepEffect, stepMeasurement } from '../step.js';

const PRECISION: TableSpec = {
  name: 'precision',
  page: 'checks/precision-parity.md',
  holds: 'one row per request and item, scored by the same checkpoint at full precision and as it is served',
  required: ['request_id', 'item_id', 'score_full', 'score_served'],
  optional: ['label'],
  sql: `SELECT f.request_id, f.item_id, f.score AS score_full, q.score AS score_served, f.converted AS label
FROM scores_fp32 f JOIN scores_int8 q USING (request_id, item_id)`,
};

const ANN: TableSpec = {
  name: 'ann',
  page: 'checks/precision-parity.md',
  holds: 'one row per request and item of the exact or of the approximate index’s answer, with its rank in it',
  required: ['request_id', 'item_id', 'index', 'rank'],
  sql: `SELECT request_id, item_id, 'exact' AS index, rank FROM exact_search
UNION ALL SELECT request_id, item_id, 'ann' AS index, rank FROM ann_search`,
};

/** Positions of a ranking that are looked at. */
const K = 10;

export const precisionParity: EvidenceCheck = {
  id: 'precision-parity',
  layer: 2,
  question: 'Does serving’s precision cost anything?',
  title: 'quantization and precision',
  decides: 'step; else the table’s log loss, held against the gap',
  cure: 'serve at the precision that was evaluated',
  tables: [LEDGER, PRECISION, ANN],
  ofSweep: { precision: true },
  telescopes: true,
  metrics: [
    {
      id: LOG_LOSS,
      needs: 'the ledger’s columns s3 and s4, the table precision with labels, or the files of serving beside a sweep',
      title: 'log loss that the precision of serving costs',
      operators: ['max_increase'],
    },
    {
      id: 'score_rmse',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: 'root mean squared error of the score',
      operators: ['max'],
    },
    {
      id: 'score_error_p99',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: '99th percentile of the score’s absolute error',
      operators: ['max'],
    },
    {
      id: 'tie_rate',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: 'share of the pairs of a request’s items with one score; `max_increase` is against full precision',
      operators: ['max', 'max_increase'],
      share: true,
    },
    {
      id: `top_overlap@${K}`,
      needs: 'the table precision, or the files of serving beside a sweep, with requests of more than 10 items',
      title: `share of a request’s first ${K} at full precision that are among the first ${K} as served`,
      operators: ['min'],
      share: true,
    },
    {
      id: `ann_recall@${K}`,
      needs: 'the table ann',
      cure: 'search more of the index',
      title: `share of the exact first ${K} that the approximate index gives among its first ${K}`,
      operators: ['min'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence, swept }: CheckContext): Examined {
    const { sums } = evidence;
    const table = evidence.table(PRECISION);
    const ann = evidence.table(ANN);
    const scores = table ? readScores(table) : swept?.precision;
    const scored = scores ? errorsOf(scores, confidence) : undefined;
    const recall = ann ? annRecall(ann) : undefined;
    const facts = [
      ...(scored ? [table ? scored.fact : `on the eval set, by the files of both precisions: ${scored.fact}`] : []),
      ...(recall
        ? [
            `the approximate index gives ${percent(recall.value.value)} of the exact first ${K}: what it leaves out is no matter of precision`,
          ]
        : []),
    ];
    const onLedger = sums ? stepMeasurement(sums, 's3', 's4') : [];
    const loss = scored?.loss;
    const measurements = [
      // The ledger's rows are production's own: they go before a sample.
      ...(onLedger.length > 0 ? onLedger : loss ? [loss] : []),
      ...(scored?.measurements ?? []),
      ...(recall ? [recall] : []),
    ];
    const settle = 'a column s4 of the ledger: s3 at the precision of serving';
    const missing = lacks(sums, ['s3', 's4']);
    if (missing === undefined)
      return { measurements, facts, effect: stepEffect(sums!, 's3', 's4', 'precision_parity') };
    if (loss?.change && loss.open === undefined)
      return { measurements, facts, effect: { kind: 'apart', explains: loss.change.absolute, settle } };
    if (facts.length > 0) return { measurements, facts, effect: factsAlone(settle) };
    return untested(
      LEDGER,
      missing,
      `${settle}; or scores at both precisions, in a table precision; or beside a sweep the files of serving: item_tower: {served: {onnx: …}}`,
    );
  },
};

function readScores(table: EvidenceTable): ServedScores {
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

/** How many decimals numbers were cut to when they were printed, at most 4; undefined where they were not, or where there are too few of them to tell. */
function printedDecimals(values: Float64Array): number | undefined {
  if (new Set(values).size < 30) return undefined;
  for (const decimals of [2, 3, 4]) {
    const scale = 10 ** decimals;
    if (values.every((x) => Math.abs(x * scale - Math.round(x * scale)) < 1e-6)) return decimals;
  }
  return undefined;
}

function errorsOf(
  { query, item, full, served, label }: ServedScores,
  confidence: number,
): { readonly measurements: readonly Measurement[]; readonly loss: Measurement | undefined; readonly fact: string } {
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
  const ties = before && after ? tieMeasurement(requests, full, served, open) : undefined;
  const overlap = topOverlap(requests, full, served);
  const loss = label
    ? ((): Measurement => {
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
      `scores differ by ${figure(rmse.value)} (root mean square), ${figure(p99.value)} at the 99th percentile and ${figure(most)} at most`,
      ...(before && after
        ? [
            `of the pairs of a request’s items ${percent(after.value)} have one score in place of ${percent(before.value)}`,
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

/** As served, and against full precision on the same requests; where next to nothing ties the change is no surer than the rate. */
function tieMeasurement(
  requests: readonly (readonly number[])[],
  full: Float64Array,
  served: Float64Array,
  open: OpenReason | undefined,
): Measurement {
  const value = tieRate(requests, served)!;
  const baseline = tieRate(requests, full)!;
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
  return {
    metric: 'tie_rate',
    slice: {},
    value,
    change: { absolute, relative },
    ...(open === undefined ? {} : { open }),
  };
}

/** Of requests with more items than K. Ties as served count against it: the item that was worse at full precision comes first. Undefined where there are none. */
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

function annRecall(table: EvidenceTable): Measurement {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const index = table.texts('index', ['exact', 'ann']);
  const rank = table.numbers('rank', 'a whole number from 1 on', (x) => Number.isSafeInteger(x) && x >= 1);
  table.refuseRepeated([query, item, index], ['request_id', 'item_id', 'index']);
  table.refuseRepeated([query, index, named(rank)], ['request_id', 'index', 'rank']);
  table.throwIfBad();
  const exactly = index.names.indexOf('exact');
  const requests = rowsBy([query]).map(({ values, rows }) => {
    const first = (which: boolean) =>
      rows.filter((r) => (index.codes[r] === exactly) === which && rank[r]! <= K).map((r) => item.codes[r]!);
    const [wanted, given] = [first(true), new Set(first(false))];
    if (wanted.length === 0)
      throw table.error(`no exact answer of request "${values[0]!.slice(0, 60)}"`, 'both answers of every request');
    return { n: wanted.length, hit: wanted.filter((i) => given.has(i)).length };
  });
  if (!index.names.includes('ann')) throw table.error('no row of the approximate index', 'rows of exact and of ann');
  return level(`ann_recall@${K}`, {}, requestShare(requests), tooFew(requests.length));
}

/** Whole numbers as codes. */
function named(values: Float64Array): Coded {
  const names = [...new Set(values)];
  const code = new Map(names.map((value, i) => [value, i]));
  return { codes: Int32Array.from(values, (value) => code.get(value)!), names: names.map(String) };
}
