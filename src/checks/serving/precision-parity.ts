/**
 * Does serving's precision cost anything? Scores at full and at serving's precision on the same rows, in the mean and
 * in the tails; and, apart from it, what the approximate index leaves out.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { percent } from '../measurement.js';
import { stepEffect, stepMeasurement, sumsWith } from '../step.js';
import { stepFacts } from '../step-parts.js';
import { ofLedger, ofTable, settledBy, THE_GAP } from '../ways.js';
import { ANN, annRecall } from './ann-recall.js';
import { errorsOf, K, PRECISION, readScores } from './served-scores.js';

export const precisionParity: EvidenceCheck = {
  id: 'precision-parity',
  layer: 2,
  question: 'Does serving’s precision cost anything?',
  owner: 'the owner of the serving model',
  title: 'quantization and precision',
  decides: 'step; else the table’s log loss, held against the gap',
  cure: 'serve at the precision that was evaluated',
  tables: [LEDGER, PRECISION, ANN],
  ways: [settledBy(ofLedger('s5', 's3', 's4')), settledBy(ofTable(PRECISION, 'label'), THE_GAP)],
  ofSweep: { precision: true },
  telescopes: true,
  metrics: [
    {
      id: LOG_LOSS,
      needs: 'the ledger’s columns s3 and s4, the table precision with labels, or the files of serving beside a sweep',
      title: 'log loss that the precision of serving costs',
      operators: ['max_increase'],
    },
    {
      id: 'score_rmse',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: 'root mean squared error of the score',
      operators: ['max'],
    },
    {
      id: 'score_error_p99',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: '99th percentile of the score’s absolute error',
      operators: ['max'],
    },
    {
      id: 'tie_rate',
      needs: 'the table precision, or the files of serving beside a sweep',
      title: 'share of the pairs of a request’s items with one score; `max_increase` is against full precision',
      operators: ['max', 'max_increase'],
      share: true,
    },
    {
      id: `top_overlap@${K}`,
      needs: 'the table precision, or the files of serving beside a sweep, with requests of more than 10 items',
      title: `share of a request’s first ${K} at full precision that are among the first ${K} as served`,
      operators: ['min'],
      share: true,
    },
    {
      id: `ann_recall@${K}`,
      needs: 'the table ann',
      cure: 'search more of the index',
      title: `share of the exact first ${K} that the approximate index gives among its first ${K}`,
      operators: ['min'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence, swept }: CheckContext): Examined {
    const { sums } = evidence;
    const table = evidence.table(PRECISION);
    const ann = evidence.table(ANN);
    const scores = table ? readScores(table) : swept?.precision;
    const scored = scores ? errorsOf(scores, confidence) : undefined;
    const recall = ann ? annRecall(ann) : undefined;
    const facts = [
      ...(scored ? [table ? scored.fact : `on the eval set, by the files of both precisions: ${scored.fact}`] : []),
      ...(recall
        ? [
            `the approximate index gives ${percent(recall.value.value)} of the exact first ${K}: what it ` +
              'leaves out is no matter of precision',
          ]
        : []),
    ];
    const onLedger = stepMeasurement(evidence.logLoss, 's3', 's4');
    const loss = scored?.loss;
    const measurements = [
      // The ledger's rows are production's own: they go before a sample.
      ...(onLedger.length > 0 ? onLedger : loss ? [loss] : []),
      ...(scored?.measurements ?? []),
      ...(recall ? [recall] : []),
    ];
    const settle = 'a column s4 of the ledger: s3 at the precision of serving';
    const step = sumsWith(sums, ['s3', 's4']);
    if (step.sums)
      return {
        measurements,
        facts: [...evidence.madeOf('s4'), ...stepFacts(step.sums, 's3', 's4', confidence), ...facts],
        effect: stepEffect(step.sums, 's3', 's4', 'precision_parity'),
      };
    if (loss && loss.open === undefined)
      return { measurements, facts, effect: { kind: 'apart', explains: loss.change.absolute, settle } };
    if (facts.length > 0) return { measurements, facts, effect: factsAlone(settle) };
    return untested(
      LEDGER,
      step.missing,
      `${settle}; or scores at both precisions, in a table precision; or beside a sweep the files of serving: ` +
        'item_tower: {served: {onnx: …}}',
    );
  },
};
