/** Do offline and online metrics measure the same thing? Deltas of past arms, both with errors. */

import { type AttenuatedCorrelation, attenuatedCorrelation } from '../../estimation/statistics/attenuation.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { signConcordance } from '../../estimation/statistics/sign-concordance.js';
import { normalQuantile } from '../../estimation/statistics/student-t.js';
import { plural } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { figure, level, percent, withBounds } from '../measurement.js';
import {
  ARMS,
  FEWEST_ARMS,
  isConstant,
  lineThrough,
  OUTCOME,
  type PastArms,
  RELIABLE,
  readArms,
} from '../past-arms.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { ofTable, settledBy } from '../ways.js';

/**
 * A correlation above it is one metric in two guises, below it two metrics. Judgement of this project, after
 * methodology.
 */
const AGREES = 0.5;

export const metricMismatch: EvidenceCheck = {
  id: 'metric-mismatch',
  layer: 3,
  question: 'Do the offline and the online metric measure the same thing?',
  owner: 'whoever chose the offline metric',
  title: 'metric mismatch',
  decides: 'its own evidence',
  cure: 'choose an offline metric that past arms agree with',
  tables: [ARMS],
  beside: [ARMS, OUTCOME],
  ways: [settledBy(ofTable(ARMS))],
  metrics: [
    {
      id: 'correlation',
      needs: 'the table arms',
      title: 'correlation of offline and online deltas over past arms, corrected for their errors',
      operators: ['min'],
      range: [-1, 1],
      example: '{metric: correlation, min: 0.5}',
    },
    {
      id: 'sign_concordance',
      needs: 'the table arms',
      title: 'share of the past arms whose deltas have one sign',
      operators: ['min'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(ARMS);
    if (!table) return untested(ARMS, 'the release has no evidence arms', `at least ${FEWEST_ARMS} past arms`);
    const past = readArms(table);
    const { arms, offline, online } = past;
    if (arms < 3)
      return {
        measurements: [],
        facts: [`${arms} past arms, of at least ${FEWEST_ARMS}`],
        effect: factsAlone(moreArms(FEWEST_ARMS - arms, arms)),
      };
    if (isConstant(offline.value) || isConstant(online.value))
      throw table.error('arms that all have one delta', 'arms that differ offline and online');
    const correlation = attenuatedCorrelation(offline.value, offline.error, online.value, online.error, confidence);
    const { lower, upper, reliabilityX, reliabilityY } = correlation;
    const same = signConcordance(offline.value, online.value, confidence);
    const line = lineThrough(offline, online);
    const why =
      `over ${arms} past arms offline and online deltas have a correlation of ` +
      `${inWords(correlation, arms, confidence)}, agree in sign in ${percent(same.share)}` +
      (line ? `, and online moves ${figure(line.slope)} ± ${figure(line.slopeError)} for one offline` : '');
    const noisy = Math.min(reliabilityX, reliabilityY) < RELIABLE;
    const few: OpenReason | undefined = arms < FEWEST_ARMS ? { kind: 'too_few_arms', least: FEWEST_ARMS } : undefined;
    // If most of the spread is error, the correction rests on next to nothing.
    const open: OpenReason | undefined = few ?? (noisy ? { kind: 'mostly_error' } : undefined);
    const verdict =
      open !== undefined
        ? 'inconclusive'
        : lower > AGREES
          ? 'ruled_out'
          : upper < AGREES
            ? 'contributing'
            : 'inconclusive';
    return {
      measurements: [
        level('correlation', {}, sureness(correlation, arms, confidence), open),
        level('sign_concordance', {}, withBounds(same.share, same.lower, same.upper, confidence), few),
      ],
      facts: [
        open === undefined ? why : `${why}; ${spelled(open)}`,
        ...(past.recall ? [recallFact(past, past.recall, correlation, confidence)] : []),
      ],
      effect: {
        kind: 'outcome',
        verdict,
        settle: verdict === 'inconclusive' ? settles(correlation, arms, noisy, confidence) : '',
      },
    };
  },
};

/** `0.14 [−0.53, 0.7] corrected for their errors`. */
function inWords(correlation: AttenuatedCorrelation, arms: number, confidence: number): string {
  const { measured, corrected } = correlation;
  if (!Number.isFinite(corrected)) return `${figure(measured)} as measured, which their errors leave open`;
  const { lower, upper } = interval(sureness(correlation, arms, confidence), confidence);
  return `${figure(corrected)} [${figure(Math.max(-1, lower))}, ${figure(Math.min(1, upper))}] corrected for their errors`;
}

/** Says if online deltas go with what recall did, beside what the offline metric said. */
function recallFact(
  { arms, online }: PastArms,
  recall: NonNullable<PastArms['recall']>,
  offline: AttenuatedCorrelation,
  confidence: number,
): string {
  if (isConstant(recall.value)) return 'recall moved alike in all past arms';
  const own = attenuatedCorrelation(recall.value, recall.error, online.value, online.error, confidence);
  const known = Math.min(own.reliabilityX, own.reliabilityY) >= RELIABLE && Number.isFinite(own.corrected);
  const sure = interval(sureness(own, arms, confidence), confidence);
  const follows = known && arms >= FEWEST_ARMS && sure.lower > 0;
  return (
    `online deltas ${follows ? 'follow where recall moved' : 'against those of recall'}: a correlation of ` +
    `${inWords(own, arms, confidence)}, with offline deltas ${inWords(offline, arms, confidence)}` +
    (known ? '' : '; most of the spread of recall or online is error')
  );
}

/** The evidence that would settle it: smaller errors where errors hide the spread, elsewhere more arms. */
function settles(correlation: AttenuatedCorrelation, arms: number, noisy: boolean, confidence: number): string {
  const wanting = Math.max(0, FEWEST_ARMS - arms);
  if (noisy) return `past arms with smaller errors${wanting > 0 ? `, and ${moreArms(wanting, arms)}` : ''}`;
  const needed = armsNeeded(correlation, confidence);
  if (needed > MOST_ARMS)
    return `more past arms than anyone has (the correlation is about ${AGREES}, between one metric and two)`;
  return moreArms(Math.max(1, wanting, needed - arms), arms);
}

/** More past arms than this nobody has. Judgement of this project. */
const MOST_ARMS = 500;

function moreArms(more: number, arms: number): string {
  return `about ${plural(more, 'more past arm')} like these (${arms + more} in all)`;
}

/**
 * Arms that would decide, if they correlate as those that there are: the bounds of the corrected correlation are
 * tanh(artanh r ± z/√(n - 3)) over the root of both reliabilities, and one of them must pass AGREES, so that
 *
 *     n = 3 + (z / (artanh(AGREES · root) - artanh r))².
 */
export function armsNeeded(
  { measured, reliabilityX, reliabilityY }: AttenuatedCorrelation,
  confidence: number,
): number {
  const bar = Math.atanh(AGREES * Math.sqrt(reliabilityX * reliabilityY));
  const n = 3 + (normalQuantile(confidence) / (bar - Math.atanh(measured))) ** 2;
  // At least four have a bound; on it they do not pass.
  return Math.max(4, Math.floor(n) + 1);
}

/** The corrected correlation is cut off at 1, its bounds with it: it is never surer than what was measured. */
function sureness(
  { measured, corrected, lower, upper }: AttenuatedCorrelation,
  arms: number,
  confidence: number,
): Estimate {
  const estimate = withBounds(corrected, lower, upper, confidence);
  const z = Math.atanh(Math.min(Math.max(measured, -1 + 1e-12), 1 - 1e-12));
  const reach = normalQuantile(confidence) / Math.sqrt(Math.max(1, arms - 3));
  const least = withBounds(measured, Math.tanh(z - reach), Math.tanh(z + reach), confidence);
  return { ...estimate, standardError: Math.max(estimate.standardError, least.standardError) };
}
