/** Coverage of every feature at serving against training: at the artefacts that read it, in every tier. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { didYouMean, list, printable, quoted } from '../../lib/text.js';
import { against, exact, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';

export const FEATURES_OFFLINE: TableSpec = {
  name: 'features_offline',
  page: 'checks/feature-parity.md',
  holds:
    'one row per feature of training, and per artefact that reads it, where artefacts differ in what they read (such as the towers)',
  required: ['feature', 'coverage'],
  optional: ['family', 'artefact', 'importance', 'rows'],
  sql: `-- importance: log loss that the model loses without the feature
SELECT feature, ANY_VALUE(family) AS family, COUNTIF(value IS NOT NULL) / COUNT(*) AS coverage,
       COUNT(*) AS rows, ANY_VALUE(ablation_log_loss) AS importance
FROM training_features GROUP BY feature`,
};

export const FEATURES_ONLINE: TableSpec = {
  name: 'features_online',
  page: 'checks/feature-parity.md',
  holds:
    'one row per feature, artefact that the model reads, and tier; coverage does not count what was filled in, which is default_rate',
  required: ['feature', 'artefact', 'coverage'],
  optional: ['tier', 'default_rate', 'rows'],
  sql: `SELECT feature, artefact, tier, COUNT(*) AS rows,
       COUNTIF(value IS NOT NULL AND NOT is_default) / COUNT(*) AS coverage,
       COUNTIF(is_default) / COUNT(*) AS default_rate
FROM model_input_log GROUP BY feature, artefact, tier`,
};

/** Why such coverages are open. */
const NEVER: OpenReason = { kind: 'never_in_training' };
const UNSAID: OpenReason = { kind: 'reader_unknown' };
/** A coverage that falls by less is as in training, in words: rules judge it whatever it is. */
const FALLS = 0.005;

export interface Coverage {
  readonly measurements: readonly Measurement[];
  readonly absent: readonly string[];
  /** Features without a row at an artefact of which nobody says whether it reads them, with the artefact. */
  readonly unplaced: readonly string[];
  readonly worst: {
    readonly feature: string;
    readonly where: string;
    readonly offline: number;
    readonly online: number;
  };
  readonly unknown: readonly string[];
  readonly features: number;
  /** Σ importance · (1 - coverage online / coverage offline); undefined without importances. */
  readonly cost: Estimate | undefined;
}

export function compareCoverage(offline: EvidenceTable, online: EvidenceTable): Coverage {
  const trained = offline.texts('feature');
  const coverage = offline.shares('coverage');
  const importance = offline.has('importance') ? offline.finite('importance') : undefined;
  const trainedRows = offline.has('rows') ? offline.counts('rows') : undefined;
  if (offline.has('family')) offline.texts('family');
  const reader = offline.has('artefact') ? offline.texts('artefact') : undefined;
  offline.refuseRepeated([trained, ...(reader ? [reader] : [])], ['feature', ...(reader ? ['artefact'] : [])]);
  offline.throwIfBad();
  // Coverage in training is the feature's: the first row of it says what it is.
  const firstRow = trained.names.map((_, code) => trained.codes.indexOf(code));
  const readers = trained.names.map(() => new Set<string>());
  if (reader) for (const [r, code] of trained.codes.entries()) readers[code]!.add(reader.names[reader.codes[r]!]!);

  const served = online.texts('feature');
  const artefact = online.texts('artefact');
  const tier = online.has('tier') ? online.texts('tier') : undefined;
  const present = online.shares('coverage');
  const defaults = online.has('default_rate') ? online.shares('default_rate') : undefined;
  const servedRows = online.has('rows') ? online.counts('rows') : undefined;
  const keys = [served, artefact, ...(tier ? [tier] : [])];
  online.refuseRepeated(keys, ['feature', 'artefact', ...(tier ? ['tier'] : [])]);
  for (let r = 0; r < online.rows; r++) {
    if (defaults && present[r]! + defaults[r]! > 1 + 1e-9)
      online.refuse(
        r,
        'coverage',
        `${present[r]} beside a default_rate of ${defaults[r]}`,
        'a coverage that does not count what was filled in: both together at most 1',
      );
    if (/feature[ _-]?store/i.test(artefact.names[artefact.codes[r]!]!))
      online.refuse(
        r,
        'artefact',
        quoted(artefact.names[artefact.codes[r]!]),
        'the artefact that the model reads, as a feature may be in the store and not in it',
      );
  }
  online.throwIfBad();
  refuseUnmapped(trained.names, served.names, online);

  const estimate = (value: number, rows: number | undefined) =>
    rows === undefined ? exact(value) : proportion(value * rows, rows);
  const measurements: Measurement[] = [];
  let worst: Coverage['worst'] = { feature: '', where: '', offline: 0, online: 0 };
  const absent: string[] = [];
  const unplaced: string[] = [];
  const places = rowsBy([artefact, ...(tier ? [tier] : [])]);
  const servedBy = new Map<string, Set<string>>();
  const rowOf = new Map<string, Map<(typeof places)[number], number>>();
  for (const place of places)
    for (const r of place.rows) {
      const name = served.names[served.codes[r]!]!;
      servedBy.set(name, (servedBy.get(name) ?? new Set()).add(place.values[0]!));
      rowOf.set(name, (rowOf.get(name) ?? new Map()).set(place, r));
    }
  let cost: Estimate | undefined = importance && { value: 0, standardError: 0, df: 1000 };
  for (const [code, feature] of trained.names.entries()) {
    const f = firstRow[code]!;
    const before = estimate(coverage[f]!, trainedRows?.[f]);
    let [sum, weight, variance] = [0, 0, 0];
    // An artefact reads a feature if training says so, or if it has it in any tier. Where neither says, it may lack it, or may not need it.
    const own = places.filter(({ values }) =>
      reader ? readers[code]!.has(values[0]!) : servedBy.get(feature)?.has(values[0]!),
    );
    const unsaid = new Set(
      reader || own.length === 0
        ? []
        : places.map(({ values }) => values[0]!).filter((a) => !servedBy.get(feature)!.has(a)),
    );
    for (const where of unsaid)
      measurements.push(against('coverage', { feature, artefact: where }, exact(Number.NaN), before, UNSAID));
    if (unsaid.size > 0)
      unplaced.push(
        `${printable(feature, 40)} at ${list(
          [...unsaid].map((a) => printable(a, 40)),
          3,
        )}`,
      );
    if (own.length === 0)
      measurements.push(against('coverage', { feature }, exact(0), before, before.value === 0 ? NEVER : undefined));
    for (const place of own) {
      const { values } = place;
      const r = rowOf.get(feature)?.get(place);
      const n = r === undefined ? undefined : servedRows?.[r];
      const after = r === undefined ? exact(0) : estimate(present[r]!, n);
      const where = { feature, artefact: values[0]!, ...(tier ? { tier: values[1]! } : {}) };
      const few = n === undefined ? undefined : tooFew(n, 'rows');
      measurements.push(against('coverage', where, after, before, before.value === 0 ? NEVER : few));
      if (r !== undefined && defaults) measurements.push(level('default_rate', where, estimate(defaults[r]!, n), few));
      if (before.value - after.value > worst.offline - worst.online)
        worst = { feature, where: values.join(', '), offline: before.value, online: after.value };
      const w = n ?? 1;
      sum += w * after.value;
      weight += w;
      variance += (w * after.standardError) ** 2;
    }
    const mean = weight > 0 ? sum / weight : 0;
    if (mean === 0 && before.value > 0) absent.push(feature);
    if (cost && importance && before.value > 0) {
      const lost = 1 - mean / before.value;
      const error = Math.hypot(Math.sqrt(variance) / Math.max(weight, 1), (mean / before.value) * before.standardError);
      cost = {
        value: cost.value + importance[f]! * lost,
        standardError: Math.hypot(cost.standardError, (importance[f]! * error) / before.value),
        df: 1000,
      };
    }
  }
  return {
    measurements,
    absent,
    unplaced,
    worst,
    unknown: served.names.filter((name) => !trained.names.includes(name)),
    features: trained.names.length,
    cost,
  };
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

export function coverageFacts({ absent, unplaced, worst, unknown, features, measurements }: Coverage): string[] {
  const filled = measurements
    .filter(({ metric, value }) => metric === 'default_rate' && value.value > 0)
    .toSorted((a, b) => b.value.value - a.value.value)[0];
  return [
    ...(absent.length > 0
      ? [
          `absent at the artefact: ${list(
            absent.map((name) => printable(name, 40)),
            5,
          )} (${absent.length} of ${features} features)`,
        ]
      : []),
    ...(unplaced.length > 0 ? [`without a row, and nobody says whether it is read there: ${list(unplaced, 4)}`] : []),
    ...(worst.offline - worst.online >= FALLS
      ? [
          `coverage falls most for ${printable(worst.feature, 40)} at ${printable(worst.where, 60)}: ${percent(worst.offline)} in training, ${percent(worst.online)} at serving`,
        ]
      : [
          absent.length > 0
            ? 'the others are covered as in training'
            : `all ${features} features are covered as in training`,
        ]),
    ...(filled
      ? [`filled in most: ${printable(filled.slice.feature!, 40)} in ${percent(filled.value.value)} of the rows`]
      : []),
    ...(unknown.length > 0
      ? [
          `serving has ${list(
            unknown.map((name) => printable(name, 40)),
            3,
          )}, which training does not know`,
        ]
      : []),
  ];
}
