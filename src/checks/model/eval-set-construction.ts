/** Does the gain depend on how the eval set was built? Both models on several builds of the same days. */

import type { Coded } from '../../evalset/evalset.js';
import type { Evidence } from '../../evidence/evidence.js';
import type { EvidenceTable, TableSpec } from '../../evidence/table.js';
import { list, printable } from '../../lib/text.js';
import { logLoss } from '../../scores/link.js';
import { ClusteredSums, effectiveClusters, linear } from '../../statistics/clustered.js';
import { heterogeneity } from '../../statistics/heterogeneity.js';
import type { Estimate } from '../../statistics/noninferiority.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { exact, figure, level, type Measurement, percent, tooFew } from '../measurement.js';

const BUILDS: TableSpec = {
  name: 'builds',
  holds: 'one row per build of the eval set from the same days, both models on it',
  required: ['build_id', 'gain', 'se'],
  optional: ['key_jaccard', 'label_mismatch', 'days'],
  sql: `SELECT build_id, AVG(loss_prod - loss_cand) AS gain,
       STDDEV(loss_prod - loss_cand) / SQRT(COUNT(*)) AS se, CONCAT(MIN(day), '/', MAX(day)) AS days
FROM eval_builds GROUP BY build_id`,
};

const BUILD_ROWS: TableSpec = {
  name: 'build_rows',
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
  tables: [BUILD_ROWS, BUILDS],
  metrics: [
    { id: 'gain', title: 'log loss gained over production’s model on every build', operators: ['min'] },
    { id: 'gain_range', title: 'the largest difference of gains between builds', operators: ['max'] },
    { id: 'gain_on_common_rows', title: 'the gain on rows that every build has', operators: ['min'] },
    { id: 'i_squared', title: 'share of the spread of gains that is no error (I²)', operators: ['max'], share: true },
    {
      id: 'key_jaccard',
      title: 'share of the (request, item) pairs of a build and the first that both have',
      operators: ['min'],
      share: true,
    },
    {
      id: 'label_mismatch',
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
    const common = builds.onCommonRows ? [level('gain_on_common_rows', {}, builds.onCommonRows)] : [];
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
    const { q, df, pValue, iSquared, tauSquared } = heterogeneity(
      value,
      gains.map((gain) => gain.standardError),
    );
    const [high, low] = [value.indexOf(Math.max(...value)), value.indexOf(Math.min(...value))];
    const explains = builds.difference(high, low);
    const jaccard = builds.agreement.filter(({ metric }) => metric === 'key_jaccard').map(({ value: v }) => v.value);
    const mismatch = builds.agreement
      .filter(({ metric }) => metric === 'label_mismatch')
      .map(({ value: v }) => v.value);
    const open = builds.open?.find((reason) => reason !== undefined);
    return {
      measurements: [...measurements, level('gain_range', {}, explains, open), level('i_squared', {}, exact(iSquared))],
      facts: [
        `${ids.length} builds have gains from ${figure(value[low]!)} to ${figure(value[high]!)}: Cochran’s Q ${figure(q)} with ${df} degrees of freedom (p ${figure(pValue)}), I² ${percent(iSquared)}, τ ${figure(Math.sqrt(tauSquared))}`,
        ...(builds.onCommonRows
          ? [`on the rows that all of them have the gain is ${figure(builds.onCommonRows.value)}`]
          : []),
        ...(jaccard.length > 0 ? [`keys in common at least ${percent(Math.min(...jaccard))}`] : []),
        ...(mismatch.length > 0 ? [`labels that differ at most ${percent(Math.max(...mismatch))}`] : []),
      ],
      effect: open
        ? factsAlone('builds with more requests')
        : {
            kind: 'apart',
            explains,
            settle: 'smaller errors of each build',
            // The largest difference of several is above 0 by chance: it counts only where the builds differ at all.
            ...(pValue > 1 - confidence ? { excuse: 'the builds do not differ by more than their errors' } : {}),
          },
    };
  },
};

interface Builds {
  readonly ids: readonly string[];
  readonly gains: readonly Estimate[];
  /** Shape (builds): why a gain cannot be judged. */
  readonly open?: readonly (string | undefined)[];
  readonly agreement: readonly Measurement[];
  readonly onCommonRows?: Estimate;
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
  const gain = Float64Array.from(label, (y, r) => logLoss(scores[0]![r]!, y) - logLoss(scores[1]![r]!, y));
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
    agreement: agreementOf(ids, keys, label),
    ...(weights.length > ids.length ? { onCommonRows: sums.estimate(mean(ids.length)) } : {}),
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

/** Of every build but the first: the keys that it shares with the first, and the labels that differ on them. */
function agreementOf(ids: readonly string[], keys: readonly Map<number, number>[], label: Float64Array): Measurement[] {
  const first = keys[0]!;
  return ids.slice(1).flatMap((id, i) => {
    const own = keys[i + 1]!;
    let [both, differ] = [0, 0];
    for (const [key, r] of own) {
      const other = first.get(key);
      if (other === undefined) continue;
      both++;
      if (label[r] !== label[other]) differ++;
    }
    return [
      level('key_jaccard', { build: id }, exact(both / (first.size + own.size - both))),
      level('label_mismatch', { build: id }, exact(both === 0 ? Number.NaN : differ / both)),
    ];
  });
}
