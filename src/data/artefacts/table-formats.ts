/**
 * Tables whose folder is not the table: after a delete, an update or a compaction the folder still holds the files of
 * before, and which of them count stands in a log beside them. Recognised by that log, and refused by name.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Place, Problem } from '../../errors.js';
import { quoted, shellPath } from '../../lib/text.js';
import type { Artefact } from './artefact.js';

interface Format {
  readonly name: string;
  /** Tells the root folder of such a table from any other. */
  readonly isRoot: (folder: string) => boolean;
  /** The line that writes the table's rows as one Parquet file. */
  readonly mend: (folder: string) => string;
}

const duckdb = (extension: string, scan: string) => (folder: string) =>
  `Export its rows, as with DuckDB: INSTALL ${extension}; LOAD ${extension}; COPY (FROM ` +
  `${scan}('${shellPath(folder)}')) TO 'rows.parquet'`;

const FORMATS: readonly Format[] = [
  { name: 'Delta Lake', isRoot: (folder) => holds(folder, '_delta_log'), mend: duckdb('delta', 'delta_scan') },
  {
    name: 'Iceberg',
    isRoot: (folder) =>
      entries(join(folder, 'metadata')).some((name) =>
        /^version-hint\.text$|^(v?\d+|\d+-[0-9a-f-]+)(\.gz)?\.metadata\.json$/.test(name),
      ),
    mend: duckdb('iceberg', 'iceberg_scan'),
  },
  {
    name: 'Hudi',
    isRoot: (folder) => holds(folder, '.hoodie'),
    mend: (folder) =>
      'Export its rows, as with Spark: ' +
      `spark.read.format("hudi").load("${shellPath(folder)}").drop("_hoodie_commit_time", ` +
      '"_hoodie_commit_seqno", "_hoodie_record_key", "_hoodie_partition_path", ' +
      '"_hoodie_file_name").write.parquet("rows")',
  },
  {
    name: 'Lance',
    isRoot: (folder) => holds(folder, '_versions') && (holds(folder, 'data') || holds(folder, '_transactions')),
    mend: (folder) =>
      'Export its rows, in Python: import lance, pyarrow.parquet; ' +
      `pyarrow.parquet.write_table(lance.dataset("${shellPath(folder)}").to_table(), "rows.parquet")`,
  },
];

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function holds(folder: string, name: string): boolean {
  return entries(folder).includes(name);
}

/**
 * The problem of an artefact that is a table of another format, a part of one, or that has one among its folders;
 * undefined for plain files.
 *
 * @param root folder above which nothing is looked at
 * @param show a path as messages show it
 * @param place where the path is written
 */
export function tableFormatProblem(
  artefact: Pick<Artefact, 'folder' | 'parts'>,
  root: string,
  show: (path: string) => string,
  place: Place,
): Problem | undefined {
  const seen = new Set<string>();
  for (const start of [artefact.folder, ...artefact.parts.map(({ path }) => dirname(path))])
    for (let folder = resolve(start); !seen.has(folder); folder = dirname(folder)) {
      seen.add(folder);
      const format = FORMATS.find(({ isRoot }) => isRoot(folder));
      if (format)
        return {
          place,
          found:
            `files of the ${format.name} table ${quoted(show(folder))}, among them ones of rows that it no ` +
            'longer has',
          expected: 'a Parquet, CSV or JSON Lines file, or a folder of part files that are all of the table',
          mend: format.mend(show(folder)),
        };
      if (folder === root) break;
    }
  return undefined;
}
