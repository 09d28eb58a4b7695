/** The tables that partial sums are made of: sums by bucket, second moments, and the shares that follow from them. */
import { present } from '../../lib/lookup.js';
import { Geometry } from '../state/geometry.js';
import type { CellKey } from '../state/keys.js';
import { Slots } from '../state/slots.js';
import { cornerOf, type SumArrays, triangleOf } from '../state/sum-arrays.js';
import { numbered, type StateTable, type TablesPlan } from './layout.js';
import { refusal } from './read-manifest.js';
import type { ReadTable } from './state-table.js';

/** Sums of the same numbers in another order differ by no more than this, relative to their sizes. */
export const ROUNDING = 1e-9;

/** Tables of which every row belongs to a cell. */
export interface CellTables {
  readonly plan: TablesPlan;
  readonly cells: readonly CellKey[];
  table(name: StateTable, columns: readonly string[]): Promise<ReadTable>;
  /** Shape (rows): the cell of each row of a table. */
  places(table: ReadTable): Int32Array;
}

/** Sums by bucket of one side, by cell and bucket. */
export interface Marginals {
  readonly first: Uint32Array;
  readonly bucket: Uint16Array;
  /** By name, shape (slots, columns). */
  readonly sums: readonly Float64Array[];
}

export interface BothMarginals {
  readonly query: Marginals;
  readonly item: Marginals;
}

/** Second moments of a name. Shape (cells, columns · (columns + 1) / 2) each, and (cells, columns). */
export type Moments = Omit<SumArrays, 'queryMarginals' | 'itemMarginals'>;

/** The column that names what is summed. */
function nameColumn(name: StateTable): 'quantity' | 'metric' {
  return name === 'marginals' || name === 'moments' ? 'quantity' : 'metric';
}

/** Sums by bucket of several names. @param width columns of each */
export async function readMarginals(
  tables: CellTables,
  name: StateTable,
  names: readonly string[],
  width: number,
): Promise<BothMarginals & { readonly table: ReadTable }> {
  const columns = numbered('c', width);
  const table = await tables.table(name, [nameColumn(name), 'side', 'bucket', ...columns]);
  const read = {
    cells: tables.cells.length,
    place: tables.places(table),
    name: table.texts(nameColumn(name)),
    side: table.texts('side'),
    bucket: table.numbers('bucket'),
    columns: columns.map((column) => table.numbers(column)),
  };
  const query = marginalsOf('query', read, names);
  const item = marginalsOf('item', read, names);
  if (!query || !item)
    throw refusal(
      table.file,
      `buckets that differ from one ${nameColumn(name)} to the next`,
      `the same buckets of every ${nameColumn(name)}`,
    );
  return { query, item, table };
}

/** Rows of a table of marginals. */
interface ReadRows {
  readonly cells: number;
  readonly place: Int32Array;
  readonly name: readonly string[];
  readonly side: readonly string[];
  readonly bucket: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** The marginals of a side, by cell and bucket; undefined where names differ in their buckets. */
function marginalsOf(side: string, read: ReadRows, names: readonly string[]): Marginals | undefined {
  const byName = names.map((name) =>
    Array.from(read.name.keys())
      .filter((r) => read.name[r] === name && read.side[r] === side)
      .sort((a, b) => read.place[a]! - read.place[b]! || read.bucket[a]! - read.bucket[b]!),
  );
  const order = byName[0] ?? [];
  const alike = (rows: readonly number[]) =>
    rows.length === order.length &&
    rows.every((r, i) => read.place[r] === read.place[order[i]!] && read.bucket[r] === read.bucket[order[i]!]);
  if (!byName.every(alike)) return undefined;
  const first = new Uint32Array(read.cells + 1);
  for (const r of order) first[read.place[r]! + 1]!++;
  for (let cell = 0; cell < read.cells; cell++) first[cell + 1]! += first[cell]!;
  const width = read.columns.length;
  const sums = byName.map((rows) => {
    const found = new Float64Array(rows.length * width);
    for (const [slot, r] of rows.entries())
      for (let c = 0; c < width; c++) found[slot * width + c] = read.columns[c]![r]!;
    return found;
  });
  return { first, bucket: Uint16Array.from(order, (r) => read.bucket[r]!), sums };
}

/**
 * Second moments of several names; zeros in cells without rows.
 *
 * @param held says of a cell whether it has rows; left out: every one has
 */
export async function readMoments(
  tables: CellTables,
  name: StateTable,
  names: readonly string[],
  width: number,
  held: (cell: number) => boolean = () => true,
): Promise<Moments[]> {
  const cells = tables.cells.length;
  const wanted = Array.from({ length: cells }, (_, cell) => cell).filter(held);
  const triangle = triangleOf(width);
  const letters = ['m', 'q', 'i'] as const;
  const of = nameColumn(name);
  const table = await tables.table(name, [of, ...letters.flatMap((x) => numbered(x, triangle))]);
  const place = tables.places(table);
  const named = table.texts(of);
  const read = letters.map((letter) => numbered(letter, triangle).map((column) => table.numbers(column)));
  return names.map((one) => {
    const own = Array.from(named.keys()).filter((r) => named[r] === one);
    const seen = new Set(own.map((r) => place[r]!));
    if (own.length !== wanted.length || !wanted.every((cell) => seen.has(cell)))
      throw refusal(table.file, `${own.length} cells of ${one}`, `${wanted.length}, each once`);
    const [moments, queryMoments, itemMoments] = read.map((corners) => {
      const found = new Float64Array(cells * triangle);
      for (const r of own) for (let c = 0; c < triangle; c++) found[place[r]! * triangle + c] = corners[c]![r]!;
      return found;
    }) as [Float64Array, Float64Array, Float64Array];
    const magnitudes = new Float64Array(cells * width);
    for (let at = 0; at < magnitudes.length; at++) {
      const column = at % width;
      // Of rows that share cluster and item their sum is known: the scale that rounding is held against.
      magnitudes[at] = moments[Math.floor(at / width) * triangle + cornerOf(column, column)]!;
    }
    return { moments, queryMoments, itemMoments, magnitudes };
  });
}

/**
 * Shares of weight by bucket, and sums of pairs' squared shares: from the sums of the first column, the weight, and of
 * its square.
 *
 * @param at the name among those of the marginals whose sums these are
 */
export function geometryOf(marginals: BothMarginals, moments: readonly Moments[], at = 0): Geometry {
  const cells = marginals.query.first.length - 1;
  const total = new Float64Array(cells);
  const shares = (way: Marginals) => {
    const sums = present(way.sums[at], 'sums by bucket');
    const width = sums.length / Math.max(1, way.bucket.length);
    const share = Float64Array.from(way.bucket, (_, slot) => sums[slot * width]!);
    for (let cell = 0; cell < cells; cell++) {
      const own = share.subarray(way.first[cell]!, way.first[cell + 1]!);
      const weight = own.reduce((sum, w) => sum + w, 0);
      total[cell] = weight;
      for (let slot = 0; slot < own.length; slot++) own[slot] = weight > 0 ? own[slot]! / weight : 0;
    }
    return share;
  };
  const item = shares(marginals.item);
  const query = shares(marginals.query);
  const first = present(moments[at], 'moments');
  const triangle = first.moments.length / cells;
  const ofWeights = (sums: Float64Array) =>
    total.map((weight, cell) => (weight > 0 ? sums[cell * triangle]! / (weight * weight) : 0));
  return Geometry.of(
    Slots.of(marginals.query.first, marginals.query.bucket),
    Slots.of(marginals.item.first, marginals.item.bucket),
    {
      total,
      pairs: ofWeights(first.moments),
      query: { share: query, within: ofWeights(first.queryMoments) },
      item: { share: item, within: ofWeights(first.itemMoments) },
    },
  );
}
