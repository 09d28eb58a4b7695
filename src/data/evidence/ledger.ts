/**
 * The prediction ledger: one row per (request, item) that was scored offline and online, one column of predictions a
 * state, all losses on the same rows so that contributions add up to the gap exactly (docs/diagnosis.md).
 */

import { pickRows } from '../tables/coded.js';
import type { Coded } from '../tables/identity.js';
import type { TableSpec } from './evidence-table.js';
import { LEDGER_QUERY, ledgerCost, ledgerQuery } from './ledger-query.js';

/** Predictions by state, in the order of the ledger. `s0`: offline ideal; `s5`: logged online. */
export const SCORES = ['s0', 's2', 's3', 's4', 's5'] as const;
export type Score = (typeof SCORES)[number];

/** Without `s5`, as before a launch, steps can be judged and there is no gap. */
export const REQUIRED = ['request_id', 'item_id', 'label', 'score_prod', 's0'] as const;
export const TIMES = ['event_ts', 'feature_ts', 'label_ts'];
const VERSIONS = ['served_version', 'item_version'];
const OPTIONAL = ['cluster', 'weight', 'weight_online', 'log_source', 'tier', 'served', ...VERSIONS, ...TIMES];
/** Production's model at the states of serving: `score_prod` is it offline, `score_prod_online` as it was served. */
const PRODUCTION = ['score_prod', 'prod_s2', 'prod_s3', 'prod_s4', 'score_prod_online'] as const;
export const PREDICTIONS = [...PRODUCTION, ...SCORES, 's0_pit'] as const;
/** Columns that split a cause's first-in from its last-in effect: `only_feature_parity`, `all_but_feature_parity`. */
export const TOGGLES = ['feature_parity', 'version_skew', 'precision_parity'].flatMap((id) => [
  `only_${id}`,
  `all_but_${id}`,
]);
export const COLUMNS: readonly string[] = [...REQUIRED, ...PREDICTIONS, ...OPTIONAL, ...TOGGLES];
/** Predictions that a row has which was scored offline, whether it was served or not. */
export const OFFLINE: readonly string[] = ['score_prod', 's0', 's0_pit'];

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

/** The cells that a ledger must have, which the metric of the gap decides. */
export interface LedgerCells {
  /** Predictions in [0, 1], or any finite score. */
  readonly scores: 'probabilities' | 'numbers';
  /** Labels in [0, 1], or grades of relevance of 0 or above. */
  readonly labels: 'shares' | 'grades';
  /** The highest grade of which a gain can be told; left out: any. */
  readonly highest?: number;
  /** True where a loss is cut off at predictions of 0 and 1, so that many of them are refused. */
  readonly clipped: boolean;
}

export const LOG_LOSS_CELLS: LedgerCells = { scores: 'probabilities', labels: 'shares', clipped: true };

export interface Ledger {
  readonly rows: number;
  readonly request: Coded;
  readonly query: Coded;
  /** The column that the query side is clustered by. */
  readonly cluster: 'request' | 'cluster';
  readonly item: Coded;
  /** Shape (rows), in [0, 1], or grades of 0 or above. */
  readonly label: Float64Array;
  /**
   * Shape (rows): weights of the offline evaluation, and of what production serves; the latter absent where it is not
   * said.
   */
  readonly weight: Float64Array;
  readonly onlineWeight: Float64Array | undefined;
  /** Columns by which production's mix of rows differs, of those that are there: log_source, tier. */
  readonly strata: ReadonlyMap<string, Coded>;
  /** Scores by the name of their column; shape (rows) each. */
  readonly scores: ReadonlyMap<string, Float64Array>;
  /** Shape (rows): 1 where the served version is not the release's live one. */
  readonly unexpected: Uint8Array | undefined;
  /** Rows by the version that served them. */
  readonly served: ReadonlyMap<string, number> | undefined;
  /** The version that served each row, and that of its item in the index, where they are there. */
  readonly servedVersion: Coded | undefined;
  readonly itemVersion: Coded | undefined;
  /** Everything that was scored offline, where the ledger says of its rows whether they were served. */
  readonly scored: Scored | undefined;
  /** Shape (rows): 1 where a feature is younger than the event that it should predict. */
  readonly leaked: Uint8Array | undefined;
  /** That it is one part of several, and columns that are not read but nearly bear the name of one that is. */
  readonly notices: readonly string[];
}

/** Rows that were scored offline, served or not, with their scores offline. */
export interface Scored {
  readonly ledger: Ledger;
  /** Shape (rows): 1 where the row was served. */
  readonly served: Uint8Array;
}

/** Some rows of a ledger; names stay. */
export function pickLedger(ledger: Ledger, rows: ArrayLike<number>): Ledger {
  const numbers = (values: Float64Array) => Float64Array.from(rows, (r) => values[r]!);
  const flags = (values: Uint8Array | undefined) => values && Uint8Array.from(rows, (r) => values[r]!);
  const coded = (column: Coded | undefined) => column && pickRows(column, rows);
  const servedVersion = coded(ledger.servedVersion);
  return {
    ...ledger,
    rows: rows.length,
    request: pickRows(ledger.request, rows),
    query: pickRows(ledger.query, rows),
    item: pickRows(ledger.item, rows),
    label: numbers(ledger.label),
    weight: numbers(ledger.weight),
    onlineWeight: ledger.onlineWeight && numbers(ledger.onlineWeight),
    strata: new Map([...ledger.strata].map(([name, column]) => [name, pickRows(column, rows)])),
    scores: new Map([...ledger.scores].map(([name, values]) => [name, numbers(values)])),
    unexpected: flags(ledger.unexpected),
    served: servedVersion && countsOf(servedVersion),
    servedVersion,
    itemVersion: coded(ledger.itemVersion),
    leaked: flags(ledger.leaked),
  };
}

/** Rows by the value that they have. */
export function countsOf({ codes, names }: Coded): ReadonlyMap<string, number> {
  const counts = new Map(names.map((name) => [name, 0]));
  for (const code of codes) if (code >= 0) counts.set(names[code]!, (counts.get(names[code]!) ?? 0) + 1);
  return counts;
}
