/** A table of evidence with named columns, read strictly: what is missing or strange is an error with its row. */

import type { EvidenceFile } from '../../documents/release/release.js';
import { DataError } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { codesOf } from '../tables/coded.js';
import { type Column, isNull, type NumberColumn } from '../tables/column.js';
import { type Coded, textsOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, columnNamed, type Table } from '../tables/table.js';
import type { Sql } from './sql.js';

/**
 * The costs of evidence, the least first: a query over logs that there are, one more column of the ledger's join, a
 * replay of the model on logged requests, an experiment.
 */
export const COSTS = ['query', 'column', 'replay', 'experiment'] as const;
export type Cost = (typeof COSTS)[number];

/** Says what a table of evidence holds, for whoever has to write it. */
export interface TableSpec {
  /** Its name in the release's `evidence`. */
  readonly name: string;
  /** The page of docs/ that has its query. */
  readonly page: string;
  /** Describes a row. */
  readonly holds: string;
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** Other names under which a column may be written, as one field or another calls it; by the name of the column. */
  readonly synonyms?: Readonly<Record<string, readonly string[]>>;
  /** Every other column is read too, whatever its name. */
  readonly others?: boolean;
  /** The query by which a warehouse writes it. */
  readonly sql: Sql;
  readonly cost: Cost;
  /** Of a table whose columns differ in what they take: the cost of one, and the query that writes some. */
  readonly byColumn?: { cost(column: string): Cost; sql(columns: readonly string[]): Sql };
}

/** `a table builds (one row per build: build_id, gain, se; key_jaccard besides)`. */
export function artefact({ name, holds, required, optional }: TableSpec): string {
  return (
    `a table ${name} (${holds}: ` +
    `${required.join(', ')}${optional?.length ? `; optional: ${optional.join(', ')}` : ''})`
  );
}

const either = (names: readonly string[]): string => names.join(' or ');

/**
 * The name under which a table has each column of its spec that has another name there. Refuses a column that it has
 * under two names: which of them is meant cannot be told.
 */
function namesUsed(columnNames: readonly string[], spec: TableSpec, shown: string): ReadonlyMap<string, string> {
  const used = new Map<string, string>();
  for (const [column, others] of Object.entries(spec.synonyms ?? {})) {
    const there = [column, ...others].filter((name) => columnNames.includes(name));
    if (there.length > 1)
      throw new DataError([
        {
          place: { file: shown },
          found: `a table ${spec.name} with ${list(there.map(quoted))}, names of one column`,
          expected: `one of them`,
          mend: `Leave out ${list(there.slice(1).map(quoted))}, or the column that is not meant.`,
        },
      ]);
    const [name] = there;
    if (name !== undefined && name !== column) used.set(column, name);
  }
  return used;
}

/** Refuses a table without the columns that it must have. */
function requireColumns(
  columnNames: readonly string[],
  spec: TableSpec,
  used: ReadonlyMap<string, string>,
  shown: string,
): void {
  const { name, page, required, optional = [], synonyms = {} } = spec;
  const missing = required.filter((column) => !columnNames.includes(used.get(column) ?? column));
  const [first] = missing;
  if (first === undefined) return;
  const unread = columnNames.filter((column) => !required.includes(column) && !optional.includes(column));
  const near = [first, ...(synonyms[first] ?? [])].flatMap((column) => didYouMean(column, unread) ?? [])[0];
  throw new DataError([
    {
      place: { file: shown },
      found: `a table ${name} without ${list(missing.map(quoted))}`,
      expected:
        `the columns ${list(required, 20)}` +
        missing
          .flatMap((column) => (synonyms[column] ? `; ${column} may be called ${either(synonyms[column])}` : ''))
          .join(''),
      mend:
        `${near ? `Did you mean "${near}"? ` : ''}It has ${list(columnNames.map(quoted), 8)}. docs/${page} has ` +
        'the query that writes it.',
    },
  ]);
}

export class EvidenceTable {
  private readonly bad: BadRows;

  private constructor(
    readonly file: EvidenceFile,
    private readonly spec: TableSpec,
    private readonly table: Table,
    /** Columns that the table has under another name. */
    private readonly used: ReadonlyMap<string, string>,
  ) {
    this.bad = new BadRows(table);
  }

  /**
   * Reads a table once, the columns that a spec names or, where it says so, all. Refuses one that lacks a required
   * column or has no row.
   */
  static async read(file: EvidenceFile, spec: TableSpec): Promise<EvidenceTable> {
    const { path, shown, place } = file;
    const known = [...spec.required, ...(spec.optional ?? [])];
    let used: ReadonlyMap<string, string> = new Map();
    const table = await readTable(
      path,
      shown,
      (columnNames) => {
        used = namesUsed(columnNames, spec, shown);
        requireColumns(columnNames, spec, used, shown);
        return spec.others ? columnNames : known.map((name) => used.get(name) ?? name);
      },
      place,
      spec.others ? { skips: (name) => !known.includes(name) } : {},
    );
    if (table.rows === 0)
      throw new DataError([
        { place: { file: shown }, found: `a table ${spec.name} without rows`, expected: 'at least one row' },
      ]);
    return new EvidenceTable(file, spec, table, used);
  }

  get rows(): number {
    return this.table.rows;
  }

  has(name: string): boolean {
    return this.table.columns.has(this.written(name));
  }

  /** The name under which the table has a column of its spec. */
  written(name: string): string {
    return this.used.get(name) ?? name;
  }

  /** Names of the columns that the table has beside those that are asked for by name. */
  get others(): readonly string[] {
    const known = [...this.spec.required, ...(this.spec.optional ?? [])].map((name) => this.written(name));
    return this.table.columnNames.filter((name) => !known.includes(name));
  }

  /**
   * Gives what is to be said of the table: that it is one part of several, or that a column nearly bears the name of
   * one that is read.
   */
  get notices(): readonly string[] {
    return [...(this.table.notices ?? []), ...this.misspelt];
  }

  private get misspelt(): readonly string[] {
    if (this.spec.others) return [];
    const wanting = (this.spec.optional ?? []).filter((name) => !this.has(name));
    return this.others.flatMap((name) => {
      const near = didYouMean(name, wanting);
      return near && near.length > 3
        ? [`${this.file.shown}: column ${quoted(name)} is not read. Did you mean "${near}"?`]
        : [];
    });
  }

  numbers(name: string, expected: string, valid: (value: number) => boolean): Float64Array {
    const written = this.written(name);
    return numberColumn(columnNamed(this.table, written), written, this.bad, expected, valid);
  }

  finite(name: string): Float64Array {
    return this.numbers(name, 'a finite number', Number.isFinite);
  }

  /** A standard error. */
  positive(name: string): Float64Array {
    return this.numbers(name, 'a standard error above 0', (x) => x > 0 && x < Infinity);
  }

  shares(name: string): Float64Array {
    return this.numbers(name, 'a share between 0 and 1', (x) => x >= 0 && x <= 1);
  }

  counts(name: string): Float64Array {
    return this.numbers(name, 'a whole number of 0 or above', (x) => Number.isSafeInteger(x) && x >= 0);
  }

  flags(name: string): Float64Array {
    return this.numbers(name, '0 or 1', (x) => x === 0 || x === 1);
  }

  texts(name: string, allowed?: readonly string[]): Coded {
    const written = this.written(name);
    return codesOf(columnNamed(this.table, written), written, this.bad, allowed);
  }

  /** A column of any type, as it is. */
  column(name: string): Column {
    return columnNamed(this.table, this.written(name));
  }

  /** Any cells as texts that can be compared; missing ones are the empty text. */
  cells(name: string): string[] {
    return textsOf(columnNamed(this.table, this.written(name)));
  }

  /** Vectors of one length each row. */
  vectors(name: string): { readonly values: Float64Array; readonly dimension: number } {
    const column = columnNamed(this.table, this.written(name));
    const expected = 'a list of numbers, of one length in all rows';
    if (column.type !== 'list' || (column.values.type !== 'float' && column.values.type !== 'int'))
      throw this.error(
        `column ${quoted(name)} without vectors`,
        expected,
        'Write vectors as lists, in a .parquet or a .jsonl file.',
      );
    const { offsets, values: numbers } = column;
    const dimension = offsets[1]! - offsets[0]!;
    const values = new Float64Array(column.length * dimension);
    for (let r = 0; r < column.length; r++) {
      const length = offsets[r + 1]! - offsets[r]!;
      if (isNull(column, r)) this.bad.add(r, name, 'missing', expected);
      else if (length !== dimension || length === 0)
        this.bad.add(r, name, `${length} numbers, beside ${dimension} in the first row`, expected);
      else values.set(this.vectorAt(name, r, numbers, offsets[r]!, dimension), r * dimension);
    }
    return { values, dimension };
  }

  /** The vector of a row; each number that is missing or not finite is noted. */
  private vectorAt(name: string, row: number, numbers: NumberColumn, from: number, dimension: number): Float64Array {
    for (let i = from; i < from + dimension; i++) {
      const missing = isNull(numbers, i);
      const value = numbers.values[i]!;
      if (missing || !Number.isFinite(value))
        this.bad.add(row, name, `a vector with ${missing ? 'a missing number' : value}`, 'finite numbers');
    }
    return numbers.values.subarray(from, from + dimension);
  }

  /** Every combination of these columns once. */
  refuseRepeated(columns: readonly Coded[], names: readonly string[]): void {
    const seen = new Set<string>();
    for (let r = 0; r < this.rows; r++) {
      const key = columns.map(({ codes }) => codes[r]!).join(' ');
      if (seen.has(key))
        this.bad.add(
          r,
          names[0]!,
          `${columns.map((column) => quoted(column.names[column.codes[r]!])).join(', ')} again`,
          `every ${names.length > 1 ? `(${names.join(', ')})` : names[0]} once`,
        );
      seen.add(key);
    }
  }

  /** A row that contradicts another. */
  refuse(row: number, column: string, found: string, expected: string): void {
    this.bad.add(row, this.written(column), found, expected);
  }

  throwIfBad(): void {
    this.bad.throwIfAny();
  }

  error(found: string, expected: string, mend?: string): DataError {
    return new DataError([
      { place: { file: this.file.shown }, found, expected, ...(mend === undefined ? {} : { mend }) },
    ]);
  }
}
