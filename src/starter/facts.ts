/** Tables of a user, and what can be said of each column without knowing what it is for. */
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Workspace } from '../data/artefacts/files.js';
import { filesNear, nearInWords } from '../data/artefacts/near-files.js';
import { tableAt } from '../data/artefacts/table-at.js';
import { asWritten, type Column, encode, type ListColumn } from '../data/tables/column.js';
import type { Coded } from '../data/tables/identity.js';
import { readTable, tableBatches, tableSize } from '../data/tables/read-table.js';
import type { Table } from '../data/tables/table.js';
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

/** Rows of a larger table of Parquet that are looked at: the first ones. A run reads all. */
const LOOKED_AT = { above: 1_000_000, rows: 500_000 };

/** The row numbers that pandas writes beside a table's columns. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/** A table with what is known of its columns, which are in the order of the file. */
export class Known {
  private readonly known = new Map<string, Facts>();

  constructor(
    readonly table: Table,
    /** Absolute path. */
    readonly path: string,
    /** Rows of the whole table, where these are its first ones alone. */
    readonly sampledOf?: number,
  ) {}

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
    if (written !== undefined) read[name] = await readKnown(name, written, workspace, looked);
  }
  return { ...read, rows: present(read.rows, 'rows') };
}

/** Dates and nested records are left out. */
const SKIPPING = { skips: () => true } as const;

async function readKnown(
  name: TableName,
  written: string,
  workspace: Workspace,
  looked: typeof LOOKED_AT,
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
  const size = name === 'rows' ? await tableSize(path, shown) : undefined;
  if (size && size.rows > looked.above) {
    const first = tableBatches(path, shown, (names) => names, looked.rows, undefined, SKIPPING);
    for await (const table of first) if (table.rows > 0) return new Known(table, path, size.rows);
  }
  const table = await readTable(path, shown, (names) => names, undefined, SKIPPING);
  if (table.rows > 0) return new Known(table, path);
  throw new ConfigError([{ place: { file: table.file }, found: 'a table without rows', expected: 'at least one row' }]);
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
