/**
 * Was the checkpoint served that was evaluated? What the serving log names, what it hashes to, what a replay of it
 * predicts, and vectors of known entities embedded again.
 */

import { LEDGER } from '../../data/evidence/ledger.js';
import { LOG_LOSS } from '../../estimation/metrics/log-loss.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import type { Measurement } from '../measurement.js';
import { otherCheckpoints } from '../row-causes.js';
import { otherVersionsMeasurement, sumsWith } from '../step.js';
import { ofLedger, ofTable, settledBy, shownBy } from '../ways.js';
import { CANARY, compareVectors } from './canary.js';
import { readServingLog, SERVING_LOG, servedVersions } from './serving-log.js';

/** Of the rows may be unexpected where it is ruled out. Judgement of this project, after methodology. */
const UNEXPECTED = 0.01;
export const checkpointIdentity: EvidenceCheck = {
  id: 'checkpoint-identity',
  layer: 2,
  question: 'Was the checkpoint served that was evaluated?',
  owner: 'whoever deploys the model',
  title: 'model version bugs',
  decides: 'step; else by its rows',
  cure: 'serve the checkpoint that was evaluated: redeploy it, and pin its version where requests are served',
  tables: [LEDGER, SERVING_LOG, CANARY],
  ways: [
    settledBy(ofLedger('s5', 'served_version', 's4')),
    shownBy(ofLedger('served_version')),
    shownBy(ofTable(SERVING_LOG)),
    shownBy(ofTable(CANARY)),
  ],
  ofSweep: { vectorOf: CANARY },
  telescopes: true,
  metrics: [
    {
      id: LOG_LOSS,
      needs: 'the ledger’s columns served_version, s4 and s5',
      title: 'log loss that rows of another version cost, in the mean of all rows',
      operators: ['max_increase'],
    },
    {
      id: 'unexpected_share',
      needs: 'the ledger’s column served_version, or the table serving_log',
      title: 'share of the rows that another version than the release’s `live` served',
      operators: ['max'],
      share: true,
    },
    {
      id: 'hash_mismatch',
      needs: 'the table serving_log with served_sha256',
      cure: 'serve the file that was evaluated',
      title:
        'share of the rows whose served_sha256 is not the release’s `query_tower.sha256` of the version that is named',
      operators: ['max'],
      share: true,
    },
    {
      id: 'replay_mismatch',
      needs: 'the table serving_log with score_online and score_replay',
      cure: 'find what differs between serving and the replay: features, precision or code',
      title: 'share of the rows whose score is not the replay’s (by more than 10⁻⁴)',
      operators: ['max'],
      share: true,
    },
    {
      id: 'canary_mismatch',
      needs: 'the table canary',
      cure: 'embed the index again with the release’s checkpoint',
      title:
        'share of the vectors that are not the release’s (by more than the precision they are stored at ' +
        'explains: a thousandth of their length in float32; under cosine by their direction), of every tower',
      operators: ['max'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence, swept }: CheckContext): Examined {
    const { ledger, sums, release } = evidence;
    const log = evidence.table(SERVING_LOG);
    const canary = evidence.table(CANARY);
    const logged = log ? readServingLog(log, release, confidence) : undefined;
    const vectors = canary ? compareVectors(canary, swept, release.similarity === 'cosine') : [];
    const onLedger = ledger && servedVersions(ledger, release.live, confidence);
    const shares: Measurement[] = [
      ...(logged?.measurements ?? (onLedger ? [onLedger.measurement] : [])),
      ...vectors.map(({ measurement }) => measurement),
    ];
    const facts = [...(onLedger ? [onLedger.fact] : []), ...(logged?.facts ?? []), ...vectors.map(({ fact }) => fact)];
    const settle =
      'the columns served_version (as the serving log has it), s4 (the replay by the release’s own checkpoint) ' +
      'and s5 of the ledger';
    const step =
      ledger && !onLedger ? { missing: 'the ledger has no column served_version' } : sumsWith(sums, ['s4', 's5']);
    if (!step.sums) {
      const { live } = release;
      const rows =
        sums &&
        otherCheckpoints(sums, { live, innocent: isInnocent(onLedger, shares, confidence), settle }, confidence);
      if (rows?.effect) return { measurements: shares, facts: [...facts, ...rows.facts], effect: rows.effect };
      if (facts.length > 0) return { measurements: shares, facts, effect: factsAlone(settle) };
      return untested(LEDGER, step.missing, `${settle}; or a table serving_log`);
    }
    const contribution = step.sums.unexpected;
    return {
      measurements: [...otherVersionsMeasurement(evidence.logLoss), ...shares],
      facts,
      effect: {
        kind: 'step',
        contribution,
        innocent: isInnocent(onLedger, shares, confidence),
        acquits:
          'a log in which at most 1 % of the rows were served by another version, and every hash, replay and ' +
          'vector is the release’s',
      },
    };
  },
};

function isInnocent(
  onLedger: { readonly measurement: Measurement } | undefined,
  shares: readonly Measurement[],
  confidence: number,
): boolean {
  const all = onLedger ? [onLedger.measurement, ...shares] : shares;
  return all.every(({ value }) => interval(value, confidence).upper <= UNEXPECTED);
}
