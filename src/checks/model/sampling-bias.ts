/**
 * Do the offline rows weigh what production serves? The gain under production's mix of log sources and tiers, and in
 * each of them.
 */

import type { Slice } from '../../data/evalset/cells.js';
import { LEDGER } from '../../data/evidence/ledger.js';
import { MIX } from '../../data/evidence/log-mix.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { ReleaseHead } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { countsOf, type LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { holm } from '../../estimation/statistics/holm.js';
import { interval, tooFewClusters, violationPValue } from '../../estimation/statistics/noninferiority.js';
import { linear, quotient, type Statistic } from '../../estimation/tabulation/clustered.js';
import { list, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, type Trust, untested } from '../evidence-check.js';
import { against, exact, figure, level, type Measurement, percent } from '../measurement.js';
import { spelled } from '../reason-words.js';
import { alsoSettledBy, ofLedger, ofTable, settledBy } from '../ways.js';
import { distrusted, heldAgainst, isClear, NO_LOSS, trusted, undecided } from './trust.js';

/** More strata than these are columns of ids. */
const MOST_STRATA = 1000;

export const samplingBias: EvidenceCheck = {
  id: 'sampling-bias',
  layer: 1,
  question: 'Do the offline rows weigh what production serves?',
  owner: 'whoever builds the eval set',
  title: 'sampling bias, wrong log-source mix',
  decides: 'step',
  cure: 'weigh the eval set by what production serves',
  tables: [LEDGER, MIX],
  ways: [settledBy(ofLedger('s5', 'log_source', 'tier'), ofTable(MIX)), alsoSettledBy(ofLedger('s5', 'weight_online'))],
  telescopes: true,
  metrics: [
    {
      id: 'gain',
      needs: 'the ledger, with log_source and tier, and the table mix',
      title:
        'gain over production’s model, by the metric of the gap, under production’s mix, and as weighed offline in ' +
        'every log source, tier and pair of them; `max_decrease` is against the gain as weighed offline',
      operators: ['min', 'max_decrease'],
    },
  ],
  examine({ ledger, sums, release }: Evidence, { confidence }: CheckContext): Examined {
    if (!ledger || !sums)
      return untested(
        LEDGER,
        'the release has no evidence ledger',
        'a ledger with log_source and tier, and a table mix',
      );
    const strata = gainByStratum(sums, release);
    const facts = agreement(strata, confidence);
    // Strata alone are not what production serves: the rule on it stays open.
    const unweighed = (by: 'mix' | 'one_source') => [
      against('gain', {}, exact(Number.NaN), exact(sums.gainOffline.value), { kind: 'not_tested', by }),
      ...strata,
    ];
    const losing = losingSources(strata, confidence);
    if (!ledger.onlineWeight)
      return {
        measurements: unweighed('mix'),
        facts,
        trust: losing ?? undecided('what production serves of each log source (weight_online, or a table mix)'),
        effect: {
          kind: 'untested',
          why: 'the ledger has no column weight_online, and the release no evidence mix',
          settle: 'and the columns log_source and tier of the ledger',
          table: MIX,
        },
      };
    const sources = ledger.strata.get('log_source');
    if (sources && sources.names.length < 2 && !ledger.strata.has('tier'))
      return {
        measurements: unweighed('one_source'),
        facts,
        trust: undecided('rows of the other log sources that production serves'),
        effect: {
          kind: 'untested',
          why: `every row is of one log source (${printable(sources.names[0] ?? '', 40)})`,
          settle: 'rows of the other log sources that production serves',
          table: LEDGER,
        },
      };
    const online = sums.gain('online', 's0');
    const lost = linear(1, sums.gainOffline, -1, online);
    const kept = linear(1, online, -1, sums.gainOffline);
    const open = sums.open;
    return {
      measurements: [
        {
          metric: 'gain',
          slice: {},
          value: sums.estimate(online),
          change: { absolute: sums.estimate(kept), relative: sums.estimate(quotient(kept, sums.gainOffline)) },
          ...(open === undefined ? {} : { open }),
        },
        ...strata,
      ],
      facts: [
        `under production’s mix the gain is ${figure(online.value)} in place of ${figure(sums.gainOffline.value)}`,
        `after weighing, ${ledger.rows.toLocaleString('en-US')} rows are worth ` +
          `${Math.round(kish(ledger.onlineWeight)).toLocaleString('en-US')} unweighted ones (Kish’s effective size)`,
        ...facts,
      ],
      effect: { kind: 'step', contribution: lost },
      trust: losing ?? trustIn(sums, lost, confidence),
    };
  },
};

/** Log sources in which the candidate clearly loses, after Holm over all of them; undefined where there is none. */
function losingSources(strata: readonly Measurement[], confidence: number): Trust | undefined {
  const sources = strata.filter(({ slice, open }) => sourceOf(slice) !== undefined && open === undefined);
  const lost = holm(
    sources.map(({ value }) => violationPValue(value, { lower: 0 })),
    1 - confidence,
  );
  const names = sources.flatMap(({ slice }, i) => (lost[i] ? printable(sourceOf(slice) ?? '', 40) : []));
  return names.length > 0 ? distrusted(`the candidate clearly loses in ${list(names, 4)}`) : undefined;
}

/** The log source of a stratum that is cut by nothing else. */
function sourceOf(slice: Slice): string | undefined {
  return Object.keys(slice).length === 1 ? slice.log_source : undefined;
}

/** Trusted where at most a fifth of the gain is lost under production's mix. */
function trustIn(sums: LedgerSums, lost: Statistic, confidence: number): Trust {
  if (sums.open !== undefined) return undecided(spelled(sums.open));
  const online = sums.gain('online', 's0');
  const why = `under production’s mix the gain is ${figure(online.value)} in place of ${figure(sums.gainOffline.value)}`;
  switch (heldAgainst(sums, lost, NO_LOSS, confidence)) {
    case 'more':
      return distrusted(why);
    case 'less':
      return isClear(sums.estimate(online), confidence) ? trusted(why) : undecided(`${why}, which is not clear`);
    default:
      return undecided(`${why}: more rows would tell whether more than a fifth is lost`);
  }
}

/** Effective number of rows: (Σw)² / Σw² (Kish 1965). */
function kish(weight: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const w of weight) {
    sum += w;
    squares += w * w;
  }
  return (sum * sum) / squares;
}

/** The gain in every log source, every tier and every pair. */
function gainByStratum(sums: LedgerSums, { evidence }: ReleaseHead): Measurement[] {
  const { strata: columnsOfRows } = sums.ledger;
  const all = [...sums.units.strata].filter(([name]) => columnsOfRows.has(name));
  const cuts = [...all.map((column) => [column]), ...(all.length > 1 ? [all] : [])];
  return cuts.flatMap((cut) => {
    const columns = cut.map(([name]) => name);
    const strata = rowsBy(cut.map(([, column]) => column));
    if (strata.length > MOST_STRATA)
      throw new DataError([
        {
          place: { file: evidence.get(LEDGER.name)?.shown ?? LEDGER.name },
          found: `${strata.length.toLocaleString('en-US')} values of ${columns.join(' × ')}`,
          expected: `at most ${MOST_STRATA.toLocaleString('en-US')} strata`,
          mend: 'Is it a column of ids? Put values together, or leave the column out.',
        },
      ]);
    const ordered = strata.toSorted((a, b) => (a.values.join('\u0000') < b.values.join('\u0000') ? -1 : 1));
    return ordered.map(({ values, rows }) => {
      const slice = Object.fromEntries(columns.map((name, i) => [name, values[i]!]));
      const part = sums.within(rows);
      const few = tooFewClusters(countsOf(sums.ledger, { ...part.units, onlineWeight: part.units.weight }));
      return level('gain', slice, part.estimate(part.gainOffline), sums.open ?? few);
    });
  });
}

/** Says in one sentence whether the candidate wins in every log source and tier. */
function agreement(strata: readonly Measurement[], confidence: number): string[] {
  if (strata.length === 0) return [];
  const loses = strata.filter(({ value }) => interval(value, confidence).upper < 0);
  const wins = strata.filter(({ value }) => interval(value, confidence).lower > 0).length;
  const named = (slice: Slice) =>
    Object.values(slice)
      .map((value) => printable(value, 30))
      .join(' × ');
  const losses = list(
    loses.map(({ slice }) => named(slice)),
    4,
  );
  return [
    `the candidate gains clearly in ${wins} of ${strata.length} log sources, tiers and pairs of them ` +
      `(${percent(wins / strata.length)})${loses.length > 0 ? `, and loses clearly in ${losses}` : ''}`,
  ];
}
