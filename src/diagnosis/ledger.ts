/**
 * The prediction ledger: one row per (request, item) that was scored offline and online, one column of predictions a state, all losses on the same rows so that contributions
 * add up to the gap exactly (docs/diagnosis.md).
 */
import { DataError } from '../errors.js';
import { type Column, encode, isNull, textAt } from '../evalset/column.js';
import { type Coded, numberColumn } from '../evalset/evalset.js';
import { readTable } from '../evalset/read-table.js';
import { BadRows, type Table } from '../evalset/table.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import type { EvidenceFile } from '../release/release.js';
import { CLIP } from '../scores/link.js';
import { codesOf } from './evidence-table.js';

/** Predictions by state, in the order of the ledger. `s0`: offline ideal; `s5`: logged online. */
export const SCORES = ['s0', 's2', 's3', 's4', 's5'] as const;
export type Score = (typeof SCORES)[number];

const REQUIRED = ['request_id', 'item_id', 'label', 'score_prod', 's0', 's5'] as const;
const OPTIONAL = ['cluster', 'weight', 'weight_online', 'served_version', 'event_ts', 'feature_ts'];
const PREDICTIONS = ['score_prod', ...SCORES, 's0_pit'] as const;

export interface Ledger {
  readonly rows: number;
  readonly query: Coded;
  readonly item: Coded;
  /** Shape (rows), in [0, 1]. */
  readonly label: Float64Array;
  /** Shape (rows): weights of the offline evaluation, and of what production serves; the latter absent where it is not said. */
  readonly weight: Float64Array;
  readonly onlineWeight: Float64Array | undefined;
  /** Log loss by prediction column; shape (rows). */
  readonly loss: ReadonlyMap<string, Float64Array>;
  /** Shape (rows): 1 where the served version is not the release's live one. */
  readonly unexpected: Uint8Array | undefined;
  readonly served: ReadonlyMap<string, number> | undefined;
  /** The release's live version. */
  readonly live: string;
  /** Shape (rows): 1 where a feature is younger than the event that it should predict. */
  readonly leaked: Uint8Array | undefined;
  /** Columns that are not read, but nearly bear the name of one that is. */
  readonly notices: readonly string[];
}

export async function readLedger({ path, shown, place }: EvidenceFile, live: string): Promise<Ledger> {
  const table = await readTable(path, shown, [...REQUIRED, ...PREDICTIONS, ...OPTIONAL, ...toggles()], place);
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
  const untyped = table.untyped ?? false;
  const column = (name: string): Column | undefined => table.columns.get(name);
  const item = codesOf(column('item_id')!, 'item_id', bad);
  codesOf(column('request_id')!, 'request_id', bad);
  const query = codesOf(column('cluster') ?? column('request_id')!, column('cluster') ? 'cluster' : 'request_id', bad);
  const label = numberColumn(
    column('label')!,
    'label',
    bad,
    'a label between 0 and 1',
    (y) => y >= 0 && y <= 1,
    untyped,
  );
  const weights = (name: string) => {
    const values = column(name);
    return values && numberColumn(values, name, bad, 'a weight of 0 or above', (w) => w >= 0 && w < Infinity, untyped);
  };
  const loss = new Map<string, Float64Array>();
  for (const name of [...PREDICTIONS, ...toggles()]) {
    const values = column(name);
    if (!values) continue;
    const p = numberColumn(values, name, bad, 'a prediction between 0 and 1', (x) => x >= 0 && x <= 1, untyped);
    loss.set(
      name,
      p.map((value, r) => logLoss(value, label[r]!)),
    );
    if (!bad.any) refuseClipped(p, label, name, table);
  }
  const served = column('served_version');
  const times = ['event_ts', 'feature_ts'].map((name) => column(name) && timestamps(column(name)!, name, bad, untyped));
  const ledger = {
    rows: table.rows,
    query,
    item,
    label,
    live,
    notices: nearNames(table),
    weight: weights('weight') ?? new Float64Array(table.rows).fill(1),
    onlineWeight: weights('weight_online'),
    loss,
    ...servedVersions(served, live, bad),
    leaked: times[0] && times[1] ? Uint8Array.from(times[0], (event, r) => (times[1]![r]! > event ? 1 : 0)) : undefined,
  };
  bad.throwIfAny();
  if (times[0] && times[1]) sameUnit(times[0], times[1], table);
  for (const weight of [ledger.weight, ledger.onlineWeight])
    if (weight && !weight.some((w) => w > 0))
      throw new DataError([{ place: { file: shown }, found: 'weights that are all 0', expected: 'rows that count' }]);
  refuseRepeated(table, column('request_id')!, item);
  return ledger;
}

/** A column that is misspelt would silently count as missing. */
function nearNames(table: Table): string[] {
  const known = [...REQUIRED, ...PREDICTIONS, ...OPTIONAL, ...toggles()];
  return table.columnNames.flatMap((name) => {
    const near = known.includes(name) ? undefined : didYouMean(name, known);
    return near && near.length > 3
      ? [`${table.file}: column ${quoted(name)} is not read. Did you mean "${near}"?`]
      : [];
  });
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
  const { codes, names } = codesOf(column, 'served_version', bad);
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

/** Milliseconds since 1970: numbers as they are (one unit in both columns), texts with a time zone. */
function timestamps(column: Column, name: string, bad: BadRows, untyped: boolean): Float64Array {
  const expected = 'a number, or a time with its zone such as 2026-02-27T10:00:00Z';
  const text =
    column.type === 'string' &&
    Array.from({ length: column.length }, (_, r) => textAt(column, r)).some((t) => /[T:]/.test(t));
  if (!text) return numberColumn(column, name, bad, expected, Number.isFinite, untyped);
  return Float64Array.from({ length: column.length }, (_, r) => {
    const written = textAt(column, r);
    const time = TIME.test(written) ? Date.parse(written) : Number.NaN;
    if (Number.isNaN(time)) bad.add(r, name, isNull(column, r) ? 'missing' : quoted(written), expected);
    return time;
  });
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Times of two units (seconds and milliseconds, numbers and texts) would acquit or convict for nothing. */
function sameUnit(event: Float64Array, feature: Float64Array, table: Table): void {
  const middle = (values: Float64Array) => Math.abs(Float64Array.from(values).sort()[values.length >> 1]!);
  const [a, b] = [middle(event), middle(feature)];
  if (a > 100 * b || b > 100 * a)
    throw new DataError([
      {
        place: { file: table.file },
        found: `event_ts around ${a} and feature_ts around ${b}`,
        expected: 'times in one unit',
        mend: 'Write both as seconds, both as milliseconds, or both as 2026-02-27T10:00:00Z.',
      },
    ]);
}
