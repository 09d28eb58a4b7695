/** Did the treatment time out or fail more often, or later? Success rates and percentiles of latency by arm, tower and stage, and what the failures could cost at most. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { LEDGER } from '../../data/evidence/ledger.js';
import { rowsBy } from '../../data/tables/coded.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import {
  histogramInterval,
  histogramPercentile,
  percentile,
  percentileInterval,
  type QuantileInterval,
} from '../../estimation/statistics/percentiles.js';
import { printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { against, figure, type Measurement, percent, proportion, tooFew, withBounds } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { areCumulative } from './cumulative.js';

const SERVING_HEALTH: TableSpec = {
  name: 'serving_health',
  page: 'checks/serving-health.md',
  holds: 'counts by arm (control or treatment), tower and stage; any number of rows (hosts, hours), as counts add up',
  required: ['arm', 'tower', 'stage', 'requests', 'successes'],
  sql: `-- counts add up over hosts and hours, percentiles would not
SELECT arm, tower, stage, COUNT(*) AS requests, COUNTIF(status = 'ok') AS successes
FROM rpc_log GROUP BY arm, tower, stage`,
};

const LATENCY: TableSpec = {
  name: 'latency',
  page: 'checks/serving-health.md',
  holds:
    'by arm, tower and stage: one row per request (latency_ms), or one row per bucket of a histogram (upper_ms, count) of any number of hosts with the same edges',
  required: ['arm', 'tower', 'stage'],
  optional: ['latency_ms', 'upper_ms', 'count'],
  sql: `SELECT arm, tower, stage, POW(1.1, CEIL(LOG(latency_ms, 1.1))) AS upper_ms, COUNT(*) AS count
FROM rpc_log GROUP BY arm, tower, stage, upper_ms`,
};

const PERCENTILES = [
  ['latency_p50', 0.5],
  ['latency_p90', 0.9],
  ['latency_p99', 0.99],
] as const;

export const servingHealth: EvidenceCheck = {
  id: 'serving-health',
  layer: 2,
  question: 'Did the treatment time out or fail more often, or answer later?',
  cure: 'mend the failures of the treatment',
  tables: [SERVING_HEALTH, LATENCY, LEDGER],
  metrics: [
    {
      id: 'success_rate',
      needs: 'the table serving_health',
      title: 'share of the requests that succeed at every tower and stage, treatment against control',
      operators: ['max_decrease', 'min'],
      share: true,
    },
    ...PERCENTILES.map(([id, p]) => ({
      id,
      needs: 'the table latency',
      cure: 'make the treatment answer as soon as control does, or give it more replicas',
      title: `${100 * p}th percentile of latency in ms at every tower and stage, treatment against control`,
      operators: ['max_increase', 'max'] as const,
    })),
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(SERVING_HEALTH);
    const latency = evidence.table(LATENCY);
    if (!table && !latency)
      return untested(
        SERVING_HEALTH,
        'the release has no evidence serving_health or latency',
        'a table latency besides',
      );
    const rates = table ? successRates(table) : [];
    const late = latency ? latencies(latency, confidence) : [];
    const measurements = [...rates, ...late];
    const facts = [
      ...(rates.length > 0 ? [failureFact(worstOf(rates), confidence)] : []),
      ...(late.length > 0 ? [latencyFact(late)] : []),
    ];
    const { sums } = evidence;
    if (rates.length === 0) return { measurements, facts, effect: factsAlone('a table serving_health') };
    if (!sums || sums.open !== undefined)
      return {
        measurements,
        facts,
        effect: factsAlone('a larger ledger, in whose unit a failed request has a value'),
      };
    // A failed request loses the gain of a request at most: a bound, which can acquit but not convict alone.
    const value = sums.gainOffline.value;
    const { absolute } = worstOf(rates).change!;
    const explains = {
      value: -absolute.value * value,
      standardError: absolute.standardError * Math.abs(value),
      df: absolute.df,
    };
    return {
      measurements,
      facts: [...facts, `they cost at most ${figure(interval(explains, confidence).upper)} in log loss`],
      effect: { kind: 'apart', explains, bound: true, settle: 'more requests of both arms' },
    };
  },
};

/** Percentiles of hosts or hours have no mean. */
function refusePercentiles(table: EvidenceTable): void {
  const averaged = table.others.find((name) => /(^|_)p(50|75|90|95|99|999)(_|$)/i.test(name));
  if (averaged !== undefined)
    throw table.error(
      `a column "${printable(averaged, 60)}", a percentile of some rows of the log`,
      'counts, as percentiles of hosts or hours have no mean',
      'Give the histogram: evidence: {latency: …} with arm, tower, stage, upper_ms, count.',
    );
}

/** Of every tower and stage, treatment against control. */
function successRates(table: EvidenceTable): Measurement[] {
  refusePercentiles(table);
  const arms = table.texts('arm', ['control', 'treatment']);
  const [tower, stage] = [table.texts('tower'), table.texts('stage')];
  const [requests, successes] = [table.counts('requests'), table.counts('successes')];
  table.throwIfBad();
  for (let r = 0; r < table.rows; r++)
    if (successes[r]! > requests[r]!)
      table.refuse(r, 'successes', String(successes[r]), `at most the ${requests[r]} requests`);
  table.throwIfBad();
  return rowsBy([tower, stage]).map(({ values, rows }) => {
    const rate = (arm: string): Estimate => {
      const own = rows.filter((r) => arms.names[arms.codes[r]!] === arm);
      const n = own.reduce((sum, r) => sum + requests[r]!, 0);
      if (n === 0)
        throw table.error(
          `no requests of ${arm} at ${placeOf(values)}`,
          'requests of both arms at every tower and stage',
        );
      return proportion(
        own.reduce((sum, r) => sum + successes[r]!, 0),
        n,
      );
    };
    return against('success_rate', { tower: values[0]!, stage: values[1]! }, rate('treatment'), rate('control'));
  });
}

function placeOf(values: readonly string[]): string {
  return values.map((value) => printable(value, 40)).join(' / ');
}

/** Where the treatment succeeds least beside control. */
function worstOf(rates: readonly Measurement[]): Measurement {
  return rates.toSorted((a, b) => a.change!.absolute.value - b.change!.absolute.value)[0]!;
}

function failureFact({ slice, value, change }: Measurement, confidence: number): string {
  const { absolute } = change!;
  const { lower, upper } = interval(absolute, confidence);
  return `failures at ${placeOf(Object.values(slice))}: ${percent(1 - value.value + absolute.value)} in control and ${percent(1 - value.value)} in treatment (${figure(-100 * upper)} to ${figure(-100 * lower)} points apart)`;
}

/** Percentiles of both arms, from values or from histograms whose counts add up; of every tower and stage. */
function latencies(table: EvidenceTable, confidence: number): Measurement[] {
  refusePercentiles(table);
  const raw = table.has('latency_ms');
  if (raw === (table.has('upper_ms') && table.has('count')))
    throw table.error(
      raw ? 'latency_ms beside upper_ms and count' : 'no latencies',
      'latency_ms of every request, or upper_ms and count of every bucket',
    );
  const arms = table.texts('arm', ['control', 'treatment']);
  const [tower, stage] = [table.texts('tower'), table.texts('stage')];
  const positive = (name: string) => table.numbers(name, 'a number above 0', (x) => x > 0);
  const value = raw
    ? table.numbers('latency_ms', 'a latency of 0 or above', (x) => x >= 0 && x < Infinity)
    : positive('upper_ms');
  const count = raw ? undefined : table.counts('count');
  table.throwIfBad();
  if (count) refuseCumulative(table, rowsBy([arms, tower, stage]), value, count);
  const estimateOf = (percentileOf: number, { lower, upper }: QuantileInterval) =>
    withBounds(percentileOf, lower, upper, confidence);
  return rowsBy([tower, stage]).flatMap(({ values, rows }) => {
    const of = (arm: string) => {
      const own = rows.filter((r) => arms.names[arms.codes[r]!] === arm);
      const n = count ? own.reduce((sum, r) => sum + count[r]!, 0) : own.length;
      if (n === 0)
        throw table.error(
          `no latency of ${arm} at ${placeOf(values)}`,
          'latencies of both arms at every tower and stage',
        );
      if (!count) {
        const latency = Float64Array.from(own, (r) => value[r]!);
        return { n, at: (p: number) => estimateOf(percentile(latency, p), percentileInterval(latency, p, confidence)) };
      }
      // Hosts and hours have the same edges: their counts add up. Buckets that are empty may be left out.
      const edges = [...new Set(rows.map((r) => value[r]!))].sort((a, b) => a - b);
      const counts = edges.map((edge) => own.reduce((sum, r) => sum + (value[r] === edge ? count[r]! : 0), 0));
      const histogram = { edges, counts };
      return {
        n,
        at: (p: number) => estimateOf(histogramPercentile(histogram, p), histogramInterval(histogram, p, confidence)),
      };
    };
    const [control, treatment] = [of('control'), of('treatment')];
    return PERCENTILES.map(([id, p]) => {
      const [before, after] = [control.at(p), treatment.at(p)];
      const open: OpenReason | undefined = !Number.isFinite(before.value + after.value)
        ? { kind: 'open_bucket' }
        : !Number.isFinite(before.standardError + after.standardError)
          ? { kind: 'unbounded', what: 'latency' }
          : tooFew(Math.min(control.n, treatment.n));
      return against(id, { tower: values[0]!, stage: values[1]! }, after, before, open);
    });
  });
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
      'Write: count - LAG(count, 1, 0) OVER (PARTITION BY arm, tower, stage ORDER BY upper_ms) AS count, of every host by itself.',
    );
}

/** p50, p90 and p99 of both arms at the tower and stage whose p99 grew most. */
function latencyFact(measurements: readonly Measurement[]): string {
  const at = (m: Measurement) => JSON.stringify(m.slice);
  const worst = measurements
    .filter(({ metric }) => metric === 'latency_p99')
    .toSorted((a, b) => b.change!.relative.value - a.change!.relative.value)[0]!;
  const own = measurements.filter((m) => at(m) === at(worst));
  const shown = (of: (m: Measurement) => number) => own.map((m) => figure(of(m))).join(' / ');
  return `latency p50 / p90 / p99 at ${placeOf(Object.values(worst.slice))} ${shown((m) => m.value.value - m.change!.absolute.value)} ms in control and ${shown((m) => m.value.value)} ms in treatment`;
}
