/** Production's mix of rows over log sources and tiers, and what it makes of the weights of a ledger. */

import { list, quoted } from '../../lib/text.js';
import type { Coded } from '../tables/identity.js';
import type { EvidenceTable, TableSpec } from './evidence-table.js';
import { sql } from './sql.js';

export const MIX: TableSpec = {
  name: 'mix',
  page: 'checks/sampling-bias.md',
  holds: 'one row per log source and tier, with its share of what production serves',
  required: ['prod_share'],
  optional: ['log_source', 'tier'],
  sql: sql`SELECT log_source, tier, COUNT(*) / SUM(COUNT(*)) OVER () AS prod_share
FROM serving_log GROUP BY log_source, tier`,
  cost: 'query',
};

/** Distance that shares may have from a sum of 1, as they were rounded. */
const SLACK = 0.01;

export interface Rows {
  readonly rows: number;
  readonly weight: Float64Array;
  readonly strata: ReadonlyMap<string, Coded>;
}

/**
 * Post-stratification: weight · π_s(production) / π_s(ledger), s being the row's stratum. Shape (rows).
 *
 * @param ledger path of the ledger as shown
 */
export function onlineWeightsOf(mix: EvidenceTable, { rows, weight, strata }: Rows, ledger: string): Float64Array {
  const names = ['log_source', 'tier'].filter((name) => mix.has(name));
  if (names.length === 0) throw mix.error('a mix over nothing', 'a column log_source, or tier, or both');
  const own = names.flatMap((name) => strata.get(name) ?? []);
  const absent = names.filter((name) => !strata.has(name));
  if (absent.length > 0)
    throw mix.error(`a mix over ${list(absent)}, which ${ledger} does not have`, 'the same columns in the ledger');
  const columns = names.map((name) => mix.texts(name));
  const share = mix.shares('prod_share');
  mix.refuseRepeated(columns, names);
  mix.throwIfBad();
  const sum = share.reduce((total, x) => total + x, 0);
  if (Math.abs(sum - 1) > SLACK) throw mix.error(`shares that sum to ${Number(sum.toPrecision(4))}`, 'a sum of 1');

  const key = (values: readonly string[]) => JSON.stringify(values);
  const shown = (stratum: string) => (JSON.parse(stratum) as string[]).map(quoted).join(', ');
  const production = new Map<string, { share: number; row: number }>();
  for (let r = 0; r < mix.rows; r++)
    production.set(key(columns.map(({ codes, names: texts }) => texts[codes[r]!]!)), {
      share: share[r]! / sum,
      row: r,
    });
  const stratumOf = Array.from({ length: rows }, (_, r) =>
    key(own.map(({ codes, names: texts }) => texts[codes[r]!]!)),
  );
  const held = new Map<string, number>();
  let total = 0;
  for (const [r, stratum] of stratumOf.entries()) {
    held.set(stratum, (held.get(stratum) ?? 0) + weight[r]!);
    total += weight[r]!;
  }
  for (const [stratum, { share: served, row }] of production)
    if (served > 0 && !((held.get(stratum) ?? 0) > 0))
      mix.refuse(
        row,
        'prod_share',
        `${served} of ${shown(stratum)}, of which ${ledger} has no row`,
        'rows of every stratum that production serves',
      );
  mix.throwIfBad();
  const unknown = [...held.keys()].find((stratum) => !production.has(stratum));
  if (unknown !== undefined)
    throw mix.error(
      `no share of ${shown(unknown)}, of which ${ledger} has rows`,
      'a share of every stratum, 0 where production serves none',
    );
  // Every stratum of the ledger has a share and weight.
  return Float64Array.from(
    stratumOf,
    (stratum, r) => (weight[r]! * production.get(stratum)!.share * total) / held.get(stratum)!,
  );
}
