/**
 * The bearing of the evidence at hand on hypotheses that are open: a split points at some, others cannot explain what
 * was seen in the ledger or in the A/B. It orders what to write next, and decides nothing.
 */

import type { CheckId } from '../../documents/policy/policy.js';
import { list, printable } from '../../lib/text.js';
import type { Diagnosis, Experiment, PredictionGap, Split, SplitPart } from './diagnosis.js';

export interface Seen {
  /** Hypotheses at which a split points, with what it shows. */
  readonly points: ReadonlyMap<CheckId, string>;
  /** Hypotheses that cannot explain what was seen, and why they cannot. */
  readonly cannot?: { readonly ids: readonly CheckId[]; readonly why: string };
  /** The reason for which layer 3 comes before the others; undefined where the layers stand as they are numbered. */
  readonly afterServing?: string;
}

export const NOTHING_SEEN: Seen = { points: new Map() };

/** They change which rows there are, or what these weigh: not what one row is given, offline and online. */
const OF_ROWS: readonly CheckId[] = ['eval-set-construction', 'exposure-bias'];
/** They change the score of a row between its evaluation and its serving. */
const OF_SCORES: readonly CheckId[] = [
  'label-leakage',
  'feature-parity',
  'version-skew',
  'precision-parity',
  'checkpoint-identity',
];
/** Columns of versions, with the hypothesis that rows of another version than the live one speak for. */
const OF_VERSIONS: readonly (readonly [string, CheckId])[] = [
  ['served_version', 'checkpoint-identity'],
  ['item_version', 'version-skew'],
];
/** A split points at what carries more than this share of the gap. Judgement of this project. */
const MOST = 0.5;

/**
 * @param live the version that is evaluated
 * @param weighed whether production weighs the rows of the ledger otherwise than the evaluation
 */
export function whatIsSeen(
  { gap, splits = [], experiment }: Pick<Diagnosis, 'gap' | 'splits' | 'experiment'>,
  live: string,
  weighed: boolean,
): Seen {
  if (!gap || gap.open !== undefined) return NOTHING_SEEN;
  const behind = experiment && !follows(experiment);
  // Comparisons are written so that NaN excludes nothing.
  if (gap.offline.lower > 0 && gap.lost.upper <= 0) return behind ? { points: new Map(), ...KEPT } : NOTHING_SEEN;
  if (gap.lower > 0) return ofGap(gap, splits, live, weighed);
  return gap.offline.lower > 0 && experiment && isLost(experiment)
    ? { points: new Map(), afterServing: 'the ledger shows no clear gap, and the A/B is lost' }
    : NOTHING_SEEN;
}

const KEPT = {
  afterServing:
    'serving keeps the gain in the ledger and the A/B does not show it, so what comes after serving is first',
  cannot: {
    ids: OF_SCORES,
    why: 'the scores that were served keep the gain, so nothing that changes a score on its way explains the A/B',
  },
};

function ofGap(gap: PredictionGap, splits: readonly Split[], live: string, weighed: boolean): Seen {
  const points = new Map(
    OF_VERSIONS.flatMap(([by, id]) => {
      const split = splits.find((one) => one.by === by);
      const found = split ? worseThanLive(split, live) : [];
      return carriesMost(found, gap) ? [[id, pointInWords(by, found)] as const] : [];
    }),
  );
  const why =
    'the gap is between two scores of the same rows' +
    `${weighed ? '' : ' under the same weights'}, which this does not change`;
  return { points, cannot: { ids: weighed ? OF_ROWS : ['sampling-bias', ...OF_ROWS], why } };
}

/** Rows of another version than the live one that clearly lose, and lose clearly more than the others. */
function worseThanLive({ parts }: Split, live: string): SplitPart[] {
  return parts.filter(({ value, gap, excess }) => value !== live && gap.lower > 0 && excess.lower > 0);
}

/** Of a metric that is no mean no part has a contribution: there the clear excess has to do. */
function carriesMost(parts: readonly SplitPart[], { value }: PredictionGap): boolean {
  if (parts.length === 0) return false;
  if (parts.some(({ contribution }) => contribution === null)) return true;
  return parts.reduce((sum, { contribution }) => sum + (contribution ?? 0), 0) > MOST * value;
}

function pointInWords(by: string, parts: readonly SplitPart[]): string {
  return `most of the gap lies on rows of ${by} ${list(
    parts.map(({ value }) => printable(value, 40)),
    3,
  )}`;
}

/** True where the online metric rose, and is not clearly behind what was promised. */
function follows(experiment: Experiment): boolean {
  return experiment.observed.lower > 0 && !isLost(experiment);
}

function isLost({ observed, promise }: Experiment): boolean {
  return observed.upper < 0 || (promise !== undefined && promise.missing.lower > 0 && promise.lost.lower > 0);
}

/** The place of a hypothesis: what is pointed at, then by layer, and last what cannot explain what was seen. */
export function placeOf(id: CheckId, layer: 1 | 2 | 3, { points, cannot, afterServing }: Seen): number {
  if (points.has(id)) return 0;
  const own = afterServing !== undefined && layer === 3 ? 1 : 1 + layer;
  return cannot?.ids.includes(id) ? LAST + own : own;
}

/** From here on are the places of what cannot explain what was seen. */
export const LAST = 10;
