/** One table of a state, read strictly: columns of numbers and texts, of one writing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { textsOf } from '../../data/tables/identity.js';
import { numberColumn } from '../../data/tables/numbers.js';
import { readTable } from '../../data/tables/read-table.js';
import { BadRows, type Table } from '../../data/tables/table.js';
import { list, quoted } from '../../lib/text.js';
import { STAMP, type StateTable } from './layout.js';
import { refusal } from './read-manifest.js';

export class ReadTable {
  private constructor(
    readonly file: string,
    private readonly table: Table,
  ) {}

  /** @param columns those that it must have, beside the stamp */
  static async of(
    folder: string,
    shown: string,
    name: StateTable,
    columns: readonly string[],
    stamp: string,
  ): Promise<ReadTable> {
    const own = existsSync(join(folder, `${name}.parquet`)) ? `${name}.parquet` : name;
    const file = `${shown}/${own}`;
    if (!existsSync(join(folder, own)))
      throw refusal(file, 'no such table', `the table ${name} of a state, as Parquet`);
    const table = await readTable(join(folder, own), file, [...columns, STAMP]);
    const missing = [...columns, STAMP].filter((column) => !table.columns.has(column));
    if (missing.length > 0)
      throw refusal(file, `a table without ${list(missing.map(quoted), 5)}`, `the table ${name} of a state`);
    const read = new ReadTable(file, table);
    if (read.texts(STAMP).some((text) => text !== stamp))
      throw refusal(file, 'rows of another writing than the manifest’s', 'tables that were written together');
    return read;
  }

  get rows(): number {
    return this.table.rows;
  }

  texts(column: string): string[] {
    return textsOf(this.table.columns.get(column)!);
  }

  /** Shape (rows); NaN may stand where nothing covers a mix. */
  numbers(column: string): Float64Array {
    const bad = new BadRows(this.table);
    const values = numberColumn(this.table.columns.get(column)!, column, bad, 'a number', () => true);
    bad.throwIfAny();
    return values;
  }
}
