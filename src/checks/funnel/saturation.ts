/** Reads recall on some rows of the log: saturated, falling, moving with room, or nothing. */

import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { level, type Measurement, percent, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { K, mostUseful, type Recall, rankingRecall, retrievalRecall } from './recall.js';
import { type Seen, type StageLog, seenIn } from './stage-log.js';

/** Less than this left to win is saturation. Judgement of this project. */
export const HEADROOM = 0.05;

/** Recall of some rows of the log. */
export interface Part {
  readonly slice: Measurement['slice'];
  readonly retrieval: Recall;
  readonly ranking: Recall | undefined;
  /** 1 - the control's recall. */
  readonly room: Estimate;
  readonly seen: Seen;
  /** The reason for which recall cannot be compared. */
  readonly open: OpenReason | undefined;
}

/** All rows, and the rows of every value of every column of segments. */
export function partsOf(log: StageLog, confidence: number): { readonly all: Part; readonly segments: readonly Part[] } {
  const top = log.ranked && mostUseful(log, log.ranked);
  const partOf = (rows: readonly number[], slice: Measurement['slice']): Part => {
    const retrieval = retrievalRecall(log, rows);
    const seen = seenIn(log, rows, confidence);
    return {
      slice,
      retrieval,
      ranking: log.ranked && top && rankingRecall(log, rows, top, log.ranked),
      room: { ...retrieval.control, value: 1 - retrieval.control.value },
      seen,
      open: tooFew(retrieval.requests) ?? (seen === 'one' ? { kind: 'one_arm_seen' } : undefined),
    };
  };
  const segments = [...log.segments].flatMap(([name, { codes, names }]) => {
    const rows = names.map((): number[] => []);
    for (const [r, code] of codes.entries()) rows[code]!.push(r);
    return names.map((value, code) => partOf(rows[code]!, { [name]: value }));
  });
  return { all: partOf([...log.arm.keys()], {}), segments };
}

/** Retrieval recall, ranking recall and headroom of a part, as rules judge them. */
export function measurementsOf(
  { slice, retrieval, ranking, room, seen, open }: Part,
  confidence: number,
): Measurement[] {
  // An arm's own requests leave the least to win that there is: the other arm's candidates would take some.
  const least: OpenReason | undefined =
    seen === 'own' && !(interval(room, confidence).lower > HEADROOM) ? { kind: 'one_arm_seen' } : undefined;
  const ranked = ranking && (tooFew(ranking.requests) ?? (seen === 'one' ? open : undefined));
  return [
    changed('retrieval_recall', slice, retrieval, open),
    ...(ranking ? [changed(`ranking_recall@${K}`, slice, ranking, ranked)] : []),
    level('headroom', slice, room, open ?? least),
  ];
}

function changed(
  metric: string,
  slice: Measurement['slice'],
  { treatment, change }: Recall,
  open?: OpenReason,
): Measurement {
  return { metric, slice, value: treatment, change, ...(open === undefined ? {} : { open }) };
}

export interface Reading {
  readonly verdict: 'contributing' | 'ruled_out' | 'inconclusive';
  readonly kind: 'saturated' | 'falls' | 'still' | 'moves' | 'unproven' | 'open' | 'unknown';
  readonly said: string;
}

/** @param confidence one-sided, of each of its bounds */
export function readingOf({ retrieval, room, seen, open }: Part, confidence: number): Reading {
  if (open !== undefined)
    return { verdict: 'inconclusive', kind: seen === 'one' ? 'unproven' : 'open', said: spelled(open) };
  const { lower, upper } = interval(retrieval.change.absolute, confidence);
  const headroom = interval(room, confidence);
  const full = headroom.upper < HEADROOM;
  if (full && seen === 'both')
    return {
      verdict: 'contributing',
      kind: 'saturated',
      said: 'saturated: a better ranking has next to nothing to win here',
    };
  if (upper < 0) return { verdict: 'contributing', kind: 'falls', said: 'recall falls' };
  if (upper === 0) return { verdict: 'contributing', kind: 'still', said: 'recall does not move' };
  if (lower > 0 && headroom.lower > HEADROOM)
    return { verdict: 'ruled_out', kind: 'moves', said: 'recall moves, and there is room' };
  if (full)
    return {
      verdict: 'inconclusive',
      kind: 'unproven',
      said:
        'next to nothing is left to win of what each arm’s own candidates were chosen from, which does not show that ' +
        'the other arm’s would win nothing',
    };
  return { verdict: 'inconclusive', kind: 'unknown', said: 'the data cannot tell' };
}

/** `98 % in control and 99 % in treatment`. */
export function bothArms({ control, treatment }: Recall): string {
  return `${percent(control.value)} in control and ${percent(treatment.value)} in treatment`;
}
