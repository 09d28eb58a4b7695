/** The candidates that go on, at every stage and for every reason, treatment against control. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { list, printable } from '../../lib/text.js';
import { against, type Compared, figure, percent, proportion } from '../measurement.js';

export const SURVIVAL: TableSpec = {
  name: 'survival',
  page: 'checks/auction-filtering.md',
  holds: 'by arm, stage and reason for which the stage drops candidates: how many came in, and how many went on',
  required: ['arm', 'stage', 'reason', 'n_in', 'n_out'],
  sql: sql`-- one reason a candidate: the first that drops it
SELECT arm, stage, reason, COUNT(*) AS n_in, COUNT(CASE WHEN NOT dropped THEN 1 END) AS n_out
FROM funnel_log GROUP BY arm, stage, reason`,
  cost: 'query',
};

/** Reads the table, and compares the arms at every stage and reason. */
export function survivalOf(table: EvidenceTable): Compared[] {
  const arms = table.texts('arm', ['control', 'treatment']);
  const [stage, reason] = [table.texts('stage'), table.texts('reason')];
  const [into, out] = [table.counts('n_in'), table.counts('n_out')];
  table.throwIfBad();
  for (let r = 0; r < table.rows; r++)
    if (out[r]! > into[r]!) table.refuse(r, 'n_out', String(out[r]), `at most the ${into[r]} that came in`);
  table.refuseRepeated([arms, stage, reason], ['arm', 'stage', 'reason']);
  table.throwIfBad();
  const places = rowsBy([stage, reason]);
  refuseOverlap(table, places, out, into, arms.codes);
  return places.map(({ values, rows }) => {
    const of = (arm: string) => {
      const r = rows.find((row) => arms.names[arms.codes[row]!] === arm);
      if (r === undefined || into[r] === 0)
        throw table.error(
          `no candidates of ${arm} at ${values.map((v) => printable(v, 40)).join(' / ')}`,
          'candidates of both arms at every stage, for every reason',
        );
      return proportion(out[r]!, into[r]!);
    };
    return against('survival', { stage: values[0]!, reason: values[1]! }, of('treatment'), of('control'));
  });
}

/** Reasons of one stage drop other candidates each: together they cannot drop more than came in. */
function refuseOverlap(
  table: EvidenceTable,
  places: readonly { readonly values: readonly string[]; readonly rows: readonly number[] }[],
  out: Float64Array,
  into: Float64Array,
  arm: Int32Array,
): void {
  const dropped = new Map<string, { dropped: number; most: number; stage: string }>();
  for (const { values, rows } of places)
    for (const r of rows) {
      const key = `${arm[r]} ${values[0]}`;
      const sums = dropped.get(key) ?? { dropped: 0, most: 0, stage: values[0]! };
      sums.dropped += into[r]! - out[r]!;
      sums.most = Math.max(sums.most, into[r]!);
      dropped.set(key, sums);
    }
  for (const { dropped: count, most, stage } of dropped.values())
    if (count > most)
      throw table.error(
        `reasons of stage "${printable(stage, 60)}" that drop ${count} candidates of at most ${most}`,
        'one reason for every candidate that is dropped',
        'Count a candidate under the first reason that drops it.',
      );
}

/**
 * Says where survival falls most, relative to control, and at which stages and reasons it clearly falls: of several by
 * Bonferroni's bounds.
 */
export function survivalFacts(rates: readonly Compared[], confidence: number): string[] {
  const worst = rates.toSorted((a, b) => a.change.relative.value - b.change.relative.value);
  const [first] = worst;
  if (!first) return [];
  const { value, change } = first;
  const { lower, upper } = interval(change.absolute, confidence);
  const most =
    `survival falls most at ${placeOf(first)}: ${percent(value.value - change.absolute.value)} in control and ` +
    `${percent(value.value)} in treatment (${figure(100 * lower)} to ${figure(100 * upper)} points apart)`;
  if (rates.length === 1) return [most];
  const apart = 1 - (1 - confidence) / rates.length;
  const fallen = worst.filter((rate) => interval(rate.change.absolute, apart).upper < 0);
  const clearly =
    fallen.length === 0
      ? `it clearly falls at none of ${rates.length} stages and reasons`
      : `it clearly falls at ${fallen.length} of ${rates.length} stages and reasons: ${list(fallen.map(placeOf), 5)}`;
  return [most, clearly];
}

/** `pacing / budget`: the stage, and the reason for which it drops candidates. */
function placeOf({ slice }: Compared): string {
  return Object.values(slice)
    .map((v) => printable(v, 40))
    .join(' / ');
}
