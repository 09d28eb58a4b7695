/** Features that tell the label alone: the ROC AUC of every feature of a sample by itself. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { allBut, ONE_PERCENT, sql } from '../../data/evidence/sql.js';
import { refuseOneClass } from '../../data/evidence/unjudgeable-rows.js';
import { FLOORS } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters } from '../../estimation/tabulation/clustered.js';
import { singleAuc } from '../../estimation/tabulation/single-auc.js';
import { list, printable } from '../../lib/text.js';
import { level, type Measurement, sliceValue, tooFew } from '../measurement.js';

/** A feature that tells the label better than this alone is suspect. Judgement of this project, after methodology. */
export const TELLS = 0.95;

export const FEATURE_SCAN: TableSpec = {
  name: 'feature_scan',
  page: 'checks/label-leakage.md',
  holds: 'one row per (request, item), with every other column one feature',
  required: ['request_id', 'item_id', 'label'],
  others: true,
  sql: sql`SELECT request_id, item_id, converted AS label, ${allBut('request_id', 'item_id', 'converted', 'event_ts')}
FROM training_rows ${ONE_PERCENT}`,
  cost: 'query',
};

export function scanFeatures(table: EvidenceTable): Measurement[] {
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

export function scanFact(scanned: readonly Measurement[], tells: readonly Measurement[]): string {
  const best = scanned.toSorted((a, b) => b.value.value - a.value.value)[0]!;
  return tells.length > 0
    ? `${named(tells)} alone tells the label (ROC AUC ${best.value.value.toFixed(3)})`
    : `no feature of ${scanned.length} tells the label alone (at most ` +
        `${printable(sliceValue(best, 'feature'), 40)} with ` +
        `ROC AUC ${best.value.value.toFixed(3)})`;
}

export function named(features: readonly Measurement[]): string {
  return list(
    features.map((feature) => printable(sliceValue(feature, 'feature'), 40)),
    4,
  );
}
