/** Names and functions in which the engines' dialects differ, for the SQL that writes a state. */
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
  /** Whole numbers up to 2^31. */
  readonly smallType: string;
  /**
   * The text of an id or a slice value as a run reads it off a Parquet file (data/tables/identity.ts): 7 of the float
   * 7.0 and of the decimal 7.00; NULL where a number is not whole, or not exact.
   *
   * @param column its name, quoted
   */
  identity(column: string): string;
  /** Another number for each row of a table of distinct names, or the name itself. */
  numbered(name: string): string;
  /** Says whether a text matches a regular expression. */
  matches(text: string, pattern: string): string;
  /** a xor b, of whole numbers. */
  xor(a: string, b: string): string;
  /** A whole number of 0 or above, divided by 2^bits. */
  shift(value: string, bits: number): string;
  /** FNV-1a 32 over the UTF-8 bytes of a text. */
  fnv(text: string): string;
  /** fmix32 of a whole number as one expression; left out: steps are queries of their own. */
  finalise?(hash: string): string;
  /** The element of a list of numbers at a whole number, counted from 0. */
  element(list: readonly string[], at: string): string;
  /** The probability that none of r relevant ones is in the first m of n tied places (estimation/metrics/ties.ts). */
  noneWithin(n: string, r: string, m: string): string;
  /** E[1 / rank] of the first of r relevant ones in n tied places below `above` others (estimation/metrics/mrr.ts). */
  reciprocalOfFirst(above: string, n: string, r: string): string;
  /** The first and the third quartile of a column, as two of which the first is no larger; about is enough. */
  quartiles(column: string): readonly [first: string, third: string];
  /** A hint after SELECT that tables are small enough to be sent to the rows; empty where none is needed. */
  small(tables: readonly string[]): string;
  /** Statements that come before all others. */
  readonly prologue: readonly string[];
  /** A table that later statements read. */
  create(table: string, query: string): readonly string[];
  /** Lets go of such a table. */
  drop(table: string): string;
  /** Writes the result of a query into a folder, as Parquet, or as lines of JSON. */
  write(folder: string, table: string, query: string, format: 'parquet' | 'json'): string;
}

/** Whole numbers beyond these are not told apart by floats of 64 and of 32 bits. */
const EXACT_TO = { double: 2 ** 53 - 1, single: 2 ** 24 } as const;

/** A decimal's text without the zeros behind its point; NULL where others stand there. */
function wholeDecimal(text: string, part: (text: string, at: 1 | 2) => string): string {
  return `CASE WHEN REPLACE(${part(text, 2)}, '0', '') = '' THEN ${part(text, 1)} END`;
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
  smallType: 'INTEGER',
  identity: (column) => {
    const text = `CAST(${column} AS VARCHAR)`;
    // By way of the text, as dates and truth values have no cast to a number.
    const number = `TRY_CAST(${text} AS DOUBLE)`;
    const whole = (most: number) =>
      `CASE WHEN ${number} = FLOOR(${number}) AND ABS(${number}) <= ${most} THEN CAST(CAST(${number} AS BIGINT) AS VARCHAR) END`;
    return (
      `CASE WHEN typeof(${column}) = 'DOUBLE' THEN ${whole(EXACT_TO.double)} ` +
      `WHEN typeof(${column}) = 'FLOAT' THEN ${whole(EXACT_TO.single)} ` +
      `WHEN typeof(${column}) LIKE 'DECIMAL(%' THEN ${wholeDecimal(text, (own, at) => `split_part(${own}, '.', ${at})`)} ` +
      `ELSE ${text} END`
    );
  },
  numbered: () => 'CAST(ROW_NUMBER() OVER () AS INTEGER)',
  matches: (text, pattern) => `regexp_matches(${text}, ${doubled(pattern, "'")})`,
  xor: (a, b) => `xor(${a}, ${b})`,
  shift: (value, bits) => `((${value}) >> ${bits})`,
  fnv: (text) =>
    `list_reduce(list_prepend(CAST(${OFFSET} AS BIGINT), list_transform(range(octet_length(encode(${text}))), ` +
    `lambda i: CAST('0x' || substr(hex(encode(${text})), 2 * i + 1, 2) AS BIGINT))), ` +
    `lambda h, b: (xor(h, b) * ${PRIME}) & ${LOW})`,
  element: (list, at) => `([${list.join(', ')}])[CAST(${at} AS BIGINT) + 1]`,
  noneWithin: (n, r, m) =>
    `list_product(list_transform(range(CAST(${r} AS BIGINT)), lambda i: (${n} - ${m} - i) / (${n} - i)))`,
  // Both lists of a reduction have one type, so that the step stands in it beside what is summed.
  reciprocalOfFirst: (above, n, r) => {
    const step = (j: string, p: string, s: string) =>
      `{'j': CAST(${j} AS BIGINT), 'p': CAST(${p} AS DOUBLE), 's': CAST(${s} AS DOUBLE)}`;
    const next = step('b.j', `a.p * (${n} - b.j - ${r} + 1) / GREATEST(${n} - b.j, 1)`, `a.s + a.p / (${above} + b.j)`);
    return (
      `list_reduce(list_prepend(${step('0', `${r} / ${n}`, '0')}, ` +
      `list_transform(range(1, CAST(${n} - ${r} + 2 AS BIGINT)), lambda j: ${step('j', '0', '0')})), lambda a, b: ${next}).s`
    );
  },
  quartiles: (column) => [`QUANTILE_DISC(${column}, 0.25)`, `QUANTILE_DISC(${column}, 0.75)`],
  small: () => '',
  prologue: [],
  create: (table, query) => [`CREATE OR REPLACE TEMP TABLE ${table} AS\n${query}`],
  drop: (table) => `DROP TABLE ${table}`,
  write: (folder, table, query, format) =>
    format === 'json'
      ? `COPY (\n${query}\n) TO ${doubled(`${folder}/${table}`, "'")} (FORMAT json)`
      : `COPY (\n${query}\n) TO ${doubled(`${folder}/${table}.parquet`, "'")} (FORMAT parquet)`,
};

/** The folder of tables that only later statements read. */
const BETWEEN = '_between';

/**
 * A view of Spark is the query that it stands for, cached or not: views of views of views take its analyser longer than
 * their rows take the cluster. Tables are therefore written beside the state, and emptied when they are let go of.
 */
const spark = (to: string): Dialect => ({
  text: (value) => escaped(value, "'"),
  name: (value) => doubled(value, '`'),
  textType: 'STRING',
  numberType: 'DOUBLE',
  integerType: 'BIGINT',
  smallType: 'INT',
  identity: (column) => {
    const text = `CAST(${column} AS STRING)`;
    const number = `try_cast(${text} AS DOUBLE)`;
    const whole = (most: number) =>
      `CASE WHEN ${number} = FLOOR(${number}) AND ABS(${number}) <= ${most} THEN CAST(try_cast(${number} AS BIGINT) AS STRING) END`;
    // A zero with many digits behind its point is written 0E-10.
    const decimal = wholeDecimal(
      `regexp_replace(${text}, '^0E-.*', '0')`,
      (own, at) => `split_part(${own}, '.', ${at})`,
    );
    return (
      `CASE WHEN typeof(${column}) = 'double' THEN ${whole(EXACT_TO.double)} ` +
      `WHEN typeof(${column}) = 'float' THEN ${whole(EXACT_TO.single)} ` +
      `WHEN typeof(${column}) LIKE 'decimal(%' THEN ${decimal} ELSE ${text} END`
    );
  },
  // Numbered where the rows lie: one order of all of them would be the work of one executor.
  numbered: () => 'monotonically_increasing_id()',
  matches: (text, pattern) => `${text} RLIKE ${escaped(pattern, "'")}`,
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
  element: (list, at) => `array(${list.join(', ')})[CAST(${at} AS INT)]`,
  noneWithin: (n, r, m) =>
    `aggregate(sequence(CAST(0 AS BIGINT), ${r} - 1), CAST(1 AS DOUBLE), (x, i) -> x * (${n} - ${m} - i) / (${n} - i))`,
  reciprocalOfFirst: (above, n, r) =>
    `aggregate(sequence(CAST(1 AS BIGINT), ${n} - ${r} + 1), ` +
    `named_struct('p', CAST(${r} / ${n} AS DOUBLE), 's', CAST(0 AS DOUBLE)), (x, j) -> named_struct(` +
    `'p', x.p * (${n} - j - ${r} + 1) / GREATEST(${n} - j, 1), 's', x.s + x.p / (${above} + j)), x -> x.s)`,
  quartiles: (column) => [`PERCENTILE_APPROX(${column}, 0.25)`, `PERCENTILE_APPROX(${column}, 0.75)`],
  // Of a filter it assumes that all rows pass, and sorts both sides of a join with what is left of few.
  small: (tables) => `/*+ BROADCAST(${tables.join(', ')}) */ `,
  prologue: [],
  create: (table, query) => {
    const path = escaped(`${to}/${BETWEEN}/${table}`, "'");
    return [
      `INSERT OVERWRITE DIRECTORY ${path} USING parquet\n${query}`,
      `CREATE OR REPLACE TEMPORARY VIEW ${table} USING parquet OPTIONS (path ${path})`,
    ];
  },
  drop: (table) =>
    `INSERT OVERWRITE DIRECTORY ${escaped(`${to}/${BETWEEN}/${table}`, "'")} USING parquet\nSELECT 0 AS gone WHERE 1 = 0`,
  write: (folder, table, query, format) =>
    `INSERT OVERWRITE DIRECTORY ${escaped(`${folder}/${table}`, "'")} USING ${format}\n` +
    `SELECT /*+ COALESCE(1) */ * FROM (\n${query}\n)`,
});

const bigquery: Dialect = {
  text: (value) => escaped(value, "'"),
  name: (value) => escaped(value, '`'),
  textType: 'STRING',
  numberType: 'FLOAT64',
  integerType: 'INT64',
  smallType: 'INT64',
  // Of floats and decimals without a fraction it writes none.
  identity: (column) => `CAST(${column} AS STRING)`,
  numbered: (name) => name,
  matches: (text, pattern) => `REGEXP_CONTAINS(${text}, ${escaped(pattern, "'")})`,
  xor: (a, b) => `(${a} ^ ${b})`,
  shift: (value, bits) => `((${value}) >> ${bits})`,
  fnv: (text) => `CAST(skewgate_fnv(CAST(${text} AS BYTES)) AS INT64)`,
  element: (list, at) => `[${list.join(', ')}][OFFSET(CAST(${at} AS INT64))]`,
  noneWithin: (n, r, m) => `skewgate_none_within(${n}, ${r}, ${m})`,
  reciprocalOfFirst: (above, n, r) => `skewgate_first(${above}, ${n}, ${r})`,
  quartiles: (column) => [`APPROX_QUANTILES(${column}, 4)[OFFSET(1)]`, `APPROX_QUANTILES(${column}, 4)[OFFSET(3)]`],
  small: () => '',
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
    'CREATE TEMP FUNCTION skewgate_none_within(n FLOAT64, r FLOAT64, m FLOAT64) RETURNS FLOAT64 LANGUAGE js AS r"""\n' +
      '  let probability = 1;\n' +
      '  for (let i = 0; i < r; i++) probability *= (n - m - i) / (n - i);\n' +
      '  return probability;\n"""',
    'CREATE TEMP FUNCTION skewgate_first(above FLOAT64, n FLOAT64, r FLOAT64) RETURNS FLOAT64 LANGUAGE js AS r"""\n' +
      '  let [expected, probability] = [0, r / n];\n' +
      '  for (let j = 1; j <= n - r + 1; j++) {\n' +
      '    expected += probability / (above + j);\n' +
      '    probability *= (n - j - r + 1) / (n - j);\n' +
      '  }\n' +
      '  return expected;\n"""',
  ],
  create: (table, query) => [`CREATE OR REPLACE TEMP TABLE ${table} AS\n${query}`],
  drop: (table) => `DROP TABLE ${table}`,
  write: (folder, table, query, format) =>
    `EXPORT DATA OPTIONS (uri = ${escaped(`${folder}/${table}/part-*.${format}`, "'")}, ` +
    `format = '${format.toUpperCase()}', overwrite = true) AS\n${query}`,
};

/** @param to the folder of the state */
export const ENGINES: Readonly<Record<SqlDialect, (to: string) => Dialect>> = {
  duckdb: () => duckdb,
  spark,
  bigquery: () => bigquery,
};
