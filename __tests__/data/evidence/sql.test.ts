/** The queries of tables of evidence: each in every dialect, and one text wherever they do not differ. */
import { describe, expect, it } from 'vitest';
import release from '../../../gates/release.schema.json' with { type: 'json' };
import { CHECKS } from '../../../src/checks/registry.js';
import { COSTS } from '../../../src/data/evidence/evidence-table.js';
import { LEDGER } from '../../../src/data/evidence/ledger.js';
import { LEDGER_COLUMNS, ledgerCost, ledgerQuery } from '../../../src/data/evidence/ledger-query.js';
import {
  allBut,
  DIALECTS,
  everywhere,
  inDialectOf,
  ONE_PERCENT,
  reserved,
  type Sql,
  sql,
} from '../../../src/data/evidence/sql.js';

const specs = CHECKS.flatMap((check) => [...check.tables, ...(check.beside ?? [])]);
const tables = [...new Map(specs.map((spec) => [spec.name, spec] as const))];
const dialects = Object.keys(DIALECTS) as (keyof Sql)[];

/** What may differ between dialects beside the quotation marks of a name; all else is one text. */
const PIECES: readonly Sql[] = [ONE_PERCENT, allBut('request_id', 'item_id', 'converted', 'event_ts')];

/** The text with a mark in the place of every piece that a dialect has of its own. */
function common(query: Sql, dialect: keyof Sql): string {
  const bare = query[dialect].replaceAll('`', '');
  return PIECES.reduce((text, piece, i) => text.replaceAll(piece[dialect], `⟨${i}⟩`), bare);
}

describe('the dialects', () => {
  it('are those that a release may name', () => {
    expect([...dialects].sort()).toEqual([...release.properties.sql_dialect.enum].sort());
  });

  it('differ in the pieces alone', () => {
    const query = sql`SELECT ${allBut('a')}, COUNT(*) AS ${reserved('rows')} FROM t ${ONE_PERCENT}`;
    expect(query).toEqual({
      duckdb: 'SELECT * EXCLUDE (a), COUNT(*) AS rows FROM t TABLESAMPLE BERNOULLI (1 PERCENT)',
      spark: 'SELECT * EXCEPT (a), COUNT(*) AS rows FROM t TABLESAMPLE (1 PERCENT)',
      bigquery: 'SELECT * EXCEPT (a), COUNT(*) AS `rows` FROM t TABLESAMPLE SYSTEM (1 PERCENT)',
    });
    expect(sql`SELECT 1`).toEqual(everywhere('SELECT 1'));
  });

  it('are chosen by the release, and DuckDB’s where it names none', () => {
    expect(inDialectOf({}, ONE_PERCENT)).toBe(ONE_PERCENT.duckdb);
    for (const sqlDialect of dialects) expect(inDialectOf({ sqlDialect }, ONE_PERCENT)).toBe(ONE_PERCENT[sqlDialect]);
  });
});

describe.each(tables)('the query of %s', (_, { sql: query, cost }) => {
  it('is there in every dialect, and differs only where they do', () => {
    for (const dialect of dialects) expect(query[dialect]).toMatch(/^(--[^\n]*\n)?(SELECT|WITH) /);
    const texts = new Set(dialects.map((dialect) => common(query, dialect)));
    expect([...texts]).toHaveLength(1);
  });

  it('says what it takes', () => {
    expect(COSTS).toContain(cost);
  });
});

describe('the query of the ledger', () => {
  const whole = LEDGER.sql.duckdb;

  it('writes every column that is read, but those of a single cause and the weight that the table mix gives', () => {
    const known = [...LEDGER.required, ...(LEDGER.optional ?? [])];
    const unknown = known.filter((column) => column !== 'weight_online' && !Object.hasOwn(LEDGER_COLUMNS, column));
    expect(unknown, 'give them a line in LEDGER_COLUMNS (src/data/evidence/ledger-query.ts)').toEqual([]);
    for (const [column, { toggle }] of Object.entries(LEDGER_COLUMNS))
      expect(new RegExp(`\\b${column}\\b`).test(whole), column).toBe(toggle !== true);
  });

  it('of some columns has them, the keys and the joins that they need', () => {
    expect(ledgerQuery(['label', 's0', 'score_prod']).spark).toBe(
      'SELECT o.request_id, o.item_id, o.converted AS label, o.score_production AS score_prod, ' +
        'o.score_candidate AS s0\nFROM offline_eval o',
    );
    expect(ledgerQuery(['served_version']).bigquery).toBe(
      'SELECT o.request_id, o.item_id, s.model_version AS served_version\nFROM offline_eval o\n' +
        'LEFT JOIN serving_log s ON s.request_id = o.request_id AND s.item_id = o.item_id',
    );
    expect(ledgerQuery(['s2', 's5']).duckdb.match(/LEFT JOIN (\w+)/g)).toEqual([
      'LEFT JOIN serving_log',
      'LEFT JOIN replay',
    ]);
  });

  it('keeps its lines within a screen, and leaves out no comma', () => {
    expect(Math.max(...whole.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(125);
    const [select] = whole.split('\nFROM');
    expect(select!.split(/,\s+/)).toHaveLength(Object.values(LEDGER_COLUMNS).filter(({ toggle }) => !toggle).length);
  });

  it('knows what a column takes', () => {
    expect(['label', 'tier', 's5', 's3', 'only_version_skew'].map(ledgerCost)).toEqual([
      'query',
      'column',
      'column',
      'replay',
      'replay',
    ]);
    expect(() => ledgerCost('s9')).toThrow('no query writes the column s9');
    expect(() => ledgerQuery(['constructor'])).toThrow('no query writes the column constructor');
  });
});
