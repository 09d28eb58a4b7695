/** The statements that write a state, in their order. */
import type { SqlDialect } from '../documents/release/release.js';
import { planDigest, planText, STATE_TABLES } from '../estimation/state-tables/layout.js';
import { CutsSql } from './cuts-sql.js';
import { type Dialect, ENGINES } from './dialects.js';
import type { EnginePlan } from './plan.js';
import { RankingsSql } from './rankings-sql.js';
import { RowMetricsSql } from './row-metrics-sql.js';
import { givenRows, hashedNames, scoredRows } from './rows-sql.js';
import { PAIRS, SumsSql } from './sums-sql.js';

export interface ScriptOptions {
  readonly engine: SqlDialect;
  /** The scored table, as the engine calls it. */
  readonly table: string;
  /** The folder of the state. */
  readonly to: string;
}

/** The manifest is written last: a folder that has one is whole. Nothing else is left behind. */
export function statements(plan: EnginePlan, { engine, table, to }: ScriptOptions): string[] {
  const { d, left } = remembering(ENGINES[engine](to));
  const cuts = new CutsSql(plan, d);
  const sums = new SumsSql(cuts);
  const more = [
    ...(plan.tables.rowMetrics.length > 0 || plan.diagrams ? [new RowMetricsSql(cuts)] : []),
    ...(plan.tables.queryMetrics.length > 0 ? [new RankingsSql(cuts)] : []),
  ];
  const text = planText(plan.tables);
  const written = [
    ...d.prologue,
    ...givenRows(plan, d, table),
    ...sums.copied(),
    ...hashedNames(d),
    ...cuts.numbered(),
    ...scoredRows(cuts),
    ...sums.stamp(),
    ...sums.census(),
    ...sums.facts(),
    ...STATE_TABLES.map((name) => d.write(to, name, sums[name](), 'parquet')),
    d.drop(PAIRS),
    ...more.flatMap((metrics) => [
      ...metrics.prepared(),
      ...metrics.tables().map(([name, query]) => d.write(to, name, query, 'parquet')),
    ]),
    d.write(to, 'manifest.json', sums.manifest(text, planDigest(text), engine), 'json'),
  ];
  return [...written, ...left().map((made) => d.drop(made))];
}

/** A dialect, and the tables that it has made and not let go of. */
function remembering(own: Dialect): { readonly d: Dialect; readonly left: () => string[] } {
  const made = new Set<string>();
  const d: Dialect = {
    ...own,
    create: (table, query) => {
      made.add(table);
      return own.create(table, query);
    },
    drop: (table) => {
      made.delete(table);
      return own.drop(table);
    },
  };
  return { d, left: () => [...made] };
}
