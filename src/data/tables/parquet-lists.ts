/**
 * Lists of a Parquet column held against its rows, by their levels (Dremel, parquet-format README): hyparquet takes a
 * value that continues a list that is not there for a row of its own, so that every later list would stand beside the
 * wrong row. findings/duckdb-null-array-shifts-rows.sh.
 */
import type { SchemaTree } from 'hyparquet';
import type { Problem } from '../../errors.js';
import { plural, printable, quoted } from '../../lib/text.js';
import type { Levels } from './parquet-runs.js';

/** Counts, over the pages of one column chunk, the rows that begin and the values that stand in no list. */
export class ListCheck {
  /** By repetition level: the definition level from which on a list of that depth has a value there. */
  private readonly defined: readonly number[];
  private rows = 0;
  private stray = 0;

  /** @param path of the column through the schema, from its root */
  constructor(path: readonly SchemaTree[]) {
    let level = 0;
    const defined = [0];
    for (const { element } of path.slice(1)) {
      if (element.repetition_type !== 'REQUIRED') level++;
      if (element.repetition_type === 'REPEATED') defined.push(level);
    }
    this.defined = defined;
  }

  /** Adds the levels of a page. */
  add({ repetition, definition }: Levels): void {
    for (let i = 0; i < repetition.length; i++) {
      const level = repetition[i]!;
      if (level === 0) this.rows++;
      else if (definition[i]! < (this.defined[level] ?? Number.POSITIVE_INFINITY)) this.stray++;
    }
  }

  /**
   * Finds what is wrong with the lists of a row group once all its pages are added; undefined where nothing is, or
   * where the column has none.
   *
   * @param group number of the row group, from 1
   * @param rows rows of the row group
   */
  problem(shown: string, name: string, group: number, rows: number): Problem | undefined {
    if (this.defined.length === 1 || (this.stray === 0 && this.rows === rows)) return undefined;
    const found =
      this.stray > 0
        ? `${plural(this.stray, 'value')} of column ${quoted(name)} that continue no list`
        : `${plural(this.rows, 'list')} of column ${quoted(name)} for ${plural(rows, 'row')}`;
    const own = `"${printable(name.replaceAll('"', '""'))}"`;
    return {
      place: { file: shown },
      found: `${found}, in row group ${group}, so that lists would stand beside the wrong rows`,
      expected: 'one list a row, or none',
      mend:
        'DuckDB writes such a file for a NULL in a list of fixed length, as FLOAT[2]. ' +
        'Write it as a list of any length: ' +
        `COPY (SELECT * REPLACE (CAST(${own} AS FLOAT[]) AS ${own}) FROM t) TO 'rows.parquet'`,
    };
  }
}
