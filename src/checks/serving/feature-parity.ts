/**
 * Did serving have the features that training had? Coverage at the artefact that the model reads, values in pairs, and
 * what the difference costs.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { FEATURE_TIMES, type LateFeatures, lateFeatures, pointInTimeFirst } from '../late-features.js';
import { startOf, stepEffect, stepMeasurement, sumsWith } from '../step.js';
import { stepFacts } from '../step-parts.js';
import { ofLedger, ofTable, settledBy, shownBy } from '../ways.js';
import { FEATURES_OFFLINE, FEATURES_ONLINE } from './coverage-tables.js';
import { compareCoverage, coverageFacts } from './feature-coverage.js';
import { compareValues, FEATURE_PAIRS, valueFact } from './feature-values.js';
import { cureBeside, differing, isLate, withinLeak } from './late-and-lacking.js';

export const featureParity: EvidenceCheck = {
  id: 'feature-parity',
  layer: 2,
  question: 'Did serving have the features that training had?',
  owner: 'the owner of the feature pipeline',
  title: 'feature parity gap',
  decides: 'step; else coverage times importance, approximate',
  cure: 'bring the features that serving lacks to the artefact that the model reads',
  after: {
    check: 'label-leakage',
    caution: 'a feature that is late knows the label, and serving that had it would only seem to gain',
  },
  tables: [LEDGER, FEATURES_OFFLINE, FEATURES_ONLINE, FEATURE_PAIRS],
  // A late feature is no serving's to bring.
  beside: [FEATURE_TIMES],
  ways: [
    settledBy(ofLedger('s5', 's2')),
    shownBy(ofTable(FEATURES_OFFLINE), ofTable(FEATURES_ONLINE)),
    shownBy(ofTable(FEATURE_PAIRS)),
  ],
  telescopes: true,
  metrics: [
    {
      id: LOG_LOSS,
      needs: 'the ledger’s column s2',
      title: 'log loss that the features of serving cost',
      operators: ['max_increase'],
    },
    {
      id: 'coverage',
      needs: 'the tables features_offline and features_online',
      title: 'coverage of every feature at every artefact and tier, against training',
      operators: ['max_decrease', 'min'],
      share: true,
    },
    {
      id: 'default_rate',
      needs: 'the tables features_offline and features_online, with default_rate',
      title: 'share of the rows in which a feature was filled in at serving',
      operators: ['max'],
      share: true,
    },
    {
      id: 'value_mismatch',
      needs: 'the table feature_pairs',
      cure: 'read the same values at serving as in training: one transformation, no lag',
      title: 'share of the pairs whose values differ, of every feature',
      operators: ['max'],
      share: true,
    },
    {
      id: 'distribution_shift',
      needs: 'the table feature_pairs',
      cure: 'read the same values at serving as in training: one transformation, no lag',
      title:
        'largest difference of the share of one value (L∞), or of one tenth of the values of training where ' +
        'they are numbers, of every feature',
      operators: ['max'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const { sums } = evidence;
    const late = lateFeatures(evidence);
    const { measurements, facts, lacking, cost } = tablesOf(evidence, late);
    const start = sums ? startOf(sums) : 's0';
    const bring = lacking.filter((feature) => !isLate(late, feature));
    const settle = 'a column s2 of the ledger: the candidate’s predictions from the features that serving had';
    const step = sumsWith(sums, ['s2']);
    const together = step.sums && start === 's0' ? late : undefined;
    const found = {
      measurements: [...stepMeasurement(evidence.logLoss, start, 's2'), ...measurements],
      facts,
      ...(late ? { cure: together ? pointInTimeFirst(together) : cureBeside(late, bring, start === 's0_pit') } : {}),
    };
    if (step.sums) {
      const effect = stepEffect(step.sums, start, 's2', 'feature_parity');
      const leak = together ? withinLeak(together, lacking.length > 0 && bring.length === 0) : {};
      const ofStep = [...evidence.madeOf('s2'), ...stepFacts(step.sums, start, 's2', confidence)];
      return { ...found, facts: [...ofStep, ...facts], effect: { ...effect, ...leak } };
    }
    if (cost)
      return {
        ...found,
        facts: [
          ...facts,
          `its part is approximate: importance times what is not covered, summed over the features${late ? ' that are not late' : ''}`,
        ],
        effect: { kind: 'apart', explains: cost, approximate: true, settle },
      };
    if (facts.length > 0) return { ...found, effect: factsAlone(settle) };
    return untested(LEDGER, step.missing, `${settle}; or coverage, in the tables features_offline and features_online`);
  },
};

/** The tables of features: what is measured and said of them, and what serving lacks by them. */
function tablesOf(evidence: Evidence, late: LateFeatures | undefined) {
  const [offline, online] = [evidence.table(FEATURES_OFFLINE), evidence.table(FEATURES_ONLINE)];
  const pairs = evidence.table(FEATURE_PAIRS);
  const compared = offline && online ? compareCoverage(offline, online, (feature) => isLate(late, feature)) : undefined;
  const mismatches = pairs ? compareValues(pairs) : [];
  return {
    measurements: [...(compared?.measurements ?? []), ...mismatches],
    facts: [
      ...(compared ? coverageFacts(compared) : []),
      ...(offline && !online ? ['coverage in training alone: nothing to hold it against'] : []),
      ...(online && !offline ? ['coverage at serving alone: nothing to hold it against'] : []),
      ...(pairs ? [valueFact(mismatches)] : []),
    ],
    lacking: [...(compared?.lacking ?? []), ...differing(mismatches)],
    cost: compared?.cost,
  };
}
