/** Precomputed embeddings: Parquet with the columns id and vector, in place of an ONNX file. */

import { type Checkpoint, embeddingColumns } from '../../data/checkpoints/checkpoint.js';
import { type Column, isNull, type ListColumn } from '../../data/tables/column.js';
import { idsOf } from '../../data/tables/identity.js';
import { readTable } from '../../data/tables/read-table.js';
import { BadRows, columnNamed, type Table } from '../../data/tables/table.js';
import { DataError, ModelError } from '../../errors.js';
import { list, plural, quoted } from '../../lib/text.js';
import type { Embeddings } from './embeddings.js';
import type { Entities } from './entities.js';

/** Reads the vectors of the entities that are needed. Every one must be there, with one dimension throughout. */
export async function readEmbeddings(
  checkpoint: Checkpoint,
  entities: Entities,
  multiVector: boolean,
): Promise<Embeddings> {
  const names = embeddingColumns(checkpoint);
  const table = await readTable(checkpoint.path, checkpoint.shown, [names.id, names.vector]);
  const missing = [names.id, names.vector].filter((name) => !table.columns.has(name));
  if (missing.length > 0) throw missingColumns(missing, names, table, checkpoint);
  const vector = columnNamed(table, names.vector);
  if (vector.type !== 'list') throw noLists(vector, names.vector, checkpoint);
  const nested = vector.values.type === 'list';
  if (nested && !multiVector)
    throw new DataError([
      {
        place: { file: checkpoint.shown },
        found: 'several vectors an id',
        expected: 'one vector an id',
        mend: 'For several write: score: {similarity: max_sim}',
      },
    ]);
  const rowOf = rowsById(table, vector, names);
  const rows = new Int32Array(entities.count);
  const unknown: string[] = [];
  for (let e = 0; e < entities.count; e++) {
    const row = rowOf.get(entities.idOf(e));
    if (row === undefined) unknown.push(entities.idOf(e));
    else rows[e] = row;
  }
  if (unknown.length > 0)
    throw new ModelError([
      {
        place: { file: checkpoint.shown },
        found:
          'no embedding of ' +
          `${plural(unknown.length, checkpoint.side, checkpoint.side === 'query' ? 'queries' : 'items')} in ` +
          `version ${quoted(checkpoint.version)} (${list(unknown.map(quoted), 5)})`,
        expected: 'one for every id of the eval set',
        mend: 'Embed them with this version, or take their rows out of the eval set.',
      },
    ]);
  return nested ? gatherNested(vector, rows, table) : gather(vector, rows, table, multiVector);
}

/** The columns that are not there, and the key that names others. */
function missingColumns(
  missing: readonly string[],
  names: { readonly id: string; readonly vector: string },
  table: Table,
  { shown, side }: Checkpoint,
): DataError {
  return new DataError([
    {
      place: { file: shown },
      found: `no column ${list(missing.map(quoted))}; it has ${list(table.columnNames.map(quoted), 8)}`,
      expected: `the columns ${names.id} and ${names.vector}`,
      mend:
        `Where they have other names, write in the release: ${side}_tower: {embeddings: …, columns: {id: ` +
        'item_id, vector: embedding}}',
    },
  ]);
}

/** A column that holds no lists: texts of JSON have a line that converts them. */
function noLists(vector: Column, name: string, { shown }: Checkpoint): DataError {
  const json =
    vector.type === 'string' && vector.dictionary.length > 0 && vector.dictionary.every((text) => /^\s*\[/.test(text));
  const path = `"${shown.replaceAll(/["\\]/g, '\\$&')}"`;
  const column = `t["${name.replaceAll(/["\\]/g, '\\$&')}"]`;
  return new DataError([
    {
      place: { file: shown },
      found: json
        ? `a column ${quoted(name)} of lists that are written as texts`
        : `a column ${quoted(name)} without lists`,
      expected: 'lists of numbers',
      ...(json
        ? {
            mend:
              `In Python: import json, pandas; t = pandas.read_parquet(${path}); ${column} = ` +
              `${column}.map(json.loads); t.to_parquet(${path})`,
          }
        : {}),
    },
  ]);
}

function rowsById(
  table: Table,
  vector: ListColumn,
  { id, vector: vectorName }: { readonly id: string; readonly vector: string },
): Map<string, number> {
  const bad = new BadRows(table);
  const { codes, names } = idsOf(columnNamed(table, id), id, bad);
  const rowOf = new Map<string, number>();
  for (let r = 0; r < table.rows; r++) {
    const name = codes[r] === -1 ? '' : names[codes[r]!]!;
    if (name !== '') {
      if (rowOf.has(name)) bad.add(r, id, `${quoted(name)} again`, 'every id once');
      else rowOf.set(name, r);
    }
    if (isNull(vector, r)) bad.add(r, vectorName, 'missing', 'a list of numbers');
  }
  bad.throwIfAny();
  return rowOf;
}

function numbersOf(column: ListColumn, table: Table): Float64Array {
  const { values } = column;
  if ((values.type === 'float' || values.type === 'int') && values.nulls === undefined) return values.values;
  throw new DataError([
    {
      place: { file: table.file },
      found: 'a column "vector" with values that are no numbers',
      expected: 'lists of numbers',
    },
  ]);
}

function gather(vector: ListColumn, rows: Int32Array, table: Table, multiVector: boolean): Embeddings {
  const numbers = numbersOf(vector, table);
  const dimension = rows.length > 0 ? vector.offsets[rows[0]! + 1]! - vector.offsets[rows[0]!]! : 0;
  const data = new Float64Array(rows.length * dimension);
  const bad = new BadRows(table);
  for (let e = 0; e < rows.length; e++) {
    const from = vector.offsets[rows[e]!]!;
    const length = vector.offsets[rows[e]! + 1]! - from;
    if (length !== dimension || length === 0)
      bad.add(
        rows[e]!,
        'vector',
        `a list of ${length}`,
        dimension === 0 ? 'at least one number' : `lists of ${dimension}`,
      );
    else data.set(numbers.subarray(from, from + length), e * dimension);
  }
  bad.throwIfAny();
  return {
    count: rows.length,
    dimension,
    data,
    ...(multiVector ? { offsets: Int32Array.from({ length: rows.length + 1 }, (_, e) => e) } : {}),
  };
}

function gatherNested(vector: ListColumn, rows: Int32Array, table: Table): Embeddings {
  const inner = vector.values as ListColumn;
  const numbers = numbersOf(inner, table);
  const offsets = new Int32Array(rows.length + 1);
  for (let e = 0; e < rows.length; e++)
    offsets[e + 1] = offsets[e]! + vector.offsets[rows[e]! + 1]! - vector.offsets[rows[e]!]!;
  const first = rows.length > 0 ? vector.offsets[rows[0]!]! : 0;
  const dimension = offsets[rows.length]! > 0 ? inner.offsets[first + 1]! - inner.offsets[first]! : 0;
  const data = new Float64Array(offsets[rows.length]! * dimension);
  const bad = new BadRows(table);
  for (let e = 0; e < rows.length; e++) {
    const start = vector.offsets[rows[e]!]!;
    for (let t = 0; t < offsets[e + 1]! - offsets[e]!; t++) {
      const from = inner.offsets[start + t]!;
      const length = inner.offsets[start + t + 1]! - from;
      if (length !== dimension) bad.add(rows[e]!, 'vector', `a vector of ${length}`, `vectors of ${dimension}`);
      else data.set(numbers.subarray(from, from + length), (offsets[e]! + t) * dimension);
    }
  }
  bad.throwIfAny();
  return { count: rows.length, dimension, data, offsets };
}
