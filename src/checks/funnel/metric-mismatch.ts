/** Do offline and online metrics measure the same thing? Deltas of past arms, both with errors. */

import { type AttenuatedCorrelation, attenuatedCorrelation } from '../../estimation/statistics/attenuation.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { signConcordance } from '../../estimation/statistics/sign-concordance.js';
import { normalQuantile } from '../../estimation/statistics/student-t.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { figure, level, type Measurement, percent, withBounds } from '../measurement.js';
import { ARMS, FEWEST_ARMS, isConstant, lineThrough, OUTCOME, RELIABLE, readArms } from '../past-arms.js';
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
    const settle = `past arms with smaller errors, at least ${FEWEST_ARMS}`;
    if (!table) return untested(ARMS, 'the release has no evidence arms', `at least ${FEWEST_ARMS} past arms`);
    const { arms, offline, online } = readArms(table);
    const decided = (
      fact: string,
      measurements: readonly Measurement[],
      verdict: 'contributing' | 'ruled_out' | 'inconclusive',
    ): Examined => ({
      measurements,
      facts: [fact],
      effect: { kind: 'outcome', verdict, settle: verdict === 'inconclusive' ? settle : '' },
    });
    if (arms < 3)
      return { measurements: [], facts: [`${arms} past arms, of at least ${FEWEST_ARMS}`], effect: factsAlone(settle) };
    if (isConstant(offline.value) || isConstant(online.value))
      throw table.error('arms that all have one delta', 'arms that differ offline and online');
    const correlation = attenuatedCorrelation(offline.value, offline.error, online.value, online.error, confidence);
    const { measured, corrected, lower, upper, reliabilityX, reliabilityY } = correlation;
    const same = signConcordance(offline.value, online.value, confidence);
    const line = lineThrough(offline, online);
    const sure = interval(sureness(correlation, arms, confidence), confidence);
    const shown = Number.isFinite(corrected)
      ? `a correlation of ${figure(corrected)} [${figure(Math.max(-1, sure.lower))}, ` +
        `${figure(Math.min(1, sure.upper))}] corrected for their errors`
      : `a correlation of ${figure(measured)} as measured, which their errors leave open`;
    const why =
      `over ${arms} past arms offline and online deltas have ${shown}, agree in sign in ` +
      percent(same.share) +
      (line ? `, and online moves ${figure(line.slope)} ± ${figure(line.error)} for one offline` : '');
    const few: OpenReason | undefined = arms < FEWEST_ARMS ? { kind: 'too_few_arms', least: FEWEST_ARMS } : undefined;
    const open: OpenReason | undefined =
      few ??
      // If most of the spread is error, the correction rests on next to nothing.
      (Math.min(reliabilityX, reliabilityY) < RELIABLE ? { kind: 'mostly_error' } : undefined);
    const measurements = [
      level('correlation', {}, sureness(correlation, arms, confidence), open),
      level('sign_concordance', {}, withBounds(same.share, same.lower, same.upper, confidence), few),
    ];
    if (open !== undefined) return decided(`${why}; ${spelled(open)}`, measurements, 'inconclusive');
    const verdict = lower > AGREES ? 'ruled_out' : upper < AGREES ? 'contributing' : 'inconclusive';
    return decided(why, measurements, verdict);
  },
};

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
