/** Is there anything left for a better ranking to win? Retrieval recall of the auction's winners, and ranking recall of the most useful items, treatment against control. */
import type { Coded } from '../../evalset/evalset.js';
import { type Estimate, interval } from '../../statistics/noninferiority.js';
import type { EvidenceTable } from '../evidence-table.js';
import { figure, type OutcomeFinding, type OutcomeHypothesis, percent } from './outcome.js';

/** Positions of a ranking that are looked at. */
const K = 10;
/** Less than this left to win is saturation. Judgement of this project. */
const HEADROOM = 0.05;

export const recallSaturation: OutcomeHypothesis = {
  id: 'recall-saturation',
  layer: 3,
  table: 'stage_log',
  required: ['request_id', 'arm', 'item_id', 'in_output', 'is_winner'],
  optional: ['rank', 'utility'],
  settle:
    'a table stage_log: request_id, arm (control or treatment), item_id, in_output (1 where the arm’s model gave the item), is_winner (1 where it won the auction of a request that saw all candidates); rank and utility besides',
  judge(table, { confidence }): OutcomeFinding {
    const log = readLog(table);
    const winners = recall(
      log,
      (r) => log.winner[r] === 1,
      (r) => log.inOutput[r] === 1,
    );
    if (winners.control.value === 1 && winners.control.requests > 1 && log.missesNothing)
      throw table.error(
        'a control that gave every winner of both arms',
        'winners of auctions that saw more than the control’s candidates',
        'Recall is 1 by construction where winners are logged for the control’s candidates alone.',
      );
    const useful = log.rank && log.utility ? topRecall(log) : undefined;
    const { lower, upper } = interval(winners.difference, confidence);
    const headroom = interval({ ...winners.control.estimate, value: 1 - winners.control.value }, confidence);
    const facts = [
      `retrieval recall of auction winners ${percent(winners.control.value)} in control and ${percent(winners.treatment.value)} in treatment (${figure(100 * lower)} to ${figure(100 * upper)} points apart), ${percent(1 - winners.control.value)} left to win`,
      ...(useful
        ? [
            `ranking recall of the ${K} most useful ${percent(useful.control.value)} and ${percent(useful.treatment.value)}`,
          ]
        : []),
    ].join('; ');
    if (headroom.upper < HEADROOM)
      return {
        verdict: 'contributing',
        why: `saturated: ${facts}. A better ranking has next to nothing to win here`,
        settle: '',
      };
    if (upper <= 0) return { verdict: 'contributing', why: `recall does not move: ${facts}`, settle: '' };
    if (lower > 0 && headroom.lower > HEADROOM)
      return { verdict: 'ruled_out', why: `recall moves, and there is room: ${facts}`, settle: '' };
    return { verdict: 'inconclusive', why: facts, settle: 'more requests with all candidates logged' };
  },
};

interface StageLog {
  readonly rows: number;
  readonly request: Coded;
  /** 0 control, 1 treatment. */
  readonly arm: Uint8Array;
  readonly inOutput: Float64Array;
  readonly winner: Float64Array;
  readonly rank: Float64Array | undefined;
  readonly utility: Float64Array | undefined;
  /** No row is outside of an output. */
  readonly missesNothing: boolean;
}

function readLog(table: EvidenceTable): StageLog {
  const flag = (name: string) => table.numbers(name, '0 or 1', (x) => x === 0 || x === 1);
  const arms = table.texts('arm', ['control', 'treatment']);
  const log = {
    rows: table.rows,
    request: table.texts('request_id'),
    arm: Uint8Array.from(arms.codes, (code) => (arms.names[code] === 'treatment' ? 1 : 0)),
    inOutput: flag('in_output'),
    winner: flag('is_winner'),
    rank: table.has('rank') ? table.numbers('rank', 'a rank from 1 on', (x) => x >= 1) : undefined,
    utility: table.has('utility') ? table.numbers('utility', 'a finite number', Number.isFinite) : undefined,
  };
  table.throwIfBad();
  if (!log.arm.includes(0) || !log.arm.includes(1))
    throw table.error('rows of one arm alone', 'rows of control and of treatment');
  if (!log.winner.includes(1)) throw table.error('no row that is a winner', 'winners of the auction (is_winner 1)');
  return { ...log, missesNothing: log.inOutput.every((x) => x === 1) };
}

interface ArmRecall {
  readonly value: number;
  readonly requests: number;
  readonly estimate: Estimate;
}

/** Share of the rows that count which are found, by arm; ratio of sums clustered by request (Deng et al. 2018). */
function recall(log: StageLog, counts: (r: number) => boolean, found: (r: number) => boolean) {
  const arm = (which: 0 | 1): ArmRecall => {
    const all = new Map<number, { n: number; hit: number }>();
    for (let r = 0; r < log.rows; r++) {
      if (log.arm[r] !== which || !counts(r)) continue;
      const sums = all.get(log.request.codes[r]!) ?? { n: 0, hit: 0 };
      sums.n++;
      if (found(r)) sums.hit++;
      all.set(log.request.codes[r]!, sums);
    }
    const clusters = [...all.values()];
    const n = clusters.reduce((sum, c) => sum + c.n, 0);
    const value = clusters.reduce((sum, c) => sum + c.hit, 0) / n;
    const g = clusters.length;
    const variance =
      (clusters.reduce((sum, c) => sum + (c.hit - value * c.n) ** 2, 0) / (n * n)) * (g / Math.max(1, g - 1));
    return { value, requests: g, estimate: { value, standardError: Math.sqrt(variance), df: Math.max(1, g - 1) } };
  };
  const [control, treatment] = [arm(0), arm(1)];
  return {
    control,
    treatment,
    difference: {
      value: treatment.value - control.value,
      standardError: Math.hypot(control.estimate.standardError, treatment.estimate.standardError),
      df: Math.min(control.estimate.df, treatment.estimate.df),
    },
  };
}

/** Of each request's K most useful items: the share among the first K of the arm's output. */
function topRecall(log: StageLog) {
  const byRequest = new Map<string, number[]>();
  for (let r = 0; r < log.rows; r++) {
    const key = `${log.arm[r]} ${log.request.codes[r]}`;
    byRequest.set(key, [...(byRequest.get(key) ?? []), r]);
  }
  const top = new Set<number>();
  for (const rows of byRequest.values())
    for (const r of rows.sort((a, b) => log.utility![b]! - log.utility![a]! || a - b).slice(0, K)) top.add(r);
  return recall(
    log,
    (r) => top.has(r),
    (r) => log.inOutput[r] === 1 && log.rank![r]! <= K,
  );
}
