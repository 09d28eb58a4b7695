/**
 * Features that are younger than the event that they should predict, by the ledger's times and by the table
 * feature_times. Whoever speaks of what serving lacks must know them: what is late cannot be served.
 */

import type { EvidenceTable, TableSpec } from '../data/evidence/evidence-table.js';
import { reserved, sql } from '../data/evidence/sql.js';
import { list, printable } from '../lib/text.js';
import type { Evidence } from './evidence.js';
import type { FoundCure } from './evidence-check.js';
import { level, type Measurement, percent, proportion, sliceValue, tooFew } from './measurement.js';

/** A leak rate below this share of the rows rules leakage out. Judgement of this project, after methodology. */
export const LEAKS = 0.001;

export const FEATURE_TIMES: TableSpec = {
  name: 'feature_times',
  page: 'checks/label-leakage.md',
  holds: 'one row per feature family, with the rows in which it is younger than the event',
  required: ['family', 'rows', 'late'],
  sql: sql`SELECT f.family, COUNT(*) AS ${reserved('rows')}, COUNT(CASE WHEN f.as_of_ts > e.event_ts THEN 1 END) AS late
FROM training_rows e JOIN feature_log f USING (request_id, item_id) GROUP BY f.family`,
  cost: 'query',
};

/** The leak rate of every family, whose counts are taken as independent. */
export function leakRates(table: EvidenceTable): Measurement[] {
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

export interface LateFeatures {
  /** Families that are late, by their names; empty where only the rows of the ledger tell. */
  readonly families: ReadonlySet<string>;
  /** `post_click_count in 13 % of the rows`. */
  readonly words: string;
}

/** Undefined where no more than a negligible share of the rows is late, or nobody says. */
export function lateFeatures(evidence: Evidence): LateFeatures | undefined {
  const table = evidence.table(FEATURE_TIMES);
  const late = (table ? leakRates(table) : [])
    .filter(({ value }) => value.value > LEAKS)
    .toSorted((a, b) => b.value.value - a.value.value);
  if (late.length > 0)
    return { families: new Set(late.map((rate) => sliceValue(rate, 'family'))), words: familiesInWords(late) };
  const flags = evidence.ledger?.leaked;
  const share = flags ? flags.reduce((sum, x) => sum + x, 0) / flags.length : 0;
  return share > LEAKS ? { families: new Set(), words: `features in ${percent(share)} of the rows` } : undefined;
}

/** `targeting in 0.8 % of the rows and user in 0.2 % of the rows`. */
export function familiesInWords(rates: readonly Measurement[]): string {
  return list(
    rates.map((rate) => `${printable(sliceValue(rate, 'family'), 40)} in ${percent(rate.value.value)} of the rows`),
    4,
  );
}

/**
 * The cure where late features are in the way: what they gained was never to be had.
 *
 * @param measured true where the ledger has s0_pit
 */
export function pointInTimeFirst({ words }: LateFeatures, measured = false): FoundCure {
  const column = measured ? '' : ' (a column s0_pit of the ledger)';
  return {
    action: 'gather_evidence',
    why:
      `evaluate on point-in-time features${column} before anything is done about serving: younger than the event are ` +
      words,
  };
}
