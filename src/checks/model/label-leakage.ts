/**
 * Do features know the label? Point-in-time features against features as they were logged, features younger than the
 * event, and features that tell the label alone.
 */

import { LEDGER, type Ledger, type Score } from '../../data/evidence/ledger.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters, linear } from '../../estimation/tabulation/clustered.js';
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
import {
  FEATURE_TIMES,
  familiesInWords,
  type LateFeatures,
  LEAKS,
  lateFeatures,
  leakRates,
  pointInTimeFirst,
} from '../late-features.js';
import { figure, flagShare, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import { spelled } from '../reason-words.js';
import { stepMeasurement } from '../step.js';
import { ofLedger, ofTable, settledBy, shownBy } from '../ways.js';
import { FEATURE_SCAN, named, scanFact, scanFeatures, TELLS } from './feature-scan.js';
import { distrusted, heldAgainst, isClear, NO_LOSS, trusted, undecided } from './trust.js';

export const labelLeakage: EvidenceCheck = {
  id: 'label-leakage',
  layer: 1,
  question: 'Do features know the label?',
  owner: 'whoever builds the training features',
  title: 'label leakage',
  decides: 'step',
  cure: 'evaluate on point-in-time features',
  tables: [LEDGER, FEATURE_TIMES, FEATURE_SCAN],
  telescopes: true,
  ways: [
    settledBy(ofLedger('s5', 's0_pit', 'event_ts', 'feature_ts')),
    settledBy(ofLedger('s5', 's0_pit'), ofTable(FEATURE_TIMES)),
    shownBy(ofTable(FEATURE_TIMES)),
    shownBy(ofLedger('event_ts', 'feature_ts')),
    shownBy(ofTable(FEATURE_SCAN)),
  ],
  metrics: [
    {
      id: LOG_LOSS,
      needs: 'the ledger’s column s0_pit',
      title: 'log loss that point-in-time features cost against features as they were logged',
      operators: ['max_increase'],
    },
    {
      id: 'leak_rate',
      needs: 'the ledger’s columns event_ts and feature_ts, or the table feature_times',
      title: 'share of the rows in which a feature is younger than the event; of every family, where a table says so',
      operators: ['max'],
      share: true,
    },
    {
      id: 'feature_auc',
      needs: 'the table feature_scan',
      title: 'ROC AUC of every feature alone, or 1 − AUC if that is more',
      operators: ['max'],
      range: [0.5, 1],
      example: '{metric: feature_auc, max: 0.95}',
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const { ledger, sums } = evidence;
    const times = evidence.table(FEATURE_TIMES);
    const scan = evidence.table(FEATURE_SCAN);
    const rates = [...(ledger ? leakRate(ledger) : []), ...(times ? leakRates(times) : [])];
    const scanned = scan ? scanFeatures(scan) : [];
    const tells = scanned.filter(({ value }) => value.value > TELLS);
    const facts = [
      ...(rates[0] && ledger?.leaked ? [leakFact(rates[0], ledger.rows, confidence)] : []),
      ...(times ? familiesFact(rates.filter(({ slice }) => slice.family !== undefined)) : []),
      ...(scan ? [scanFact(scanned, tells)] : []),
    ];
    const measurements = [...stepMeasurement(evidence.logLoss, 's0', 's0_pit', 'offline'), ...rates, ...scanned];
    const late = lateFeatures(evidence);
    const suspects: Suspects = { late, clean: isClean(ledger, rates, confidence), tells, timed: rates.length > 0 };
    const said = {
      measurements,
      facts,
      ...(sums || facts.length > 0 ? { trust: trustIn(sums, suspects, confidence) } : {}),
      ...(late && !sums?.has('s0_pit') ? { cure: pointInTimeFirst(late) } : {}),
    };
    if (!sums?.has('s0_pit')) {
      if (sums?.has('s2') && late) return { ...said, effect: togetherWithParity(sums) };
      if (facts.length > 0) return { ...said, effect: factsAlone(SETTLE) };
      return untested(
        LEDGER,
        ledger ? 'the ledger has no column s0_pit' : 'the release has no evidence ledger',
        SETTLE,
      );
    }
    return { ...said, effect: ownStep(sums, suspects) };
  },
};

const SETTLE =
  'a column s0_pit: the candidate’s predictions from point-in-time features; event_ts and feature_ts besides, as it ' +
  'is ruled out only with a leak rate below 0.1 %';

/** Evidence of leakage beside scores. */
interface Suspects {
  readonly late: LateFeatures | undefined;
  /** Every leak rate is shown to be negligible; false where there is none. */
  readonly clean: boolean;
  /** Features that tell the label alone. */
  readonly tells: readonly Measurement[];
  /** Somebody says when features were known. */
  readonly timed: boolean;
}

/** Time order is a row's own: of none in n rows the bound is 3.3/n, whatever they are clustered by. */
function isClean(ledger: Ledger | undefined, rates: readonly Measurement[], confidence: number): boolean {
  const own = ledger?.leaked
    ? [
        proportion(
          ledger.leaked.reduce((sum, x) => sum + x, 0),
          ledger.rows,
        ),
      ]
    : [];
  const families = rates.filter(({ slice }) => slice.family !== undefined).map(({ value }) => value);
  return rates.length > 0 && [...own, ...families].every((rate) => interval(rate, confidence).upper < LEAKS);
}

/** The step that point-in-time features tell from what serving lacks: on the rows that production serves. */
function ownStep(sums: LedgerSums, { clean, tells, timed }: Suspects): Effect {
  return {
    kind: 'step',
    contribution: sums.stepOfGap('s0', 's0_pit'),
    innocent: clean && tells.length === 0,
    acquits: !timed
      ? 'the columns event_ts and feature_ts, or a table feature_times'
      : !clean
        ? 'a leak rate shown to be below 0.1 % (of about 3,300 rows none)'
        : `an explanation of ${named(tells)}, which tells the label alone`,
  };
}

/** Without point-in-time features late ones are lost in the step to the features that serving had. */
function togetherWithParity(sums: LedgerSums): Effect {
  const production = sums.productionStep('s0', 's2');
  return {
    kind: 'step',
    contribution: sums.stepOfGap('s0', 's2'),
    ...(production ? { production } : {}),
    bound: true,
    innocent: false,
    excuse: 'its step s0 → s2 holds what serving lacks besides (feature-parity) as well as what is late',
    settle: 'a column s0_pit of the ledger, the predictions from point-in-time features: it tells the two apart',
  };
}

function trustIn(sums: LedgerSums | undefined, suspects: Suspects, confidence: number): Trust {
  if (suspects.tells.length > 0) return undecided(`${named(suspects.tells)} alone tells the label: it takes a reason`);
  if (sums?.open !== undefined) return undecided(spelled(sums.open));
  if (sums?.has('s0_pit')) return trustByStep(sums, 's0_pit', 'on point-in-time features', confidence);
  if (!suspects.late)
    return suspects.clean
      ? trusted('no feature is younger than its event')
      : undecided('point-in-time predictions (s0_pit), or times of features that are all older than their event');
  const late = `younger than the event are ${suspects.late.words}`;
  const state = (['s2', 's5'] as const).find((name) => sums?.has(name));
  if (!sums || !state) return undecided(`${late}: predictions without them (s0_pit) would tell what they gain`);
  const found = trustByStep(
    sums,
    state,
    state === 's2' ? 'on the features of serving' : 'as it was served',
    confidence,
  );
  // The loss may be that of features which serving lacks.
  if (found.verdict === 'no') return undecided(`${late}; ${found.why}: s0_pit would tell how much of that is theirs`);
  return { ...found, why: `${late}; ${found.why}` };
}

/** Trusted where at most a fifth of the gain is lost on the way to a state, all rows weighing as offline. */
function trustByStep(sums: LedgerSums, state: Score | 's0_pit', where: string, confidence: number): Trust {
  const left = sums.gain('offline', state);
  const lost = linear(1, sums.gainOffline, -1, left);
  const why = `${where} the gain is ${figure(left.value)} in place of ${figure(sums.gainOffline.value)}`;
  switch (heldAgainst(sums, lost, NO_LOSS, confidence)) {
    case 'more':
      return distrusted(why);
    case 'less':
      return isClear(sums.estimate(left), confidence) ? trusted(why) : undecided(`${why}, which is not clear`);
    default:
      return undecided(`${why}: more rows would tell whether more than a fifth is lost`);
  }
}

/** Every row counts once. */
function leakRate({ leaked, query, item, weight }: Ledger): Measurement[] {
  if (!leaked) return [];
  const rate = flagShare(leaked, query, item);
  return [level('leak_rate', {}, rate, tooFew(effectiveClusters(query, weight)))];
}

function leakFact({ value }: Measurement, rows: number, confidence: number): string {
  if (value.value === 0) return `in none of ${rows.toLocaleString('en-US')} rows a feature is younger than the event`;
  return (
    `in ${percent(value.value)} of the rows a feature is younger than the event (at most ` +
    `${percent(interval(value, confidence).upper)})`
  );
}

function familiesFact(rates: readonly Measurement[]): string[] {
  const late = rates.filter(({ value }) => value.value > 0).toSorted((a, b) => b.value.value - a.value.value);
  return [
    late.length === 0
      ? `no family of ${rates.length} has a feature younger than its event`
      : `younger than the event: ${familiesInWords(late)}`,
  ];
}
