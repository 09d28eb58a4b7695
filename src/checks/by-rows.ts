/**
 * Causes told by the rows that they are on, before there is a replay: what rows of another version lose beyond others
 * that are like them. docs/diagnosis.md says what that shows, and what it cannot.
 */

import type { Coded } from '../data/tables/identity.js';
import type { LedgerSums } from '../estimation/ledger/ledger-sums.js';
import { flaggedUnits, sharesOfPrediction } from '../estimation/ledger/parts.js';
import { interval } from '../estimation/statistics/noninferiority.js';
import { linear, type Statistic } from '../estimation/tabulation/clustered.js';
import { list } from '../lib/text.js';
import type { Effect } from './evidence-check.js';
import { figuresAlike, percent } from './measurement.js';

/** As much of the gap, either way, is negligible on the other rows. As of a hypothesis that is ruled out. */
const NEGLIGIBLE = 0.1;
/** Less of the rows than this have others like them: they tell nothing. Judgement of this project. */
const COVERED = 0.5;
/** Shares of the rows by prediction, within which rows are held against others. */
const SHARES = 5;

export interface RowCause {
  /** The last state before it that the ledger has. */
  readonly from: string;
  /** Shape (rows): 1 where the cause may be. */
  readonly flags: Uint8Array;
  /** Rows of another cause, which are held against none but rows of it. */
  readonly beside: Uint8Array | undefined;
  /** The rows that have it, and the others, as a sentence names them; and what is said where there are none. */
  readonly words: { readonly these: string; readonly others: string; readonly none?: string };
  /** A condition on which it may be ruled out; left out: by rows alone never. */
  readonly innocent?: boolean;
  /** The evidence that shows what these rows cannot. */
  readonly settle: string;
}

export interface ByRows {
  /** Undefined where rows cannot tell. */
  readonly effect: Effect | undefined;
  readonly facts: readonly string[];
}

const NOTHING: Statistic = { value: 0, gradient: { columns: [], weights: [] } };

/** The step from a state to what was served, as far as it is on some rows; `undefined` of a ledger without s5. */
export function effectByRows(sums: LedgerSums, cause: RowCause, confidence: number): ByRows {
  const { gap, units } = sums;
  if (!gap) return { effect: undefined, facts: [] };
  // Whatever a replay would say, a step is 0 on rows that do not take it.
  const { from, words, settle, innocent } = cause;
  if (!cause.flags.includes(1))
    return {
      effect: { kind: 'step', contribution: NOTHING, ...(innocent === undefined ? {} : { innocent }) },
      facts: words.none === undefined ? [] : [words.none],
    };
  const flagged = flaggedUnits(units, cause.flags);
  const matched = (difference: ReturnType<LedgerSums['differenceOf']>) =>
    sums.matched(difference, flagged, strataOf(sums, cause), finerOf(sums));
  const found = matched(sums.differenceOf(from, 's5'));
  if (!found) return { effect: undefined, facts: [] };
  const [here, elsewhere] = figuresAlike([found.here, found.elsewhere]);
  const fact = `${words.these} (${percent(found.share)}) lose ${here}, ${words.others} ${elsewhere}`;
  if (found.covered < COVERED)
    return {
      effect: undefined,
      facts: [
        `${fact}; for ${percent(1 - found.covered)} of them there are no others of the same tier and log source, so ` +
          'that rows do not tell this from whatever else is different there',
      ],
    };
  const production = sums.productionDifferenceOf(from, 's5');
  const taken = production && matched(production);
  const bounds = (rho: number) => interval(sums.estimate(linear(1, found.others, -rho, gap)), confidence);
  const nowhereElse = bounds(NEGLIGIBLE).upper < 0 && bounds(-NEGLIGIBLE).lower > 0;
  return {
    effect: {
      kind: 'step',
      contribution: found.excess,
      ...(taken ? { production: taken.excess } : {}),
      innocent: innocent ?? false,
      acquits: settle,
      ...(nowhereElse ? {} : { notAlone: settle }),
    },
    facts: [
      `by its rows, not by a replay: ${fact}` +
        (nowhereElse ? `, at most ${percent(NEGLIGIBLE)} of the gap` : '') +
        `; its part is what they lose beyond ${likeOnes(sums, cause)}` +
        (found.covered < 0.995 ? `, of which there are some for ${percent(found.covered)} of them` : ''),
    ],
  };
}

function strataOf({ units }: LedgerSums, { beside }: RowCause): Coded[] {
  const columns = ['tier', 'log_source'].flatMap((name) => units.strata.get(name) ?? []);
  const flags = beside && flaggedUnits(units, beside);
  return [...columns, ...(flags ? [{ codes: Int32Array.from(flags), names: ['0', '1'] }] : [])];
}

function finerOf(sums: LedgerSums): Coded[] {
  const shares = sharesOfPrediction(sums, SHARES);
  return shares ? [shares] : [];
}

function likeOnes({ units }: LedgerSums, { beside }: RowCause): string {
  const alike = [
    ...(units.strata.has('tier') ? ['tier'] : []),
    ...(units.strata.has('log_source') ? ['log source'] : []),
    ...(beside ? ['agreement of versions'] : []),
    ...(units.rows ? [] : ['prediction']),
  ];
  return alike.length === 0 ? 'the others' : `others of the same ${list(alike)}`;
}

/** The last of some states that the ledger has; s0 is always there. */
export function lastOf(sums: LedgerSums, states: readonly string[]): string {
  return states.findLast((state) => sums.has(state)) ?? 's0';
}
