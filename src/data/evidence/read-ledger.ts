/** Reads the prediction ledger: what is missing or strange is an error with its row. */

import type { EvidenceFile } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { codesOf } from '../tables/coded.js';
import type { Column } from '../tables/column.js';
import { type Coded, idsOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, columnNamed, type Table } from '../tables/table.js';
import type { EvidenceTable } from './evidence-table.js';
import {
  COLUMNS,
  countsOf,
  type Ledger,
  type LedgerCells,
  LOG_LOSS_CELLS,
  OFFLINE,
  PREDICTIONS,
  pickLedger,
  REQUIRED,
  TIMES,
  TOGGLES,
} from './ledger.js';
import { delayNotice, refuseTimes, timesIn, waitingRows } from './ledger-times.js';
import { onlineWeightsOf } from './log-mix.js';
import { later } from './times.js';
import { refuseClipped, refuseOneClass } from './unjudgeable-rows.js';

/**
 * Reads the ledger strictly. DataError where a column is missing, a cell is none of its kind, or rows contradict each
 * other.
 *
 * @param live the release's live version
 * @param cells what the metric of the gap lets scores and labels be
 * @param mix production's mix of log sources and tiers, which gives the online weights where the ledger has none
 */
export async function readLedger(
  file: EvidenceFile,
  live: string,
  cells: LedgerCells = LOG_LOSS_CELLS,
  mix?: EvidenceTable,
): Promise<Ledger> {
  const { shown } = file;
  const table = await readLedgerTable(file);
  const { all, served, times, waiting } = cellsOf(table, file, live, cells);
  refuseTimes(times, waiting, table);
  refuseRepeated(table, all.request, all.item);
  const ledger = served ? servedRows(all, served, shown) : all;
  // Without a positive it is below the floors; without a negative no floor would tell.
  if (ledger.label[0]! > 0) refuseOneClass(ledger.label, shown);
  for (const values of [ledger.weight, ledger.onlineWeight])
    if (values && !values.some((w) => w > 0))
      throw new DataError([{ place: { file: shown }, found: 'weights that are all 0', expected: 'rows that count' }]);
  for (const part of cells.clipped ? [ledger, ...(ledger.scored ? [ledger.scored.ledger] : [])] : [])
    for (const [name, score] of part.scores) refuseClipped(score, part.label, name, shown);
  const whole = { ...ledger, notices: [...ledger.notices, ...delayNotice(times, all.label, waiting, shown)] };
  return whole.onlineWeight || !mix ? whole : { ...whole, onlineWeight: onlineWeightsOf(mix, whole, shown) };
}

/**
 * Every row of the table, with a flag a row where it says which were served. DataError where a cell is none of its
 * kind.
 */
function cellsOf(table: Table, { timezone }: EvidenceFile, live: string, cells: LedgerCells) {
  const bad = new BadRows(table);
  const column = (name: string): Column | undefined => table.columns.get(name);
  const numbersFor =
    (notes: BadRows): Numbers =>
    (name, expected, valid, mend) => {
      const values = column(name);
      return values && numberColumn(values, name, notes, expected, valid, mend);
    };
  const numbers = numbersFor(bad);
  const served = numbers('served', '0 or 1', (x) => x === 0 || x === 1);
  // A row that was never served has no cell of serving.
  const atServing = served ? bad.except((r) => served[r] === 0) : bad;
  const label = labelsOf(columnNamed(table, 'label'), bad, cells);
  const waiting = waitingRows(column('label_ts'), label);
  const times = timesIn(table, bad, waiting, timezone);
  const { event, feature } = times;
  const weights = (of: Numbers, name: string) => of(name, 'a weight of 0 or above', (w) => w >= 0 && w < Infinity);
  const request = idsOf(columnNamed(table, 'request_id'), 'request_id', bad);
  const cluster = column('cluster');
  const all: Ledger = {
    rows: table.rows,
    request,
    query: cluster ? idsOf(cluster, 'cluster', bad) : request,
    cluster: cluster ? 'cluster' : 'request',
    item: idsOf(columnNamed(table, 'item_id'), 'item_id', bad),
    label,
    weight: weights(numbers, 'weight') ?? new Float64Array(table.rows).fill(1),
    onlineWeight: weights(numbersFor(atServing), 'weight_online'),
    strata: new Map(
      ['log_source', 'tier'].flatMap((name) => {
        const values = column(name);
        return values ? [[name, codesOf(values, name, bad)] as const] : [];
      }),
    ),
    scores: new Map(scoresOf(numbers, numbersFor(atServing), cells)),
    ...servedVersions(column('served_version'), live, atServing),
    itemVersion: versionsOf(column('item_version'), 'item_version', atServing),
    leaked:
      event && feature
        ? Uint8Array.from({ length: table.rows }, (_, r) => (later(feature, event, r) ? 1 : 0))
        : undefined,
    scored: undefined,
    notices: [...(table.notices ?? []), ...nearNames(table)],
  };
  bad.throwIfAny();
  return { all, served, times, waiting };
}

function labelsOf(column: Column, bad: BadRows, { labels, highest = Number.MAX_VALUE }: LedgerCells): Float64Array {
  if (labels === 'shares')
    return numberColumn(column, 'label', bad, 'a label between 0 and 1', (y) => y >= 0 && y <= 1, MEND_GRADES);
  const most = highest < Number.MAX_VALUE;
  const expected = most ? `a grade of relevance, from 0 to ${highest}` : 'a grade of relevance, 0 or above';
  const mend = most ? 'It would gain 2^grade - 1: write small grades, or leave gain: exponential out.' : undefined;
  return numberColumn(column, 'label', bad, expected, (y) => y >= 0 && y <= highest, mend);
}

/** Says which metrics take labels and scores that the policy's does not. */
const MEND_GRADES = 'Grades of relevance are judged by their ranking: write gap: {metric: ndcg@10} in the policy.';
const MEND_SCORES =
  'Write the probability that the link makes of it, for a logit 1 / (1 + exp(-score)); or judge the ranking, which ' +
  'takes any score: write gap: {metric: gauc} in the policy, or gap: {metric: ndcg@10}.';

/** The ledger of the rows that were served; the others are kept beside it, with their scores offline. */
function servedRows(ledger: Ledger, flags: Float64Array, shown: string): Ledger {
  const rows = Array.from(flags.keys()).filter((r) => flags[r] === 1);
  if (rows.length === 0)
    throw new DataError([
      { place: { file: shown }, found: 'served that is 0 in every row', expected: 'rows that were served, with 1' },
    ]);
  const offline = new Map([...ledger.scores].filter(([name]) => OFFLINE.includes(name)));
  const scored = { ledger: { ...ledger, scores: offline }, served: Uint8Array.from(flags) };
  return { ...pickLedger(ledger, rows), scored };
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
type Numbers = (
  name: string,
  expected: string,
  valid: (value: number) => boolean,
  mend?: string,
) => Float64Array | undefined;

/** Scores of every column of predictions that is there, by its name; shape (rows) each. */
function* scoresOf(offline: Numbers, atServing: Numbers, { scores }: LedgerCells): Iterable<[string, Float64Array]> {
  const probabilities = scores === 'probabilities';
  const expected = probabilities ? 'a prediction between 0 and 1' : 'a finite score';
  const valid = (x: number) => (probabilities ? x >= 0 && x <= 1 : Number.isFinite(x));
  for (const name of [...PREDICTIONS, ...TOGGLES]) {
    const values = (OFFLINE.includes(name) ? offline : atServing)(
      name,
      expected,
      valid,
      probabilities ? MEND_SCORES : undefined,
    );
    if (values) yield [name, values];
  }
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

function versionsOf(column: Column | undefined, name: string, bad: BadRows): Coded | undefined {
  return column && codesOf(column, name, bad);
}

function servedVersions(
  column: Column | undefined,
  live: string,
  bad: BadRows,
): Pick<Ledger, 'unexpected' | 'served' | 'servedVersion'> {
  const versions = versionsOf(column, 'served_version', bad);
  if (!versions) return { unexpected: undefined, served: undefined, servedVersion: undefined };
  const { codes, names } = versions;
  return {
    unexpected: Uint8Array.from(codes, (code) => (names[code] === live ? 0 : 1)),
    served: countsOf(versions),
    servedVersion: versions,
  };
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
