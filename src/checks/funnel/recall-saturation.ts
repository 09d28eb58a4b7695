/**
 * Is there anything left for a better ranking to win? Retrieval recall of the auction's winners, and ranking recall of
 * the most useful items, treatment against control.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, untested } from '../evidence-check.js';
import {
  type Change,
  figure,
  level,
  type Measurement,
  pairedShares,
  percent,
  requestShare,
  tooFew,
} from '../measurement.js';
import { ARMS, BEYOND, OUTCOME, readArms, slopeOn } from '../past-arms.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { ofTable, settledBy } from '../ways.js';

const STAGE_LOG: TableSpec = {
  name: 'stage_log',
  page: 'checks/recall-saturation.md',
  holds:
    'one row per request, arm (control or treatment) and item that an auction saw which took candidates of ' +
    'both arms’ models; in_output is 1 where this arm’s model gave the item, is_winner 1 where it won',
  required: ['request_id', 'arm', 'item_id', 'in_output', 'is_winner'],
  optional: ['rank', 'utility'],
  sql: sql`SELECT a.request_id, arms.arm, a.item_id, CASE WHEN o.item_id IS NULL THEN 0 ELSE 1 END AS in_output,
       a.is_winner, COALESCE(o.rank, 1000000) AS rank, a.utility
FROM auction a CROSS JOIN (SELECT 'control' AS arm UNION ALL SELECT 'treatment' AS arm) arms
LEFT JOIN model_output o ON o.request_id = a.request_id AND o.item_id = a.item_id AND o.arm = arms.arm`,
  cost: 'query',
};

/** Positions of a ranking that are looked at. */
const K = 10;
/** Less than this left to win is saturation. Judgement of this project. */
const HEADROOM = 0.05;

export const recallSaturation: EvidenceCheck = {
  id: 'recall-saturation',
  layer: 3,
  question: 'Is there anything left for a better ranking to win?',
  title: 'funnel recall saturation',
  decides: 'its own evidence, or the outcome’s gap',
  cure: 'look for the win where recall has room',
  tables: [STAGE_LOG, ARMS],
  beside: [ARMS, OUTCOME],
  ways: [settledBy(ofTable(STAGE_LOG))],
  metrics: [
    {
      id: 'retrieval_recall',
      needs: 'the table stage_log',
      cure: 'the candidate itself finds fewer of the auction’s winners: mend its retrieval',
      action: 'architecture_change',
      title: 'share of the auction’s winners that the model’s output holds, treatment against control',
      operators: ['min', 'max_decrease'],
      share: true,
    },
    {
      id: `ranking_recall@${K}`,
      needs: 'the table stage_log with rank and utility',
      cure: 'the candidate itself ranks fewer of the most useful items first: mend its ranking',
      action: 'architecture_change',
      title:
        `share of a request’s ${K} most useful items that are among the first ${K} of the output, treatment ` +
        'against control',
      operators: ['min', 'max_decrease'],
      share: true,
    },
    {
      id: 'headroom',
      needs: 'the table stage_log',
      title: '1 − the control’s retrieval recall',
      operators: ['min'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(STAGE_LOG);
    if (!table)
      return untested(
        STAGE_LOG,
        'the release has no evidence stage_log',
        'auctions that saw the candidates of both arms, so that recall is not 1 by construction',
      );
    const log = readLog(table);
    const winners = recall(
      log,
      (r) => log.winner[r] === 1,
      (r) => log.inOutput[r] === 1,
    );
    refuseOneArm(table, log, winners.requests);
    const useful = log.ranked ? topRecall(log, log.ranked) : undefined;
    const open = tooFew(winners.requests);
    const room: Estimate = { ...winners.control, value: 1 - winners.control.value };
    const retrieval = changed('retrieval_recall', winners, open);
    const measurements: Measurement[] = [
      retrieval,
      ...(useful ? [changed(`ranking_recall@${K}`, useful, tooFew(useful.requests))] : []),
      level('headroom', {}, room, open),
    ];
    const difference = winners.change.absolute;
    const { lower, upper } = interval(difference, confidence);
    const headroom = interval(room, confidence);
    const facts = [
      `retrieval recall of auction winners ${percent(winners.control.value)} in control and ` +
        `${percent(winners.treatment.value)} in treatment (${figure(100 * lower)} to ${figure(100 * upper)} ` +
        `points apart), ${percent(room.value)} left to win`,
      ...(useful
        ? [
            `ranking recall of the ${K} most useful ${percent(useful.control.value)} and ` +
              `${percent(useful.treatment.value)}`,
          ]
        : []),
    ];
    const part = recallPart(evidence, difference, confidence);
    const decided = (verdict: 'contributing' | 'ruled_out' | 'inconclusive', said?: string): Examined => ({
      measurements,
      facts: [...(said === undefined ? [] : [said]), ...facts],
      effect: {
        kind: 'outcome',
        verdict,
        settle: verdict === 'inconclusive' ? 'more requests with all candidates logged' : '',
        ...(part ? { part } : {}),
      },
    });
    if (open !== undefined) return decided('inconclusive', spelled(open));
    if (headroom.upper < HEADROOM)
      return decided('contributing', 'saturated: a better ranking has next to nothing to win here');
    if (upper < 0) return decided('contributing', 'recall falls');
    if (upper === 0) return decided('contributing', 'recall does not move');
    if (lower > 0 && headroom.lower > HEADROOM) return decided('ruled_out', 'recall moves, and there is room');
    return decided('inconclusive');
  },
};

/** Refuses auctions that saw one arm's candidates alone: that arm's recall is 1 whatever its model is. */
function refuseOneArm(table: EvidenceTable, { gaveAll: [arm] }: StageLog, requests: number): void {
  if (arm === undefined || requests <= 1) return;
  throw table.error(
    `a ${arm} that gave every item that was logged`,
    'winners of auctions that saw candidates of both arms, some of them given by the other arm alone',
    `Recall is 1 by construction where winners are those of the ${arm}’s candidates alone.`,
  );
}

/** The gain should win b·gain online; as much of it as recall gained does win β·Δrecall, β being from past arms. */
function recallPart(evidence: Evidence, { value, standardError, df }: Estimate, confidence: number) {
  const table = evidence.table(ARMS);
  const arms = table && readArms(table);
  if (!arms?.recall) return undefined;
  const slope = slopeOn(arms.recall, arms, confidence);
  // Beyond what past arms moved it their slope says nothing.
  if (typeof slope === 'string' || Math.abs(value) > BEYOND * slope.reach) return undefined;
  const beta = slope.estimate;
  return {
    predicted: 1 as const,
    own: {
      value: -beta.value * value,
      standardError: Math.hypot(beta.value * standardError, value * beta.standardError),
      df: Math.min(df, beta.df),
    },
  };
}

function changed(metric: string, { treatment, change }: Recall, open: OpenReason | undefined): Measurement {
  return { metric, slice: {}, value: treatment, change, ...(open === undefined ? {} : { open }) };
}

/** Shape (rows) each. */
interface Ranked {
  readonly rank: Float64Array;
  readonly utility: Float64Array;
}

interface StageLog {
  readonly rows: number;
  readonly request: Coded;
  /** 0 control, 1 treatment. */
  readonly arm: Uint8Array;
  readonly inOutput: Float64Array;
  readonly winner: Float64Array;
  /** The rank of each row in its output, and what its item is worth; undefined where the table has neither. */
  readonly ranked: Ranked | undefined;
  /** Arms whose models gave every item that was logged. */
  readonly gaveAll: readonly ('control' | 'treatment')[];
}

function readLog(table: EvidenceTable): StageLog {
  const arms = table.texts('arm', ['control', 'treatment']);
  const item = table.texts('item_id');
  if (table.has('rank') !== table.has('utility'))
    throw table.error('one of rank and utility', 'both, or none: the rank in the output, and what the item is worth');
  const log = {
    rows: table.rows,
    request: table.texts('request_id'),
    arm: Uint8Array.from(arms.codes, (code) => (arms.names[code] === 'treatment' ? 1 : 0)),
    inOutput: table.flags('in_output'),
    winner: table.flags('is_winner'),
    ranked: table.has('rank')
      ? {
          rank: table.numbers('rank', 'a rank from 1 on', (x) => x >= 1),
          utility: table.finite('utility'),
        }
      : undefined,
  };
  table.refuseRepeated([log.request, arms, item], ['request_id', 'arm', 'item_id']);
  table.throwIfBad();
  if (!log.arm.includes(0) || !log.arm.includes(1))
    throw table.error('rows of one arm alone', 'rows of control and of treatment');
  if (log.ranked) {
    const { rank } = log.ranked;
    const first = new Map<string, number>();
    for (let r = 0; r < log.rows; r++) {
      if (log.inOutput[r] !== 1) continue;
      const key = `${log.arm[r]} ${log.request.codes[r]} ${rank[r]}`;
      if (first.has(key)) table.refuse(r, 'rank', `${rank[r]} again in its request and arm`, 'every rank once');
      first.set(key, r);
    }
    table.throwIfBad();
  }
  if (!log.winner.includes(1)) throw table.error('no row that is a winner', 'winners of the auction (is_winner 1)');
  const gaveAll = (['control', 'treatment'] as const).filter((_, arm) =>
    log.inOutput.every((inOutput, r) => log.arm[r] !== arm || inOutput === 1),
  );
  return { ...log, gaveAll };
}

interface Recall {
  readonly control: Estimate;
  readonly treatment: Estimate;
  /** Treatment against control, requests of both paired. */
  readonly change: Change;
  /** Requests of the arm that has fewer of them. */
  readonly requests: number;
}

/** Share of the rows that count which are found, by arm, clustered by request. */
function recall(log: StageLog, counts: (r: number) => boolean, found: (r: number) => boolean): Recall {
  const arm = (which: 0 | 1) => {
    const all = new Map<number, { n: number; hit: number }>();
    for (let r = 0; r < log.rows; r++) {
      if (log.arm[r] !== which || !counts(r)) continue;
      const sums = all.get(log.request.codes[r]!) ?? { n: 0, hit: 0 };
      sums.n++;
      if (found(r)) sums.hit++;
      all.set(log.request.codes[r]!, sums);
    }
    return all;
  };
  const [control, treatment] = [arm(0), arm(1)];
  return {
    control: requestShare([...control.values()]),
    treatment: requestShare([...treatment.values()]),
    change: pairedShares(treatment, control),
    requests: Math.min(control.size, treatment.size),
  };
}

/** Of each request's K most useful items: the share among the first K of the arm's output. */
function topRecall(log: StageLog, { rank, utility }: Ranked): Recall {
  const arm: Coded = { codes: Int32Array.from(log.arm), names: ['control', 'treatment'] };
  const top = new Set<number>();
  for (const { rows } of rowsBy([arm, log.request]))
    for (const r of rows.toSorted((a, b) => utility[b]! - utility[a]! || a - b).slice(0, K)) top.add(r);
  return recall(
    log,
    (r) => top.has(r),
    (r) => log.inOutput[r] === 1 && rank[r]! <= K,
  );
}
