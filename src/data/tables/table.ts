/** A table read into columns, and where to point when a value is wrong. */
import { DataError, type Place, type Problem } from '../../errors.js';
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
  /** Line of a row in a text file; undefined for Parquet. */
  readonly lineOf?: (row: number) => number;
}

/** A row as a user finds it: rows count from 1, the header of a CSV is not a row. */
export function rowPlace(table: Table, row: number): Place {
  return table.lineOf ? { file: table.file, line: table.lineOf(row), column: 1 } : { file: table.file };
}

const MAX_LISTED = 5;

/** Gathers bad rows: the first few of each kind are shown, the rest counted; nothing is dropped silently. */
export class BadRows {
  private readonly kinds = new Map<string, { problems: Problem[]; count: number }>();

  constructor(private readonly table: Table) {}

  /** Notes that `column` of `row` holds `value`, where `expected` should stand. */
  add(row: number, column: string, value: string, expected: string, mend?: string): void {
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
        found: `row ${row + 1}, column "${column}" is ${value}`,
        expected,
        ...(mend ? { mend } : {}),
      });
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
