/**
 * Do a few rows carry the gain? The gain without its tails, the share of requests that gain, and the gain in every
 * tenth of the predictions.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { gainsOf, type LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { concentration } from '../../estimation/ledger/outliers.js';
import { clusteredRatio } from '../../estimation/statistics/clustered-ratio.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters, linear, quotient, type Statistic } from '../../estimation/tabulation/clustered.js';
import { plural } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, untested } from '../evidence-check.js';
import { level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import { settledBy, THE_GAP } from '../ways.js';

const BUCKETS = 10;

export const outlierDomination: EvidenceCheck = {
  id: 'outlier-domination',
  layer: 1,
  question: 'Do a few rows carry the offline gain?',
  owner: 'whoever evaluates the model',
  title: 'outlier domination',
  decides: 'part of the offline gain',
  cure: 'evaluate without the tails, or on more requests',
  tables: [LEDGER],
  ways: [settledBy(THE_GAP)],
  metrics: [
    {
      id: 'winsorised_gain',
      needs: 'the ledger',
      title: 'the gain cut off at its 1 % and 99 % quantiles; `max_decrease` is against the gain as it is',
      operators: ['min', 'max_decrease'],
    },
    {
      id: 'improving_share',
      needs: 'the ledger',
      title: 'share of the requests that gain',
      operators: ['min'],
      share: true,
    },
    {
      id: 'top_share',
      needs: 'the ledger',
      title: 'share of the gain that the 1 % of the requests with the largest |gain| carry',
      operators: ['max'],
      share: true,
    },
    {
      id: 'bucket_gain',
      needs: 'the ledger',
      title: 'the gain in every tenth of production’s predictions',
      operators: ['min'],
    },
  ],
  examine({ ledger, sums }: Evidence, { confidence }: CheckContext): Examined {
    if (!ledger || !sums) return untested(LEDGER, 'the release has no evidence ledger', 'a ledger');
    const gain = gainsOf(sums.units);
    const { excess } = sums;
    if (!gain || !excess)
      return untested(
        LEDGER,
        `the gap is measured by ${sums.metric.words}, of which no row has a part of its own`,
        'a gap by another metric (`gap: {metric: log_loss}` in the policy)',
      );
    const { query, weight } = sums.units;
    const { improving, topSums, clusters } = concentration(gain, weight, query.codes, query.names.length);
    const share = proportion(improving * clusters, clusters);
    const top = clusteredRatio(topSums);
    const buckets = gainByBucket(sums);
    const wins = buckets.filter(({ value }) => interval(value, confidence).lower > 0).length;
    const few = sums.open ?? tooFew(clusters, `${ledger.cluster}s`);
    return {
      measurements: [
        winsorised(sums, excess),
        level('improving_share', {}, share, few),
        level('top_share', {}, top, few),
        ...buckets,
      ],
      facts: [
        `${percent(improving)} of ${plural(clusters, ledger.cluster)} gain; the top 1 % of them carry ` +
          `${Number.isFinite(top.value) ? percent(top.value) : 'none'} of the gain`,
        ...(buckets.length > 0
          ? [`the candidate gains clearly in ${wins} of ${buckets.length} tenths of production’s predictions`]
          : []),
      ],
      effect: {
        kind: 'step',
        contribution: sums.lostExcess ?? excess,
        innocent: improving > 0.5,
        acquits: `a gain of more than half of the ${ledger.cluster}s`,
      },
    };
  },
};

function winsorised(sums: LedgerSums, excess: Statistic): Measurement {
  const kept = linear(1, sums.gainOffline, -1, excess);
  const lost = linear(-1, excess, 0, excess);
  return {
    metric: 'winsorised_gain',
    slice: {},
    value: sums.estimate(kept),
    change: { absolute: sums.estimate(lost), relative: sums.estimate(quotient(lost, sums.gainOffline)) },
    ...(sums.open === undefined ? {} : { open: sums.open }),
  };
}

/** The gain by deciles of production's predictions; equal predictions stay together. A request has none of its own. */
function gainByBucket(sums: LedgerSums): Measurement[] {
  const production = sums.units.rows ? undefined : sums.ledger.scores.get('score_prod');
  if (!production) return [];
  const sorted = Float64Array.from(production).sort();
  const edges = Array.from({ length: BUCKETS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BUCKETS)]!);
  const bucket = Uint8Array.from(production, (p) => edges.filter((edge) => p >= edge).length);
  const rows = Array.from({ length: BUCKETS }, (): number[] => []);
  for (const [r, b] of bucket.entries()) rows[b]!.push(r);
  return rows.flatMap((own, b) => {
    if (own.length === 0) return [];
    const part = sums.within(own);
    const queries = effectiveClusters(part.units.query, part.units.weight);
    const slice = { prediction: `p${10 * b} to p${10 * (b + 1)}` };
    return level('bucket_gain', slice, part.estimate(part.gainOffline), sums.open ?? tooFew(queries));
  });
}
