/** The format of a table's files: by their endings, held against their first bytes. */
import { extname, posix } from 'node:path';
import { ConfigError, DataError, type Place } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { sizeOf } from '../artefacts/files.js';
import { type FileKind, headOf, kindOfFile } from '../artefacts/first-bytes.js';
import type { Source } from './table-part.js';

export type Format = 'parquet' | 'csv' | 'tsv' | 'jsonl' | 'npy';

const FORMATS: Readonly<Record<string, Format>> = {
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  // Spark, BigQuery and ClickHouse write one object a line under this ending.
  '.json': 'jsonl',
  '.npy': 'npy',
};

const EXPECTED = '.parquet, .csv, .tsv, .jsonl or .json, the texts with .gz too';

/** Tells a text that is packed with gzip by its ending. */
export function isPacked(path: string): boolean {
  return extname(path).toLowerCase() === '.gz';
}

/** The format that an ending stands for; undefined for any other. */
function formatOfName(path: string): Format | undefined {
  if (!isPacked(path)) return FORMATS[extname(path).toLowerCase()];
  const format = FORMATS[extname(path.slice(0, -3)).toLowerCase()];
  return format === 'parquet' || format === 'npy' ? undefined : format;
}

/** The ending of a name, as messages show it: `.csv.bz2`. */
function endingOf(path: string): string {
  const ending = extname(path);
  const before = extname(path.slice(0, path.length - ending.length));
  return /^\.(gz|bz2|xz|zst|lz4|zip)$/i.test(ending) ? `${before}${ending}` : ending;
}

/**
 * Gives the one format of all files of a table, by their endings; Hive writes Parquet without any. ConfigError for
 * another ending, by what the file is, and for several formats.
 *
 * @param place where the table's path is written
 */
export function formatOf(sources: readonly Source[], place: Place | undefined): Format {
  const formats = sources.map(
    ({ path }): Format | undefined =>
      formatOfName(path) ?? (sources.length > 1 && kindOfFile(path)?.id === 'parquet' ? 'parquet' : undefined),
  );
  const [first] = formats;
  const odd = formats.findIndex((format) => format === undefined || format !== first);
  const source = sources[odd];
  if (first !== undefined && source === undefined) return first;
  const { path = '', shown = '' } = source ?? sources[0] ?? {};
  const kind = formats[odd] === undefined ? kindOfFile(path) : undefined;
  const several = sources.length > 1;
  throw new ConfigError([
    {
      ...(place ? { place } : {}),
      found:
        `a table with the ending "${printable(endingOf(path))}"` +
        `${several ? `, of the part ${quoted(shown)}` : ''}${kind ? `, ${kind.name}` : ''}`,
      expected: several && first !== undefined ? `parts of one format (the first is ${first})` : EXPECTED,
      ...(kind ? { mend: kind.mend(several ? posix.dirname(shown) : shown) } : {}),
    },
  ]);
}

/** Refuses a file that is of another format than its ending says, by its first bytes. */
export function refuseOtherContent({ path, shown }: Source, format: Format): void {
  const kind = kindOfFile(path);
  const packed = isPacked(path);
  const expected = format === 'parquet' || format === 'npy' ? format : packed ? 'gzip' : undefined;
  if (kind?.id === expected) return;
  // Writers of many parts leave empty ones as they are; a text may be empty.
  const empty = sizeOf(path) === 0;
  if (empty && expected !== format) return;
  const content = empty
    ? { name: 'an empty file', mend: () => 'Write it again, or fetch it again.' }
    : (kind ?? textOf(path));
  throw new DataError([
    {
      place: { file: shown },
      found: `${content.name} under the ending "${printable(endingOf(path))}"`,
      expected: 'a file that is what its ending says',
      mend: content.mend(shown),
    },
  ]);
}

/** Names a file that is none of the formats that are known by their first bytes. */
function textOf(path: string): Pick<FileKind, 'name' | 'mend'> {
  const head = headOf(path);
  if (!isText(head))
    return { name: 'bytes of no format that is known here', mend: () => 'Write it again, or fetch it again.' };
  const ending = head.toString('latin1').trimStart().startsWith('{') ? 'jsonl' : 'csv';
  return { name: 'a text', mend: (shown) => `Name it ${shown.replace(/(\.[^./]*)?(\.gz)?$/i, '')}.${ending}` };
}

/** Tells bytes that no text holds from others. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte > 8 && (byte < 14 || byte > 31));
}
