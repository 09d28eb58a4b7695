/**
 * Did serving have the features that training had? Coverage at the artefact that the model reads, values in pairs, and
 * what the difference costs.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { stepEffect, stepMeasurement, sumsWith } from '../step.js';
import { stepFacts } from '../step-parts.js';
import { ofLedger, ofTable, settledBy, shownBy } from '../ways.js';
import { FEATURES_OFFLINE, FEATURES_ONLINE } from './coverage-tables.js';
import { compareCoverage, coverageFacts } from './feature-coverage.js';
import { compareValues, FEATURE_PAIRS, valueFact } from './feature-values.js';

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
    const [offline, online] = [evidence.table(FEATURES_OFFLINE), evidence.table(FEATURES_ONLINE)];
    const pairs = evidence.table(FEATURE_PAIRS);
    const compared = offline && online ? compareCoverage(offline, online) : undefined;
    const mismatches = pairs ? compareValues(pairs) : [];
    const facts = [
      ...(compared ? coverageFacts(compared) : []),
      ...(offline && !online ? ['coverage in training alone: nothing to hold it against'] : []),
      ...(online && !offline ? ['coverage at serving alone: nothing to hold it against'] : []),
      ...(pairs ? [valueFact(mismatches)] : []),
    ];
    const measurements = [
      ...stepMeasurement(evidence.logLoss, 's0', 's2'),
      ...(compared?.measurements ?? []),
      ...mismatches,
    ];
    const settle = 'a column s2 of the ledger: the candidate’s predictions from the features that serving had';
    const step = sumsWith(sums, ['s2']);
    if (step.sums)
      return {
        measurements,
        facts: [...evidence.madeOf('s2'), ...stepFacts(step.sums, 's0', 's2', confidence), ...facts],
        effect: stepEffect(step.sums, 's0', 's2', 'feature_parity'),
      };
    if (compared?.cost)
      return {
        measurements,
        facts: [...facts, 'its part is approximate: importance times what is not covered, summed over the features'],
        effect: { kind: 'apart', explains: compared.cost, approximate: true, settle },
      };
    if (facts.length > 0) return { measurements, facts, effect: factsAlone(settle) };
    return untested(LEDGER, step.missing, `${settle}; or coverage, in the tables features_offline and features_online`);
  },
};
