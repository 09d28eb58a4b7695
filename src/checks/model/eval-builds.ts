/** Builds of one eval set: their gains, and what they have in common. From their rows, or computed elsewhere. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { refuseClipped, refuseOneClass } from '../../data/evidence/unjudgeable-rows.js';
import { pickRows } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { ClusteredSums, effectiveClusters, linear } from '../../estimation/tabulation/clustered.js';
import { rowLogLoss } from '../../lib/log-loss.js';
import { list, printable } from '../../lib/text.js';
import { exact, flagShare, level, type Measurement, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';

export const BUILDS: TableSpec = {
  name: 'builds',
  page: 'checks/eval-set-construction.md',
  holds: 'one row per build of the eval set from the same days, both models on it',
  required: ['build_id', 'gain', 'se'],
  optional: ['key_jaccard', 'label_mismatch', 'days'],
  sql: sql`-- errors clustered by request
WITH requests AS (
  SELECT build_id, request_id, SUM(loss_prod - loss_cand) AS d, COUNT(*) AS n,
         MIN(day) AS first_day, MAX(day) AS last_day
  FROM eval_builds GROUP BY build_id, request_id),
means AS (SELECT build_id, SUM(d) / SUM(n) AS gain, SUM(n) AS n FROM requests GROUP BY build_id)
SELECT r.build_id, m.gain, SQRT(SUM(POWER(r.d - r.n * m.gain, 2))) / m.n AS se,
       CONCAT(CAST(MIN(r.first_day) AS STRING), '/', CAST(MAX(r.last_day) AS STRING)) AS days
FROM requests r JOIN means m ON m.build_id = r.build_id GROUP BY r.build_id, m.gain, m.n`,
  cost: 'replay',
};

export const BUILD_ROWS: TableSpec = {
  name: 'build_rows',
  page: 'checks/eval-set-construction.md',
  holds: 'one row per build, request and item, both models’ predictions on it',
  required: ['build_id', 'request_id', 'item_id', 'label', 'score_prod', 'score_cand'],
  optional: ['day'],
  sql: sql`SELECT build_id, request_id, item_id, converted AS label, score_prod, score_cand, CAST(day AS STRING) AS day
FROM eval_builds`,
  cost: 'replay',
};

/** Builds of the eval set from the same days, and the gain over production’s model on each. */
export interface Builds {
  readonly ids: readonly string[];
  readonly gains: readonly Estimate[];
  /** Shape (builds): the ground on which a gain cannot be judged; undefined where it can. */
  readonly open?: readonly (OpenReason | undefined)[];
  readonly agreement: readonly Measurement[];
  readonly onCommonRows?: Measurement;
  /** Builds share rows, so that their gains vary together. */
  readonly paired: boolean;
  difference(a: number, b: number): Estimate;
}

/** Builds whose gains were computed elsewhere. */
export function buildsOf(table: EvidenceTable): Builds {
  const ids = table.texts('build_id');
  const gain = table.finite('gain');
  const se = table.positive('se');
  const share = (name: string) => (table.has(name) ? table.shares(name) : undefined);
  const columns = { key_jaccard: share('key_jaccard'), label_mismatch: share('label_mismatch') };
  const days = table.has('days') ? table.texts('days') : undefined;
  table.refuseRepeated([ids], ['build_id']);
  table.throwIfBad();
  if (days && days.names.length > 1) throw differentDays(table, days.names);
  const gains = ids.names.map((_, b) => ({ value: gain[b]!, standardError: se[b]!, df: 1000 }));
  return {
    ids: ids.names,
    gains,
    paired: false,
    agreement: Object.entries(columns).flatMap(([metric, values]) =>
      values ? ids.names.map((id, b) => level(metric, { build: id }, exact(values[b]!))) : [],
    ),
    difference: (a, b) => ({
      value: gain[a]! - gain[b]!,
      standardError: Math.hypot(se[a]!, se[b]!),
      df: 1000,
    }),
  };
}

function differentDays(table: EvidenceTable, days: readonly string[]) {
  return table.error(
    `builds of different days (${list(
      days.map((d) => printable(d, 40)),
      4,
    )})`,
    'builds of the same days',
    'What days differ by would count as what builds differ by.',
  );
}

/** Builds row by row: a row that several builds have counts as one in their errors. */
export function buildsOfRows(table: EvidenceTable): Builds {
  const build = table.texts('build_id');
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const label = table.numbers('label', 'a label between 0 and 1', (y) => y >= 0 && y <= 1);
  const scores = ['score_prod', 'score_cand'].map((name) =>
    table.numbers(name, 'a prediction between 0 and 1', (p) => p >= 0 && p <= 1),
  );
  const day = table.has('day') ? table.texts('day') : undefined;
  table.refuseRepeated([build, query, item], ['build_id', 'request_id', 'item_id']);
  table.throwIfBad();
  refuseOneClass(label, table.file.shown);
  for (const [i, name] of ['score_prod', 'score_cand'].entries())
    refuseClipped(scores[i]!, label, name, table.file.shown);
  const ids = build.names;
  if (day) {
    const days = ids.map((_, b) =>
      [...new Set(Array.from(day.codes).filter((_, r) => build.codes[r] === b))]
        .map((d) => day.names[d]!)
        .sort()
        .join(', '),
    );
    if (new Set(days).size > 1) throw differentDays(table, [...new Set(days)]);
  }
  const gain = Float64Array.from(label, (y, r) => rowLogLoss(scores[0]![r]!, y) - rowLogLoss(scores[1]![r]!, y));
  const keys = keysOf(build, query, item);
  const everywhere = Uint8Array.from(build.codes, (_, r) =>
    keys.every((own) => own.has(keyAt(query, item, r))) ? 1 : 0,
  );
  const inBuild = ids.map((_, b) => Float64Array.from(build.codes, (code) => (code === b ? 1 : 0)));
  const inAll = Float64Array.from(everywhere, (all, r) => (all === 1 && build.codes[r] === 0 ? 1 : 0));
  const weights = [...inBuild, ...(inAll.some((x) => x > 0) ? [inAll] : [])];
  const sums = new ClusteredSums(
    query,
    item,
    weights.flatMap((w) => [w, w.map((x, r) => x * gain[r]!)]),
    weights,
  );
  const mean = (b: number) => sums.ratio(2 * b + 1, 2 * b);
  return {
    ids,
    gains: ids.map((_, b) => sums.estimate(mean(b))),
    open: ids.map((_, b) => tooFew(effectiveClusters(query, inBuild[b]!))),
    paired: weights.length > ids.length,
    agreement: agreementOf(ids, keys, label, query, item),
    ...(weights.length > ids.length
      ? {
          onCommonRows: level(
            'gain_on_common_rows',
            {},
            sums.estimate(mean(ids.length)),
            tooFew(effectiveClusters(query, inAll)),
          ),
        }
      : {}),
    difference: (a, b) => sums.estimate(linear(1, mean(a), -1, mean(b))),
  };
}

function keyAt(query: Coded, item: Coded, r: number): number {
  return query.codes[r]! * item.names.length + item.codes[r]!;
}

/** Row by (request, item), of every build. */
function keysOf(build: Coded, query: Coded, item: Coded): Map<number, number>[] {
  const keys = build.names.map(() => new Map<number, number>());
  for (let r = 0; r < build.codes.length; r++) keys[build.codes[r]!]!.set(keyAt(query, item, r), r);
  return keys;
}

/**
 * Of every build but the first: the keys that it shares with the first, and the labels that differ on them; clustered
 * by request and item.
 */
function agreementOf(
  ids: readonly string[],
  keys: readonly Map<number, number>[],
  label: Float64Array,
  query: Coded,
  item: Coded,
): Measurement[] {
  const first = keys[0]!;
  const share = (metric: string, build: string, rows: readonly number[], flag: (r: number) => 0 | 1) => {
    if (rows.length === 0) return level(metric, { build }, exact(Number.NaN), { kind: 'no_pair_in_common' });
    const clusters = effectiveClusters(pickRows(query, rows), new Float64Array(rows.length).fill(1));
    return level(
      metric,
      { build },
      flagShare(rows.map(flag), pickRows(query, rows), pickRows(item, rows)),
      tooFew(clusters),
    );
  };
  return ids.slice(1).flatMap((id, i) => {
    const own = keys[i + 1]!;
    // Rows of this build that the first one has too, and the first one's row.
    const other = new Map<number, number>();
    for (const [key, r] of own) {
      const there = first.get(key);
      if (there !== undefined) other.set(r, there);
    }
    const labelledAlike = (r: number) => {
      const there = other.get(r);
      return there !== undefined && label[r] === label[there];
    };
    const union = [...own.values(), ...[...first].filter(([key]) => !own.has(key)).map(([, r]) => r)];
    return [
      share('key_jaccard', id, union, (r) => (other.has(r) ? 1 : 0)),
      share('label_mismatch', id, [...other.keys()], (r) => (labelledAlike(r) ? 0 : 1)),
    ];
  });
}
