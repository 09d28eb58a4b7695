/**
 * Version skew as a hypothesis of the gap: the ledger's step where it has one, else what the sweep loses at
 * production's version distances.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, untested } from '../evidence-check.js';
import { figure } from '../measurement.js';
import { stepEffect, sumsWith } from '../step.js';
import { ofLedger, settledBy } from '../ways.js';

const SETTLE = 'a column s3 of the ledger: s2 with the item embeddings of the version that the index had';

export const hypothesis: EvidenceCheck = {
  id: 'version-skew',
  layer: 2,
  question: 'What does an index of older versions cost?',
  owner: 'the owner of the index',
  title: 'embedding version skew',
  decides: 'step; else the sweep’s log loss in production, held against the gap',
  cure: 'rebuild the index sooner, or pin the query tower to its version; the check version-skew says how much',
  tables: [LEDGER],
  ways: [settledBy(ofLedger('s5', 's2', 's3'))],
  ofSweep: { loss: true },
  telescopes: true,
  sweeps: true,
  metrics: [],
  examine({ sums }: Evidence, { swept }: CheckContext): Examined {
    const step = sumsWith(sums, ['s2', 's3']);
    const sweptLoss = swept?.loss;
    const facts = sweptLoss
      ? [`the sweep loses ${figure(sweptLoss.value)} in log loss at production’s version distances, on the eval set`]
      : [];
    if (step.sums) return { measurements: [], facts, effect: stepEffect(step.sums, 's2', 's3', 'version_skew') };
    if (sweptLoss) return { measurements: [], facts, effect: { kind: 'apart', explains: sweptLoss, settle: SETTLE } };
    return untested(LEDGER, step.missing, SETTLE);
  },
};
