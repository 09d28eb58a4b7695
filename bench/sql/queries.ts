/** Every query of a table of evidence, for verify.py, as one object of JSON. */
import { CHECKS } from '../../src/checks/registry.js';
import type { TableSpec } from '../../src/data/evidence/evidence-table.js';
import { LEDGER_COLUMNS } from '../../src/data/evidence/ledger-query.js';

/** Columns of the ledger that a query can write alone, beside the keys. */
const KEYS = ['request_id', 'item_id'];

function described({ name, required, optional = [], others = false, sql, byColumn }: TableSpec) {
  const single = byColumn ? Object.keys(LEDGER_COLUMNS).filter((column) => !KEYS.includes(column)) : [];
  return {
    name,
    required,
    optional,
    others,
    sql,
    columns: single.map((column) => ({ column, sql: byColumn?.sql([column]) })),
  };
}

export function main(): void {
  const specs = CHECKS.flatMap((check) => [...check.tables, ...(check.beside ?? [])]);
  const tables = [...new Map(specs.map((spec) => [spec.name, spec])).values()];
  console.log(JSON.stringify({ checks: CHECKS.map(({ id }) => id), tables: tables.map(described) }));
}
