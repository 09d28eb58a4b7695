/** A table read into columns, and where to point when a value is wrong. */
import { DataError, type Place, type Problem } from '../../errors.js';
import { printable } from '../../lib/text.js';
import type { Column } from './column.js';

export interface Table {
  /** Path as shown to the user. */
  readonly file: string;
  readonly rows: number;
  readonly columnNames: readonly string[];
  /** The columns that were asked for and exist. */
  readonly columns: ReadonlyMap<string, Column>;
  /** A CSV: every cell is a text, and types were read off them. */
  readonly untyped?: boolean;
  /** Its files, in the order of the rows; absent where the table was not read off files. */
  readonly parts?: readonly TableFile[];
  /** True of some rows of a table of several files, whose names messages then say. */
  readonly ofSeveral?: boolean;
  /** Sentences to be said of it, whoever reads it. */
  readonly notices?: readonly string[];
}

/** A column that has been asked for and is known to exist: that it is not there is a bug here. */
export function columnNamed({ file, columns }: Table, name: string): Column {
  const column = columns.get(name);
  if (!column) throw new Error(`column ${name} of ${file} was not read`);
  return column;
}

/** The place of the rows of a file in its table. */
export interface TableFile {
  /** Path as shown to the user. */
  readonly file: string;
  /** Row of the table that is its first. */
  readonly first: number;
  /** Line of a row of the file; undefined for Parquet. */
  readonly lineOf?: (row: number) => number;
}

/** The file that a row of a table stands in, and its row there, from 0. */
function fileOf({ file, parts = [] }: Table, row: number): { readonly part: TableFile; readonly own: number } {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((parts[middle]?.first ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  const part = parts[low] ?? { file, first: 0 };
  return { part, own: row - part.first };
}

/** A row as a user finds it: rows count from 1 in each file, the header of a CSV is not a row. */
export function rowPlace(table: Table, row: number): Place {
  const { part, own } = fileOf(table, row);
  return part.lineOf ? { file: part.file, line: part.lineOf(own), column: 1 } : { file: part.file };
}

/**
 * A row in words, for a message whose place is another row: `row 3`, of a table of several files `row 3 of
 * rows/part-1.parquet`.
 */
export function rowName(table: Table, row: number): string {
  const { part, own } = fileOf(table, row);
  return table.ofSeveral || (table.parts?.length ?? 0) > 1
    ? `row ${own + 1} of ${printable(part.file)}`
    : `row ${own + 1}`;
}

const MAX_LISTED = 5;

/** Gathers bad rows: the first few of each kind are shown, the rest counted; nothing is dropped silently. */
export class BadRows {
  constructor(
    private readonly table: Table,
    private readonly skips: (row: number) => boolean = () => false,
    private readonly kinds = new Map<string, { problems: Problem[]; count: number }>(),
  ) {}

  /** Notes that `column` of `row` holds `value`, where `expected` should stand. */
  add(row: number, column: string, value: string, expected: string, mend?: string): void {
    if (this.skips(row)) return;
    const kind = `${column}\u0000${expected}`;
    let entry = this.kinds.get(kind);
    if (!entry) {
      entry = { problems: [], count: 0 };
      this.kinds.set(kind, entry);
    }
    entry.count++;
    if (entry.problems.length < MAX_LISTED)
      entry.problems.push({
        place: rowPlace(this.table, row),
        found: `row ${fileOf(this.table, row).own + 1}, column "${column}" is ${value}`,
        expected,
        ...(mend ? { mend } : {}),
      });
  }

  /** The same notes, but that rows which are skipped are not noted. */
  except(skips: (row: number) => boolean): BadRows {
    return new BadRows(this.table, skips, this.kinds);
  }

  /** Notes of rows of another table, beside the same ones. */
  of(table: Table): BadRows {
    return new BadRows(table, this.skips, this.kinds);
  }

  get any(): boolean {
    return this.kinds.size > 0;
  }

  get problems(): Problem[] {
    return [...this.kinds.values()].flatMap(({ problems, count }) => {
      const last = problems[problems.length - 1]!;
      const rest = count - problems.length;
      return rest === 0
        ? problems
        : [
            ...problems.slice(0, -1),
            { ...last, found: `${last.found} (and ${rest.toLocaleString('en-US')} more rows)` },
          ];
    });
  }

  throwIfAny(): void {
    const problems = this.problems;
    if (problems.length > 0) throw new DataError(problems);
  }
}
