/**
 * The query that writes the ledger, column by column: the rows that were scored offline, beside them what serving
 * logged, and beside that what replays of the same rows predict.
 */

import type { Cost } from './evidence-table.js';
import { everywhere, type Sql } from './sql.js';

/** The tables that columns come from. */
const SOURCES = {
  offline: { table: 'offline_eval', as: 'o', cost: 'query' },
  serving: { table: 'serving_log', as: 's', cost: 'column' },
  replay: { table: 'replay', as: 'r', cost: 'replay' },
} as const satisfies Readonly<Record<string, { table: string; as: string; cost: Cost }>>;

interface LedgerColumn {
  readonly from: keyof typeof SOURCES;
  /** The expression that gives it; left out: a column of its own name. */
  readonly as?: string;
  /** Its own cost, if that is not its source's. */
  readonly cost?: Cost;
  /** It replays one cause alone, which few need: not part of the whole query. */
  readonly toggle?: true;
}

const toggle = (as: string): LedgerColumn => ({ from: 'replay', as, toggle: true });

/** Every column of the ledger but `weight_online`, which the table `mix` gives. */
export const LEDGER_COLUMNS: Readonly<Record<string, LedgerColumn>> = {
  request_id: { from: 'offline' },
  item_id: { from: 'offline' },
  label: { from: 'offline', as: 'o.converted' },
  cluster: { from: 'offline', as: 'o.user_id', cost: 'column' },
  weight: { from: 'offline', cost: 'column' },
  log_source: { from: 'offline', cost: 'column' },
  tier: { from: 'offline', cost: 'column' },
  score_prod: { from: 'offline', as: 'o.score_production' },
  s0: { from: 'offline', as: 'o.score_candidate' },
  event_ts: { from: 'offline', cost: 'column' },
  feature_ts: { from: 'offline', as: 'o.youngest_feature_ts', cost: 'column' },
  label_ts: { from: 'offline', as: 'o.label_known_ts', cost: 'column' },
  served: { from: 'serving', as: 'CASE WHEN s.request_id IS NULL THEN 0 ELSE 1 END' },
  s5: { from: 'serving', as: 's.score' },
  score_prod_online: { from: 'serving', as: 's.score_production' },
  served_version: { from: 'serving', as: 's.model_version' },
  item_version: { from: 'serving' },
  s0_pit: { from: 'replay', as: 'r.score_point_in_time' },
  s2: { from: 'replay', as: 'r.score_served_features' },
  s3: { from: 'replay', as: 'r.score_served_versions' },
  s4: { from: 'replay', as: 'r.score_served_precision' },
  prod_s2: { from: 'replay', as: 'r.production_served_features', toggle: true },
  prod_s3: { from: 'replay', as: 'r.production_served_versions', toggle: true },
  prod_s4: { from: 'replay', as: 'r.production_served_precision', toggle: true },
  only_feature_parity: toggle('r.score_only_served_features'),
  all_but_feature_parity: toggle('r.score_all_but_served_features'),
  only_version_skew: toggle('r.score_only_served_versions'),
  all_but_version_skew: toggle('r.score_all_but_served_versions'),
  only_precision_parity: toggle('r.score_only_served_precision'),
  all_but_precision_parity: toggle('r.score_all_but_served_precision'),
};

const KEYS = ['request_id', 'item_id'];
/** Columns, of a line of the query. */
const WIDTH = 116;

/** The cost of a column of the ledger. Throws on one that no query writes: a bug. */
export function ledgerCost(column: string): Cost {
  const { from, cost } = columnOf(column);
  return cost ?? SOURCES[from].cost;
}

/** The query of some columns, the keys among them: for the whole ledger, or to be joined to what there is. */
export function ledgerQuery(columns: readonly string[]): Sql {
  const wanted = Object.keys(LEDGER_COLUMNS).filter((name) => KEYS.includes(name) || columns.includes(name));
  for (const name of columns) columnOf(name);
  const sources = (['serving', 'replay'] as const).filter((from) =>
    wanted.some((name) => columnOf(name).from === from),
  );
  const joins = sources.map((from) => {
    const { table, as } = SOURCES[from];
    return `LEFT JOIN ${table} ${as} ON ${as}.request_id = o.request_id AND ${as}.item_id = o.item_id`;
  });
  return everywhere([`SELECT ${lines(wanted.map(expression))}`, 'FROM offline_eval o', ...joins].join('\n'));
}

/** The query of all columns but those that replay one cause alone. */
export const LEDGER_QUERY = ledgerQuery(
  Object.entries(LEDGER_COLUMNS).flatMap(([name, column]) => (column.toggle ? [] : [name])),
);

function columnOf(name: string): LedgerColumn {
  const column = Object.hasOwn(LEDGER_COLUMNS, name) ? LEDGER_COLUMNS[name] : undefined;
  if (!column) throw new Error(`no query writes the column ${name} of the ledger`);
  return column;
}

function expression(name: string): string {
  const { from, as } = columnOf(name);
  return as === undefined ? `${SOURCES[from].as}.${name}` : `${as} AS ${name}`;
}

/** Expressions in lines of a readable width. */
function lines(expressions: readonly string[]): string {
  const out = [''];
  for (const [i, one] of expressions.entries()) {
    const text = i + 1 < expressions.length ? `${one},` : one;
    const last = out[out.length - 1]!;
    if (last !== '' && last.length + text.length + 1 > WIDTH) out.push(text);
    else out[out.length - 1] = last === '' ? text : `${last} ${text}`;
  }
  return out.join('\n       ');
}
