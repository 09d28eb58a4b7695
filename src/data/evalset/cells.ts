/** Cells: all rows, the values of a slice column, the values of a cross. */

import type { SliceColumns } from '../../documents/policy/policy.js';
import { DataError, type Place } from '../../errors.js';
import { combineCodes, type Grouping, groupBy } from '../../lib/sort.js';
import { quoted } from '../../lib/text.js';
import type { Coded } from '../tables/identity.js';
import type { EvalSet } from './evalset.js';

/** `{}` is all rows; `{tier: large}` one value; two keys a cross. */
export type Slice = Readonly<Record<string, string>>;

/** One way of cutting the rows: every row is in exactly one of its cells. */
export interface Cut {
  readonly columns: SliceColumns;
  /** Shape (rows): index into `slices`. */
  readonly cell: Int32Array;
  readonly slices: readonly Slice[];
  /** The index of its first cell among the cells of all cuts. */
  readonly first: number;
}

export interface Cells {
  readonly cuts: readonly Cut[];
  /** Cells of all cuts. */
  readonly count: number;
}

/** Cells of one run: a slice column with more values is a column of ids. */
const MAX_CELLS = 10_000;

/** All rows, every slice column, and the crosses that rules name; cells in ascending order of their values. */
export function buildCells(
  evalSet: EvalSet,
  crosses: readonly SliceColumns[],
  placeOf: (column: string) => Place | undefined = () => undefined,
): Cells {
  const cuts: Cut[] = [];
  let first = 0;
  for (const columns of wantedCuts(evalSet.slices.keys(), crosses)) {
    const cut = { ...buildCut(evalSet, columns), first };
    refuseMany(first, cut.slices.length, columns, placeOf);
    cuts.push(cut);
    first += cut.slices.length;
  }
  return { cuts, count: first };
}

/**
 * The names of the cells of `buildCells`, by the values that rows have in each cut; DataError where they are too many.
 *
 * @param cuts as `wantedCuts` gives them, each with the distinct values of its columns in any order
 */
export function cellNames(
  cuts: readonly { readonly columns: SliceColumns; readonly values: readonly (readonly string[])[] }[],
  placeOf: (column: string) => Place | undefined = () => undefined,
): CellName[] {
  const names: CellName[] = [];
  for (const { columns, values } of cuts) {
    refuseMany(names.length, values.length, columns, placeOf);
    names.push(...values.toSorted(compareValues).map((own) => ({ columns, values: own })));
  }
  return names;
}

/** By value, column after column, in code unit order: the same on every machine. */
function compareValues(a: readonly string[], b: readonly string[]): number {
  const i = a.findIndex((value, n) => value !== b[n]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}

/** All rows, every slice column, and the crosses that are none of them. */
export function wantedCuts(slices: Iterable<string>, crosses: readonly SliceColumns[]): SliceColumns[] {
  const wanted: SliceColumns[] = [[], ...[...slices].map((name) => [name])];
  for (const cross of crosses) if (!wanted.some((columns) => sameColumns(columns, cross))) wanted.push(cross);
  return wanted;
}

/** @param first cells that there are before these */
export function refuseMany(
  first: number,
  cells: number,
  columns: SliceColumns,
  placeOf: (column: string) => Place | undefined,
): void {
  if (first + cells <= MAX_CELLS) return;
  throw new DataError([
    {
      ...placed(placeOf(columns[columns.length - 1] ?? '')),
      found: `${cells.toLocaleString('en-US')} values of ${quoted(columns.join('*'))}`,
      expected: `at most ${MAX_CELLS.toLocaleString('en-US')} cells in all`,
      mend: 'Is a column of ids listed in eval_set.slices?',
    },
  ]);
}

/** Columns and a value for each tell a cell from every other one. No columns are all rows. */
export interface CellName {
  readonly columns: SliceColumns;
  readonly values: readonly string[];
}

/** The name of every cell, in their order. */
export function cellKeys({ cuts }: Cells): CellName[] {
  return cuts.flatMap(({ columns, slices }) =>
    slices.map((slice) => ({ columns, values: columns.map((column) => slice[column]!) })),
  );
}

/**
 * The cells of these names, in that order, over rows that may be some of those that the names are from. DataError where
 * a row is in none of them.
 */
export function placeCells(evalSet: EvalSet, names: readonly CellName[]): Cells {
  const cuts: Cut[] = [];
  let first = 0;
  while (first < names.length) {
    const { columns } = names[first]!;
    let end = first + 1;
    while (end < names.length && sameOrder(names[end]!.columns, columns)) end++;
    const known = names.slice(first, end);
    const index = new Map(known.map(({ values }, i) => [JSON.stringify(values), i]));
    const own = buildCut(evalSet, columns);
    const place = own.slices.map((slice) => {
      const values = columns.map((column) => slice[column]!);
      const found = index.get(JSON.stringify(values));
      if (found === undefined)
        throw new DataError([
          {
            found: `rows with ${columns.map((column, i) => `${quoted(column)} ${quoted(values[i]!)}`).join(', ')}`,
            expected: 'slice values that the census of the eval set has',
            mend: 'Take the census anew from the rows that the shards are of.',
          },
        ]);
      return found;
    });
    cuts.push({
      columns,
      cell: own.cell.map((cell) => place[cell]!),
      slices: known.map(({ values }) => Object.fromEntries(columns.map((column, i) => [column, values[i]!]))),
      first,
    });
    first = end;
  }
  return { cuts, count: names.length };
}

/** Cells by their names alone, those of a cut one after the other: nobody says which row is in which. */
export function placelessCells(names: readonly CellName[]): Cells {
  const cuts: Cut[] = [];
  for (const [i, { columns, values }] of names.entries()) {
    const slice = Object.fromEntries(columns.map((column, c) => [column, values[c]!]));
    const last = cuts.at(-1);
    if (last && sameOrder(last.columns, columns)) cuts[cuts.length - 1] = { ...last, slices: [...last.slices, slice] };
    else cuts.push({ columns, cell: new Int32Array(0), slices: [slice], first: i });
  }
  return { cuts, count: names.length };
}

function sameOrder(a: SliceColumns, b: SliceColumns): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function placed(place: Place | undefined): { place?: Place } {
  return place ? { place } : {};
}

export function sameColumns(a: SliceColumns, b: SliceColumns): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function buildCut(evalSet: EvalSet, columns: SliceColumns): Omit<Cut, 'first'> {
  let codes: Int32Array = new Int32Array(evalSet.rows);
  let count = 1;
  for (const name of columns) {
    const slice = sliceColumn(evalSet, name);
    ({ codes, count } = combineCodes(codes, slice.codes, slice.names.length));
  }
  const { order, start } = groupBy(codes, count);
  const slices = Array.from({ length: count }, (_, code): Slice => {
    const row = order[start[code]!]!;
    return Object.fromEntries(columns.map((name) => [name, nameAt(sliceColumn(evalSet, name), row)]));
  });
  const ranked = slices
    .map((slice, code) => ({ slice, code }))
    .sort((a, b) => compareSlices(a.slice, b.slice, columns));
  const rank = new Int32Array(count);
  for (const [i, { code }] of ranked.entries()) rank[code] = i;
  return { columns, cell: codes.map((code) => rank[code]!), slices: ranked.map(({ slice }) => slice) };
}

/** A slice column of the eval set: that it was not read is a bug. */
export function sliceColumn({ slices }: Pick<EvalSet, 'slices'>, name: string): Coded {
  const slice = slices.get(name);
  if (!slice) throw new Error(`slice column ${name} was not read`);
  return slice;
}

function nameAt(coded: Coded, row: number): string {
  return coded.names[coded.codes[row]!]!;
}

/** By value, column after column, in code unit order: the same on every machine. */
function compareSlices(a: Slice, b: Slice, columns: SliceColumns): number {
  for (const name of columns) if (a[name] !== b[name]) return a[name]! < b[name]! ? -1 : 1;
  return 0;
}

/** Per cell, over the clusters of its rows: how many there are, and how many equal ones they are worth. */
export interface ClusterCounts {
  /** Clusters with a row of weight above 0. */
  readonly distinct: Int32Array;
  /** (Σ_g D_g)² / Σ_g D_g², D_g the denominator's sum in cluster g (MacKinnon & Webb 2017). */
  readonly effective: Float64Array;
}

/** Grouped once a cut, however many denominators are counted on it. */
const grouped = new WeakMap<Int32Array, Grouping>();

/** The rows of each cell of a cut, in their order. */
export function rowsByCell({ cell, slices }: Cut): Grouping {
  let grouping = grouped.get(cell);
  if (!grouping) {
    grouping = groupBy(cell, slices.length);
    grouped.set(cell, grouping);
  }
  return grouping;
}

/** Counts the clusters of each cell of a cut. `denominator`: shape (rows), weights included. */
export function countClusters(
  cut: Cut,
  clusters: Coded,
  denominator: Float64Array,
  weight: Float64Array,
): ClusterCounts {
  const { order, start } = rowsByCell(cut);
  const sums = new Float64Array(clusters.names.length);
  const seen = new Uint8Array(clusters.names.length);
  const distinct = new Int32Array(cut.slices.length);
  const effective = new Float64Array(cut.slices.length);
  for (let c = 0; c < cut.slices.length; c++) {
    let total = 0;
    let squares = 0;
    for (let i = start[c]!; i < start[c + 1]!; i++) {
      const r = order[i]!;
      const g = clusters.codes[r]!;
      sums[g]! += denominator[r]!;
      if (weight[r]! > 0 && seen[g] === 0) {
        seen[g] = 1;
        distinct[c]!++;
      }
    }
    for (let i = start[c]!; i < start[c + 1]!; i++) {
      const g = clusters.codes[order[i]!]!;
      total += sums[g]!;
      squares += sums[g]! * sums[g]!;
      sums[g] = 0;
      seen[g] = 0;
    }
    effective[c] = squares > 0 ? (total * total) / squares : 0;
  }
  return { distinct, effective };
}

/** The cut that a cell belongs to, and its number within it. */
export function locateCell(cells: Cells, cell: number): { cut: number; local: number } {
  let cut = cells.cuts.length - 1;
  while (cells.cuts[cut]!.first > cell) cut--;
  return { cut, local: cell - cells.cuts[cut]!.first };
}
