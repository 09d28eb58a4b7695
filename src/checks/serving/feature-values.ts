/** Values of features in pairs, as training logged them and as serving read them. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { pickRows, rowsBy } from '../../data/tables/coded.js';
import { ClusteredSums, effectiveClusters } from '../../estimation/tabulation/clustered.js';
import { printable, quoted } from '../../lib/text.js';
import { exact, flagShare, level, type Measurement, percent, proportion, sliceValue, tooFew } from '../measurement.js';
import { isMissing, type ValueForm, valueForm } from './same-value.js';

export const FEATURE_PAIRS: TableSpec = {
  name: 'feature_pairs',
  page: 'checks/feature-parity.md',
  holds: 'one row per request, item and feature, as training logged it and as serving read it',
  required: ['request_id', 'item_id', 'feature', 'train_value', 'serve_value'],
  sql: sql`SELECT t.request_id, t.item_id, t.feature,
       CAST(t.value AS STRING) AS train_value, CAST(s.value AS STRING) AS serve_value
FROM training_features t JOIN model_input_log s USING (request_id, item_id, feature)`,
  cost: 'query',
};

/** Tenths of the values of training, by which distributions are compared. */
const BINS = 10;
/**
 * Of every feature: the share of pairs that differ, and how far the distributions are apart. Pairs without a value on
 * either side do not count.
 */
export function compareValues(table: EvidenceTable): Measurement[] {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const feature = table.texts('feature');
  const value = (name: string) => table.cells(name).map((text) => (isMissing(text) ? '' : text));
  const [train, serve] = [value('train_value'), value('serve_value')];
  table.refuseRepeated([query, item, feature], ['request_id', 'item_id', 'feature']);
  table.throwIfBad();
  const measured = rowsBy([feature]).flatMap(({ values, rows: all }) => {
    const rows = all.filter((r) => train[r] !== '' || serve[r] !== '');
    const slice = { feature: values[0]! };
    if (rows.length === 0)
      return ['value_mismatch', 'distribution_shift'].map((metric) =>
        level(metric, slice, exact(Number.NaN), { kind: 'no_value' }),
      );
    const [q, i] = [pickRows(query, rows), pickRows(item, rows)];
    const ones = new Float64Array(rows.length).fill(1);
    const clusters = effectiveClusters(q, ones);
    const few = tooFew(clusters);
    const [before, after] = [rows.map((r) => train[r]!), rows.map((r) => serve[r]!)];
    const form = valueForm(before, after);
    for (const [n, r] of rows.entries())
      if (form.unclear(before[n]!, after[n]!))
        table.refuse(
          r,
          'serve_value',
          `${quoted(after[n])} beside the train_value ${quoted(before[n])}, of which one is a time without a zone`,
          'both with their zone, or neither',
        );
    const differs = before.map((text, i) => (form.same(text, after[i]!) ? 0 : 1));
    const shift = shiftOf(before, after, form);
    // The difference of one value's shares, by pairs; that it is the largest of several makes it rather too large.
    const sums = new ClusteredSums(q, i, [ones, shift], [ones]);
    const apart = sums.estimate(sums.ratio(1, 0));
    const least = proportion(0, clusters).standardError;
    return [
      level('value_mismatch', slice, flagShare(differs, q, i), few),
      level(
        'distribution_shift',
        slice,
        { ...apart, value: Math.abs(apart.value), standardError: Math.max(apart.standardError, least) },
        few,
      ),
    ];
  });
  table.throwIfBad();
  return measured;
}

/**
 * Of the value whose shares differ most (L∞): 1 where serving alone has it, -1 where training alone does; its mean is
 * the difference. Of numbers with more values than bins, the tenths of training's values. Missing values are a value
 * of their own. Shape (pairs).
 */
function shiftOf(train: readonly string[], serve: readonly string[], { canonical, number }: ValueForm): Float64Array {
  const numeric = [...train, ...serve].every((text) => text === '' || Number.isFinite(number(text)));
  let bucket = canonical;
  if (numeric && new Set(train.map(canonical)).size > BINS) {
    const sorted = Float64Array.from(
      train.filter((text) => text !== ''),
      number,
    ).sort();
    const edges = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)]!);
    bucket = (text) => (text === '' ? '' : String(edges.filter((edge) => number(text) >= edge).length));
  }
  const [before, after] = [train.map(bucket), serve.map(bucket)];
  const difference = new Map<string, number>();
  for (const key of before) difference.set(key, (difference.get(key) ?? 0) - 1);
  for (const key of after) difference.set(key, (difference.get(key) ?? 0) + 1);
  const [most] = [...difference].reduce((a, b) => (Math.abs(b[1]) > Math.abs(a[1]) ? b : a));
  return Float64Array.from(after, (key, r) => (key === most ? 1 : 0) - (before[r] === most ? 1 : 0));
}

export function valueFact(measurements: readonly Measurement[]): string {
  const rates = measurements
    .filter(({ metric }) => metric === 'value_mismatch')
    .filter(({ value }) => !Number.isNaN(value.value))
    .toSorted((a, b) => b.value.value - a.value.value);
  const worst = rates[0];
  if (!worst) return 'no pair has a value on either side';
  return worst.value.value === 0
    ? `the values of ${rates.length} features are those of training in every pair`
    : `values differ most for ${printable(sliceValue(worst, 'feature'), 40)}: in ${percent(worst.value.value)} ` +
        'of the pairs';
}
