/** Coverage of every feature at serving against training: at the artefacts that read it, in every tier. */

import type { EvidenceTable } from '../../data/evidence/evidence-table.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { list, printable } from '../../lib/text.js';
import { against, exact, level, type Measurement, percent, sliceValue, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { readServed, readTrained, type ServingPlace, type TrainedFeature } from './coverage-tables.js';

/** The reason for which a coverage is open where nobody says whether the artefact reads the feature. */
const UNSAID: OpenReason = { kind: 'reader_unknown' };
/** A coverage that falls by less is as in training, in words: rules judge it whatever it is. */
const FALLS = 0.005;
/** Degrees of freedom of what is as good as normal. */
const MANY = 1000;

export interface CoverageComparison {
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
  /** Features whose coverage falls at some place, and their families. */
  readonly lacking: readonly { readonly name: string; readonly family: string }[];
  /**
   * Σ importance · (1 - coverage online / coverage offline) of features that are not left out; undefined without
   * importances.
   */
  readonly cost: Estimate | undefined;
}

/** A feature at all of its places. */
interface FeatureCoverage {
  readonly feature: TrainedFeature;
  readonly measurements: readonly Measurement[];
  /** The place where it falls most. */
  readonly worst: CoverageComparison['worst'] | undefined;
  /** The mean over places by rows, with the error of that mean. */
  readonly mean: { readonly value: number; readonly standardError: number };
  /** Artefacts of which nobody says whether they read it. */
  readonly unsaid: readonly string[];
}

/**
 * Compares the coverage of every feature of training with that at each artefact that reads it.
 *
 * @param leftOut features whose absence is not counted into the cost
 */
export function compareCoverage(
  offline: EvidenceTable,
  online: EvidenceTable,
  leftOut: (feature: { readonly name: string; readonly family: string }) => boolean,
): CoverageComparison {
  const trained = readTrained(offline);
  const { features, places } = readServed(online, trained);
  const found = trained.map((feature) => coverageOf(feature, places));
  const known = new Set(trained.map(({ name }) => name));
  return {
    measurements: found.flatMap(({ measurements }) => measurements),
    absent: found
      .filter(({ feature, mean }) => mean.value === 0 && feature.coverage.value > 0)
      .map(({ feature }) => feature.name),
    unplaced: found.filter(({ unsaid }) => unsaid.length > 0).map(unplacedInWords),
    worst: worstOf(found.flatMap(({ worst }) => worst ?? [])) ?? { feature: '', where: '', offline: 0, online: 0 },
    unknown: features.filter((name) => !known.has(name)),
    features: trained.length,
    lacking: found
      .filter(({ feature, worst, mean }) => {
        const falls = worst ? worst.offline - worst.online : feature.coverage.value - mean.value;
        return falls >= FALLS;
      })
      .map(({ feature: { name, family } }) => ({ name, family })),
    cost: offline.has('importance') ? costOf(found.filter(({ feature }) => !leftOut(feature))) : undefined,
  };
}

function coverageOf(feature: TrainedFeature, places: readonly ServingPlace[]): FeatureCoverage {
  const { name, coverage: before, readers } = feature;
  // An artefact reads a feature if training says so, or if it has it in any tier. Where neither says, it may lack it,
  // or may not need it.
  const reading = readers ?? new Set(places.filter((place) => place.features.has(name)).map((place) => place.artefact));
  const own = places.filter(({ artefact }) => reading.has(artefact));
  const all = [...new Set(places.map(({ artefact }) => artefact))];
  const unsaid = readers || own.length === 0 ? [] : all.filter((artefact) => !reading.has(artefact));
  const never: OpenReason | undefined = before.value === 0 ? { kind: 'never_in_training' } : undefined;
  return {
    feature,
    measurements: [
      ...unsaid.map((artefact) => against('coverage', { feature: name, artefact }, exact(Number.NaN), before, UNSAID)),
      ...(own.length === 0 ? [against('coverage', { feature: name }, exact(0), before, never)] : []),
      ...own.flatMap((place) => measurementsAt(feature, place, never)),
    ],
    worst: worstOf(
      own.map((place) => ({
        feature: name,
        where: [place.artefact, ...(place.tier === undefined ? [] : [place.tier])].join(', '),
        offline: before.value,
        online: servedAt(place, name).coverage.value,
      })),
    ),
    mean: meanOver(own.map((place) => servedAt(place, name))),
    unsaid,
  };
}

/** A feature without a row at a place that reads it is not there. */
function servedAt(place: ServingPlace, feature: string) {
  return place.features.get(feature) ?? { coverage: exact(0), defaults: undefined, rows: undefined };
}

function measurementsAt(
  { name, coverage }: TrainedFeature,
  place: ServingPlace,
  never: OpenReason | undefined,
): Measurement[] {
  const { coverage: after, defaults, rows } = servedAt(place, name);
  const where = {
    feature: name,
    artefact: place.artefact,
    ...(place.tier === undefined ? {} : { tier: place.tier }),
  };
  const few = rows === undefined ? undefined : tooFew(rows, 'rows');
  return [
    against('coverage', where, after, coverage, never ?? few),
    ...(defaults ? [level('default_rate', where, defaults, few)] : []),
  ];
}

/** The first of those that fall most; undefined where none falls. */
function worstOf(falls: readonly CoverageComparison['worst'][]): CoverageComparison['worst'] | undefined {
  let worst: CoverageComparison['worst'] | undefined;
  for (const fall of falls) if (fall.offline - fall.online > (worst ? worst.offline - worst.online : 0)) worst = fall;
  return worst;
}

/** The mean coverage by rows, each place counting 1 where the table does not say how many it has. */
function meanOver(places: readonly { readonly coverage: Estimate; readonly rows: number | undefined }[]) {
  let [sum, weight, variance] = [0, 0, 0];
  for (const { coverage, rows = 1 } of places) {
    sum += rows * coverage.value;
    weight += rows;
    variance += (rows * coverage.standardError) ** 2;
  }
  return { value: weight > 0 ? sum / weight : 0, standardError: Math.sqrt(variance) / Math.max(weight, 1) };
}

/** Σ importance · (1 - coverage online / coverage offline), by the delta method; features are taken as independent. */
function costOf(found: readonly FeatureCoverage[]): Estimate {
  let cost: Estimate = { value: 0, standardError: 0, df: MANY };
  for (const { feature, mean } of found) {
    const { coverage: before, importance = 0 } = feature;
    if (!(before.value > 0)) continue;
    const ratio = mean.value / before.value;
    const error = Math.hypot(mean.standardError, ratio * before.standardError);
    cost = {
      value: cost.value + importance * (1 - ratio),
      standardError: Math.hypot(cost.standardError, (importance * error) / before.value),
      df: MANY,
    };
  }
  return cost;
}

/** `age at ranker, retriever`. */
function unplacedInWords({ feature, unsaid }: FeatureCoverage): string {
  const artefacts = unsaid.map((artefact) => printable(artefact, 40));
  return `${printable(feature.name, 40)} at ${list(artefacts, 3)}`;
}

export function coverageFacts({
  absent,
  unplaced,
  worst,
  unknown,
  features,
  measurements,
}: CoverageComparison): string[] {
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
          `coverage falls most for ${printable(worst.feature, 40)} at ${printable(worst.where, 60)}: ` +
            `${percent(worst.offline)} in training, ${percent(worst.online)} at serving`,
        ]
      : [
          absent.length > 0
            ? 'the others are covered as in training'
            : `all ${features} features are covered as in training`,
        ]),
    ...(filled
      ? [
          `filled in most: ${printable(sliceValue(filled, 'feature'), 40)} in ${percent(filled.value.value)} ` +
            'of the rows',
        ]
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
