/**
 * Reads what a Parquet file says of its columns: names that can be trusted, how values are stored, and how much they
 * decode to.
 */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { DataError, type Problem } from '../../errors.js';
import { plural, quoted } from '../../lib/text.js';
import { decodeUtf8 } from '../../lib/utf8.js';
import { decodedBytes, refuseBeyondLimit } from '../artefacts/limits.js';

/** The form in which the values of a column are stored, where the reader's own conversion would lose something. */
export type Stored =
  /** Whole numbers, `scale` digits of which stand behind the point. */
  | { readonly kind: 'decimal'; readonly scale: number }
  /** Time since 1970 in units of `perSecond` a second; `utc`: the file says so, else nobody knows the zone. */
  | { readonly kind: 'time'; readonly perSecond: bigint; readonly utc: boolean; readonly date: boolean };

const PER_SECOND = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;

/**
 * Names of the columns. Refuses names that are missing, doubled or not UTF-8. `footer`: the bytes of the file's
 * metadata, for names that were not decoded faithfully.
 */
export function columnNamesOf(metadata: FileMetaData, shown: string, footer: () => Uint8Array): string[] {
  const names = parquetSchema(metadata).children.map(({ element }): unknown => element.name);
  const problem = (found: string, expected: string, mend?: string): Problem => ({
    place: { file: shown },
    found,
    expected,
    ...(mend === undefined ? {} : { mend }),
  });
  const nameless = names.findIndex((name) => typeof name !== 'string' || name === '');
  if (nameless >= 0)
    throw new DataError([
      problem(
        `a Parquet file whose column ${nameless + 1} has no name`,
        'a whole Parquet file',
        'It is damaged: write it again, or fetch it again.',
      ),
    ]);
  const known = names as string[];
  if (known.some((name) => name.includes('\ufffd'))) refuseForeignNames(footer(), problem);
  const twice = known.find((name, i) => known.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError([problem(`column ${quoted(twice)} twice`, 'every column once', 'Rename one of the two.')]);
  return known;
}

/** A replacement character may be a column's own; bytes that are not UTF-8 may not. */
function refuseForeignNames(
  footer: Uint8Array,
  problem: (found: string, expected: string, mend?: string) => Problem,
): void {
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  const elements =
    (deserializeTCompactProtocol({ view, offset: 0 }) as { field_2?: { field_4?: Uint8Array }[] }).field_2 ?? [];
  for (const { field_4: name } of elements)
    if (name && decodeUtf8(name) === undefined)
      throw new DataError([
        problem(
          `a column whose name ${quoted(Buffer.from(name).toString())} is not UTF-8`,
          'column names in UTF-8',
          'Rename it where the file is written.',
        ),
      ]);
}

/** The leaf columns below a top-level column. */
export function leavesOf(tree: SchemaTree): SchemaTree[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(leavesOf);
}

/** Gives the form in which a leaf is stored; undefined where the reader's conversion loses nothing. */
export function storedAs(element: SchemaElement): Stored | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL')
    return { kind: 'decimal', scale: (logical?.type === 'DECIMAL' ? logical.scale : element.scale) ?? 0 };
  if (logical?.type === 'TIMESTAMP')
    return { kind: 'time', perSecond: PER_SECOND[logical.unit], utc: logical.isAdjustedToUTC, date: false };
  // Without a logical type, times are in UTC by their definition (parquet-format, LogicalTypes.md).
  if (converted === 'TIMESTAMP_MILLIS') return { kind: 'time', perSecond: PER_SECOND.MILLIS, utc: true, date: false };
  if (converted === 'TIMESTAMP_MICROS') return { kind: 'time', perSecond: PER_SECOND.MICROS, utc: true, date: false };
  if (type === 'INT96') return { kind: 'time', perSecond: PER_SECOND.NANOS, utc: false, date: false };
  if (logical?.type === 'DATE' || converted === 'DATE') return { kind: 'time', perSecond: 1n, utc: false, date: true };
  return undefined;
}

/** Logical types of byte arrays that are texts; those without any are read as texts too. */
const TEXTS: readonly (string | undefined)[] = [undefined, 'ENUM', 'JSON'];

/**
 * The same metadata, by which decimals and times are read as the whole numbers that they are stored as, and byte
 * arrays without a type as texts.
 */
export function plainMetadata(metadata: FileMetaData): FileMetaData {
  return {
    ...metadata,
    schema: metadata.schema.map((element): SchemaElement => {
      const { type, type_length, repetition_type, name, converted_type: converted, logical_type: logical } = element;
      if (storedAs(element))
        return {
          name,
          ...(type && { type }),
          ...(type_length && { type_length }),
          ...(repetition_type && { repetition_type }),
        };
      const text = type === 'BYTE_ARRAY' && (!converted || converted === 'ENUM') && TEXTS.includes(logical?.type);
      return text ? { ...element, converted_type: 'UTF8' } : element;
    }),
  };
}

/**
 * Throws where the chunks of a row group are not those of the named columns, each leaf once and of its type: hyparquet
 * would leave the chunks that it has begun to themselves, and their errors to nobody. DataError where one is encrypted.
 */
export function requireChunks(metadata: FileMetaData, names: readonly string[], shown: string): void {
  const leaves = parquetSchema(metadata)
    .children.filter(({ element }) => names.includes(element.name))
    .flatMap(leavesOf);
  const types = new Map(leaves.map(({ path, element }) => [path.join('\u0000'), element.type]));
  for (const [g, { columns }] of metadata.row_groups.entries()) {
    const seen = new Set<string>();
    for (const { meta_data: data, crypto_metadata: crypto } of columns) {
      const name = data?.path_in_schema[0];
      if (!data || name === undefined || !names.includes(name)) continue;
      if (crypto)
        throw new DataError([
          {
            place: { file: shown },
            found: `column ${quoted(name)}, which is encrypted`,
            expected: 'columns that can be read',
            mend: 'Write it without encryption where the gate runs: nothing here has its keys.',
          },
        ]);
      const path = data.path_in_schema.join('\u0000');
      if (data.type === undefined || types.get(path) !== data.type || seen.has(path))
        throw new Error(`row group ${g + 1} does not have the columns of the schema`);
      seen.add(path);
    }
    if (seen.size !== types.size) throw new Error(`row group ${g + 1} does not have the columns of the schema`);
  }
}

/**
 * Counts the bytes that columns take decoded, from what the file declares, before anything is decoded. Refuses more
 * than the limit.
 *
 * @param before bytes that the table takes already, of other parts
 */
export function decodedSize(metadata: FileMetaData, names: readonly string[], shown: string, before: number): number {
  let bytes = 0;
  for (const { columns } of metadata.row_groups)
    for (const { meta_data: data } of columns) {
      if (!data || !names.includes(data.path_in_schema[0]!)) continue;
      bytes += decodedBytes(Number(data.num_values), Number(data.total_uncompressed_size), data.type === 'BYTE_ARRAY');
    }
  const rows = Number(metadata.num_rows);
  if (!(Number.isSafeInteger(rows) && Number.isFinite(bytes))) throw new Error('its metadata holds no sizes');
  // A file may declare fewer values in its chunks than it has rows.
  bytes = Math.max(bytes, decodedBytes(rows * names.length, 0, false));
  refuseBeyondLimit(before + bytes, shown, `${plural(rows, 'row')} of ${plural(names.length, 'column')}`);
  return bytes;
}
