/**
 * The prediction ledger: one row per (request, item) that was scored offline and online, one column of predictions a
 * state, all losses on the same rows so that contributions add up to the gap exactly (docs/diagnosis.md).
 */

import type { EvidenceFile } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { CLIP, rowLogLoss } from '../../lib/log-loss.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { codesOf } from '../tables/coded.js';
import type { Column } from '../tables/column.js';
import { type Coded, idsOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, columnNamed, type Table } from '../tables/table.js';
import type { EvidenceTable, TableSpec } from './evidence-table.js';
import { LEDGER_QUERY, ledgerCost, ledgerQuery } from './ledger-query.js';
import { onlineWeightsOf } from './log-mix.js';
import { later, sameUnit, type Times, timesOf } from './times.js';

/** Predictions by state, in the order of the ledger. `s0`: offline ideal; `s5`: logged online. */
export const SCORES = ['s0', 's2', 's3', 's4', 's5'] as const;
export type Score = (typeof SCORES)[number];

/** Without `s5`, as before a launch, steps can be judged and there is no gap. */
const REQUIRED = ['request_id', 'item_id', 'label', 'score_prod', 's0'] as const;
const TIMES = ['event_ts', 'feature_ts', 'label_ts'];
const OPTIONAL = ['cluster', 'weight', 'weight_online', 'log_source', 'tier', 'served_version', ...TIMES];
const PREDICTIONS = ['score_prod', ...SCORES, 's0_pit'] as const;
/** Columns that split a cause's first-in from its last-in effect: `only_feature_parity`, `all_but_feature_parity`. */
const TOGGLES = ['feature_parity', 'version_skew', 'precision_parity'].flatMap((id) => [`only_${id}`, `all_but_${id}`]);
const COLUMNS: readonly string[] = [...REQUIRED, ...PREDICTIONS, ...OPTIONAL, ...TOGGLES];

export const LEDGER: TableSpec = {
  name: 'ledger',
  page: 'diagnosis.md',
  holds: 'one row per (request, item) that was scored offline and online',
  required: REQUIRED,
  optional: COLUMNS.filter((name) => !(REQUIRED as readonly string[]).includes(name)),
  sql: LEDGER_QUERY,
  cost: 'query',
  byColumn: { cost: ledgerCost, sql: ledgerQuery },
};

export interface Ledger {
  readonly rows: number;
  readonly query: Coded;
  /** The column that the query side is clustered by. */
  readonly cluster: 'request' | 'cluster';
  readonly item: Coded;
  /** Shape (rows), in [0, 1]. */
  readonly label: Float64Array;
  /**
   * Shape (rows): weights of the offline evaluation, and of what production serves; the latter absent where it is not
   * said.
   */
  readonly weight: Float64Array;
  readonly onlineWeight: Float64Array | undefined;
  /** Columns by which production's mix of rows differs, of those that are there: log_source, tier. */
  readonly strata: ReadonlyMap<string, Coded>;
  /** Shape (rows): what production's model predicts, in [0, 1]. */
  readonly production: Float64Array;
  /** Log loss by prediction column; shape (rows). */
  readonly loss: ReadonlyMap<string, Float64Array>;
  /** Shape (rows): 1 where the served version is not the release's live one. */
  readonly unexpected: Uint8Array | undefined;
  readonly served: ReadonlyMap<string, number> | undefined;
  /** Shape (rows): 1 where a feature is younger than the event that it should predict. */
  readonly leaked: Uint8Array | undefined;
  /** That it is one part of several, and columns that are not read but nearly bear the name of one that is. */
  readonly notices: readonly string[];
}

/**
 * Reads the ledger strictly. DataError where a column is missing, a cell is none of its kind, or rows contradict each
 * other.
 *
 * @param live the release's live version
 * @param mix production's mix of log sources and tiers, which gives the online weights where the ledger has none
 */
export async function readLedger(file: EvidenceFile, live: string, mix?: EvidenceTable): Promise<Ledger> {
  const { shown, timezone } = file;
  const table = await readLedgerTable(file);
  const bad = new BadRows(table);
  const column = (name: string): Column | undefined => table.columns.get(name);
  const numbers: Numbers = (name, expected, valid) => {
    const values = column(name);
    return values && numberColumn(values, name, bad, expected, valid);
  };
  const item = idsOf(columnNamed(table, 'item_id'), 'item_id', bad);
  const request = idsOf(columnNamed(table, 'request_id'), 'request_id', bad);
  const cluster = column('cluster');
  const query = cluster ? idsOf(cluster, 'cluster', bad) : request;
  const label = required(
    numbers('label', 'a label between 0 and 1', (y) => y >= 0 && y <= 1),
    'label',
  );
  const { loss, production } = lossesOf(numbers, label, bad, shown);
  const strata = new Map<string, Coded>();
  for (const name of ['log_source', 'tier']) {
    const values = column(name);
    if (values) strata.set(name, codesOf(values, name, bad));
  }
  const weights = (name: string) => numbers(name, 'a weight of 0 or above', (w) => w >= 0 && w < Infinity);
  const weight = weights('weight') ?? new Float64Array(table.rows).fill(1);
  const onlineWeight = weights('weight_online');
  const [event, feature, labelled] = TIMES.map((name) => {
    const values = column(name);
    return values && timesOf(values, name, bad, timezone);
  });
  const ledger = {
    rows: table.rows,
    query,
    cluster: cluster ? ('cluster' as const) : ('request' as const),
    item,
    label,
    notices: [...(table.notices ?? []), ...nearNames(table)],
    strata,
    production,
    weight,
    onlineWeight,
    loss,
    ...servedVersions(column('served_version'), live, bad),
    leaked: event && feature ? Uint8Array.from(label, (_, r) => (later(feature, event, r) ? 1 : 0)) : undefined,
  };
  bad.throwIfAny();
  // Without a positive it is below the floors; without a negative no floor would tell.
  if (label[0] === 1) refuseOneClass(label, shown);
  if (event && feature) refuseEventTimes(event, feature, table);
  if (event && labelled) refuseEarlyLabels(event, labelled, table, bad);
  for (const values of [weight, onlineWeight])
    if (values && !values.some((w) => w > 0))
      throw new DataError([{ place: { file: shown }, found: 'weights that are all 0', expected: 'rows that count' }]);
  refuseRepeated(table, request, item);
  return onlineWeight || !mix ? ledger : { ...ledger, onlineWeight: onlineWeightsOf(mix, ledger, shown) };
}

/** Reads the columns of the ledger. DataError where one that it must have is missing, or it has no row. */
async function readLedgerTable({ path, shown, place }: EvidenceFile): Promise<Table> {
  const table = await readTable(path, shown, COLUMNS, place, { dates: TIMES });
  const missing = REQUIRED.filter((name) => !table.columnNames.includes(name));
  if (missing.length > 0)
    throw new DataError([
      {
        place: { file: shown },
        found: `a ledger without ${list(missing.map(quoted))}`,
        expected: `the columns ${list(REQUIRED)}`,
        mend: 'docs/diagnosis.md has the query that writes it.',
      },
    ]);
  if (table.rows === 0)
    throw new DataError([{ place: { file: shown }, found: 'a ledger without rows', expected: 'at least one row' }]);
  return table;
}

/**
 * The numbers of a column, shape (rows); undefined where the ledger does not have it. Cells that are none are noted.
 */
type Numbers = (name: string, expected: string, valid: (value: number) => boolean) => Float64Array | undefined;

/** A column that the ledger cannot lack here: that it is not there is a bug. */
function required<T>(values: T | undefined, name: string): T {
  if (values === undefined) throw new Error(`column ${name} of the ledger was not read`);
  return values;
}

/** Log losses of every column of predictions that is there, and the predictions of production's model. */
function lossesOf(
  numbers: Numbers,
  label: Float64Array,
  bad: BadRows,
  shown: string,
): { readonly loss: ReadonlyMap<string, Float64Array>; readonly production: Float64Array } {
  const loss = new Map<string, Float64Array>();
  let production: Float64Array = new Float64Array(0);
  for (const name of [...PREDICTIONS, ...TOGGLES]) {
    const p = numbers(name, 'a prediction between 0 and 1', (x) => x >= 0 && x <= 1);
    if (!p) continue;
    loss.set(
      name,
      p.map((value, r) => rowLogLoss(value, label[r]!)),
    );
    if (name === 'score_prod') production = p;
    if (!bad.any) refuseClipped(p, label, name, shown);
  }
  return { loss, production };
}

/** Refuses feature times of another unit than the events', or that are those of the events. */
function refuseEventTimes(event: Times, feature: Times, table: Table): void {
  sameUnit(event, feature, 'feature_ts', table);
  const same = (r: number) => !later(feature, event, r) && !later(event, feature, r);
  if (table.rows > 1 && Array.from({ length: table.rows }, (_, r) => r).every(same))
    throw new DataError([
      {
        place: { file: table.file },
        found: 'feature_ts that is event_ts in every row',
        expected: 'when the youngest feature was known',
      },
    ]);
}

/** Refuses labels that are known before their event. */
function refuseEarlyLabels(event: Times, labelled: Times, table: Table, bad: BadRows): void {
  sameUnit(event, labelled, 'label_ts', table);
  for (let r = 0; r < table.rows; r++)
    if (later(event, labelled, r))
      bad.add(r, 'label_ts', 'before event_ts', 'a label that is known at its event or later');
  bad.throwIfAny();
}

/** A column that is misspelt would silently count as missing. */
function nearNames(table: Table): string[] {
  return table.columnNames.flatMap((name) => {
    const near = COLUMNS.includes(name) ? undefined : didYouMean(name, COLUMNS);
    return near && near.length > 3
      ? [`${table.file}: column ${quoted(name)} is not read. Did you mean "${near}"?`]
      : [];
  });
}

/** Of one class nothing can be told. */
export function refuseOneClass(label: Float64Array, file: string): void {
  if (label.length > 1 && label.every((y) => y === label[0]))
    throw new DataError([
      { place: { file }, found: `labels that are all ${label[0]}`, expected: 'positives and negatives' },
    ]);
}

/** A loss that is cut off in more than 0.1 % of the rows is the cut's, not the model's. */
export function refuseClipped(p: Float64Array, label: Float64Array, name: string, file: string): void {
  let clipped = 0;
  for (let r = 0; r < p.length; r++)
    if ((p[r]! < CLIP && label[r]! > 0) || (p[r]! > 1 - CLIP && label[r]! < 1)) clipped++;
  if (clipped > 0.001 * p.length)
    throw new DataError([
      {
        place: { file },
        found:
          `${clipped} of ${p.length} predictions of ${quoted(name)} within 1e-7 of 0 or 1 on the wrong side of ` +
          'their label',
        expected: 'at most 0.1 % of the rows, as their log loss is cut off',
      },
    ]);
}

function servedVersions(column: Column | undefined, live: string, bad: BadRows): Pick<Ledger, 'unexpected' | 'served'> {
  if (!column) return { unexpected: undefined, served: undefined };
  const { codes, names } = codesOf(column, 'served_version', bad);
  const counts = new Map(names.map((name) => [name, 0]));
  for (const code of codes) if (code >= 0) counts.set(names[code]!, (counts.get(names[code]!) ?? 0) + 1);
  return { unexpected: Uint8Array.from(codes, (code) => (names[code] === live ? 0 : 1)), served: counts };
}

/** A pair that stands twice was joined twice. */
function refuseRepeated(table: Table, { codes }: Coded, item: Coded): void {
  const seen = new Set<number>();
  const bad = new BadRows(table);
  for (let r = 0; r < table.rows; r++) {
    const key = codes[r]! * item.names.length + item.codes[r]!;
    if (seen.has(key))
      bad.add(r, 'item_id', `${quoted(item.names[item.codes[r]!])} again in its request`, 'every (request, item) once');
    seen.add(key);
  }
  bad.throwIfAny();
}
