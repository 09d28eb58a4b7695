/**
 * The prediction ledger: one row per (request, item) that was scored offline and online, one column of predictions a state, all losses on the same rows so that contributions
 * add up to the gap exactly (docs/diagnosis.md).
 */
import { DataError } from '../errors.js';
import { type Column, encode, isNull, textAt } from '../evalset/column.js';
import type { Coded } from '../evalset/evalset.js';
import { readTable } from '../evalset/read-table.js';
import { BadRows, type Table } from '../evalset/table.js';
import { list, quoted } from '../lib/text.js';
import type { EvidenceFile } from '../release/release.js';
import { CLIP } from '../scores/link.js';

/** Predictions by state, in the order of the ledger. `s0`: offline ideal; `s5`: logged online. */
export const SCORES = ['s0', 's2', 's3', 's4', 's5'] as const;
export type Score = (typeof SCORES)[number];

const REQUIRED = ['request_id', 'item_id', 'label', 'score_prod', 's0', 's5'] as const;
const PREDICTIONS = ['score_prod', ...SCORES, 's0_pit'] as const;

export interface Ledger {
  readonly rows: number;
  readonly query: Coded;
  readonly item: Coded;
  /** Shape (rows): weights of the offline evaluation, and of what production serves; the latter absent where it is not said. */
  readonly weight: Float64Array;
  readonly onlineWeight: Float64Array | undefined;
  /** Log loss by prediction column; shape (rows). */
  readonly loss: ReadonlyMap<string, Float64Array>;
  /** Shape (rows): 1 where the served version is not the release's live one. */
  readonly unexpected: Uint8Array | undefined;
  readonly served: ReadonlyMap<string, number> | undefined;
  /** Shape (rows): 1 where a feature is younger than the event that it should predict. */
  readonly leaked: Uint8Array | undefined;
}

export async function readLedger({ path, shown, place }: EvidenceFile, live: string): Promise<Ledger> {
  const optional = ['cluster', 'weight', 'weight_online', 'served_version', 'event_ts', 'feature_ts'];
  const table = await readTable(path, shown, [...REQUIRED, ...PREDICTIONS, ...optional, ...toggles()], place);
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
  const bad = new BadRows(table);
  const column = (name: string): Column | undefined => table.columns.get(name);
  const item = coded(column('item_id')!, 'item_id', bad);
  const query = coded(column('cluster') ?? column('request_id')!, column('cluster') ? 'cluster' : 'request_id', bad);
  const label = numbers(column('label')!, 'label', bad, 'a label between 0 and 1', (y) => y >= 0 && y <= 1);
  const weights = (name: string) => {
    const values = column(name);
    return values && numbers(values, name, bad, 'a weight of 0 or above', (w) => w >= 0 && w < Infinity);
  };
  const loss = new Map<string, Float64Array>();
  for (const name of [...PREDICTIONS, ...toggles()]) {
    const values = column(name);
    if (!values) continue;
    const p = numbers(values, name, bad, 'a prediction between 0 and 1', (x) => x >= 0 && x <= 1);
    loss.set(
      name,
      p.map((value, r) => logLoss(value, label[r]!)),
    );
    if (!bad.any) refuseClipped(p, label, name, table);
  }
  const served = column('served_version');
  const times = ['event_ts', 'feature_ts'].map((name) => column(name) && timestamps(column(name)!, name, bad));
  const ledger = {
    rows: table.rows,
    query,
    item,
    weight: weights('weight') ?? new Float64Array(table.rows).fill(1),
    onlineWeight: weights('weight_online'),
    loss,
    ...servedVersions(served, live, bad),
    leaked: times[0] && times[1] ? Uint8Array.from(times[0], (event, r) => (times[1]![r]! > event ? 1 : 0)) : undefined,
  };
  bad.throwIfAny();
  for (const weight of [ledger.weight, ledger.onlineWeight])
    if (weight && !weight.some((w) => w > 0))
      throw new DataError([{ place: { file: shown }, found: 'weights that are all 0', expected: 'rows that count' }]);
  refuseRepeated(table, column('request_id')!, item);
  return ledger;
}

/** Columns that split a cause's first-in from its last-in effect: `only_feature_parity`, `all_but_feature_parity`. */
function toggles(): string[] {
  return ['feature_parity', 'version_skew', 'precision_parity'].flatMap((id) => [`only_${id}`, `all_but_${id}`]);
}

/** -y ln p - (1 - y) ln(1 - p), natural logarithms, p cut to [1e-7, 1 - 1e-7]. */
function logLoss(p: number, y: number): number {
  const cut = Math.min(Math.max(p, CLIP), 1 - CLIP);
  return -y * Math.log(cut) - (1 - y) * Math.log1p(-cut);
}

/** A loss that is cut off in more than 0.1 % of the rows is the cut's, not the model's. */
function refuseClipped(p: Float64Array, label: Float64Array, name: string, table: Table): void {
  let clipped = 0;
  for (let r = 0; r < p.length; r++)
    if ((p[r]! < CLIP && label[r]! > 0) || (p[r]! > 1 - CLIP && label[r]! < 1)) clipped++;
  if (clipped > 0.001 * p.length)
    throw new DataError([
      {
        place: { file: table.file },
        found: `${clipped} of ${p.length} predictions of ${quoted(name)} within 1e-7 of 0 or 1 on the wrong side of their label`,
        expected: 'at most 0.1 % of the rows, as their log loss is cut off',
      },
    ]);
}

function servedVersions(column: Column | undefined, live: string, bad: BadRows): Pick<Ledger, 'unexpected' | 'served'> {
  if (!column) return { unexpected: undefined, served: undefined };
  const { codes, names } = coded(column, 'served_version', bad);
  const counts = new Map(names.map((name) => [name, 0]));
  for (const code of codes) if (code >= 0) counts.set(names[code]!, counts.get(names[code]!)! + 1);
  return { unexpected: Uint8Array.from(codes, (code) => (names[code] === live ? 0 : 1)), served: counts };
}

/** A pair that stands twice was joined twice. */
function refuseRepeated(table: Table, requests: Column, item: Coded): void {
  const { codes } = encode(requests);
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

function coded(column: Column, name: string, bad: BadRows): Coded {
  const { codes, names } = encode(column);
  for (let r = 0; r < codes.length; r++)
    if (codes[r] === -1 || names[codes[r]!] === '') bad.add(r, name, 'missing', 'a text or a whole number');
  return { codes, names };
}

function numbers(
  column: Column,
  name: string,
  bad: BadRows,
  expected: string,
  valid: (value: number) => boolean,
): Float64Array {
  const values = new Float64Array(column.length);
  for (let r = 0; r < column.length; r++) {
    const value =
      isNull(column, r) || column.type === 'list' || column.type === 'string' ? Number.NaN : Number(column.values[r]);
    if (!valid(value)) bad.add(r, name, isNull(column, r) ? 'missing' : quoted(textAt(column, r)), expected);
    values[r] = value;
  }
  return values;
}

/** Milliseconds since 1970: numbers as they are (one unit in both columns), texts with a time zone. */
function timestamps(column: Column, name: string, bad: BadRows): Float64Array {
  const expected = 'a number, or a time with its zone such as 2026-02-27T10:00:00Z';
  if (column.type !== 'string') return numbers(column, name, bad, expected, Number.isFinite);
  return Float64Array.from({ length: column.length }, (_, r) => {
    const text = textAt(column, r);
    const time = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(time)) bad.add(r, name, isNull(column, r) ? 'missing' : quoted(text), expected);
    return time;
  });
}
