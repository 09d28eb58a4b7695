/** Checksums of a Parquet file's pages, verified where the writer has written them: hyparquet does not look at them, and most flipped bits would decode to other numbers. */
import { type FileHandle, open } from 'node:fs/promises';
import type { FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { DataError } from '../errors.js';
import { crc32 } from '../lib/crc32.js';
import { decodedBytes, refuseBeyondLimit } from '../lib/limits.js';
import { quoted } from '../lib/text.js';

/** Bytes that hold a page's header, but where statistics make it longer. */
const HEADER = 1 << 12;
/** Bytes that are read at a time. */
const PIECE = 1 << 20;

type ColumnMetaData = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/**
 * Walks the pages of the named columns. DataError where a checksum is not that of its page, and where pages declare more values than the limit allows, whatever the metadata says.
 * Damage that leaves no page to be walked is an Error, as of the reader itself.
 */
export async function verifyPages(
  path: string,
  shown: string,
  { row_groups: groups }: FileMetaData,
  names: readonly string[],
): Promise<void> {
  const file = await open(path, 'r');
  try {
    let values = 0;
    let bytes = 0;
    for (const [g, group] of groups.entries())
      for (const { meta_data: data } of group.columns) {
        const name = data?.path_in_schema[0];
        if (!data || name === undefined || !names.includes(name)) continue;
        const pages = await walkChunk(file, data, (page) => {
          throw new DataError([
            {
              place: { file: shown },
              found: `page ${page} of column ${quoted(name)} in row group ${g + 1} whose bytes are not those of its checksum`,
              expected: 'the file as it was written',
              mend: 'It is damaged: fetch it again, or write it again.',
            },
          ]);
        });
        values += pages.values;
        bytes += decodedBytes(pages.values, pages.uncompressed, data.type === 'BYTE_ARRAY');
        refuseBeyondLimit(bytes, shown, `pages of ${values.toLocaleString('en-US')} values`);
      }
  } finally {
    await file.close();
  }
}

/** Values and bytes that the pages of a column chunk declare to hold. */
async function walkChunk(
  file: FileHandle,
  data: ColumnMetaData,
  damaged: (page: number) => void,
): Promise<{ values: number; uncompressed: number }> {
  const start = Number(data.dictionary_page_offset || data.data_page_offset);
  const chunk = new Window(file, start + Number(data.total_compressed_size));
  let [values, uncompressed] = [0, 0];
  let at = start;
  for (let page = 1; at < chunk.end; page++) {
    const header = headerOf(await chunk.bytes(at, HEADER)) ?? headerOf(await chunk.bytes(at, chunk.end - at));
    if (!header) throw new Error(`page ${page} of ${data.path_in_schema.join('.')} has no header`);
    if (
      !(header.compressed >= 0 && header.uncompressed >= 0 && header.values >= 0) ||
      at + header.length + header.compressed > chunk.end
    )
      throw new Error(`page ${page} of ${data.path_in_schema.join('.')} has a size that cannot be`);
    values += header.values;
    uncompressed += header.uncompressed;
    at += header.length;
    if (header.crc !== undefined && (crc32(await chunk.bytes(at, header.compressed)) | 0) !== (header.crc | 0))
      damaged(page);
    at += header.compressed;
  }
  return { values, uncompressed };
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

interface Header {
  /** Of the header itself. */
  readonly length: number;
  readonly compressed: number;
  readonly uncompressed: number;
  readonly values: number;
  readonly crc: number | undefined;
}

/** The page's header; undefined where the bytes end in the middle of it. */
function headerOf(bytes: Uint8Array): Header | undefined {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  try {
    const page = parquetHeader(reader);
    const own = page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header;
    return {
      length: reader.offset,
      compressed: page.compressed_page_size,
      uncompressed: page.uncompressed_page_size,
      values: own?.num_values ?? 0,
      crc: page.crc,
    };
  } catch {
    return undefined;
  }
}
