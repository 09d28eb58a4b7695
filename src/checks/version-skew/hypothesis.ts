/**
 * Version skew as a hypothesis of the gap: the ledger's step where it has one, else what the sweep loses at
 * production's version distances.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { figure } from '../measurement.js';
import { otherItemVersions } from '../row-causes.js';
import { stepEffect, sumsWith } from '../step.js';
import { stepFacts } from '../step-parts.js';
import { alsoShownBy, ofLedger, ofTable, settledBy, shownBy, THE_GAP } from '../ways.js';
import { SERVED_ITEMS, SERVED_QUERIES } from './served-tables.js';

/** Its column where it alone is at work. */
const ALONE = 'only_version_skew';
const SETTLE = 'a column s3 of the ledger: s2 with the item embeddings of the version that the index had';

export const hypothesis: EvidenceCheck = {
  id: 'version-skew',
  layer: 2,
  question: 'What does an index of older versions cost?',
  owner: 'the owner of the index',
  title: 'embedding version skew',
  decides: 'step; else by its rows, or the sweep’s log loss in production, held against the gap',
  cure: 'rebuild the index sooner, or pin the query tower to its version; the check version-skew says how much',
  tables: [LEDGER, SERVED_QUERIES, SERVED_ITEMS],
  ways: [
    settledBy(ofLedger('s5', 's2', 's3')),
    shownBy(ofLedger('s5', 'item_version')),
    alsoShownBy(THE_GAP, ofTable(SERVED_QUERIES)),
    alsoShownBy(THE_GAP, ofTable(SERVED_ITEMS)),
  ],
  ofSweep: { loss: true },
  telescopes: true,
  sweeps: true,
  metrics: [],
  examine(evidence: Evidence, { swept, confidence }: CheckContext): Examined {
    const { sums, release, replay } = evidence;
    const { live } = release;
    const step = sumsWith(sums, ['s2', 's3']);
    const sweptLoss = swept?.loss;
    const facts = sweptLoss
      ? [`the sweep loses ${figure(sweptLoss.value)} in log loss at production’s version distances, on the eval set`]
      : [];
    if (step.sums) {
      const where = [
        ...evidence.madeOf('s2', 's3'),
        ...stepFacts(step.sums, 's2', 's3', confidence, ['tier', 'item_version']),
      ];
      return {
        measurements: [],
        facts: [...where, ...facts],
        effect: stepEffect(step.sums, 's2', 's3', 'version_skew'),
      };
    }
    if (sums && replay?.columns.has(ALONE)) {
      const where = stepFacts(sums, 's0', ALONE, confidence, ['tier', 'item_version']);
      return {
        measurements: [],
        facts: [...evidence.madeOf(ALONE), ...where, ...facts],
        effect: { kind: 'step', contribution: sums.step('s0', ALONE) },
      };
    }
    // The ledger's rows are production's own: they go before a sweep of the eval set.
    const rows = sums && otherItemVersions(sums, { live, settle: SETTLE }, confidence);
    const unmade = replay && !replay.made ? [replay.words] : [];
    if (rows?.effect) return { measurements: [], facts: [...rows.facts, ...unmade, ...facts], effect: rows.effect };
    const told = [...(rows?.facts ?? []), ...unmade, ...facts];
    if (sweptLoss)
      return { measurements: [], facts: told, effect: { kind: 'apart', explains: sweptLoss, settle: SETTLE } };
    if (told.length > 0) return { measurements: [], facts: told, effect: factsAlone(SETTLE) };
    return untested(LEDGER, step.missing, SETTLE);
  },
};
