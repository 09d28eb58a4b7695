/** Percentiles of latency of both arms, at every tower and stage. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import {
  histogramInterval,
  histogramPercentile,
  percentile,
  percentileInterval,
  type QuantileInterval,
} from '../../estimation/statistics/percentiles.js';
import { printable } from '../../lib/text.js';
import { against, type Compared, tooFew, withBounds } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { areCumulative } from './cumulative.js';

export const LATENCY: TableSpec = {
  name: 'latency',
  page: 'checks/serving-health.md',
  holds:
    'by arm, tower and stage: one row per request (latency_ms), or one row per bucket of a histogram ' +
    '(upper_ms, count; as Prometheus cumulates them le_seconds or le_ms, count) of any number of hosts with ' +
    'the same edges',
  required: ['arm', 'tower', 'stage'],
  optional: ['latency_ms', 'upper_ms', 'count', 'le_seconds', 'le_ms'],
  sql: sql`-- a histogram whose edges grow by a tenth
SELECT arm, tower, stage, POWER(1.1, CEIL(LN(latency_ms) / LN(1.1))) AS upper_ms, COUNT(*) AS count
FROM rpc_log GROUP BY arm, tower, stage, POWER(1.1, CEIL(LN(latency_ms) / LN(1.1)))`,
  cost: 'query',
};

export const PERCENTILES = [
  ['latency_p50', 0.5],
  ['latency_p90', 0.9],
  ['latency_p99', 0.99],
] as const;

/** The latencies of one arm at one tower and stage. */
interface ArmLatency {
  /** Requests. */
  readonly n: number;
  /** The p quantile with its error. */
  at(p: number): Estimate;
}

/** Latencies of single requests, or counts of buckets by their upper edges. */
interface Latencies {
  readonly arm: Coded;
  readonly tower: Coded;
  readonly stage: Coded;
  /** Shape (rows), in ms: of a request, or the upper edge of a bucket. */
  readonly value: Float64Array;
  /** Shape (rows): requests of a bucket; undefined where each row is a request. */
  readonly count: Float64Array | undefined;
}

/** Percentiles of both arms, from values or from histograms whose counts add up; of every tower and stage. */
export function latencies(table: EvidenceTable, confidence: number): Compared[] {
  const read = readLatencies(table);
  return rowsBy([read.tower, read.stage]).flatMap(({ values, rows }) => {
    const of = (arm: string): ArmLatency => {
      const own = rows.filter((r) => read.arm.names[read.arm.codes[r]!] === arm);
      const found = read.count
        ? ofHistogram(read.value, read.count, rows, own, confidence)
        : ofRequests(read.value, own, confidence);
      if (found.n > 0) return found;
      throw table.error(
        `no latency of ${arm} at ${placeOf(values)}`,
        'latencies of both arms at every tower and stage',
      );
    };
    const [control, treatment] = [of('control'), of('treatment')];
    const where = { tower: values[0]!, stage: values[1]! };
    return PERCENTILES.map(([id, p]) => {
      const [before, after] = [control.at(p), treatment.at(p)];
      return against(id, where, after, before, whyOpen(before, after, Math.min(control.n, treatment.n)));
    });
  });
}

function readLatencies(table: EvidenceTable): Latencies {
  refusePercentiles(table);
  refuseForeignBuckets(table);
  const edges = EDGES.filter((name) => table.has(name));
  const raw = table.has('latency_ms');
  const [edge] = edges;
  if (edges.length > 1) throw table.error(edges.join(' beside '), 'the edges of buckets once');
  if (raw === (edge !== undefined && table.has('count')))
    throw table.error(
      raw ? `latency_ms beside ${edge} and count` : 'no latencies',
      'latency_ms of every request, or upper_ms and count of every bucket',
    );
  const arm = table.texts('arm', ['control', 'treatment']);
  const [tower, stage] = [table.texts('tower'), table.texts('stage')];
  const value = raw
    ? table.numbers('latency_ms', 'a latency of 0 or above', (x) => x >= 0 && x < Infinity)
    : table.numbers(edge ?? 'upper_ms', 'a number above 0', (x) => x > 0);
  const count = raw ? undefined : table.counts('count');
  table.throwIfBad();
  const groups = count ? rowsBy([arm, tower, stage]) : [];
  if (count && edge !== undefined && edge !== 'upper_ms') {
    const inMs = edge === 'le_seconds' ? value.map((seconds) => seconds * 1000) : value;
    return { arm, tower, stage, value: inMs, count: differences(table, groups, inMs, count) };
  }
  if (count) refuseCumulative(table, groups, value, count);
  return { arm, tower, stage, value, count };
}

/** Columns of the upper edges of buckets: of plain ones, and of cumulative ones as Prometheus names them. */
const EDGES = ['upper_ms', 'le_seconds', 'le_ms'] as const;

/** Refuses buckets as they are scraped or exported whose unit, or whose shape, is not that of a column that is read. */
function refuseForeignBuckets(table: EvidenceTable): void {
  if (table.others.includes('le'))
    throw table.error(
      'a column "le" of Prometheus, whose unit it does not say',
      'le_seconds, the unit that Prometheus asks for, or le_ms, with the cumulative count beside it',
      'Write: SELECT arm, tower, stage, le AS le_seconds, value AS count',
    );
  if (table.others.includes('explicit_bounds') || table.others.includes('bucket_counts'))
    throw table.error(
      'buckets of OpenTelemetry, as lists',
      'one row per bucket, with upper_ms and count',
      'Write, with bounds in seconds, in DuckDB: SELECT arm, tower, stage, COALESCE(explicit_bounds[i] * 1000, ' +
        "'Infinity'::DOUBLE) " +
        'AS upper_ms, bucket_counts[i] AS count FROM t, UNNEST(range(1, len(bucket_counts) + 1)) AS buckets(i)',
    );
}

/**
 * The count of each bucket alone, from counts that hold all faster requests too, summed over hosts: shape (rows), each
 * on the first row of its edge. Refuses sums that fall, and a histogram without the bucket of all requests (+Inf).
 */
function differences(
  table: EvidenceTable,
  groups: readonly { readonly values: readonly string[]; readonly rows: readonly number[] }[],
  edge: Float64Array,
  count: Float64Array,
): Float64Array {
  const plain = new Float64Array(count.length);
  for (const { values, rows } of groups) {
    const sums = new Map<number, { readonly row: number; sum: number }>();
    for (const r of rows) {
      const bucket = sums.get(edge[r]!) ?? { row: r, sum: 0 };
      bucket.sum += count[r]!;
      sums.set(edge[r]!, bucket);
    }
    if (!sums.has(Number.POSITIVE_INFINITY))
      throw table.error(`no bucket +Inf of ${placeOf(values)}`, 'the bucket of all requests beside the others');
    let before = 0;
    for (const [upper, { row, sum }] of [...sums].sort(([a], [b]) => a - b)) {
      if (sum < before)
        throw table.error(
          `cumulative counts of ${placeOf(values)} that fall from ${before} to ${sum} at ${upper} ms`,
          'counts that hold all faster requests too, of every host the same buckets',
        );
      plain[row] = sum - before;
      before = sum;
    }
  }
  return plain;
}

/** @param own rows of the arm, each a request */
function ofRequests(value: Float64Array, own: readonly number[], confidence: number): ArmLatency {
  const latency = Float64Array.from(own, (r) => value[r]!);
  return {
    n: own.length,
    at: (p) => bounded(percentile(latency, p), percentileInterval(latency, p, confidence), confidence),
  };
}

/**
 * Hosts and hours have the same edges: their counts add up. Buckets that are empty may be left out.
 *
 * @param rows rows of both arms, whose edges are all that there are
 * @param own  rows of the arm, each a bucket
 */
function ofHistogram(
  edge: Float64Array,
  count: Float64Array,
  rows: readonly number[],
  own: readonly number[],
  confidence: number,
): ArmLatency {
  const edges = [...new Set(rows.map((r) => edge[r]!))].sort((a, b) => a - b);
  const counts = edges.map((upper) => own.reduce((sum, r) => sum + (edge[r] === upper ? count[r]! : 0), 0));
  const histogram = { edges, counts };
  return {
    n: own.reduce((sum, r) => sum + count[r]!, 0),
    at: (p) => bounded(histogramPercentile(histogram, p), histogramInterval(histogram, p, confidence), confidence),
  };
}

function bounded(value: number, { lower, upper }: QuantileInterval, confidence: number): Estimate {
  return withBounds(value, lower, upper, confidence);
}

/**
 * Says why two percentiles cannot be compared; undefined where they can.
 *
 * @param n requests of the arm that has fewer
 */
function whyOpen(before: Estimate, after: Estimate, n: number): OpenReason | undefined {
  if (!Number.isFinite(before.value + after.value)) return { kind: 'open_bucket' };
  if (!Number.isFinite(before.standardError + after.standardError)) return { kind: 'unbounded', what: 'latency' };
  return tooFew(n);
}

/** Percentiles of hosts or hours have no mean. */
export function refusePercentiles(table: EvidenceTable): void {
  const averaged = table.others.find((name) => /(^|_)p(50|75|90|95|99|999)(_|$)/i.test(name));
  if (averaged !== undefined)
    throw table.error(
      `a column "${printable(averaged, 60)}", a percentile of some rows of the log`,
      'counts, as percentiles of hosts or hours have no mean',
      'Give the histogram: evidence: {latency: …} with arm, tower, stage, upper_ms, count.',
    );
}

/** Buckets that hold all faster requests too would make every percentile one of the slowest buckets. */
function refuseCumulative(
  table: EvidenceTable,
  groups: readonly { readonly rows: readonly number[] }[],
  edge: Float64Array,
  count: Float64Array,
): void {
  const histograms = groups.map(({ rows }) => {
    const counts = new Map<number, number>();
    for (const r of rows) counts.set(edge[r]!, (counts.get(edge[r]!) ?? 0) + count[r]!);
    return [...counts].sort(([a], [b]) => a - b).map(([, sum]) => sum);
  });
  if (areCumulative(histograms))
    throw table.error(
      'cumulative buckets: no count is below that of the bucket before, at any arm, tower and stage',
      'the count of each bucket alone, not of all faster ones too, as Prometheus writes them',
      'Write: count - LAG(count, 1, 0) OVER (PARTITION BY arm, tower, stage ORDER BY upper_ms) AS count, of ' +
        'every host by itself.',
    );
}

/** `ranker / scoring`. */
export function placeOf(values: readonly string[]): string {
  return values.map((value) => printable(value, 40)).join(' / ');
}
