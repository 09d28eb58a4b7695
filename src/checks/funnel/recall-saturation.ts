/**
 * Is there anything left for a better ranking to win? Retrieval recall of what a stage chose (an auction's winners),
 * and ranking recall of the most useful items, treatment against control.
 */

import type { EvidenceTable } from '../../data/evidence/evidence-table.js';
import { type Estimate, FEWEST_TRIALS, interval } from '../../estimation/statistics/noninferiority.js';
import { list, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, untested } from '../evidence-check.js';
import { figure, percent } from '../measurement.js';
import { ARMS, lineOn, OUTCOME, readArms } from '../past-arms.js';
import { ofTable, settledBy } from '../ways.js';
import { K } from './recall.js';
import { bothArms, HEADROOM, measurementsOf, type Part, partsOf, type Reading, readingOf } from './saturation.js';
import { readLog, STAGE_LOG, type StageLog } from './stage-log.js';

/** A segment of at least this share of what is chosen counts for the whole. Judgement of this project. */
const WEIGHTY = 0.1;

export const recallSaturation: EvidenceCheck = {
  id: 'recall-saturation',
  layer: 3,
  question: 'Is there anything left for a better ranking to win?',
  owner: 'the owner of retrieval',
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
      cure: 'the candidate itself finds fewer of the items that are chosen: mend its retrieval',
      action: 'architecture_change',
      title:
        'share of what the stage chose (of an auction, its winners) that the model’s output holds, treatment against control',
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
    if (!table) return untested(STAGE_LOG, 'the release has no evidence stage_log', BOTH_ARMS);
    const log = readLog(table);
    const { all, segments } = partsOf(log, confidence);
    refuseOneArm(table, log, all.retrieval.requests);
    // Of several segments by Bonferroni's bounds.
    const apart = 1 - (1 - confidence) / Math.max(1, segments.length);
    const judged = segments.map((part) => ({ part, reading: readingOf(part, apart), share: shareOf(part, all) }));
    const { verdict, said } = togetherOf(readingOf(all, confidence), judged);
    const { control, change } = all.retrieval;
    const { lower, upper } = interval(change.absolute, confidence);
    const part = all.seen === 'one' ? undefined : recallPart(evidence, change.absolute, confidence);
    return {
      measurements: [all, ...segments].flatMap((one) => measurementsOf(one, confidence)),
      facts: [
        ...said,
        `retrieval recall of ${log.chosen} ${bothArms(all.retrieval)} (${figure(100 * lower)} to ` +
          `${figure(100 * upper)} points apart), ${percent(1 - control.value)} left to win`,
        ...(all.ranking ? [`ranking recall of the ${K} most useful ${bothArms(all.ranking)}`] : []),
        ...segmentFacts(log, judged),
      ],
      effect: {
        kind: 'outcome',
        verdict,
        settle:
          verdict !== 'inconclusive'
            ? ''
            : readingOf(all, confidence).kind === 'unproven'
              ? BOTH_ARMS
              : 'more requests with all candidates logged',
        ...(part ? { part } : {}),
      },
    };
  },
};

/** Names the log by which saturation can be seen. */
const BOTH_ARMS =
  'both arms’ candidates for the same requests: those of both models enter the stage (or a replay of it), and each ' +
  'request is logged for both arms with what either gave';

interface JudgedPart {
  readonly part: Part;
  readonly reading: Reading;
  /** Share of what was chosen. */
  readonly share: number;
}

function shareOf(part: Part, all: Part): number {
  return part.retrieval.counted / all.retrieval.counted;
}

/**
 * The verdict on all rows. A segment of weight that is saturated is a cause as well; one in which recall falls is none
 * by itself, as of many segments one does by chance, and keeps the whole from being ruled out.
 */
function togetherOf(
  whole: Reading,
  segments: readonly JudgedPart[],
): { readonly verdict: Reading['verdict']; readonly said: readonly string[] } {
  const saturated = segments.filter(({ reading }) => reading.kind === 'saturated');
  const roomy = segments.filter(({ part, reading }) => reading.kind !== 'saturated' && hasRoom(part));
  const falling = segments.filter(({ reading, share }) => reading.kind === 'falls' && share >= WEIGHTY);
  const where =
    saturated.length > 0 && (roomy.length > 0 || whole.kind !== 'saturated')
      ? [`saturated on ${named(saturated)}${roomy.length > 0 ? `, not on ${named(roomy)}` : ''}`]
      : [];
  const falls = falling.length > 0 && whole.kind !== 'falls' ? [`recall falls on ${named(falling)}`] : [];
  const own = whole.kind === 'unknown' ? [] : [whole.said];
  if (whole.verdict === 'contributing') return { verdict: whole.verdict, said: [...own, ...where, ...falls] };
  if (saturated.some(({ share }) => share >= WEIGHTY))
    return { verdict: 'contributing', said: [...where, ...falls, ...own] };
  const verdict = falling.length > 0 ? 'inconclusive' : whole.verdict;
  return { verdict, said: [...falls, ...own, ...where] };
}

function hasRoom({ room, open }: Part): boolean {
  return open === undefined && room.value > HEADROOM;
}

/** `surface=home and surface=feed`. */
function named(parts: readonly JudgedPart[]): string {
  return list(
    parts.map(({ part }) => nameOf(part)),
    6,
  );
}

function nameOf({ slice }: Part): string {
  return Object.entries(slice)
    .map(([by, value]) => `${printable(by, 40)}=${printable(value, 40)}`)
    .join(', ');
}

/** Segments of which recall is said one by one; of more, those of most of what is chosen. */
const SHOWN = 12;

/** One fact a segment: recall of both arms there, and what it says. */
function segmentFacts({ chosen }: StageLog, judged: readonly JudgedPart[]): string[] {
  const facts = judged
    .toSorted((a, b) => b.share - a.share)
    .map(
      ({ part, reading, share }) =>
        `${nameOf(part)} (${percent(share)} of the ${chosen}): recall ${bothArms(part.retrieval)}, ` +
        (reading.kind === 'saturated' ? 'saturated' : reading.said),
    );
  const more = facts.length - SHOWN;
  return more > 0 ? [...facts.slice(0, SHOWN), `and ${more} more segments`] : facts;
}

/**
 * Refuses a log in which an arm's model gave every item, or every item that was chosen: the stage saw that arm's
 * candidates alone, and its recall is 1 whatever its model is.
 */
function refuseOneArm(table: EvidenceTable, log: StageLog, requests: number): void {
  const gaveAll = (which: number, counts: (r: number) => boolean) =>
    log.inOutput.every((inOutput, r) => log.arm[r] !== which || inOutput === 1 || !counts(r));
  for (const [which, arm] of ['control', 'treatment'].entries()) {
    const everything = requests > 1 && gaveAll(which, () => true);
    if (!everything && !(requests >= FEWEST_TRIALS && gaveAll(which, (r) => log.selected[r] === 1))) continue;
    throw table.error(
      everything
        ? `a ${arm} that gave every item that was logged`
        : `a ${arm} that gave every one of the ${log.chosen}`,
      `${log.chosen} of a stage that saw candidates of both arms, some of them given by the other arm alone`,
      `Recall is 1 by construction where the ${log.chosen} are of the ${arm}’s candidates alone. Log ${BOTH_ARMS}.`,
    );
  }
}

/**
 * By the line of past arms on offline gains the gain should win so much online; by their line on recall, an arm in
 * which recall moved as here wins α + β·Δrecall. Recall explains what lies between.
 */
function recallPart(evidence: Evidence, change: Estimate, confidence: number) {
  const table = evidence.table(ARMS);
  const arms = table && readArms(table);
  if (!arms?.recall) return undefined;
  const line = lineOn(arms.recall, arms, confidence);
  // Beyond what past arms moved it their line says nothing.
  if (typeof line === 'string' || Math.abs(change.value) > line.beyond) return undefined;
  const won = line.at(change);
  return { predicted: 1 as const, own: { ...won, value: -won.value } };
}
