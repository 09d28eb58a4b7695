/** Shares of the offline gain as a check of layer 1 holds them against what may be lost of it. */

import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { type Estimate, interval, violationInterval } from '../../estimation/statistics/noninferiority.js';
import { linear, type Statistic } from '../../estimation/tabulation/clustered.js';
import type { Trust } from '../evidence-check.js';

/** Of the gain at most this share may be no gain: as of the gap. Judgement of this project. */
export const NO_LOSS = 0.2;
/** A gain of which few carry more than this is theirs. Judgement of this project. */
export const MOST = 0.5;
/** A gain of which somewhat more than few carry more than this is theirs, too. Judgement of this project. */
export const NEARLY_ALL = 0.75;

/**
 * `more`: a part is clearly more than a share of the gain; `less`: it is clearly less. Nothing is a share of a loss.
 */
export function heldAgainst(
  sums: LedgerSums,
  part: Statistic,
  share: number,
  confidence: number,
): 'more' | 'less' | 'unclear' {
  if (!(sums.gainOffline.value > 0)) return 'unclear';
  const excess = sums.estimate(linear(1, part, -share, sums.gainOffline));
  if (violationInterval(excess, confidence).lower > 0) return 'more';
  return interval(excess, confidence).upper < 0 ? 'less' : 'unclear';
}

/** True where it is clearly above 0, as a rule that passes must be. */
export function isClear(estimate: Estimate, confidence: number): boolean {
  return interval(estimate, confidence).lower > 0;
}

export function trusted(why: string): Trust {
  return { verdict: 'yes', why };
}

export function distrusted(why: string): Trust {
  return { verdict: 'no', why };
}

export function undecided(why: string): Trust {
  return { verdict: 'open', why };
}
