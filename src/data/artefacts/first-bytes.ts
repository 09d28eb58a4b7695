/**
 * Names a file by its first bytes, whatever its name says: exporters and browsers save files of one format under the
 * ending of another.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { shellPath } from '../../lib/text.js';

/** A format that a file begins as. */
export interface FileKind {
  readonly id: 'parquet' | 'gzip' | 'npy' | 'other';
  /** `an ORC file`. */
  readonly name: string;
  /** The sentence that says how to make a table of it that is read. */
  readonly mend: (path: string) => string;
}

/** A line of Python that writes a table as Parquet beside the file, as `FILE.parquet`. */
function python(code: (path: string, out: string) => string): FileKind['mend'] {
  return (path) => `Write it as Parquet, in Python: ${code(text(path), text(`${path}.parquet`))}`;
}

/** The line of Python for a format that pyarrow reads as a file and as a folder of parts. */
function dataset(format: string): FileKind['mend'] {
  return python(
    (path, out) =>
      'import pyarrow.dataset as d, pyarrow.parquet as q; ' +
      `q.write_table(d.dataset(${path}, format="${format}").to_table(), ${out})`,
  );
}

const shell =
  (command: string): FileKind['mend'] =>
  (path) =>
    `Run: ${command} ${shellPath(path)}`;

/** Texts may stay packed under a name that says so. */
const unpack: FileKind['mend'] = (path) =>
  /\.(csv|tsv|jsonl|ndjson|json)$/i.test(path)
    ? `Name it ${path}.gz`
    : `Unpack it: gunzip -c ${shellPath(path)} > unpacked, and name that by its format.`;

const otherwise = (): string => 'Export it as Parquet, CSV or JSON Lines.';

const KINDS: readonly (readonly [signature: string, kind: FileKind])[] = [
  ['PAR1', { id: 'parquet', name: 'a Parquet file', mend: (path) => `Name it ${stem(path)}.parquet.` }],
  [
    'PARE',
    {
      id: 'other',
      name: 'an encrypted Parquet file',
      mend: () => 'Write it without encryption where the gate runs: nothing here has its keys.',
    },
  ],
  ['\x1f\x8b', { id: 'gzip', name: 'a gzip file', mend: unpack }],
  ['\x93NUMPY', { id: 'npy', name: 'a NumPy array', mend: (path) => `Name it ${stem(path)}.npy.` }],
  ['ARROW1', { id: 'other', name: 'an Arrow (Feather) file', mend: dataset('feather') }],
  [
    'FEA1',
    {
      id: 'other',
      name: 'a Feather file of version 1',
      mend: python(
        (path, out) =>
          `import pyarrow.feather as f, pyarrow.parquet as q; q.write_table(f.read_table(${path}), ${out})`,
      ),
    },
  ],
  [
    '\xff\xff\xff\xff',
    {
      id: 'other',
      name: 'an Arrow stream',
      mend: python(
        (path, out) =>
          'import pyarrow.ipc as i, pyarrow.parquet as q; ' +
          `q.write_table(i.open_stream(open(${path}, "rb")).read_all(), ${out})`,
      ),
    },
  ],
  ['ORC', { id: 'other', name: 'an ORC file', mend: dataset('orc') }],
  [
    'Obj\x01',
    {
      id: 'other',
      name: 'an Avro file',
      mend: (path) =>
        'Write it as Parquet, with DuckDB: INSTALL avro; LOAD avro; ' +
        `COPY (FROM read_avro('${path.replaceAll("'", "''")}')) ` +
        "TO 'rows.parquet'",
    },
  ],
  ['BZh', { id: 'other', name: 'a bzip2 file', mend: shell('bunzip2 --keep') }],
  ['\xfd7zXZ\0', { id: 'other', name: 'an xz file', mend: shell('unxz --keep') }],
  ['\x28\xb5\x2f\xfd', { id: 'other', name: 'a Zstandard file', mend: shell('zstd -d') }],
  ['\x04\x22\x4d\x18', { id: 'other', name: 'an LZ4 file', mend: shell('lz4 -d') }],
  ['PK\x03\x04', { id: 'other', name: 'a zip archive (a workbook, an .npz or a .pt file is one)', mend: otherwise }],
  ['\x89HDF\r\n\x1a\n', { id: 'other', name: 'an HDF5 file', mend: otherwise }],
  ['SQLite format 3\0', { id: 'other', name: 'an SQLite database', mend: otherwise }],
  ['\xd0\xcf\x11\xe0', { id: 'other', name: 'an old Excel workbook', mend: otherwise }],
  ...['\x80\x02', '\x80\x03', '\x80\x04\x95', '\x80\x05\x95'].map(
    (signature) =>
      [signature, { id: 'other', name: 'a Python pickle', mend: otherwise }] as const satisfies [string, FileKind],
  ),
];

/** A path without the ending of its last part. */
function stem(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

/** A path as a text of Python, with another ending. */
function text(path: string, ending?: string): string {
  return `"${(ending === undefined ? path : `${stem(path)}${ending}`).replaceAll(/["\\]/g, '\\$&')}"`;
}

const FAISS: FileKind = {
  id: 'other',
  name: 'a FAISS index',
  mend: (path) =>
    'Write its vectors and ids as .npy, in Python: import faiss, numpy; ' +
    `i = faiss.read_index(${text(path)}); m = isinstance(i, (faiss.IndexIDMap, faiss.IndexIDMap2)); ` +
    `numpy.save(${text(path, '.ids.npy')}, faiss.vector_to_array(i.id_map) if m else numpy.arange(i.ntotal)); ` +
    'b = faiss.downcast_index(i.index) if m else i; ' +
    `numpy.save(${text(path, '.npy')}, b.reconstruct_n(0, b.ntotal))`,
};

const SAFETENSORS: FileKind = {
  id: 'other',
  name: 'a safetensors file',
  mend: (path) =>
    'Write its tensor as .npy, in Python: import numpy; from safetensors.numpy import load_file; ' +
    `numpy.save(${text(path, '.npy')}, next(iter(load_file(${text(path)}).values())))`,
};

const HEAD = 64;

/** Reads the first bytes of a file, at most 64. */
export function headOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, readSync(file, head, 0, HEAD, 0));
  } finally {
    closeSync(file);
  }
}

/** Names the format of a file by its first bytes; undefined for text, and for what is not known. */
export function kindOfFile(path: string): FileKind | undefined {
  return kindOfBytes(headOf(path));
}

/** Names the format of bytes that begin a file. */
export function kindOfBytes(head: Uint8Array): FileKind | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  // A text may begin with the letters of a format, and no text holds such a byte.
  if (!/[\0-\x08\x0e-\x1f]/.test(text)) return undefined;
  // faiss/impl/index_write.cpp: a code of four letters, the dimension (32 bits) and the count (64 bits).
  if (/^I[xBHwn][A-Za-z0-9]{2}[\s\S]{3}\0/.test(text)) return FAISS;
  // The length of a JSON header (64 bits), and the header.
  if (/^[\s\S]{3}\0{5}\{"/.test(text)) return SAFETENSORS;
  return KINDS.find(([signature]) => text.startsWith(signature))?.[1];
}
