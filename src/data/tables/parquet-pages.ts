/**
 * A Parquet file's pages before they are decoded: checksums are verified where the writer has written them (hyparquet
 * does not look at them, and most flipped bits would decode to other numbers), and no page may declare more than it
 * holds.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type FileMetaData, parquetSchema } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../errors.js';
import { crc32 } from '../../lib/crc32.js';
import { quoted } from '../../lib/text.js';
import { decodedBytes, refuseBeyondLimit } from '../artefacts/limits.js';
import { ListCheck } from './parquet-lists.js';
import { type Levels, type RunLayout, walkCodes, walkLevels, walkRuns } from './parquet-runs.js';
import type { Source } from './table-part.js';

/** Bytes that hold a page's header, but where statistics make it longer. */
const HEADER = 1 << 12;
/** Bytes that are read at a time. */
const PIECE = 1 << 20;

type ColumnMetaData = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/**
 * Walks the pages of the named columns. DataError where a checksum is not that of its page, and where pages declare
 * more values than the limit allows, whatever the metadata says. Damage that leaves no page to be walked is an Error,
 * as of the reader itself.
 *
 * @param before bytes that the table takes already, decoded, of other parts
 */
export async function verifyPages(
  { path, shown }: Source,
  metadata: FileMetaData,
  names: readonly string[],
  before: number,
): Promise<void> {
  const file = await open(path, 'r');
  const tree = parquetSchema(metadata);
  try {
    let bytes = before;
    for (const [g, group] of metadata.row_groups.entries())
      for (const { meta_data: data } of group.columns) {
        const name = data?.path_in_schema[0];
        if (!data || name === undefined || !names.includes(name)) continue;
        const schemaPath = getTreePath(tree, data.path_in_schema);
        const lists = new ListCheck(schemaPath);
        const chunk = {
          data,
          repetitionBits: bitsOf(getMaxRepetitionLevel(schemaPath)),
          definitionBits: bitsOf(getMaxDefinitionLevel(schemaPath)),
          lists,
        };
        const declare = (count: number, uncompressed: number) => {
          bytes += decodedBytes(count, uncompressed, data.type === 'BYTE_ARRAY');
          refuseBeyondLimit(bytes, shown, 'pages that hold more than the file says of its columns');
        };
        await walkChunk(file, chunk, declare, (page) => {
          throw new DataError([
            {
              place: { file: shown },
              found:
                `page ${page} of column ${quoted(name)} in row group ${g + 1} whose bytes are not those of its ` +
                'checksum',
              expected: 'the file as it was written',
              mend: 'It is damaged: fetch it again, or write it again.',
            },
          ]);
        });
        const stray = lists.problem(shown, name, g + 1, Number(group.num_rows));
        if (stray) throw new DataError([stray]);
      }
  } finally {
    await file.close();
  }
}

/** Bits that hold levels up to `most`. */
function bitsOf(most: number): number {
  return 32 - Math.clz32(most);
}

/** A column chunk, and its path through the schema. */
interface Chunk {
  readonly data: ColumnMetaData;
  readonly repetitionBits: number;
  readonly definitionBits: number;
  readonly lists: ListCheck;
}

/** @param declare is told the values and the bytes of every page before it is decompressed */
async function walkChunk(
  file: FileHandle,
  { data, lists, ...levels }: Chunk,
  declare: (values: number, uncompressed: number) => void,
  damaged: (page: number) => void,
): Promise<void> {
  const start = Number(data.dictionary_page_offset || data.data_page_offset);
  const chunk = new Window(file, start + Number(data.total_compressed_size));
  const where = (page: number) => `page ${page} of ${data.path_in_schema.join('.')}`;
  let at = start;
  let left = Number(data.num_values);
  for (let page = 1; at < chunk.end; page++) {
    const header = headerOf(await chunk.bytes(at, HEADER)) ?? headerOf(await chunk.bytes(at, chunk.end - at));
    if (!header) throw new Error(`${where(page)} has no header`);
    const { length, compressed_page_size: size, uncompressed_page_size: whole, crc } = header;
    const count = (header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header)?.num_values;
    if (!isCount(size) || !isCount(whole) || !isCount(count) || !isLevelled(header) || at + length + size > chunk.end)
      throw new Error(`${where(page)} has a size that cannot be`);
    // A dictionary may hold more entries than its chunk has values: a writer of categories repeats all of them in every
    // row group.
    if (!header.dictionary_page_header) left -= count;
    if (left < 0) throw new Error(`${where(page)} holds more values than its column`);
    declare(count, whole);
    at += length;
    const bytes = await chunk.bytes(at, size);
    if (crc !== undefined && (crc32(bytes) | 0) !== (crc | 0)) damaged(page);
    const own = walkPage(bytes, header, data, { boolean: data.type === 'BOOLEAN', values: count, ...levels });
    if (own) lists.add(own);
    at += size;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Tells if the levels of a page of version 2 lie within it; without their lengths hyparquet would look for them for
 * ever.
 */
function isLevelled({ data_page_header_v2: v2, compressed_page_size: size }: Header): boolean {
  if (!v2) return true;
  const lengths = [v2.repetition_levels_byte_length, v2.definition_levels_byte_length];
  return [...lengths, v2.num_nulls, v2.num_rows].every(isCount) && lengths[0]! + lengths[1]! <= size;
}

/** Walks the runs of a page's levels and codes; undefined for a page that has neither. */
function walkPage(
  bytes: Uint8Array,
  header: Header,
  { codec }: ColumnMetaData,
  layout: Omit<RunLayout, 'encoding'>,
): Levels | undefined {
  const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
  const decompressed = (part: Uint8Array, length: number) => decompressPage(part, length, codec, compressors);
  const coded = (encoding: string) => encoding.endsWith('_DICTIONARY') || encoding === 'RLE';
  if (v1 && (layout.repetitionBits > 0 || layout.definitionBits > 0 || coded(v1.encoding)))
    return walkRuns(decompressed(bytes, size), { ...layout, encoding: v1.encoding });
  if (!v2) return undefined;
  const [repetition, definition] = [v2.repetition_levels_byte_length, v2.definition_levels_byte_length];
  const levels = {
    repetition: walkLevels(bytes.subarray(0, repetition), layout.repetitionBits, layout),
    definition: walkLevels(bytes.subarray(repetition, repetition + definition), layout.definitionBits, layout),
  };
  if (!coded(v2.encoding)) return levels;
  const part = bytes.subarray(repetition + definition);
  const codes = v2.is_compressed === false ? part : decompressed(part, size - repetition - definition);
  walkCodes(codes, { ...layout, encoding: v2.encoding });
  return levels;
}

/** Bytes of a file up to `end`, read in large pieces. */
class Window {
  private held = new Uint8Array();
  private from = 0;

  constructor(
    private readonly file: FileHandle,
    readonly end: number,
  ) {}

  /** As many bytes as are asked for, fewer at the end. */
  async bytes(at: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.end - at);
    if (at < this.from || at + wanted > this.from + this.held.length) {
      const piece = new Uint8Array(Math.max(wanted, Math.min(PIECE, this.end - at)));
      const { bytesRead } = await this.file.read(piece, 0, piece.length, at);
      if (bytesRead < piece.length) throw new Error('it is cut short');
      this.held = piece;
      this.from = at;
    }
    return this.held.subarray(at - this.from, at - this.from + wanted);
  }
}

type Header = ReturnType<typeof parquetHeader> & {
  /** Bytes of the header itself. */
  readonly length: number;
};

/** The page's header; undefined where the bytes end in the middle of it. */
function headerOf(bytes: Uint8Array): Header | undefined {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  try {
    const header = parquetHeader(reader);
    return { ...header, length: reader.offset };
  } catch {
    return undefined;
  }
}
