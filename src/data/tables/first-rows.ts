/** The beginning of a table that is too large to be looked at whole. */

import type { Artefact } from '../artefacts/artefact.js';
import { sizeOf } from '../artefacts/files.js';
import { artefactAt } from '../artefacts/list.js';
import { isPacked } from './format.js';
import { readTable, tableBatches, tableSize } from './read-table.js';
import type { Table } from './table.js';
import type { ReadOptions, WantedColumns } from './table-part.js';

/** From which size on a table is large, and how much of such a one is read. */
export interface Looked {
  /** Of Parquet, in rows. */
  readonly above: number;
  readonly rows: number;
  /** Of texts, in bytes: their rows are known once they have been read. */
  readonly aboveBytes: number;
  readonly bytes: number;
}

/** The rows that were read, and how many there are in all where these are the first alone; of texts about so many. */
export interface First {
  readonly table: Table;
  readonly of?: { readonly rows: number; readonly about: boolean };
}

/** A table, or its first rows where it is large. Packed texts are read whole, as nobody can begin within. */
export async function firstRows(
  path: string,
  shown: string,
  wanted: WantedColumns,
  looked: Looked,
  options: ReadOptions,
): Promise<First> {
  const size = await tableSize(path, shown);
  if (size && size.rows > looked.above)
    for await (const table of tableBatches(path, shown, wanted, looked.rows, undefined, options))
      if (table.rows > 0) return { table, of: { rows: size.rows, about: false } };
  const bytes = size ? 0 : bytesOf(artefactAt(path));
  if (bytes <= looked.aboveBytes) return { table: await readTable(path, shown, wanted, undefined, options) };
  const table = await readTable(path, shown, wanted, undefined, { ...options, head: looked.bytes });
  return { table, of: { rows: Math.round((table.rows * bytes) / looked.bytes), about: true } };
}

/** The bytes of all parts of a text; 0 where one of them is packed, or none. */
function bytesOf(artefact: Artefact | undefined): number {
  const parts = artefact?.parts ?? [];
  return parts.some(({ path }) => isPacked(path) || !isText(path))
    ? 0
    : parts.reduce((sum, { path }) => sum + sizeOf(path), 0);
}

function isText(path: string): boolean {
  return /\.(csv|tsv|jsonl|ndjson|json)$/i.test(path);
}
