/** Do offline and online metrics measure the same thing? Deltas of past arms, both with errors. */
import type { Evidence } from '../../evidence/evidence.js';
import { attenuatedCorrelation, deming, signConcordance } from '../../statistics/deming.js';
import type { Estimate } from '../../statistics/noninferiority.js';
import { normalQuantile } from '../../statistics/student-t.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { exact, figure, level, type Measurement, percent } from '../measurement.js';
import { ARMS, FEWEST_ARMS, isConstant, RELIABLE, readArms } from './past-arms.js';

/** A correlation above it is one metric in two guises, below it two metrics. Judgement of this project, after methodology. */
const AGREES = 0.5;

export const metricMismatch: EvidenceCheck = {
  id: 'metric-mismatch',
  layer: 3,
  question: 'Do the offline and the online metric measure the same thing?',
  tables: [ARMS],
  metrics: [
    {
      id: 'correlation',
      title: 'correlation of offline and online deltas over past arms, corrected for their errors',
      operators: ['min'],
    },
    {
      id: 'sign_concordance',
      title: 'share of the past arms whose deltas have one sign',
      operators: ['min'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(ARMS);
    const settle = `past arms with smaller errors, at least ${FEWEST_ARMS}`;
    if (!table) return untested(ARMS, 'the release has no evidence arms', settle);
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
    const line = deming(offline.value, offline.error, online.value, online.error);
    const shown = Number.isFinite(corrected)
      ? `a correlation of ${figure(corrected)} [${figure(lower)}, ${figure(upper)}] corrected for their errors`
      : `a correlation of ${figure(measured)} as measured, which their errors leave open`;
    const why = `over ${arms} past arms offline and online deltas have ${shown}, agree in sign in ${percent(same.share)}, and online moves ${figure(line.slope)} ± ${figure(line.slopeError)} for one offline`;
    const open =
      arms < FEWEST_ARMS
        ? `fewer than ${FEWEST_ARMS} arms`
        : // Where most of the spread is error, the correction rests on next to nothing.
          Math.min(reliabilityX, reliabilityY) < RELIABLE
          ? 'most of their spread is error'
          : undefined;
    const measurements = [
      level('correlation', {}, between(corrected, lower, upper, confidence), open),
      level(
        'sign_concordance',
        {},
        between(same.share, same.lower, same.upper, confidence),
        arms < FEWEST_ARMS ? `fewer than ${FEWEST_ARMS} arms` : undefined,
      ),
    ];
    if (open !== undefined) return decided(`${why}; ${open}`, measurements, 'inconclusive');
    const verdict = lower > AGREES ? 'ruled_out' : upper < AGREES ? 'contributing' : 'inconclusive';
    return decided(why, measurements, verdict);
  },
};

/** Bounds that are not symmetric, as an estimate that is nowhere surer than them. */
function between(value: number, lower: number, upper: number, confidence: number): Estimate {
  if (!Number.isFinite(value)) return exact(Number.NaN);
  const reach = Math.max(value - lower, upper - value);
  return { value, standardError: reach / normalQuantile(confidence), df: 1e6 };
}
