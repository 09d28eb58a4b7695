/** The entities that a tower embeds: every distinct query or item once, however many rows ask for it. */

import type { FeatureTable } from '../../data/evalset/evalset.js';
import { encode } from '../../data/tables/column.js';
import { columnNamed, type Table } from '../../data/tables/table.js';
import { present } from '../../lib/lookup.js';
import { combineCodes } from '../../lib/sort.js';

export interface Entities {
  readonly count: number;
  /** Shape (eval rows): the entity that the row reads. */
  readonly ofRow: Int32Array;
  /** Shape (count): the row of the feature table that stands for the entity. */
  readonly tableRow: Int32Array;
  /** Shape (rows of the feature table): its entity, -1 where none is needed. */
  readonly ofTableRow: Int32Array;
  readonly idOf: (entity: number) => string;
}

/**
 * Entities of a side.
 *
 * @param columns the feature columns that the towers read; none where embeddings are looked up by id
 * @param whole   embed the whole feature table (a catalogue), not only the rows that are referred to
 */
export function entities(features: FeatureTable, columns: readonly string[], whole: boolean): Entities {
  const { table, tableRow, ids, ownTable, absent } = features;
  const group = ownTable || columns.length === 0 ? ids.codes : distinctRows(table, columns);
  const wanted = new Uint8Array(table.rows);
  if (whole) for (let row = 0; row < table.rows; row++) wanted[row] = absent?.[ids.codes[row]!] === 1 ? 0 : 1;
  else for (const row of tableRow) wanted[row] = 1;

  const ofTableRow = new Int32Array(table.rows).fill(-1);
  const seen = new Map<number, number>();
  const firstRow: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (wanted[row] === 0) continue;
    let entity = seen.get(group[row]!);
    if (entity === undefined) {
      entity = firstRow.length;
      seen.set(group[row]!, entity);
      firstRow.push(row);
    }
    ofTableRow[row] = entity;
  }
  const ofRow = new Int32Array(tableRow.length);
  for (let r = 0; r < ofRow.length; r++) ofRow[r] = ofTableRow[tableRow[r]!]!;
  const rowOf = Int32Array.from(firstRow);
  return {
    count: rowOf.length,
    ofRow,
    tableRow: rowOf,
    ofTableRow,
    idOf: (entity) => ids.names[ids.codes[rowOf[entity]!]!]!,
  };
}

/** Shape (rows of the table): equal where the rows have equal values in all of the columns, of which there is one. */
function distinctRows(table: Table, columns: readonly string[]): Int32Array {
  let combined: { codes: Int32Array; count: number } | undefined;
  for (const name of columns) {
    const { codes, names } = encode(columnNamed(table, name));
    // Missing values are code -1; shifted, so that combining stays within the non-negative numbers.
    const shifted = codes.map((code) => code + 1);
    combined = combined
      ? combineCodes(combined.codes, shifted, names.length + 1)
      : { codes: shifted, count: names.length + 1 };
  }
  return present(combined, 'column that tells rows apart').codes;
}

/** Some of the entities, in the order that is given; rows still count all. */
export function subset(entities: Entities, chosen: readonly number[]): Entities {
  return {
    ...entities,
    count: chosen.length,
    tableRow: Int32Array.from(chosen, (e) => entities.tableRow[e]!),
    idOf: (entity) => entities.idOf(chosen[entity]!),
  };
}
