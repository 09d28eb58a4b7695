/** Parquet → columns, by hyparquet (snappy, zstd, gzip, lz4, brotli; nested lists; dictionary pages). */
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { isListLike } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../errors.js';
import { isoText } from '../../lib/instants.js';
import { parseExactJson } from '../../lib/json.js';
import { printable } from '../../lib/text.js';
import { decodeUtf8 } from '../../lib/utf8.js';
import { buildColumn, type Column, NotUtf8, UnsupportedValue } from './column.js';
import { verifyPages } from './parquet-pages.js';
import {
  columnNamesOf,
  decodedSize,
  leavesOf,
  plainMetadata,
  requireChunks,
  type Stored,
  storedAs,
} from './parquet-schema.js';
import { namesAsked, type ReadOptions, type Source, type TablePart, type WantedColumns } from './table-part.js';

const EXPECTED = 'numbers, truth values, strings, or lists of one of them';

/** @param before bytes that the table takes already, decoded, of other parts */
export function readParquet(
  source: Source,
  wanted: WantedColumns,
  before: number,
  options: ReadOptions,
): Promise<TablePart> {
  return readable(source, async () => {
    const file = await asyncBufferFromFile(source.path);
    const metadata = await parquetMetadataAsync(file);
    return decode(
      { source, file, metadata, columnNames: await namesIn(source, file, metadata) },
      wanted,
      before,
      options,
    );
  });
}

/** The rows of some row groups of a file. */
export interface ParquetBatch extends TablePart {
  /** Row of the file that is its first. */
  readonly first: number;
}

/**
 * Reads a file row group by row group, each as a part of its own: no more than one is in memory. Small ones that follow
 * each other come together.
 *
 * @param rows that a batch has at most, unless one row group has more
 */
export async function* parquetBatches(
  source: Source,
  wanted: WantedColumns,
  rows: number,
  options: ReadOptions,
): AsyncGenerator<ParquetBatch> {
  const { file, metadata, columnNames } = await readable(source, async () => {
    const opened = await asyncBufferFromFile(source.path);
    const found = await parquetMetadataAsync(opened);
    return { file: opened, metadata: found, columnNames: await namesIn(source, opened, found) };
  });
  let first = 0;
  for (const groups of together(metadata.row_groups, rows)) {
    const count = groups.reduce((sum, group) => sum + group.num_rows, 0n);
    const own = { ...metadata, row_groups: groups, num_rows: count };
    const part = await readable(source, () =>
      decode({ source, file, metadata: own, columnNames, first }, wanted, 0, options),
    );
    yield { ...part, first };
    first += Number(count);
  }
}

/** What the footer of a file says, before a page of it is read. */
export interface ParquetSize {
  readonly rows: number;
  /** Rows of the largest row group. */
  readonly largest: number;
}

/** The rows of a file by its footer. */
export function parquetSize(source: Source): Promise<ParquetSize> {
  return readable(source, async () => {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(source.path));
    const largest = metadata.row_groups.reduce((most, { num_rows: rows }) => Math.max(most, Number(rows)), 0);
    return { rows: Number(metadata.num_rows), largest };
  });
}

/** Row groups that follow each other, of at most so many rows together. */
function together(groups: FileMetaData['row_groups'], rows: number): FileMetaData['row_groups'][] {
  const found: FileMetaData['row_groups'][] = [];
  let held = 0;
  for (const group of groups) {
    const last = found[found.length - 1];
    const own = Number(group.num_rows);
    if (last && held + own <= rows) {
      last.push(group);
      held += own;
    } else {
      found.push([group]);
      held = own;
    }
  }
  return found;
}

/** A file that is open, and what of it is decoded. */
interface OpenParquet {
  readonly source: Source;
  readonly file: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  readonly metadata: FileMetaData;
  readonly columnNames: readonly string[];
  /** Row of the file that is the first of these; 0 where left out. */
  readonly first?: number;
}

async function namesIn({ shown }: Source, file: OpenParquet['file'], metadata: FileMetaData): Promise<string[]> {
  return columnNamesOf(metadata, shown, await footerOf(file, metadata));
}

/** Runs `work`; damage that it meets is a DataError. */
async function readable<T>({ shown }: Source, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError([
      {
        place: { file: shown },
        found: `a Parquet file that cannot be read (${printable((error as Error).message)})`,
        expected: 'a whole Parquet file',
      },
    ]);
  }
}

async function decode(
  { source, file, metadata, columnNames, first = 0 }: OpenParquet,
  wanted: WantedColumns,
  before: number,
  options: ReadOptions,
): Promise<TablePart> {
  const { shown } = source;
  const rows = Number(metadata.num_rows);
  const skipped = skippedColumns(metadata, namesAsked(wanted, columnNames), options);
  const names = namesAsked(wanted, columnNames).filter((name) => !skipped.has(name));
  const leaves = leavesByColumn(metadata, names);
  for (const [name, elements] of leaves)
    if (!options.dates?.includes(name) && elements.some((element) => storedAs(element)?.kind === 'time'))
      throw unsupported(shown, name, 'with a date or time');
  refuseSparkVectors(metadata, names, shown);
  requireChunks(metadata, names, shown);
  const decoded = decodedSize(metadata, names, shown, before);
  await verifyPages(source, metadata, names, before);
  const chunks = new Map<string, { rowStart: number; data: ArrayLike<unknown> }[]>(names.map((name) => [name, []]));
  if (names.length > 0 && rows > 0)
    await parquetRead({
      file,
      metadata: plainMetadata(metadata),
      compressors,
      columns: names,
      utf8: false,
      parsers: {
        stringFromBytes: (bytes) => bytes && (decodeUtf8(bytes) ?? new NotUtf8(bytes)),
        jsonFromBytes: (bytes) => bytes && jsonOf(bytes),
        timestampFromNanoseconds: (nanoseconds) => nanoseconds,
      },
      onChunk: ({ columnName, columnData, rowStart }) =>
        chunks.get(columnName)?.push({ rowStart, data: columnData as ArrayLike<unknown> }),
    });
  const columns = new Map<string, Column>();
  for (const [name, elements] of leaves) {
    const parts = (chunks.get(name) ?? []).sort((a, b) => a.rowStart - b.rowStart);
    const stored = elements.length === 1 ? storedAs(elements[0]!) : undefined;
    const column = build(
      shown,
      name,
      parts.map(({ data }) => (stored ? converted(data, stored) : data)),
      first,
    );
    if (column.length !== rows) throw new Error(`column ${name} has ${column.length} of ${rows} values`);
    columns.set(name, withPrecision(column, elements));
  }
  return { file: shown, rows, columnNames, columns, decoded, skipped };
}

/** The columns that are left out, and what stands in them. */
function skippedColumns(
  metadata: FileMetaData,
  names: readonly string[],
  { dates = [], skips }: ReadOptions,
): Map<string, string> {
  const skipped = new Map<string, string>();
  for (const child of parquetSchema(metadata).children) {
    const { name } = child.element;
    if (!skips?.(name) || !names.includes(name)) continue;
    if (holdsRecords(child)) skipped.set(name, 'nested records');
    else if (!dates.includes(name) && leavesOf(child).some(({ element }) => isTime(element)))
      skipped.set(name, 'dates or times');
  }
  return skipped;
}

/** Tells a struct or a map, or lists of them. */
function holdsRecords(tree: SchemaTree): boolean {
  if (tree.children.length === 0) return false;
  const list = tree.children[0];
  if (!list || !isListLike(tree)) return true;
  const [element] = list.children;
  return element && list.children.length === 1 ? holdsRecords(element) : holdsRecords(list);
}

function isTime(element: SchemaElement): boolean {
  const { logical_type: logical, converted_type: converted } = element;
  return storedAs(element)?.kind === 'time' || logical?.type === 'TIME' || (converted?.startsWith('TIME_') ?? false);
}

/** Vectors of Spark's ML are structs; they have a function that makes lists of them. */
function refuseSparkVectors(metadata: FileMetaData, names: readonly string[], shown: string): void {
  const udt = parquetSchema(metadata).children.find(
    ({ element, children }) =>
      names.includes(element.name) &&
      children.map((child) => child.element.name).join(' ') === 'type size indices values',
  );
  if (!udt) return;
  const name = printable(udt.element.name).replaceAll('"', '');
  throw new DataError([
    {
      place: { file: shown },
      found: `column "${name}" of Spark's vectors (VectorUDT)`,
      expected: EXPECTED,
      mend:
        'Write it in Spark as lists: from pyspark.ml.functions import vector_to_array; ' +
        `df.withColumn("${name}", vector_to_array("${name}", "float32")).write.parquet(…)`,
    },
  ]);
}

/** The bytes of the metadata at the end of the file, once they are asked for. */
async function footerOf(
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>,
  { metadata_length: length }: FileMetaData,
): Promise<() => Uint8Array> {
  const bytes = new Uint8Array(await file.slice(file.byteLength - 8 - length, file.byteLength - 8));
  return () => bytes;
}

function leavesByColumn(metadata: FileMetaData, names: readonly string[]): Map<string, SchemaElement[]> {
  const children = parquetSchema(metadata).children.filter(({ element }) => names.includes(element.name));
  return new Map(children.map((child) => [child.element.name, leavesOf(child).map(({ element }) => element)]));
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  return text === undefined ? new NotUtf8(bytes) : parseExactJson(text);
}

/** Whole numbers as they are stored, as what they stand for; lists value by value. */
function converted(data: ArrayLike<unknown>, stored: Stored): ArrayLike<unknown> {
  if (stored.kind === 'decimal' && stored.scale === 0 && (data instanceof Int32Array || data instanceof BigInt64Array))
    return data;
  return Array.from(data, (value): unknown => {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) return converted(value, stored);
    const whole = value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint);
    if (stored.kind === 'decimal') return stored.scale === 0 ? whole : decimal(whole, stored.scale);
    return isoText(stored.date ? whole * 86_400n : whole, stored.perSecond, stored.utc);
  });
}

/** Two's complement, most significant byte first. */
function signed(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const value = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** The float64 that is nearest to a decimal. */
function decimal(whole: bigint, scale: number): number {
  return Number(`${whole}e-${scale}`);
}

/** Whole numbers that narrow floats hold are told apart no further than their mantissa goes. */
function withPrecision(column: Column, elements: readonly SchemaElement[]): Column {
  if (column.type !== 'float' && column.type !== 'int') return column;
  if (elements.some(({ type }) => type === 'FLOAT')) return { ...column, exactTo: 2 ** 24 - 1 };
  if (elements.some(({ logical_type: logical }) => logical?.type === 'FLOAT16'))
    return { ...column, exactTo: 2 ** 11 - 1 };
  return column;
}

function unsupported(shown: string, name: string, found: string): DataError {
  return new DataError([{ place: { file: shown }, found: `column "${printable(name)}" ${found}`, expected: EXPECTED }]);
}

function build(shown: string, name: string, parts: readonly ArrayLike<unknown>[], first: number): Column {
  try {
    return buildColumn(parts);
  } catch (error) {
    if (!(error instanceof UnsupportedValue)) throw error;
    if (!(error.value instanceof NotUtf8)) throw unsupported(shown, name, `with ${error.message}`);
    throw new DataError([
      {
        place: { file: shown },
        found: `row ${first + rowOf(parts, error.value) + 1}, column "${printable(name)}" is ${error.described}`,
        expected: 'text in UTF-8',
        mend:
          'Write it as UTF-8: in Python value.decode("latin-1") before the table is written, if Latin-1 is what ' +
          'it is.',
      },
    ]);
  }
}

/** The row that holds a value, within a list too. */
function rowOf(parts: readonly ArrayLike<unknown>[], value: unknown): number {
  const holds = (cell: unknown): boolean => cell === value || (Array.isArray(cell) && cell.some(holds));
  let before = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) if (holds(part[i])) return before + i;
    before += part.length;
  }
  return before;
}
