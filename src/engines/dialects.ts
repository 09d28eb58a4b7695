/** What the engines' dialects call by different names, for the SQL that writes a state. */
import type { SqlDialect } from '../documents/release/release.js';
import { FINALISER } from '../lib/hash.js';

export interface Dialect {
  /** A text as a literal. */
  text(value: string): string;
  /** A column or table name, whatever it holds. */
  name(value: string): string;
  readonly textType: string;
  readonly numberType: string;
  readonly integerType: string;
  /** a xor b, of whole numbers. */
  xor(a: string, b: string): string;
  /** A whole number of 0 or above, divided by 2^bits. */
  shift(value: string, bits: number): string;
  /** FNV-1a 32 over the UTF-8 bytes of a text. */
  fnv(text: string): string;
  /** fmix32 of a whole number as one expression; left out: steps are queries of their own. */
  finalise?(hash: string): string;
  /** Statements that come before all others. */
  readonly prologue: readonly string[];
  /** A table that later statements read. */
  create(table: string, query: string): readonly string[];
  /** Writes the result of a query into a folder, as Parquet, or as lines of JSON. */
  write(folder: string, table: string, query: string, format: 'parquet' | 'json'): string;
}

const OFFSET = 2166136261;
const PRIME = 16777619;
const LOW = 4294967295;

/** Quotes doubled, as the standard has it. */
function doubled(value: string, quote: string): string {
  return quote + value.replaceAll(quote, quote + quote) + quote;
}

/** Backslashes before quotes, as Spark and BigQuery read them. */
function escaped(value: string, quote: string): string {
  const inside = value
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return quote + inside + quote;
}

const duckdb: Dialect = {
  text: (value) => doubled(value, "'"),
  name: (value) => doubled(value, '"'),
  textType: 'VARCHAR',
  numberType: 'DOUBLE',
  integerType: 'BIGINT',
  xor: (a, b) => `xor(${a}, ${b})`,
  shift: (value, bits) => `((${value}) >> ${bits})`,
  fnv: (text) =>
    `list_reduce(list_prepend(CAST(${OFFSET} AS BIGINT), list_transform(range(octet_length(encode(${text}))), ` +
    `lambda i: CAST('0x' || substr(hex(encode(${text})), 2 * i + 1, 2) AS BIGINT))), ` +
    `lambda h, b: (xor(h, b) * ${PRIME}) & ${LOW})`,
  prologue: [],
  create: (table, query) => [`CREATE OR REPLACE TEMP TABLE ${table} AS\n${query}`],
  write: (folder, table, query, format) =>
    format === 'json'
      ? `COPY (\n${query}\n) TO ${doubled(`${folder}/${table}`, "'")} (FORMAT json)`
      : `COPY (\n${query}\n) TO ${doubled(`${folder}/${table}.parquet`, "'")} (FORMAT parquet)`,
};

const spark: Dialect = {
  text: (value) => escaped(value, "'"),
  name: (value) => doubled(value, '`'),
  textType: 'STRING',
  numberType: 'DOUBLE',
  integerType: 'BIGINT',
  xor: (a, b) => `(${a} ^ ${b})`,
  shift: (value, bits) => `shiftright(${value}, ${bits})`,
  fnv: (text) =>
    `aggregate(sequence(1, octet_length(${text})), CAST(${OFFSET} AS BIGINT), (h, i) -> ` +
    `((h ^ CAST(conv(hex(substring(encode(${text}, 'UTF-8'), i, 1)), 16, 10) AS BIGINT)) * ${PRIME}) & ${LOW})`,
  // Its optimiser puts one query into the next, so that a value which each step uses twice would be computed 32 times.
  finalise: (hash) => {
    const { shifts, factors } = FINALISER;
    const steps = factors.map((factor, n) => `named_struct('bits', ${shifts[n]}, 'factor', ${factor}L)`);
    const shifted = '(h ^ shiftright(h, step.bits))';
    const high = `((shiftright(${shifted}, 16) * step.factor) & 65535) * 65536`;
    return (
      `aggregate(array(${steps.join(', ')}), ${hash}, (h, step) -> ` +
      `((${shifted} & 65535) * step.factor + ${high}) & ${LOW}, h -> h ^ shiftright(h, ${shifts[2]}))`
    );
  },
  prologue: [],
  create: (table, query) => [`DROP VIEW IF EXISTS ${table}`, `CACHE TABLE ${table} AS\n${query}`],
  write: (folder, table, query, format) =>
    `INSERT OVERWRITE DIRECTORY ${escaped(`${folder}/${table}`, "'")} USING ${format}\n` +
    `SELECT /*+ COALESCE(1) */ * FROM (\n${query}\n)`,
};

const bigquery: Dialect = {
  text: (value) => escaped(value, "'"),
  name: (value) => escaped(value, '`'),
  textType: 'STRING',
  numberType: 'FLOAT64',
  integerType: 'INT64',
  xor: (a, b) => `(${a} ^ ${b})`,
  shift: (value, bits) => `((${value}) >> ${bits})`,
  fnv: (text) => `CAST(skewgate_fnv(CAST(${text} AS BYTES)) AS INT64)`,
  prologue: [
    // SQL has no loop over bytes there; the bytes come as Base64.
    'CREATE TEMP FUNCTION skewgate_fnv(bytes BYTES) RETURNS FLOAT64 LANGUAGE js AS r"""\n' +
      "  const code = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';\n" +
      `  let hash = ${OFFSET} | 0, held = 0, bits = 0;\n` +
      '  for (const character of bytes) {\n' +
      '    const value = code.indexOf(character);\n' +
      '    if (value < 0) break;\n' +
      '    held = (held << 6) | value;\n' +
      '    bits += 6;\n' +
      '    if (bits < 8) continue;\n' +
      '    bits -= 8;\n' +
      `    hash = Math.imul(hash ^ ((held >> bits) & 255), ${PRIME});\n` +
      '    held &= (1 << bits) - 1;\n' +
      '  }\n' +
      '  return hash >>> 0;\n"""',
  ],
  create: (table, query) => [`CREATE OR REPLACE TEMP TABLE ${table} AS\n${query}`],
  write: (folder, table, query, format) =>
    `EXPORT DATA OPTIONS (uri = ${escaped(`${folder}/${table}/part-*.${format}`, "'")}, ` +
    `format = '${format.toUpperCase()}', overwrite = true) AS\n${query}`,
};

export const ENGINES: Readonly<Record<SqlDialect, Dialect>> = { duckdb, spark, bigquery };
