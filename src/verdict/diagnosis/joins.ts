/**
 * Rows that are lost on the way from what was scored offline to what was served, and what they are worth: the gain that
 * was reported, the gain on every row that was scored offline, and the gain on those that were served.
 */

import type { Evidence } from '../../checks/evidence.js';
import { LEDGER, type Scored } from '../../data/evidence/ledger.js';
import { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { joinedUnits } from '../../estimation/ledger/units.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { linear } from '../../estimation/tabulation/clustered.js';
import { type Bounded, bounded } from './diagnosis.js';

/** Rows of one log source. */
export interface JoinedRows {
  /** Undefined where the ledger has no column log_source. */
  readonly logSource?: string;
  readonly scored: number;
  readonly served: number;
}

/** The part of the gain that is not on the rows that are left. */
export interface JoinStep extends Bounded {
  readonly from: 'reported' | 'scored';
  readonly to: 'scored' | 'served';
}

export interface Joins {
  /** By log source; undefined where the ledger holds served rows alone. */
  readonly rows?: readonly JoinedRows[];
  /** The gain that was reported, as the release says it. */
  readonly reported?: number;
  /** False where the release gives no standard error of it. */
  readonly reportedError?: boolean;
  /** The gain on every row that was scored offline. */
  readonly scored?: Bounded;
  /** The gain on the rows that were served: the gain offline that the gap is from. */
  readonly served: Bounded;
  readonly steps: readonly JoinStep[];
}

/** The same as estimates: the levels from above, each with what the gain is less at the next. */
export interface JoinLevels {
  readonly levels: readonly { readonly of: 'reported' | 'scored'; readonly gain: Estimate; readonly lost: Estimate }[];
  readonly served: Estimate;
}

/** Undefined where nobody says that other rows were scored than served, or on which a gain was reported. */
export function joinLevels({ release, ledger, sums }: Evidence): JoinLevels | undefined {
  const reported = release.evidence.get(LEDGER.name)?.reported;
  const { scored } = ledger ?? {};
  if (!sums || (!reported && !scored)) return undefined;
  const served = sums.estimate(sums.gainOffline);
  const all = scored && scoredLevel(scored, sums);
  const below = all?.gain ?? served;
  const own = reported && { value: reported.gain, standardError: reported.standardError ?? 0, df: below.df };
  return {
    levels: [
      ...(reported && own ? [{ of: 'reported' as const, gain: own, lost: lessThanReported(reported, below) }] : []),
      ...(all ? [all] : []),
    ],
    served,
  };
}

/** On sums of both, so that what the same requests and items do to both gains cancels. */
function scoredLevel(scored: Scored, { metric }: LedgerSums) {
  const both = new LedgerSums(scored.ledger, metric, joinedUnits(scored, metric), 'part');
  const [all, kept] = [both.gainOffline, both.gain('online', 's0')];
  return { of: 'scored' as const, gain: both.estimate(all), lost: both.estimate(linear(1, all, -1, kept)) };
}

/** The joins as a report has them. */
export function joinsOf({ levels, served }: JoinLevels, { release, ledger }: Evidence, confidence: number): Joins {
  const reported = release.evidence.get(LEDGER.name)?.reported;
  const { scored } = ledger ?? {};
  const all = levels.find(({ of }) => of === 'scored');
  return {
    ...(scored ? { rows: rowsBySource(scored) } : {}),
    ...(reported ? { reported: reported.gain, reportedError: reported.standardError !== undefined } : {}),
    ...(all ? { scored: bounded(all.gain, confidence) } : {}),
    served: bounded(served, confidence),
    steps: levels.map(({ of, lost }) => ({
      from: of,
      to: of === 'reported' && all ? ('scored' as const) : ('served' as const),
      ...bounded(lost, confidence),
    })),
  };
}

/**
 * The reported gain less one that the ledger has. The errors count as independent, which gives too wide bounds where
 * the reported gain is of the ledger's rows and more.
 */
function lessThanReported(
  { gain, standardError = 0 }: { readonly gain: number; readonly standardError?: number },
  own: Estimate,
): Estimate {
  return { value: gain - own.value, standardError: Math.hypot(standardError, own.standardError), df: own.df };
}

function rowsBySource({ ledger, served }: Scored): JoinedRows[] {
  const source = ledger.strata.get('log_source');
  const names = source?.names ?? [''];
  const counts = names.map(() => ({ scored: 0, served: 0 }));
  for (let r = 0; r < ledger.rows; r++) {
    const count = counts[source ? source.codes[r]! : 0]!;
    count.scored++;
    count.served += served[r]!;
  }
  return counts.map((count, i) => (source ? { logSource: names[i]!, ...count } : count));
}
