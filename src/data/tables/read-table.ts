/**
 * Reads a table, whatever stands at its path: a file, a folder of part files or a glob, each part by the reader of its
 * ending.
 */
import { posix } from 'node:path';
import { DataError, type Place } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { isArray, isIdFile } from '../artefacts/arrays.js';
import type { Artefact, Part } from '../artefacts/artefact.js';
import { sizeOf } from '../artefacts/files.js';
import { hasWildcard } from '../artefacts/glob.js';
import { artefactAt, siblingParts } from '../artefacts/list.js';
import { pointerProblem } from '../artefacts/pointers.js';
import type { Column } from './column.js';
import { readCsv } from './csv.js';
import { type Format, formatOf, refuseOtherContent } from './format.js';
import { contradiction, partitionColumns, partitionsOf } from './hive.js';
import { readJsonLines } from './jsonl.js';
import { readNpy } from './npy.js';
import { type ParquetSize, parquetBatches, parquetSize, readParquet } from './parquet.js';
import { rowName, type Table } from './table.js';
import { namesAsked, type ReadOptions, type Source, type TablePart, type WantedColumns } from './table-part.js';
import { columnFromTexts } from './text-values.js';
import { Unlike, unite } from './unite.js';

/**
 * Reads the named columns of a table once; columns that do not exist are left out.
 *
 * @param path absolute: a file, a folder of parts, or a glob
 * @param place where the path is written
 */
export async function readTable(
  path: string,
  shown: string,
  wanted: WantedColumns,
  place?: Place,
  options: ReadOptions = {},
): Promise<Table> {
  const { sources, format } = sourcesAt(path, shown, place);
  const parts: TablePart[] = [];
  const names: string[] = [];
  let decoded = 0;
  let left = options.head ?? Number.POSITIVE_INFINITY;
  for (const source of sources) {
    if (left <= 0) break;
    refuseContent(source, format);
    // Writers of many parts leave empty ones as they are, without even a header.
    if (format !== 'parquet' && sources.length > 1 && sizeOf(source.path) === 0) continue;
    const part = await readPart(format, source, besidePartitions(wanted, source.name), decoded, {
      ...options,
      head: left,
    });
    decoded += part.decoded;
    left -= sizeOf(source.path);
    parts.push(part);
    names.push(source.name);
  }
  return tableOf({ shown, path, format }, parts, names, wanted);
}

/**
 * The rows of a table by the footers of its files, and those of its largest row group; undefined where it is not
 * Parquet, whose files alone say so.
 */
export async function tableSize(path: string, shown: string, place?: Place): Promise<ParquetSize | undefined> {
  const { sources, format } = sourcesAt(path, shown, place);
  if (format !== 'parquet') return undefined;
  let [rows, largest] = [0, 0];
  for (const source of sources) {
    refuseContent(source, format);
    const own = await parquetSize(source);
    rows += own.rows;
    largest = Math.max(largest, own.largest);
  }
  return { rows, largest };
}

/**
 * Reads the named columns of a table of Parquet files some rows at a time, each time as a table of its own whose rows
 * are called what they are called in the whole. No more than one is in memory.
 *
 * @param rows that a batch has at most
 */
export async function* tableBatches(
  path: string,
  shown: string,
  wanted: WantedColumns,
  rows: number,
  place?: Place,
  options: ReadOptions = {},
): AsyncGenerator<Table> {
  const { sources, format } = sourcesAt(path, shown, place);
  if (format !== 'parquet') throw new Error(`${shown} is not Parquet, and is read whole`);
  const kinds = new Map<string, Column['type']>();
  for (const source of sources) {
    refuseContent(source, format);
    for await (const part of parquetBatches(source, besidePartitions(wanted, source.name), rows, options)) {
      const table = tableOf({ shown, path, format }, [part], [source.name], wanted);
      refuseOtherKinds(table, part.file, kinds);
      yield { ...table, parts: [{ file: part.file, first: -part.first }], ofSeveral: sources.length > 1 };
    }
  }
}

/** Refuses a batch that lacks a column that another has, or has values of another kind there. */
function refuseOtherKinds({ columns, file: shown }: Table, file: string, kinds: Map<string, Column['type']>): void {
  const first = kinds.size === 0;
  for (const [name, { type, length }] of columns) {
    const before = kinds.get(name);
    if (before === undefined && !first) throw lacks(shown, name, shown);
    // Numbers are of one kind, and a column of missing values alone is of any.
    if (before !== undefined && before !== type && length > 0 && !(numeric(before) && numeric(type)))
      throw new DataError([
        {
          place: { file },
          found: `column "${printable(name)}" with values of type ${type}, beside ${before} in the rows before`,
          expected: `values of one kind in all rows of ${shown}`,
          mend: 'Write all parts with one schema.',
        },
      ]);
    kinds.set(name, before ?? type);
  }
  const lacking = [...kinds.keys()].find((name) => !columns.has(name));
  if (lacking !== undefined) throw lacks(file, lacking, shown);
}

function numeric(type: Column['type']): boolean {
  return type === 'float' || type === 'int' || type === 'wide_int';
}

/** The files at a path and their format. DataError where nothing is there. */
function sourcesAt(path: string, shown: string, place?: Place): { sources: PartSource[]; format: Format } {
  const artefact = artefactAt(path);
  if (!artefact)
    throw new DataError([{ place: place ?? { file: shown }, found: `no file at ${shown}`, expected: 'a table' }]);
  const sources = sourcesOf(artefact, shown);
  return { sources, format: formatOf(sources, place) };
}

/** Refuses a file of which only a pointer is there, or whose bytes are not what its name says. */
function refuseContent(source: PartSource, format: Format): void {
  const pointer = pointerProblem(source.path, source.shown);
  if (pointer) throw new DataError([pointer]);
  refuseOtherContent(source, format);
}

/** Names the columns asked for of a file, once whoever asks has been shown the columns that its folders are too. */
function besidePartitions(wanted: WantedColumns, name: string): WantedColumns {
  return typeof wanted === 'function'
    ? (columnNames) => wanted([...new Set([...columnNames, ...partitionsOf(name).keys()])])
    : wanted;
}

function readPart(
  format: Format,
  source: Source,
  wanted: WantedColumns,
  before: number,
  options: ReadOptions,
): TablePart | Promise<TablePart> {
  switch (format) {
    case 'parquet':
      return readParquet(source, wanted, before, options);
    case 'csv':
      return readCsv(source, wanted, ',', before, options);
    case 'tsv':
      return readCsv(source, wanted, '\t', before, options);
    case 'npy':
      return readNpy(source, wanted, before);
    case 'jsonl':
      return readJsonLines(source, wanted, before, options);
  }
}

/** A part, and how messages call it. */
type PartSource = Part & Source;

/** The files of an artefact, as messages call them. */
function sourcesOf({ kind, parts }: Artefact, shown: string): PartSource[] {
  const own = parts.filter(({ name }) => !isIdFile(name));
  if (kind === 'file' || kind === 'array') return (own.length > 0 ? own : parts).map((part) => ({ ...part, shown }));
  const segments = shown.split('/');
  const wildcard = kind === 'glob' ? segments.findIndex(hasWildcard) : -1;
  const folder = wildcard < 0 ? shown : segments.slice(0, wildcard).join('/');
  // Files of ids are read with the arrays that they stand beside.
  const arrays = own.some(({ name }) => isArray(name));
  return (arrays ? own : parts).map((part) => ({ ...part, shown: posix.join(folder, part.name) }));
}

interface Whole {
  readonly path: string;
  readonly shown: string;
  readonly format: Format;
}

/**
 * That a path names one of several part files, as Spark and others write a table: judged alone, it is a sample that
 * nobody drew.
 */
export function partNotices(path: string, shown: string): string[] {
  const beside = siblingParts(path);
  return beside === 0
    ? []
    : [
        `${shown} is one of ${beside + 1} part files, and the only one that is read. Name their folder to read ` +
          'all of them.',
      ];
}

function skippedNotices(skipped: ReadonlyMap<string, string>, shown: string): string[] {
  return [...skipped].map(([name, what]) => `${shown}: column ${quoted(name)} holds ${what} and is not read.`);
}

/** @param names of the parts, below the artefact's folder */
function tableOf(whole: Whole, parts: readonly TablePart[], names: readonly string[], wanted: WantedColumns): Table {
  const { shown, format, path } = whole;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const partitions = partitionColumns(
    parts.map((part, i) => ({ name: names[i] ?? '', shown: part.file, rows: part.rows })),
    shown,
  );
  const own = [...new Set(parts.flatMap(({ columnNames }) => columnNames))];
  const skipped = new Map(parts.flatMap((part) => [...(part.skipped ?? [])]));
  const columnNames = [
    ...own.filter((name) => !skipped.has(name)),
    ...[...partitions.keys()].filter((name) => !own.includes(name)),
  ];
  let first = 0;
  const files = parts.map(({ file, rows: count, lineOf }) => {
    const at = first;
    first += count;
    return { file, first: at, ...(lineOf ? { lineOf } : {}) };
  });
  const columns = new Map<string, Column>();
  const table: Table = {
    file: shown,
    rows,
    columnNames,
    columns,
    parts: files,
    notices: [...partNotices(path, shown), ...skippedNotices(skipped, shown)],
    ...(format === 'csv' || format === 'tsv' ? { untyped: true } : {}),
  };
  for (const name of namesAsked(wanted, columnNames)) {
    const partition = partitions.get(name);
    const column = own.includes(name) ? columnOf(name, parts, shown, format) : partition;
    if (!column) continue;
    const odd = partition && column !== partition ? contradiction(column, partition) : undefined;
    if (odd !== undefined)
      throw new DataError([
        {
          place: { file: shown },
          found: `${rowName(table, odd)}, whose column ${quoted(name)} is not what its folder says`,
          expected: 'rows in the folder of their partition',
        },
      ]);
    columns.set(name, column);
  }
  return table;
}

/** A column of the files of a table. Refuses parts that lack it, or hold another kind of value. */
function columnOf(name: string, parts: readonly TablePart[], shown: string, format: Format): Column {
  const found = parts.map((part) => part.columns.get(name));
  const lacking = parts.find(
    (part, i) => found[i] === undefined && !(format === 'jsonl' || (part.rows === 0 && part.columnNames.length === 0)),
  );
  if (lacking) throw lacks(lacking.file, name, shown);
  if (format === 'csv' || format === 'tsv') return columnFromTexts(joined(found.filter(isTexts)));
  const columns = found.map((column, i) =>
    column === undefined || isTexts(column) ? missing(parts[i]?.rows ?? 0) : column,
  );
  try {
    return unite(columns);
  } catch (error) {
    if (!(error instanceof Unlike)) throw error;
    throw new DataError([
      {
        place: { file: parts[error.part]?.file ?? shown },
        found: `column "${printable(name)}" with ${error.holds}, beside ${error.before} in the parts before it`,
        expected: `values of one kind in all parts of ${shown}`,
        mend: 'Write all parts with one schema.',
      },
    ]);
  }
}

function lacks(file: string, name: string, shown: string): DataError {
  return new DataError([
    {
      place: { file },
      found: `a part of ${shown} without the column ${quoted(name)}, which other parts have`,
      expected: 'the same columns in every part',
      mend: 'Write all parts with one schema; in Spark: spark.read.option("mergeSchema", "true").parquet(…).',
    },
  ]);
}

/** Texts of all parts; those of one file as they are. */
function joined(texts: readonly (readonly string[])[]): readonly string[] {
  const [only] = texts;
  return only && texts.length === 1 ? only : texts.flat();
}

function isTexts(column: Column | readonly string[] | undefined): column is readonly string[] {
  return Array.isArray(column);
}

/** A column of a part whose records leave it out. */
function missing(length: number): Column {
  return { type: 'float', length, values: new Float64Array(length), nulls: new Uint8Array(length).fill(1) };
}
