/** Does the gain depend on how the eval set was built? Both models on several builds of the same days. */

import { heterogeneity } from '../../estimation/statistics/heterogeneity.js';
import { holm } from '../../estimation/statistics/holm.js';
import {
  type Estimate,
  interval,
  violationInterval,
  violationPValue,
} from '../../estimation/statistics/noninferiority.js';
import { normalQuantile } from '../../estimation/statistics/student-t.js';
import type { Evidence } from '../evidence.js';
import {
  type CheckContext,
  type EvidenceCheck,
  type Examined,
  factsAlone,
  type Trust,
  untested,
} from '../evidence-check.js';
import { exact, figure, level, type Measurement, percent, withBounds } from '../measurement.js';
import { ofTable, settledBy, THE_GAP } from '../ways.js';
import { BUILD_ROWS, BUILDS, type Builds, buildsOf, buildsOfRows } from './eval-builds.js';
import { distrusted, isClear, NO_LOSS, trusted, undecided } from './trust.js';

export const evalSetConstruction: EvidenceCheck = {
  id: 'eval-set-construction',
  layer: 1,
  question: 'Does the gain depend on how the eval set was built?',
  owner: 'whoever builds the eval set',
  title: 'eval-dataset construction',
  decides: 'held against the gap',
  cure: 'settle how the eval set is built before comparing on it',
  tables: [BUILD_ROWS, BUILDS],
  ways: [settledBy(ofTable(BUILD_ROWS), THE_GAP), settledBy(ofTable(BUILDS), THE_GAP)],
  metrics: [
    {
      id: 'gain',
      needs: 'the table build_rows or builds',
      title: 'log loss gained over production’s model on every build',
      operators: ['min'],
    },
    {
      id: 'gain_range',
      needs: 'the table build_rows or builds',
      title: 'the largest difference of gains between builds',
      operators: ['max'],
    },
    {
      id: 'gain_on_common_rows',
      needs: 'the table build_rows',
      title: 'the gain on rows that every build has',
      operators: ['min'],
    },
    {
      id: 'i_squared',
      needs: 'the table build_rows or builds',
      title: 'share of the spread of gains that is no error (I²)',
      operators: ['max'],
      share: true,
    },
    {
      id: 'key_jaccard',
      needs: 'the table build_rows, or key_jaccard of builds',
      title: 'share of the (request, item) pairs of a build and the first that both have',
      operators: ['min'],
      share: true,
    },
    {
      id: 'label_mismatch',
      needs: 'the table build_rows, or label_mismatch of builds',
      title: 'share of the pairs that a build and the first have in common whose labels differ',
      operators: ['max'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const rows = evidence.table(BUILD_ROWS);
    const table = evidence.table(BUILDS);
    const builds = rows ? buildsOfRows(rows) : table && buildsOf(table);
    if (!builds)
      return untested(
        BUILD_ROWS,
        'the release has no evidence build_rows or builds',
        'at least 2 builds, with the same code',
      );
    const { ids, gains } = builds;
    const measurements: Measurement[] = [
      ...gains.map((gain, b) => level('gain', { build: ids[b]! }, gain, builds.open?.[b])),
      ...(builds.onCommonRows ? [builds.onCommonRows] : []),
      ...builds.agreement,
    ];
    if (ids.length < 2)
      return {
        measurements,
        facts: ['one build alone'],
        trust: undecided('a second build of the same days'),
        effect: factsAlone('a second build of the same days, with the same code'),
      };
    const open = builds.open?.find((reason) => reason !== undefined);
    if (open !== undefined || !gains.every(({ standardError }) => standardError > 0))
      return {
        measurements: [
          ...measurements,
          level('gain_range', {}, exact(Number.NaN), open ?? { kind: 'gains_do_not_vary' }),
        ],
        facts: [`${ids.length} builds have gains from ${rangeInWords(gains)}`],
        trust: undecided('builds with more requests, whose gains vary'),
        effect: factsAlone('builds with more requests, whose gains vary'),
      };
    return compared(builds, measurements, confidence);
  },
};

/** At least two builds whose gains vary, held against each other. */
function compared(builds: Builds, measurements: readonly Measurement[], confidence: number): Examined {
  const { ids, gains, paired } = builds;
  const value = gains.map((gain) => gain.value);
  const spread = heterogeneity(
    value,
    gains.map((gain) => gain.standardError),
  );
  const explains = builds.difference(value.indexOf(Math.max(...value)), value.indexOf(Math.min(...value)));
  // The largest difference of several is above 0 by chance: by pairs of rows each pair is tested, else all builds
  // together.
  const pairs = (ids.length * (ids.length - 1)) / 2;
  const differ = (paired ? pairs * violationPValue(explains, { upper: 0 }) : spread.pValue) < 1 - confidence;
  return {
    measurements: [
      ...measurements,
      level('gain_range', {}, explains),
      level(
        'i_squared',
        {},
        iSquaredEstimate(spread.q, ids.length, confidence),
        paired
          ? { kind: 'builds_share_rows' }
          : ids.length < 3
            ? { kind: 'too_few_builds', count: ids.length, least: 3 }
            : undefined,
      ),
    ],
    facts: factsOf(builds, spread, explains),
    trust: trustIn(builds, explains, differ, confidence),
    effect: {
      kind: 'apart',
      explains,
      settle: 'smaller errors of each build',
      ...(differ ? {} : { excuse: 'the builds do not differ by more than their errors' }),
    },
  };
}

/** Builds disagree where they differ clearly by more than a fifth of the largest gain, or one of them clearly loses. */
function trustIn({ ids, gains }: Builds, range: Estimate, differ: boolean, confidence: number): Trust {
  const why = `${ids.length} builds have gains from ${rangeInWords(gains)}`;
  const loses = holm(
    gains.map((gain) => violationPValue(gain, { lower: 0 })),
    1 - confidence,
  ).includes(true);
  const largest = Math.max(...gains.map(({ value }) => value));
  const beyond = { ...range, value: range.value - NO_LOSS * Math.abs(largest) };
  if (loses || (differ && violationInterval(beyond, confidence).lower > 0)) return distrusted(why);
  const alike = interval(beyond, confidence).upper < 0;
  return alike && gains.every((gain) => isClear(gain, confidence))
    ? trusted(why)
    : undecided(`${why}: smaller errors of each would tell whether they agree`);
}

function factsOf(
  { ids, gains, paired, onCommonRows, agreement }: Builds,
  { q, df, pValue, iSquared, tauSquared }: ReturnType<typeof heterogeneity>,
  explains: Estimate,
): string[] {
  const shared = `, as if they shared no rows; by pairs of rows the largest difference is ${figure(explains.value)}`;
  const valuesOf = (name: string) => agreement.filter(({ metric }) => metric === name).map(({ value }) => value.value);
  const [jaccard, mismatch] = [valuesOf('key_jaccard'), valuesOf('label_mismatch')];
  return [
    `${ids.length} builds have gains from ${rangeInWords(gains)}: Cochran’s Q ${figure(q)} with ${df} degrees of ` +
      `freedom (p ${figure(pValue)}), I² ${percent(iSquared)}, τ ${figure(Math.sqrt(tauSquared))}` +
      `${paired ? shared : ''}`,
    ...(onCommonRows ? [`on the rows that all of them have the gain is ${figure(onCommonRows.value.value)}`] : []),
    ...(jaccard.length > 0 ? [`keys in common at least ${percent(Math.min(...jaccard))}`] : []),
    ...(mismatch.length > 0 ? [`labels that differ at most ${percent(Math.max(...mismatch))}`] : []),
  ];
}

/** `0.001 to 0.004`. */
function rangeInWords(gains: readonly Estimate[]): string {
  const value = gains.map((gain) => gain.value);
  return `${figure(Math.min(...value))} to ${figure(Math.max(...value))}`;
}

/**
 * Bounds by the test-based error of ln H, I² = 1 - 1/H² (Higgins & Thompson 2002, Statistics in Medicine 21,
 * appendix).
 */
export function iSquaredEstimate(q: number, builds: number, confidence: number): Estimate {
  if (builds < 3) return exact(Number.NaN);
  const df = builds - 1;
  const lnH = Math.max(0, Math.log(q / df) / 2);
  const error =
    q > builds
      ? (Math.log(q) - Math.log(df)) / (2 * (Math.sqrt(2 * q) - Math.sqrt(2 * builds - 3)))
      : Math.sqrt((1 / (2 * (builds - 2))) * (1 - 1 / (3 * (builds - 2) ** 2)));
  const at = (x: number) => Math.max(0, 1 - Math.exp(-2 * x));
  const reach = normalQuantile(confidence) * error;
  return withBounds(at(lnH), at(lnH - reach), at(lnH + reach), confidence);
}
