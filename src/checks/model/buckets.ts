/** Gain and calibration of both models, on the same rows, in every tenth of production's predictions. */

import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { FLOORS } from '../../estimation/statistics/noninferiority.js';
import { ClusteredSums, effectiveClusters } from '../../estimation/tabulation/clustered.js';
import type { Bucket } from '../evidence-check.js';
import { level, type Measurement, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';

const BUCKETS = 10;

/** One tenth, with what its rules are open for. */
export interface MeasuredBucket extends Bucket {
  /** Effective clusters of the query side. */
  readonly clusters: number;
  readonly positives: number;
}

/** Equal predictions stay together; empty of a metric of requests, as a request has no prediction of its own. */
export function bucketsOf(sums: LedgerSums): MeasuredBucket[] {
  const production = sums.units.rows ? undefined : sums.ledger.scores.get('score_prod');
  const candidate = sums.ledger.scores.get('s0');
  if (!production || !candidate) return [];
  const sorted = Float64Array.from(production).sort();
  const edges = Array.from({ length: BUCKETS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BUCKETS)]!);
  const bucket = Uint8Array.from(production, (p) => edges.filter((edge) => p >= edge).length);
  const rows = Array.from({ length: BUCKETS }, (): number[] => []);
  for (const [r, b] of bucket.entries()) rows[b]!.push(r);
  const { scores, labels } = sums.metric.cells;
  const predicts = scores === 'probabilities' && labels === 'shares';
  return rows.flatMap((own, b) => {
    if (own.length === 0) return [];
    const part = sums.within(own);
    const { query, weight } = part.units;
    return {
      prediction: `p${10 * b} to p${10 * (b + 1)}`,
      rows: own.length,
      gain: part.estimate(part.gainOffline),
      ...(predicts ? calibrationOf(part, own, { production, candidate }) : {}),
      clusters: effectiveClusters(query, weight),
      positives: part.units.positives.reduce((sum, x, u) => sum + (weight[u]! > 0 ? x : 0), 0),
    };
  });
}

/** Predicted over actual, Σwp / Σwy, of both models; NaN where nothing happened. */
function calibrationOf(
  { units, ledger }: LedgerSums,
  rows: readonly number[],
  scores: Readonly<Record<'production' | 'candidate', Float64Array>>,
): Required<Pick<Bucket, 'production' | 'candidate'>> {
  const { weight, query, item } = units;
  const weighed = (values: Float64Array) => weight.map((w, u) => w * values[rows[u]!]!);
  const columns = [weighed(ledger.label), weighed(scores.production), weighed(scores.candidate)];
  const sums = new ClusteredSums(query, item, columns, [weight]);
  const ratio = (numerator: number) => sums.estimate(sums.ratio(numerator, 0));
  return { production: ratio(1), candidate: ratio(2) };
}

/** Rules judge the candidate's. */
export function bucketMeasurements(buckets: readonly MeasuredBucket[], { open }: LedgerSums): Measurement[] {
  return [
    ...buckets.map(({ prediction, gain, clusters }) =>
      level('bucket_gain', { prediction }, gain, open ?? tooFew(clusters)),
    ),
    ...buckets.flatMap(({ prediction, candidate, clusters, positives }) =>
      candidate
        ? level('bucket_calibration', { prediction }, candidate, open ?? tooFew(clusters) ?? fewPositives(positives))
        : [],
    ),
  ];
}

function fewPositives(count: number): OpenReason | undefined {
  const least = FLOORS.positives;
  return count < least ? { kind: 'too_few_positives', count, least } : undefined;
}
