/** The two tables of feature coverage: of training, and at the artefacts that serving reads. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { reserved, sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { exact, proportion } from '../measurement.js';

export const FEATURES_OFFLINE: TableSpec = {
  name: 'features_offline',
  page: 'checks/feature-parity.md',
  holds:
    'one row per feature of training, and per artefact that reads it, where artefacts differ in what they read ' +
    '(such as the towers)',
  required: ['feature', 'coverage'],
  optional: ['family', 'artefact', 'importance', 'rows'],
  sql: sql`-- importance: log loss that the model loses without the feature
SELECT feature, MAX(family) AS family, COUNT(value) / COUNT(*) AS coverage, COUNT(*) AS ${reserved('rows')},
       MAX(ablation_log_loss) AS importance
FROM training_features GROUP BY feature`,
  cost: 'query',
};

export const FEATURES_ONLINE: TableSpec = {
  name: 'features_online',
  page: 'checks/feature-parity.md',
  holds:
    'one row per feature, artefact that the model reads, and tier; coverage does not count what was filled in, ' +
    'which is default_rate',
  required: ['feature', 'artefact', 'coverage'],
  optional: ['tier', 'default_rate', 'rows'],
  sql: sql`SELECT feature, artefact, tier, COUNT(*) AS ${reserved('rows')},
       COUNT(CASE WHEN value IS NOT NULL AND NOT is_default THEN 1 END) / COUNT(*) AS coverage,
       COUNT(CASE WHEN is_default THEN 1 END) / COUNT(*) AS default_rate
FROM model_input_log GROUP BY feature, artefact, tier`,
  cost: 'query',
};

/** A feature as training has it. */
export interface TrainedFeature {
  readonly name: string;
  /** The family that it is of; its own name where the table has none. */
  readonly family: string;
  readonly coverage: Estimate;
  readonly importance: number | undefined;
  /** Artefacts that read it; undefined where training does not say. */
  readonly readers: ReadonlySet<string> | undefined;
}

/** An artefact, in one tier where there are tiers, and the features that have a row there. */
export interface ServingPlace {
  readonly artefact: string;
  readonly tier: string | undefined;
  readonly features: ReadonlyMap<string, ServedFeature>;
}

/** A feature at one place. */
export interface ServedFeature {
  readonly coverage: Estimate;
  readonly defaults: Estimate | undefined;
  /** Rows that both are shares of, where the table says. */
  readonly rows: number | undefined;
}

/** Reads features_offline. Coverage in training is the feature's: the first row of it says what it is. */
export function readTrained(table: EvidenceTable): TrainedFeature[] {
  const feature = table.texts('feature');
  const coverage = table.shares('coverage');
  const importance = table.has('importance') ? table.finite('importance') : undefined;
  const rows = table.has('rows') ? table.counts('rows') : undefined;
  const family = table.has('family') ? table.texts('family') : undefined;
  const artefact = table.has('artefact') ? table.texts('artefact') : undefined;
  table.refuseRepeated([feature, ...(artefact ? [artefact] : [])], ['feature', ...(artefact ? ['artefact'] : [])]);
  table.throwIfBad();
  const readers = feature.names.map(() => new Set<string>());
  if (artefact) for (const [r, code] of feature.codes.entries()) readers[code]!.add(nameAt(artefact, r));
  return feature.names.map((name, code) => {
    const first = feature.codes.indexOf(code);
    return {
      name,
      family: family ? nameAt(family, first) : name,
      coverage: share(coverage[first]!, rows?.[first]),
      importance: importance?.[first],
      readers: artefact && readers[code]!,
    };
  });
}

/** Reads features_online, and refuses what no comparison with training could use. */
export function readServed(
  table: EvidenceTable,
  trained: readonly TrainedFeature[],
): { readonly features: readonly string[]; readonly places: readonly ServingPlace[] } {
  const feature = table.texts('feature');
  const artefact = table.texts('artefact');
  const tier = table.has('tier') ? table.texts('tier') : undefined;
  const coverage = table.shares('coverage');
  const defaults = table.has('default_rate') ? table.shares('default_rate') : undefined;
  const rows = table.has('rows') ? table.counts('rows') : undefined;
  table.refuseRepeated(
    [feature, artefact, ...(tier ? [tier] : [])],
    ['feature', 'artefact', ...(tier ? ['tier'] : [])],
  );
  for (let r = 0; r < table.rows; r++) {
    if (defaults && coverage[r]! + defaults[r]! > 1 + 1e-9) refuseFilledIn(table, r, coverage[r]!, defaults[r]!);
    if (/feature[ _-]?store/i.test(nameAt(artefact, r))) refuseStore(table, r, nameAt(artefact, r));
  }
  table.throwIfBad();
  refuseUnmapped(
    trained.map(({ name }) => name),
    feature.names,
    table,
  );
  const served = (r: number): ServedFeature => ({
    coverage: share(coverage[r]!, rows?.[r]),
    defaults: defaults && share(defaults[r]!, rows?.[r]),
    rows: rows?.[r],
  });
  const places = rowsBy([artefact, ...(tier ? [tier] : [])]).map(({ values, rows: own }) => ({
    artefact: values[0]!,
    tier: values[1],
    features: new Map(own.map((r) => [nameAt(feature, r), served(r)])),
  }));
  return { features: feature.names, places };
}

function nameAt({ codes, names }: Coded, r: number): string {
  return names[codes[r]!]!;
}

/** A share of `rows` rows; known without error where the table does not say of how many. */
function share(value: number, rows: number | undefined): Estimate {
  return rows === undefined ? exact(value) : proportion(value * rows, rows);
}

function refuseFilledIn(table: EvidenceTable, r: number, coverage: number, defaults: number): void {
  table.refuse(
    r,
    'coverage',
    `${coverage} beside a default_rate of ${defaults}`,
    'a coverage that does not count what was filled in: both together at most 1',
  );
}

function refuseStore(table: EvidenceTable, r: number, artefact: string): void {
  table.refuse(
    r,
    'artefact',
    quoted(artefact),
    'the artefact that the model reads, as a feature may be in the store and not in it',
  );
}

/** A feature of another spelling would count as absent. */
function refuseUnmapped(trained: readonly string[], served: readonly string[], online: EvidenceTable): void {
  const lost = trained.filter((name) => !served.includes(name));
  const extra = served.filter((name) => !trained.includes(name));
  if (lost.length === trained.length)
    throw online.error(
      `features ${list(extra.map(quoted), 3)}, none of which training has`,
      `the names of training, such as ${list(trained.map(quoted), 3)}`,
      'Map the names of both sides in the query.',
    );
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  for (const name of lost) {
    const near = extra.find((other) => plain(other) === plain(name)) ?? didYouMean(name, extra);
    if (near !== undefined)
      throw online.error(
        `feature ${quoted(near)} beside training’s ${quoted(name)}`,
        'one name for one feature',
        'Map the names of both sides in the query.',
      );
  }
}
