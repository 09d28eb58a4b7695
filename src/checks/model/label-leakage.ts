/**
 * Do features know the label? Point-in-time features against features as they were logged, features younger than the
 * event, and features that tell the label alone.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { LEDGER, type Ledger } from '../../data/evidence/ledger.js';
import { allBut, ONE_PERCENT, reserved, sql } from '../../data/evidence/sql.js';
import { refuseOneClass } from '../../data/evidence/unjudgeable-rows.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { FLOORS, interval } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters, linear } from '../../estimation/tabulation/clustered.js';
import { singleAuc } from '../../estimation/tabulation/single-auc.js';
import { list, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { flagShare, level, type Measurement, percent, proportion, sliceValue, tooFew } from '../measurement.js';
import { stepMeasurement } from '../step.js';
import { ofLedger, ofTable, settledBy, shownBy } from '../ways.js';

/** A feature that tells the label better than this alone is suspect. Judgement of this project, after methodology. */
const TELLS = 0.95;
/** A leak rate below this share of the rows rules leakage out. Judgement of this project, after methodology. */
const LEAKS = 0.001;

const FEATURE_TIMES: TableSpec = {
  name: 'feature_times',
  page: 'checks/label-leakage.md',
  holds: 'one row per feature family, with the rows in which it is younger than the event',
  required: ['family', 'rows', 'late'],
  sql: sql`SELECT f.family, COUNT(*) AS ${reserved('rows')}, COUNT(CASE WHEN f.as_of_ts > e.event_ts THEN 1 END) AS late
FROM training_rows e JOIN feature_log f USING (request_id, item_id) GROUP BY f.family`,
  cost: 'query',
};

const FEATURE_SCAN: TableSpec = {
  name: 'feature_scan',
  page: 'checks/label-leakage.md',
  holds: 'one row per (request, item), with every other column one feature',
  required: ['request_id', 'item_id', 'label'],
  others: true,
  sql: sql`SELECT request_id, item_id, converted AS label, ${allBut('request_id', 'item_id', 'converted', 'event_ts')}
FROM training_rows ${ONE_PERCENT}`,
  cost: 'query',
};

export const labelLeakage: EvidenceCheck = {
  id: 'label-leakage',
  layer: 1,
  question: 'Do features know the label?',
  owner: 'whoever builds the training features',
  title: 'label leakage',
  decides: 'part of the offline gain',
  cure: 'evaluate on point-in-time features',
  tables: [LEDGER, FEATURE_TIMES, FEATURE_SCAN],
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
    const settle =
      'a column s0_pit: the candidate’s predictions from point-in-time features; event_ts and feature_ts ' +
      'besides, as it is ruled out only with a leak rate below 0.1 %';
    if (!ledger || !sums?.has('s0_pit')) {
      if (facts.length > 0) return { measurements, facts, effect: factsAlone(settle) };
      return untested(
        LEDGER,
        ledger ? 'the ledger has no column s0_pit' : 'the release has no evidence ledger',
        settle,
      );
    }
    // Time order is a row's own: of none in n rows the bound is 3.3/n, whatever they are clustered by.
    const own = ledger.leaked
      ? [
          proportion(
            ledger.leaked.reduce((sum, x) => sum + x, 0),
            ledger.rows,
          ),
        ]
      : [];
    const families = rates.filter(({ slice }) => slice.family !== undefined).map(({ value }) => value);
    const clean = rates.length > 0 && [...own, ...families].every((rate) => interval(rate, confidence).upper < LEAKS);
    return {
      measurements,
      facts,
      effect: {
        kind: 'step',
        contribution: linear(1, sums.loss('offline', 's0_pit'), -1, sums.loss('offline', 's0')),
        innocent: clean && tells.length === 0,
        acquits:
          rates.length === 0
            ? 'the columns event_ts and feature_ts, or a table feature_times'
            : !clean
              ? 'a leak rate shown to be below 0.1 % (of about 3,300 rows none)'
              : `an explanation of ${named(tells)}, which tells the label alone`,
      },
    };
  },
};

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

function leakRates(table: EvidenceTable): Measurement[] {
  const family = table.texts('family');
  const rows = table.numbers('rows', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0);
  const late = table.counts('late');
  table.throwIfBad();
  for (let r = 0; r < table.rows; r++)
    if (late[r]! > rows[r]!) table.refuse(r, 'late', String(late[r]), `at most the ${rows[r]} rows`);
  table.refuseRepeated([family], ['family']);
  table.throwIfBad();
  return family.names.map((name, r) =>
    level('leak_rate', { family: name }, proportion(late[r]!, rows[r]!), tooFew(rows[r]!, 'rows')),
  );
}

function familiesFact(rates: readonly Measurement[]): string[] {
  const late = rates.filter(({ value }) => value.value > 0).toSorted((a, b) => b.value.value - a.value.value);
  return [
    late.length === 0
      ? `no family of ${rates.length} has a feature younger than its event`
      : `younger than the event: ${list(
          late.map(
            (rate) => `${printable(sliceValue(rate, 'family'), 40)} in ${percent(rate.value.value)} of the rows`,
          ),
          4,
        )}`,
  ];
}

function scanFeatures(table: EvidenceTable): Measurement[] {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const label = table.numbers('label', 'a label between 0 and 1', (y) => y >= 0 && y <= 1);
  const features = table.others;
  if (features.length === 0) throw table.error('a table feature_scan without features', 'every other column a feature');
  const columns = features.map((name) => {
    if (table.column(name).type === 'string' || table.column(name).type === 'list')
      throw table.error(
        `feature "${printable(name, 60)}" that is no number`,
        'numbers',
        'Leave it out, or write it as numbers: one column per value, or its mean label by value in other data.',
      );
    return [name, table.numbers(name, 'a finite number', Number.isFinite)] as const;
  });
  table.refuseRepeated([query, item], ['request_id', 'item_id']);
  table.throwIfBad();
  refuseOneClass(label, table.file.shown);
  const clusters = effectiveClusters(query, new Float64Array(table.rows).fill(1));
  const positives = label.filter((y) => y > 0).length;
  const open =
    tooFew(clusters) ??
    (positives < FLOORS.positives
      ? { kind: 'too_few_positives' as const, count: positives, least: FLOORS.positives }
      : undefined);
  return columns.map(([name, values]) =>
    level('feature_auc', { feature: name }, singleAuc(values, label, query, item), open),
  );
}

function scanFact(scanned: readonly Measurement[], tells: readonly Measurement[]): string {
  const best = scanned.toSorted((a, b) => b.value.value - a.value.value)[0]!;
  return tells.length > 0
    ? `${named(tells)} alone tells the label (ROC AUC ${best.value.value.toFixed(3)})`
    : `no feature of ${scanned.length} tells the label alone (at most ` +
        `${printable(sliceValue(best, 'feature'), 40)} with ` +
        `ROC AUC ${best.value.value.toFixed(3)})`;
}

function named(features: readonly Measurement[]): string {
  return list(
    features.map((feature) => printable(sliceValue(feature, 'feature'), 40)),
    4,
  );
}
