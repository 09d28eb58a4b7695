/**
 * The replay of a ledger by the towers themselves: states of serving that the ledger lacks, scored by the live
 * checkpoint on the ledger's rows. docs/making-a-replay.md.
 */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Ledger } from '../../data/evidence/ledger.js';
import type { Release } from '../../documents/release/release.js';
import { list, plural, printable, quoted } from '../../lib/text.js';
import { predictor } from '../../models/scores/link.js';
import type { Sweep } from '../../models/scores/sweep.js';
import type { Replay } from '../evidence.js';
import { figure, percent } from '../measurement.js';
import { SERVED_ITEMS, SERVED_QUERIES } from './served-tables.js';
import { columnAt } from './states.js';

/** Scores are the same up to this, relative to scores above 1: as of a replay in a serving log. */
const SAME = 1e-4;
/** Of the rows may differ all the same. Judgement of this project. */
const OTHERS = 1e-3;

const ALONE = 'only_version_skew';
/** The scores of a row, in words, by what the release gives. */
const HOW = {
  towers:
    'the live query tower with the item tower of the version that each row names, on the features of the eval set',
  scores: 'the scores of the live query version with the items of the version that each row names, off the eval set',
} as const;

/** The ledger's rows among those of the eval set, each with the age of its item's version. */
export interface ReplayPlan {
  readonly ledger: Ledger;
  /** Shape (rows of the ledger): the row of the eval set. */
  readonly row: Int32Array;
  /** Shape (rows of the ledger): steps behind live of the item's version. */
  readonly behind: Uint16Array;
  /** False where the ledger names no versions of items. */
  readonly versions: boolean;
  readonly by: keyof typeof HOW;
}

/** The reason for which there is no replay, as a sentence without its full stop. */
export interface NoReplay {
  readonly why: string;
  readonly by: keyof typeof HOW;
}

/**
 * Matches the ledger with the eval set; undefined where the ledger asks for no replay: it has its own, or neither
 * versions of items nor features of serving are there.
 *
 * @param distances those that the sweep scores, 0 among them
 */
export function planReplay(
  ledger: Ledger | undefined,
  evalSet: EvalSet,
  { chain, evidence, scores }: Pick<Release, 'chain' | 'evidence' | 'scores'>,
  distances: readonly number[],
): ReplayPlan | NoReplay | undefined {
  const features = [SERVED_QUERIES, SERVED_ITEMS].filter(({ name }) => evidence.has(name)).map(({ name }) => name);
  const asked = ledger?.itemVersion !== undefined || features.length > 0;
  if (!ledger || !asked || ledger.scores.has('s3')) return undefined;
  const by = scores ? 'scores' : 'towers';
  if (scores && features.length > 0)
    return {
      by,
      why:
        `the release gives scores, which no features of serving (${list(features)}) turn into others: write its ` +
        'states into the ledger instead (docs/making-a-replay.md)',
    };
  if (evalSet.repeatedPairs)
    return {
      by,
      why: `${plural(evalSet.repeatedPairs, 'pair')} of request and item stand in the eval set more than once`,
    };
  const row = rowsIn(evalSet, ledger);
  const missing = row.filter((r) => r < 0).length;
  if (missing > 0) {
    const first = row.indexOf(-1);
    return {
      by,
      why:
        `${percent(missing / row.length)} of the ledger’s rows are no rows of the eval set, such as request ` +
        `${nameAt(ledger.request, first)} and item ${nameAt(ledger.item, first)}`,
    };
  }
  if (!ledger.itemVersion) return { ledger, row, behind: new Uint16Array(row.length), versions: false, by };
  const { codes, names } = ledger.itemVersion;
  const ages = names.map((name) => chain.indexOf(name));
  const present = new Set(codes);
  const scored = (age: number) => age >= 0 && distances.includes(age);
  const unknown = names.filter((_, code) => present.has(code) && !scored(ages[code]!));
  if (unknown.length > 0)
    return {
      by,
      why:
        `the ledger names item versions that the sweep does not score (${inWords(unknown)}): list them in the ` +
        'release’s versions, and let sweep: {to: …} of the policy reach them',
    };
  return { ledger, row, behind: Uint16Array.from(codes, (code) => ages[code]!), versions: true, by };
}

function inWords(versions: readonly string[]): string {
  return list(
    versions.map((name) => printable(name, 40)),
    3,
  );
}

/** The plan in a line, for whoever validates. */
export function replayInWords(plan: ReplayPlan | NoReplay): string {
  return 'why' in plan
    ? `no replay by the ${plan.by}: ${plan.why}`
    : `a replay by the ${plan.by}, on ${plural(plan.ledger.rows, 'row')} of the ledger: ${HOW[plan.by]}`;
}

function nameAt({ codes, names }: Ledger['item'], r: number): string {
  return quoted(names[codes[r]!]);
}

/** Shape (rows of the ledger): the eval set's row with the same query and item, -1 where there is none. */
export function rowsIn({ query, item, rows }: EvalSet, ledger: Ledger): Int32Array {
  const queryCode = new Map(query.names.map((name, code) => [name, code]));
  const itemCode = new Map(item.names.map((name, code) => [name, code]));
  const key = (q: number, i: number) => q * item.names.length + i;
  const known = new Map<number, number>();
  for (let r = 0; r < rows; r++) known.set(key(query.codes[r]!, item.codes[r]!), r);
  return Int32Array.from({ length: ledger.rows }, (_, r) => {
    const q = queryCode.get(ledger.request.names[ledger.request.codes[r]!]!);
    const i = itemCode.get(ledger.item.names[ledger.item.codes[r]!]!);
    return q === undefined || i === undefined ? -1 : (known.get(key(q, i)) ?? -1);
  });
}

/** The versions of items that a state is scored with. */
export type ItemVersions = 'live' | 'index';

/**
 * Shape (rows of the ledger): predictions of the live query tower with the items of one version, or of those that the
 * index had. Rows of the eval set that the ledger does not have are as of the live version.
 */
export function predictionsOf(
  sweep: Sweep,
  { query }: EvalSet,
  plan: ReplayPlan,
  versions: ItemVersions,
): Float64Array {
  const { link, scores: live } = columnAt(sweep, 0);
  const scores = live.slice();
  if (versions === 'index')
    for (const [r, own] of plan.row.entries()) scores[own] = columnAt(sweep, plan.behind[r]!).scores[own]!;
  const { prediction } = predictor(link, scores, query.codes, query.names.length);
  return Float64Array.from(plan.row, (own) => prediction(own));
}

/** The share of rows in which two columns differ, and the largest difference. */
export function difference(a: Float64Array, b: Float64Array): { readonly share: number; readonly most: number } {
  let [count, most] = [0, 0];
  for (let r = 0; r < a.length; r++) {
    const apart = Math.abs(a[r]! - b[r]!);
    most = Math.max(most, apart);
    // Written so that NaN differs.
    if (!(apart <= SAME * Math.max(1, Math.abs(b[r]!)))) count++;
  }
  return { share: count / a.length, most };
}

export function isSame(a: Float64Array, b: Float64Array): boolean {
  return difference(a, b).share <= OTHERS;
}

/** The replay that a sweep of the eval set gives: the candidate's ideal features with the versions of the index. */
export function replayOf(plan: ReplayPlan | NoReplay, sweep: Sweep, evalSet: EvalSet): Replay {
  if ('why' in plan) return notMade(plan);
  const { ledger, by } = plan;
  const s0 = ledger.scores.get('s0');
  const own = predictionsOf(sweep, evalSet, plan, 'live');
  if (!s0) throw new Error('a ledger without s0');
  const { share, most } = difference(own, s0);
  if (share > OTHERS)
    return notMade({
      by,
      why:
        `the ${by} do not give s0: in ${percent(share)} of the rows their prediction is another, by up to ` +
        `${figure(most)} (is s0 of this checkpoint, on the features of the eval set, with the release’s link?)`,
    });
  const alone = plan.versions && !ledger.scores.has(ALONE);
  return {
    made: true,
    columns: new Map(alone ? [[ALONE, predictionsOf(sweep, evalSet, plan, 'index')]] : []),
    words:
      `made by skewgate on ${plural(ledger.rows, 'row')}: ${HOW[by]}; with one version on both sides it gives s0 ` +
      `(to ${figure(most)})`,
  };
}

function notMade({ why, by }: NoReplay): Replay {
  return { made: false, columns: new Map(), words: `no replay by the ${by}: ${why}` };
}
