/**
 * Hive partitions: folders `tier=small/` of a table, each a column whose value is that of every row below it. Spark,
 * DuckDB and Hive leave the column out of the files, and write what a path cannot hold as `%3A`.
 */
import { DataError } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import { buildColumn, type Column, isNull, textAt } from './column.js';
import { columnFromTexts } from './text-values.js';

/** Hive and Spark name the folder of rows so whose value is missing or empty. */
const MISSING = '__HIVE_DEFAULT_PARTITION__';

/** Partition columns of a part, by its name: value by column, the empty text where it is missing. */
export function partitionsOf(name: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of name.split('/').slice(0, -1)) {
    const at = folder.indexOf('=');
    if (at <= 0) continue;
    const value = folder.slice(at + 1);
    found.set(decoded(folder.slice(0, at)), value === MISSING ? '' : decoded(value));
  }
  return found;
}

/** Bytes in UTF-8 behind percent signs; what is no such text stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A part's name, and how many rows it has. */
export interface PartitionedPart {
  readonly name: string;
  readonly shown: string;
  readonly rows: number;
}

/**
 * The columns that partitions are: whole and real numbers, truth values or texts, as all their values together read.
 */
export function partitionColumns(parts: readonly PartitionedPart[], table: string): ReadonlyMap<string, Column> {
  const partitions = parts.map(({ name }) => partitionsOf(name));
  const names = [...(partitions[0]?.keys() ?? [])];
  const odd = partitions.findIndex((own) => own.size !== names.length || names.some((name) => !own.has(name)));
  const part = parts[odd];
  if (part)
    throw new DataError([
      {
        place: { file: part.shown },
        found: `a part ${told([...(partitions[odd]?.keys() ?? [])])} of ${table}, whose first part is ${told(names)}`,
        expected: 'the same partitions of every part',
      },
    ]);
  const rows = parts.map((own) => own.rows);
  return new Map(names.map((name) => [name, repeated(columnOf(partitions.map((own) => own.get(name) ?? '')), rows)]));
}

/** Values as a column; a folder's name that reads as a list is a text. */
function columnOf(texts: readonly string[]): Column {
  const column = columnFromTexts(texts);
  return column.type === 'list' ? buildColumn([texts.map((text) => (text === '' ? null : text))]) : column;
}

function told(names: readonly string[]): string {
  return names.length === 0 ? 'without partitions' : `by ${list(names.map(quoted))}`;
}

/** A column of one value a part as one of a value a row. */
function repeated(column: Column, rows: readonly number[]): Column {
  const length = rows.reduce((sum, count) => sum + count, 0);
  const part = new Int32Array(length);
  let at = 0;
  for (const [p, count] of rows.entries()) {
    part.fill(p, at, at + count);
    at += count;
  }
  const nulls = column.nulls ? { nulls: Uint8Array.from(part, (p) => column.nulls?.[p] ?? 0) } : {};
  switch (column.type) {
    case 'string':
      return { ...column, length, codes: Int32Array.from(part, (p) => column.codes[p] ?? -1), ...nulls };
    case 'wide_int':
      return { ...column, length, values: BigInt64Array.from(part, (p) => column.values[p] ?? 0n), ...nulls };
    case 'list':
      throw new Error('a partition that is a list');
    default: {
      const values = Float64Array.from(part, (p) => column.values[p] ?? 0);
      const { written } = column;
      return {
        ...column,
        length,
        values,
        ...(written ? { written: Array.from(part, (p) => written[p] ?? '') } : {}),
        ...nulls,
      };
    }
  }
}

/** The first row in which a column of the files is not what its partition says; undefined where they agree. */
export function contradiction(own: Column, partition: Column): number | undefined {
  for (let r = 0; r < own.length; r++) {
    if (isNull(own, r) !== isNull(partition, r)) return r;
    if (isNull(own, r)) continue;
    const [a, b] = [textAt(own, r), textAt(partition, r)];
    if (a !== b && Number(a) !== Number(b)) return r;
  }
  return undefined;
}
