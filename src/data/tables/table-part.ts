/** A reader gives this of one file, before the files of a table are put together. */
import type { Column } from './column.js';

/** A file of a table: where it is, and how messages call it. */
export interface Source {
  /** Absolute path. */
  readonly path: string;
  /** Path as shown to the user. */
  readonly shown: string;
}

/**
 * The columns to be read: these, or those that are said once the names that there are have been seen. Columns that do
 * not exist are left out.
 */
export type WantedColumns = readonly string[] | ((columnNames: readonly string[]) => readonly string[]);

/** Says what is allowed of the columns that are read. */
export interface ReadOptions {
  /**
   * Columns whose dates and times are read as ISO 8601 texts, with `Z` where the file says that they are in UTC;
   * elsewhere they are refused.
   */
  readonly dates?: readonly string[];
  /** Tells the columns that are left out, with a notice, where they hold dates, times or nested records. */
  readonly skips?: (name: string) => boolean;
  /** Bytes of a table of texts that are read, from its beginning, to the end of a row; left out: all. */
  readonly head?: number;
}

export interface TablePart {
  /** Path as shown to the user. */
  readonly file: string;
  readonly rows: number;
  readonly columnNames: readonly string[];
  /**
   * The columns that were asked for and exist; of a CSV the texts of their cells, whose types only all parts together
   * tell.
   */
  readonly columns: ReadonlyMap<string, Column | readonly string[]>;
  /** Line of a row in a text file; undefined for Parquet. */
  readonly lineOf?: (row: number) => number;
  /** The kind of values in columns that are left out: `dates or times`. Each is among the names all the same. */
  readonly skipped?: ReadonlyMap<string, string>;
  /** Bytes that it takes decoded, as far as they are counted. */
  readonly decoded: number;
}

/** The names of the columns that are asked for, of those that there are. */
export function namesAsked(wanted: WantedColumns, columnNames: readonly string[]): string[] {
  const asked = typeof wanted === 'function' ? wanted(columnNames) : wanted;
  return columnNames.filter((name) => asked.includes(name));
}
