/**
 * Do a few rows carry the gain? The gain without its tails, the share of requests that gain, and the gain in every
 * tenth of the predictions.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { gainsOf, type LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { concentration } from '../../estimation/ledger/outliers.js';
import { clusteredRatio } from '../../estimation/statistics/clustered-ratio.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { linear, quotient, type Statistic } from '../../estimation/tabulation/clustered.js';
import { list, plural } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import {
  type CheckContext,
  type Effect,
  type EvidenceCheck,
  type Examined,
  factsAlone,
  type Trust,
  untested,
} from '../evidence-check.js';
import { figure, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import { spelled } from '../reason-words.js';
import { settledBy, THE_GAP } from '../ways.js';
import { bucketMeasurements, bucketsOf } from './buckets.js';
import { distrusted, heldAgainst, isClear, MOST, NEARLY_ALL, trusted, undecided } from './trust.js';

export const outlierDomination: EvidenceCheck = {
  id: 'outlier-domination',
  layer: 1,
  question: 'Do a few rows carry the offline gain?',
  owner: 'whoever evaluates the model',
  title: 'outlier domination',
  decides: 'part of the offline gain',
  cure: 'look at the few clusters that carry the gain, and evaluate without them or on more of them',
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
    {
      id: 'bucket_calibration',
      needs: 'the ledger, with predictions',
      title: 'predicted over actual, of the candidate in every tenth of production’s predictions',
      operators: ['min', 'max'],
    },
  ],
  examine({ ledger, sums }: Evidence, { confidence }: CheckContext): Examined {
    if (!ledger || !sums) return untested(LEDGER, 'the release has no evidence ledger', 'a ledger');
    const gain = gainsOf(sums.units);
    const { excess, few } = sums;
    const carried = sums.carriedByFew('offline');
    if (!gain || !excess || !few)
      return untested(
        LEDGER,
        `the gap is measured by ${sums.metric.words}, of which no row has a part of its own`,
        'a gap by another metric (`gap: {metric: log_loss}` in the policy)',
      );
    const { query, weight } = sums.units;
    const { improving, topSums, clusters } = concentration(gain, weight, query.codes, query.names.length);
    const share = proportion(improving * clusters, clusters);
    const top = clusteredRatio(topSums);
    const buckets = bucketsOf(sums);
    const wins = buckets.filter(({ gain }) => isClear(gain, confidence)).length;
    const loses = buckets.filter(({ gain }) => interval(gain, confidence).upper < 0);
    const floor = sums.open ?? tooFew(clusters, `${ledger.cluster}s`);
    const words = `the ${plural(few.count, ledger.cluster)} (of ${few.clusters.toLocaleString('en-US')}) that move it most`;
    return {
      measurements: [
        winsorised(sums, excess),
        level('improving_share', {}, share, floor),
        level('top_share', {}, top, floor),
        ...bucketMeasurements(buckets, sums),
      ],
      facts: [
        `${percent(improving)} of ${plural(clusters, ledger.cluster)} gain; the top 1 % of them carry ` +
          `${Number.isFinite(top.value) ? percent(top.value) : 'none'} of the gain`,
        ...(carried ? [gainWithout(sums, carried, words)] : []),
        ...(buckets.length > 0
          ? [
              `the candidate gains clearly in ${wins} of ${buckets.length} tenths of production’s predictions` +
                `${loses.length > 0 ? `, and loses clearly in ${list(loses.map(({ prediction }) => prediction))}` : ''}`,
            ]
          : []),
      ],
      // Else every positive, or every negative, is in the few clusters.
      effect: carried ? partOf(sums, carried, improving, ledger.cluster, confidence) : factsAlone(SETTLE),
      trust: carried ? trustIn(sums, carried, words, confidence) : undecided(SETTLE),
      buckets,
    };
  },
};

/**
 * The loss online of the few clusters beyond what it would be if they lost as the others do. It convicts only where
 * they carry most of the gain, or lose more of it than in proportion: else their loss is that of all.
 */
function partOf(sums: LedgerSums, carried: Statistic, improving: number, cluster: string, confidence: number): Effect {
  const lost = sums.lostByFew ?? carried;
  const { gap, gainOffline } = sums;
  const dominates = heldAgainst(sums, carried, MOST, confidence) === 'more';
  const beyond =
    gap && isClear(sums.estimate(linear(1, quotient(lost, gap), -1, quotient(carried, gainOffline))), confidence);
  return {
    kind: 'step',
    contribution: lost,
    innocent: improving > 0.5,
    acquits: `a gain of more than half of the ${cluster}s`,
    ...(dominates || beyond
      ? {}
      : { excuse: 'they neither carry most of the gain nor lose more of it than in proportion', settle: SETTLE }),
  };
}

const SETTLE = 'more clusters: whether a few lose more than their part of the gain';

/** No where the gain is not clear without few clusters, or where the fewest of them carry most of it. */
function trustIn(sums: LedgerSums, carried: Statistic, few: string, confidence: number): Trust {
  if (sums.open !== undefined) return undecided(spelled(sums.open));
  const clear = isClear(sums.estimate(linear(1, sums.gainOffline, -1, carried)), confidence);
  const { carriedByFewest, few: found } = sums;
  const held = carriedByFewest ? heldAgainst(sums, carriedByFewest, MOST, confidence) : 'unclear';
  const share = carriedByFewest ? carriedByFewest.value / sums.gainOffline.value : Number.NaN;
  const why =
    gainWithout(sums, carried, few) +
    `${held === 'more' ? `, and ${found?.fewestCount.toLocaleString('en-US')} of them carry ${percent(share)}` : ''}`;
  const theirs = isClear(sums.estimate(sums.gainOffline), confidence) && !clear;
  const nearlyAll =
    carried.value > NEARLY_ALL * sums.gainOffline.value && heldAgainst(sums, carried, MOST, confidence) === 'more';
  if (held === 'more' || nearlyAll || (theirs && carried.value > MOST * sums.gainOffline.value)) return distrusted(why);
  return clear && held === 'less' ? trusted(why) : undecided(`${why}: more rows would tell whether they carry it`);
}

/** `without the 60 requests (of 3,000) that move it most the gain is 0.01 in place of 0.05`. */
function gainWithout({ gainOffline }: LedgerSums, carried: Statistic, few: string): string {
  return `without ${few} the gain is ${figure(gainOffline.value - carried.value)} in place of ${figure(gainOffline.value)}`;
}

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
