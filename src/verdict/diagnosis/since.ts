/** A diagnosis held against an earlier one: whether the gap closed, and which causes are gone, left or new. */

import type { CheckId } from '../../documents/policy/policy.js';
import type { Bounded, Diagnosis, Hypothesis, HypothesisVerdict } from './diagnosis.js';

export const VERDICTS = [
  'sufficient',
  'contributing',
  'ruled_out',
  'inconclusive',
  'not_tested',
  'no_gap',
] as const satisfies readonly HypothesisVerdict[];

/** An earlier report, as far as it is compared. */
export interface Earlier {
  /** Path as shown to the user. */
  readonly path: string;
  /** The version that it judged, and when; empty where it does not say. */
  readonly live: string;
  readonly startedAt: string;
  readonly gap: Bounded | undefined;
  readonly metric: string;
  readonly hypotheses: readonly EarlierHypothesis[];
}

export interface EarlierHypothesis {
  readonly id: string;
  readonly verdict: HypothesisVerdict;
  readonly share: number | null;
}

/**
 * - `closed`   there is no gap to speak of any more
 * - `smaller`, `larger` by bounds that do not overlap
 * - `unclear`  the bounds overlap
 * - `unknown`  one of the two is not known, or they are in different units
 */
export type Movement = 'closed' | 'smaller' | 'larger' | 'unclear' | 'unknown';

/**
 * - `gone` a cause then, ruled out now, or no gap is left that it could explain
 * - `left` a cause then and now
 * - `new`  a cause now, none then
 * - `open` a cause then, of which the evidence now tells nothing
 */
export type CauseState = 'gone' | 'left' | 'new' | 'open';

export interface CauseSince {
  readonly id: CheckId;
  readonly state: CauseState;
  /** Null where the earlier report did not ask for it. */
  readonly before: HypothesisVerdict | null;
  readonly now: HypothesisVerdict;
  readonly shareBefore: number | null;
  readonly shareNow: number | null;
}

export interface Since {
  readonly path: string;
  readonly live: string;
  readonly startedAt: string;
  readonly movement: Movement;
  /** The gap then; undefined where it was not known. */
  readonly gap: Bounded | undefined;
  readonly causes: readonly CauseSince[];
}

export function sinceOf(earlier: Earlier, { gap, hypotheses }: Pick<Diagnosis, 'gap' | 'hypotheses'>): Since {
  const before = new Map(earlier.hypotheses.map((one) => [one.id, one]));
  return {
    path: earlier.path,
    live: earlier.live,
    startedAt: earlier.startedAt,
    movement: movementOf(earlier, gap),
    gap: earlier.gap,
    causes: hypotheses.flatMap((now) => causeOf(before.get(now.id), now)),
  };
}

function movementOf({ gap: before, metric }: Earlier, now: Diagnosis['gap']): Movement {
  if (!before || !now || now.open !== undefined || now.metric !== metric) return 'unknown';
  if (now.offline.lower > 0 && now.lost.upper <= 0) return 'closed';
  if (now.upper < before.lower) return 'smaller';
  return now.lower > before.upper ? 'larger' : 'unclear';
}

function causeOf(before: EarlierHypothesis | undefined, now: Hypothesis): CauseSince[] {
  const state = stateOf(before?.verdict, now.verdict);
  if (!state) return [];
  return [
    {
      id: now.id,
      state,
      before: before?.verdict ?? null,
      now: now.verdict,
      shareBefore: before?.share ?? null,
      shareNow: now.share,
    },
  ];
}

/** Undefined of what was no cause and is none. */
function stateOf(before: HypothesisVerdict | undefined, now: HypothesisVerdict): CauseState | undefined {
  const was = before === 'sufficient' || before === 'contributing';
  const is = now === 'sufficient' || now === 'contributing';
  if (is) return was ? 'left' : 'new';
  if (!was) return undefined;
  return now === 'ruled_out' || now === 'no_gap' ? 'gone' : 'open';
}
