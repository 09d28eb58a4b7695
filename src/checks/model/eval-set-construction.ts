/** Does the gain depend on how the eval set was built? Both models on several builds of the same days. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { refuseClipped, refuseOneClass } from '../../data/evidence/ledger.js';
import { pickRows } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import { heterogeneity } from '../../estimation/statistics/heterogeneity.js';
import { type Estimate, violationPValue } from '../../estimation/statistics/noninferiority.js';
import { normalQuantile } from '../../estimation/statistics/student-t.js';
import { ClusteredSums, effectiveClusters, linear } from '../../estimation/tabulation/clustered.js';
import { rowLogLoss } from '../../lib/log-loss.js';
import { list, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { exact, figure, flagShare, level, type Measurement, percent, tooFew, withBounds } from '../measurement.js';
import type { OpenReason } from '../reason.js';

const BUILDS: TableSpec = {
  name: 'builds',
  page: 'checks/eval-set-construction.md',
  holds: 'one row per build of the eval set from the same days, both models on it',
  required: ['build_id', 'gain', 'se'],
  optional: ['key_jaccard', 'label_mismatch', 'days'],
  sql: `-- errors clustered by request
WITH requests AS (
  SELECT build_id, request_id, SUM(loss_prod - loss_cand) AS d, COUNT(*) AS n, MIN(day) AS first, MAX(day) AS last
  FROM eval_builds GROUP BY build_id, request_id),
means AS (SELECT build_id, SUM(d) / SUM(n) AS gain, SUM(n) AS n FROM requests GROUP BY build_id)
SELECT build_id, ANY_VALUE(m.gain) AS gain, SQRT(SUM(POW(r.d - r.n * m.gain, 2))) / ANY_VALUE(m.n) AS se,
       CONCAT(MIN(first), '/', MAX(last)) AS days
FROM requests r JOIN means m USING (build_id) GROUP BY build_id`,
};

const BUILD_ROWS: TableSpec = {
  name: 'build_rows',
  page: 'checks/eval-set-construction.md',
  holds: 'one row per build, request and item, both models’ predictions on it',
  required: ['build_id', 'request_id', 'item_id', 'label', 'score_prod', 'score_cand'],
  optional: ['day'],
  sql: `SELECT build_id, request_id, item_id, converted AS label, score_prod, score_cand, day
FROM eval_builds`,
};

export const evalSetConstruction: EvidenceCheck = {
  id: 'eval-set-construction',
  layer: 1,
  question: 'Does the gain depend on how the eval set was built?',
  title: 'eval-dataset construction',
  decides: 'held against the gap',
  cure: 'settle how the eval set is built before comparing on it',
  tables: [BUILD_ROWS, BUILDS],
  metrics: [
    {
      id: 'gain',
      needs: 'the table build_rows or builds',
      title: 'log loss gained over production’s model on every build',
      operators: ['min'],
    },
    {
      id: 'gain_range',
      needs: 'the table build_rows or builds',
      title: 'the largest difference of gains between builds',
      operators: ['max'],
    },
    {
      id: 'gain_on_common_rows',
      needs: 'the table build_rows',
      title: 'the gain on rows that every build has',
      operators: ['min'],
    },
    {
      id: 'i_squared',
      needs: 'the table build_rows or builds',
      title: 'share of the spread of gains that is no error (I²)',
      operators: ['max'],
      share: true,
    },
    {
      id: 'key_jaccard',
      needs: 'the table build_rows, or key_jaccard of builds',
      title: 'share of the (request, item) pairs of a build and the first that both have',
      operators: ['min'],
      share: true,
    },
    {
      id: 'label_mismatch',
      needs: 'the table build_rows, or label_mismatch of builds',
      title: 'share of the pairs that a build and the first have in common whose labels differ',
      operators: ['max'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const rows = evidence.table(BUILD_ROWS);
    const table = evidence.table(BUILDS);
    if (!rows && !table)
      return untested(
        BUILD_ROWS,
        'the release has no evidence build_rows or builds',
        'at least 2 builds, with the same code',
      );
    const builds = rows ? buildsOfRows(rows) : buildsOf(table!);
    const { ids, gains } = builds;
    const common = builds.onCommonRows ? [builds.onCommonRows] : [];
    const measurements: Measurement[] = [
      ...gains.map((gain, b) => level('gain', { build: ids[b]! }, gain, builds.open?.[b])),
      ...common,
      ...builds.agreement,
    ];
    if (ids.length < 2)
      return {
        measurements,
        facts: ['one build alone'],
        effect: factsAlone('a second build of the same days, with the same code'),
      };
    const value = gains.map((gain) => gain.value);
    const errors = gains.map((gain) => gain.standardError);
    const open = builds.open?.find((reason) => reason !== undefined);
    if (open !== undefined || !errors.every((se) => se > 0))
      return {
        measurements: [
          ...measurements,
          level('gain_range', {}, exact(Number.NaN), open ?? { kind: 'gains_do_not_vary' }),
        ],
        facts: [`${ids.length} builds have gains from ${figure(Math.min(...value))} to ${figure(Math.max(...value))}`],
        effect: factsAlone('builds with more requests, whose gains vary'),
      };
    const { q, df, pValue, iSquared, tauSquared } = heterogeneity(value, errors);
    const [high, low] = [value.indexOf(Math.max(...value)), value.indexOf(Math.min(...value))];
    const explains = builds.difference(high, low);
    const jaccard = builds.agreement.filter(({ metric }) => metric === 'key_jaccard').map(({ value: v }) => v.value);
    const mismatch = builds.agreement
      .filter(({ metric }) => metric === 'label_mismatch')
      .map(({ value: v }) => v.value);
    // The largest difference of several is above 0 by chance: by pairs of rows each pair is tested, else all builds together.
    const pairs = (ids.length * (ids.length - 1)) / 2;
    const differ = (builds.paired ? pairs * violationPValue(explains, { upper: 0 }) : pValue) < 1 - confidence;
    const shared = `, as if they shared no rows; by pairs of rows the largest difference is ${figure(explains.value)}`;
    return {
      measurements: [
        ...measurements,
        level('gain_range', {}, explains),
        level(
          'i_squared',
          {},
          iSquaredEstimate(q, ids.length, confidence),
          builds.paired
            ? { kind: 'builds_share_rows' }
            : ids.length < 3
              ? { kind: 'too_few_builds', count: ids.length, least: 3 }
              : undefined,
        ),
      ],
      facts: [
        `${ids.length} builds have gains from ${figure(value[low]!)} to ${figure(value[high]!)}: Cochran’s Q ${figure(q)} with ${df} degrees of freedom (p ${figure(pValue)}), I² ${percent(iSquared)}, τ ${figure(Math.sqrt(tauSquared))}${builds.paired ? shared : ''}`,
        ...(builds.onCommonRows
          ? [`on the rows that all of them have the gain is ${figure(builds.onCommonRows.value.value)}`]
          : []),
        ...(jaccard.length > 0 ? [`keys in common at least ${percent(Math.min(...jaccard))}`] : []),
        ...(mismatch.length > 0 ? [`labels that differ at most ${percent(Math.max(...mismatch))}`] : []),
      ],
      effect: {
        kind: 'apart',
        explains,
        settle: 'smaller errors of each build',
        ...(differ ? {} : { excuse: 'the builds do not differ by more than their errors' }),
      },
    };
  },
};

interface Builds {
  readonly ids: readonly string[];
  readonly gains: readonly Estimate[];
  /** Shape (builds): why a gain cannot be judged. */
  readonly open?: readonly (OpenReason | undefined)[];
  readonly agreement: readonly Measurement[];
  readonly onCommonRows?: Measurement;
  /** Builds share rows, so that their gains vary together. */
  readonly paired: boolean;
  difference(a: number, b: number): Estimate;
}

/** Builds whose gains were computed elsewhere. */
function buildsOf(table: EvidenceTable): Builds {
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
function buildsOfRows(table: EvidenceTable): Builds {
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

/** Of every build but the first: the keys that it shares with the first, and the labels that differ on them; clustered by request and item. */
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
    const other = new Map([...own].flatMap(([key, r]) => (first.has(key) ? [[r, first.get(key)!] as const] : [])));
    const union = [...own.values(), ...[...first].filter(([key]) => !own.has(key)).map(([, r]) => r)];
    return [
      share('key_jaccard', id, union, (r) => (other.has(r) ? 1 : 0)),
      share('label_mismatch', id, [...other.keys()], (r) => (label[r] === label[other.get(r)!] ? 0 : 1)),
    ];
  });
}

/** Bounds by the test-based error of ln H, I² = 1 - 1/H² (Higgins & Thompson 2002, Statistics in Medicine 21, appendix). */
export function iSquaredEstimate(q: number, builds: number, confidence: number): Estimate {
  if (builds < 3) return exact(Number.NaN);
  const df = builds - 1;
  const lnH = Math.max(0, Math.log(q / df) / 2);
  const error =
    q > builds
      ? (Math.log(q) - Math.log(df)) / (2 * (Math.sqrt(2 * q) - Math.sqrt(2 * builds - 3)))
      : Math.sqrt((1 / (2 * (builds - 2))) * (1 - 1 / (3 * (builds - 2) ** 2)));
  const at = (x: number) => Math.max(0, 1 - Math.exp(-2 * x));
  const reach = normalQuantile(confidence) * error;
  return withBounds(at(lnH), at(lnH - reach), at(lnH + reach), confidence);
}
