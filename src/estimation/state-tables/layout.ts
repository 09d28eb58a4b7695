/**
 * A state as tables: what stands in which column (docs/decisions/0012-state-with-keys.md). An engine writes them by SQL
 * that `skewgate sql` prints; `run --state` reads them.
 */
import { createHash } from 'node:crypto';
import { HASH_NAME } from '../../lib/hash.js';
import type { ColumnKey, Denominator, PairKey, QuantityKey } from '../state/keys.js';
import { BUCKETS } from '../state/slots.js';

/** The version of the format: anything that a reader of this version would misread gets another number. */
export const TABLES_FORMAT = 'skewgate.state/2-parquet';

/** Everything that is known of a state before a row is read; its numbers stand in its order. */
export interface TablesPlan {
  readonly format: typeof TABLES_FORMAT;
  /** Digests of the files, sha256 in hexadecimal; those of the eval set as the policy pins them, by file. */
  readonly policy: string;
  readonly release: string;
  readonly compared?: string;
  readonly evalSet: Readonly<Record<string, string>>;
  readonly hash: { readonly name: string; readonly buckets: number };
  /** Slice columns of each way of cutting the rows; the first has none. */
  readonly cuts: readonly (readonly string[])[];
  readonly columns: readonly ColumnKey[];
  /** Pairs of versions, each with scores of its own. */
  readonly pairs: readonly PairKey[];
  readonly quantities: readonly QuantityKey[];
  readonly denominators: readonly Denominator[];
  /** Metrics of ordered or binned rows, and means over queries, by id. */
  readonly rowMetrics: readonly string[];
  readonly queryMetrics: readonly string[];
  /** True where it has the sums of reliability diagrams. */
  readonly diagrams: boolean;
  /** Production's histograms, by the slice value that has each; left out where there is one for all rows, or none. */
  readonly histograms?: readonly string[];
}

export const HASH = { name: HASH_NAME, buckets: BUCKETS } as const;

/** A plan as one text, which stands in the manifest. */
export function planText(plan: TablesPlan): string {
  return JSON.stringify(plan, (_, value: unknown) => (Number.isNaN(value) ? null : value));
}

/** The digest of a plan, by which a state is told from that of another policy or release. */
export function planDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Slice values of a cell: as many columns as the widest cut has, the empty text where a cut has fewer. */
export function valueColumns({ cuts }: Pick<TablesPlan, 'cuts'>): string[] {
  return numbered('v', Math.max(0, ...cuts.map((columns) => columns.length)));
}

/** `c0`, `c1`, … */
export function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i}`);
}

/** Tables of a state, in the order in which they are written; `manifest.json` comes last. */
export const STATE_TABLES = [
  'cells',
  'histograms',
  'pairs',
  'clusters',
  'differences',
  'marginals',
  'moments',
] as const;

/** Those of metrics of ordered or binned rows, and those of means over queries, where there are any. */
export const ROW_TABLES = ['row_values', 'row_marginals', 'row_moments'] as const;
/** Reliability diagrams by bin of the predictions. */
export const DIAGRAM_TABLE = 'diagrams';
export const QUERY_TABLES = ['query_counts', 'query_marginals', 'query_moments'] as const;
export type StateTable = (typeof STATE_TABLES | typeof ROW_TABLES | typeof QUERY_TABLES)[number] | typeof DIAGRAM_TABLE;

/** The column of every table that says which writing of a state it belongs to. */
export const STAMP = 'state_of';
