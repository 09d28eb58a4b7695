/** A table of evidence with named columns, read strictly: what is missing or strange is an error with its row. */
import { DataError } from '../errors.js';
import { type Column, encode } from '../evalset/column.js';
import { type Coded, numberColumn } from '../evalset/evalset.js';
import { readTable } from '../evalset/read-table.js';
import { BadRows, type Table } from '../evalset/table.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import type { EvidenceFile } from '../release/release.js';

export class EvidenceTable {
  private readonly bad: BadRows;

  private constructor(
    readonly file: EvidenceFile,
    private readonly table: Table,
  ) {
    this.bad = new BadRows(table);
  }

  static async read(
    file: EvidenceFile,
    required: readonly string[],
    optional: readonly string[] = [],
  ): Promise<EvidenceTable> {
    const { path, shown, place, name } = file;
    const table = await readTable(path, shown, [...required, ...optional], place);
    const missing = required.filter((column) => !table.columnNames.includes(column));
    if (missing.length > 0) {
      const near = didYouMean(missing[0]!, table.columnNames);
      throw new DataError([
        {
          place: { file: shown },
          found: `a table ${name} without ${list(missing.map(quoted))}`,
          expected: `the columns ${list(required, 20)}`,
          mend: `${near ? `Did you mean "${near}"? ` : ''}docs/diagnosis.md has the query that writes it.`,
        },
      ]);
    }
    if (table.rows === 0)
      throw new DataError([
        { place: { file: shown }, found: `a table ${name} without rows`, expected: 'at least one row' },
      ]);
    return new EvidenceTable(file, table);
  }

  get rows(): number {
    return this.table.rows;
  }

  has(name: string): boolean {
    return this.table.columns.has(name);
  }

  numbers(name: string, expected: string, valid: (value: number) => boolean): Float64Array {
    return numberColumn(this.table.columns.get(name)!, name, this.bad, expected, valid, this.table.untyped ?? false);
  }

  texts(name: string, allowed?: readonly string[]): Coded {
    return codesOf(this.table.columns.get(name)!, name, this.bad, allowed);
  }

  /** A row that contradicts another. */
  refuse(row: number, column: string, found: string, expected: string): void {
    this.bad.add(row, column, found, expected);
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

/** Texts as codes; missing and empty ones are refused. */
export function codesOf(column: Column, name: string, bad: BadRows, allowed?: readonly string[]): Coded {
  const { codes, names } = encode(column);
  const expected = allowed ? `one of ${list(allowed)}` : 'a text or a whole number';
  for (let r = 0; r < codes.length; r++) {
    const value = codes[r] === -1 ? '' : names[codes[r]!]!;
    if (value === '') bad.add(r, name, 'missing', expected);
    else if (value === 'NaN' || column.type === 'list') bad.add(r, name, quoted(value), expected);
    else if (allowed && !allowed.includes(value)) bad.add(r, name, quoted(value), expected);
  }
  return { codes, names };
}
