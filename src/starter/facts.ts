/** Tables of a user, and what can be said of each column without knowing what it is for. */
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Workspace } from '../data/artefacts/files.js';
import { filesNear, nearInWords } from '../data/artefacts/near-files.js';
import { tableAt } from '../data/artefacts/table-at.js';
import { asWritten, type Column, encode, type ListColumn } from '../data/tables/column.js';
import { type First, firstRows, type Looked } from '../data/tables/first-rows.js';
import type { Coded } from '../data/tables/identity.js';
import { readTable, tableBatches, tableSize } from '../data/tables/read-table.js';
import type { Table } from '../data/tables/table.js';
import { take } from '../data/tables/take.js';
import { unite } from '../data/tables/unite.js';
import { remotePath } from '../documents/release/no-file.js';
import { ConfigError, type Problem } from '../errors.js';
import { present } from '../lib/lookup.js';
import { quoted } from '../lib/text.js';
import { type Given, TABLES, type TableName } from './given.js';
import { shellPathOrQuoted } from './yaml-words.js';

/** A column, and figures of it. */
export interface Facts {
  readonly name: string;
  readonly column: Column;
  /** Values as ids and slices are compared; of lists none. */
  readonly coded: Coded;
  readonly distinct: number;
  readonly missing: number;
  /** Smallest and largest number; undefined of texts, lists, and where none is. */
  readonly range?: { readonly low: number; readonly high: number; readonly whole: boolean };
  /** Shortest and longest list, and the kind of what stands in them; undefined of what is no list. */
  readonly lists?: { readonly shortest: number; readonly longest: number; readonly of: Column['type'] };
}

/** As much of a large table as is looked at. A run reads all. */
const LOOKED_AT: Looked = { above: 1_000_000, rows: 500_000, aboveBytes: 2 ** 27, bytes: 2 ** 26 };

/** The row numbers that pandas writes beside a table's columns. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/** A table with what is known of its columns, which are in the order of the file. */
export class Known {
  private readonly known = new Map<string, Facts>();

  constructor(
    readonly table: Table,
    /** Absolute path. */
    readonly path: string,
    /** Rows of the whole table, where these are some of them; of a text about so many. */
    readonly of?: First['of'],
  ) {}

  /** Rows of the whole table. */
  get rows(): number {
    return this.of?.rows ?? this.table.rows;
  }

  get names(): string[] {
    return this.table.columnNames.filter((name) => this.table.columns.has(name) && !PANDAS_INDEX.test(name));
  }

  has(name: string): boolean {
    return this.table.columns.has(name);
  }

  /** The figures of a column that is there. */
  facts(name: string): Facts {
    const found = this.known.get(name) ?? factsOf(name, present(this.table.columns.get(name), `column ${name}`));
    this.known.set(name, found);
    return found;
  }
}

/** The tables that are given. */
export type KnownTables = { readonly rows: Known } & Partial<Readonly<Record<'queries' | 'items', Known>>>;

/**
 * Reads every table with all its columns, but for dates and nested records; of many rows the first ones.
 *
 * @throws UserError on one that is none
 */
export async function readTables(
  { tables }: Pick<Given, 'tables'>,
  workspace: Workspace,
  looked = LOOKED_AT,
): Promise<KnownTables> {
  const read: Partial<Record<TableName, Known>> = {};
  for (const name of TABLES) {
    const written = tables[name];
    if (written !== undefined) read[name] = await readKnown(name, written, workspace, looked, read.rows);
  }
  return { ...read, rows: present(read.rows, 'rows') };
}

/** Dates and nested records are left out. */
const SKIPPING = { skips: () => true } as const;

async function readKnown(
  name: TableName,
  written: string,
  workspace: Workspace,
  looked: Looked,
  rows: Known | undefined,
): Promise<Known> {
  const option = `--${name} ${quoted(written)}`;
  const path = resolve(written);
  const remote = remotePath(written, `--${name}`, '.');
  if (remote) throw new ConfigError([remote]);
  if (!workspace.contains(path))
    throw new ConfigError([{ found: `${option}, outside the workspace`, expected: `a path inside ${workspace.root}` }]);
  const found = tableAt(path, workspace, { file: workspace.show(path) });
  if (!found) throw new ConfigError([noTable(name, written, path, workspace)]);
  if (found.problems.length > 0) throw new ConfigError(found.problems);
  const shown = workspace.show(path);
  const { table, of } =
    rows === undefined
      ? await firstRows(path, shown, (names) => names, looked, SKIPPING)
      : await rowsNamedBy(rows, path, shown, looked);
  if (table.rows > 0) return new Known(table, path, of);
  throw new ConfigError([{ place: { file: table.file }, found: 'a table without rows', expected: 'at least one row' }]);
}

/**
 * A table of queries or items; of a large one of Parquet those whose id the rows name, as the others are in no row that
 * was looked at. The id is the column of both that has the most values in the rows.
 */
async function rowsNamedBy(rows: Known, path: string, shown: string, looked: Looked): Promise<First> {
  const all = (names: readonly string[]) => names;
  const size = await tableSize(path, shown);
  if (!size || size.rows <= looked.above) return { table: await readTable(path, shown, all, undefined, SKIPPING) };
  const usable = rows.names.filter((name) => canBeId(rows.facts(name)));
  const parts: Table[] = [];
  for await (const table of tableBatches(path, shown, all, looked.rows, undefined, SKIPPING)) {
    const shared = usable.filter((name) => table.columns.has(name));
    const [id] = shared.toSorted((a, b) => rows.facts(b).distinct - rows.facts(a).distinct);
    // Without a column of both the names alone are asked for, to say so.
    if (id === undefined) return { table };
    const known = new Set(rows.facts(id).coded.names);
    const { codes, names } = encode(asWritten(present(table.columns.get(id), id)));
    const named = names.map((text) => known.has(text));
    parts.push(
      takeRows(
        table,
        Int32Array.from(codes.keys()).filter((r) => named[codes[r]!] === true),
      ),
    );
  }
  const [first] = parts;
  if (!first) return { table: await readTable(path, shown, all, undefined, SKIPPING) };
  const columns = [...first.columns.keys()].map(
    (name) => [name, unite(parts.map((part) => present(part.columns.get(name), name)))] as const,
  );
  const found = parts.reduce((sum, part) => sum + part.rows, 0);
  return { table: { ...first, rows: found, columns: new Map(columns) }, of: { rows: size.rows, about: false } };
}

function takeRows(table: Table, rows: Int32Array): Table {
  const columns = [...table.columns].map(([name, column]) => [name, take(column, rows)] as const);
  return { ...table, rows: rows.length, columns: new Map(columns) };
}

/** Says where was looked, and which file may have been meant. */
function noTable(name: TableName, written: string, path: string, { root }: Workspace): Problem {
  const near = filesNear(path, root);
  const [first = ''] = near.names;
  const meant = join(near.folder, first);
  const pasted = isAbsolute(written) ? meant : relative(resolve('.'), meant);
  return {
    found: `--${name} ${quoted(written)}, where no file is`,
    expected: 'a table (docs/policy.md)',
    mend: `${nearInWords(near)}${near.alike ? ` Did you mean: --${name} ${shellPathOrQuoted(pasted)}` : ''}`,
  };
}

function factsOf(name: string, column: Column): Facts {
  if (column.type === 'list') return ofLists(name, column);
  const { codes, names } = encode(asWritten(column));
  const missing = codes.reduce((sum, code) => sum + (code === -1 ? 1 : 0), 0);
  const base = { name, column, coded: { codes, names }, distinct: names.length, missing };
  if (column.type === 'string' || column.type === 'wide_int') return base;
  const range = rangeOf(column.values, codes);
  return range ? { ...base, range } : base;
}

/** Lists are no ids: none is compared with another, as there may be many long ones. */
function ofLists(name: string, column: ListColumn): Facts {
  const sizes = column.offsets.subarray(1).map((to, r) => to - column.offsets[r]!);
  const [shortest, longest] = [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
  const missing = column.nulls?.reduce((sum, one) => sum + one, 0) ?? 0;
  const coded = { codes: new Int32Array(0), names: [] };
  return { name, column, coded, distinct: 0, missing, lists: { shortest, longest, of: column.values.type } };
}

/** Over the values that are there; undefined where none is, or one is no finite number. */
function rangeOf(values: Float64Array, codes: Int32Array): Facts['range'] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let whole = true;
  for (const [r, value] of values.entries()) {
    if (codes[r] === -1) continue;
    if (!Number.isFinite(value)) return undefined;
    low = Math.min(low, value);
    high = Math.max(high, value);
    whole &&= Number.isInteger(value);
  }
  return low <= high ? { low, high, whole } : undefined;
}

/** True of a column whose values can be ids: texts or whole numbers, in every row. */
export function canBeId({ column, missing, range }: Facts): boolean {
  if (missing > 0 || column.type === 'list' || column.type === 'bool') return false;
  return column.type === 'string' || column.type === 'wide_int' || range?.whole === true;
}

/** True of one number a row. */
export function isNumeric({ column }: Facts): boolean {
  return column.type === 'int' || column.type === 'float' || column.type === 'bool';
}

/** The numbers of a numeric column, shape (rows). Throws where it is none: a bug. */
export function numbersOf({ name, column }: Facts): Float64Array {
  if (column.type === 'list' || column.type === 'string' || column.type === 'wide_int')
    throw new Error(`column ${name} holds no numbers`);
  return column.values;
}

/** True where every value of one column goes with one value of another. */
export function oneEach(of: Facts, to: Facts): boolean {
  const first = new Int32Array(of.distinct).fill(-1);
  return of.coded.codes.every((code, r) => {
    if (first[code] === -1) first[code] = to.coded.codes[r]!;
    return first[code] === to.coded.codes[r];
  });
}
