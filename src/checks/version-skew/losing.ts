/** The queries and the items that lose most between the versions that production has, by id. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { massAt, type ProductionMix } from '../../data/production/mix.js';
import { plural } from '../../lib/text.js';
import type { Sweep } from '../../models/scores/sweep.js';
import type { Distance, Losing, LosingEntry, LosingSide } from '../check-report.js';
import type { Measured } from './judge.js';
import { type RowLosses, rowLossesOf } from './row-losses.js';
import { columnAt } from './states.js';

/** Undefined where the policy asks for none, or nothing tells one row's loss from another's. */
export function losingOf(
  measured: Measured,
  evalSet: EvalSet,
  sweep: Sweep,
  mix: ProductionMix | undefined,
): Losing | undefined {
  const { listLosing } = measured.policy.versionSkew;
  if (listLosing === undefined) return undefined;
  const losses = rowLossesOf(measured, evalSet, sweep);
  if (!losses) return undefined;
  const zero = losses.partsOf(columnAt(sweep, 0));
  const { at, parts } = (mix && inProduction(losses, sweep, mix)) ?? worst(losses, sweep, zero);
  const side = ({ codes, names }: EvalSet['query']): LosingSide => {
    const entries = entriesOf(codes, names, losses, zero, parts);
    const listed = entries.slice(0, listLosing);
    return {
      of: names.length,
      entries: listed,
      share: listed.reduce((sum, { share }) => sum + share, 0),
    };
  };
  return { metric: losses.metric, at, query: side(evalSet.query), item: side(evalSet.item) };
}

interface At {
  readonly at: Distance;
  /** Shape (rows): what each row adds to the metric there. */
  readonly parts: Float64Array;
}

/**
 * Each row by the distances of its own histogram, those within the sweep. A ranking is the average over versions: that
 * items of different versions meet in it is not seen. Undefined where a histogram lies outside the sweep.
 */
function inProduction(losses: RowLosses, sweep: Sweep, mix: ProductionMix): At | undefined {
  const parts = new Float64Array(mix.ofRow.length);
  for (const k of sweep.current.keys()) {
    const mass = massAt(mix, k);
    if (mass.some(Number.isNaN)) return undefined;
    if (mass.every((m) => m === 0)) continue;
    const own = losses.partsOf(columnAt(sweep, k));
    for (let r = 0; r < parts.length; r++) parts[r]! += mass[mix.ofRow[r]!]! * own[r]!;
  }
  return { at: 'production', parts };
}

/** The distance that costs the most over all rows. */
function worst(losses: RowLosses, sweep: Sweep, zero: Float64Array): At {
  const total = (values: Float64Array) => signOf(losses) * values.reduce((sum, value) => sum + value, 0);
  const all = [...sweep.current.keys()]
    .filter((k) => k !== 0)
    .map((k): At => ({ at: k, parts: losses.partsOf(columnAt(sweep, k)) }));
  return all.sort((a, b) => total(b.parts) - total(a.parts))[0] ?? { at: 0, parts: zero };
}

/** 1 where more is worse. */
function signOf({ better }: RowLosses): 1 | -1 {
  return better === 'lower' ? 1 : -1;
}

/** Those that lose, the largest loss first, and equal ones by id. */
function entriesOf(
  codes: Int32Array,
  names: readonly string[],
  losses: RowLosses,
  zero: Float64Array,
  parts: Float64Array,
): LosingEntry[] {
  const sum = () => new Float64Array(names.length);
  const [rows, weight, before, after] = [sum(), sum(), sum(), sum()] as const;
  let total = 0;
  for (let r = 0; r < codes.length; r++) {
    const id = codes[r]!;
    if (losses.weight[r] === 0) continue;
    rows[id]!++;
    weight[id]! += losses.weight[r]!;
    before[id]! += zero[r]!;
    after[id]! += parts[r]!;
    total += parts[r]! - zero[r]!;
  }
  const lost = after.map((value, id) => signOf(losses) * (value - before[id]!));
  return names
    .map((_, id) => id)
    .filter((id) => lost[id]! > 0)
    .sort((a, b) => lost[b]! - lost[a]! || (names[a]! < names[b]! ? -1 : 1))
    .map((id) => ({
      id: names[id]!,
      rows: rows[id]!,
      atZero: before[id]! / weight[id]!,
      there: after[id]! / weight[id]!,
      // Of a change that is no loss over all rows, nothing is a share.
      share: signOf(losses) * total > 0 ? lost[id]! / Math.abs(total) : Number.NaN,
    }));
}

/** Says where the lists are, and how much of the loss stands in them; that nothing can be listed, where it cannot. */
export function losingNotices(asked: number | undefined, losing: Losing | undefined): string[] {
  if (asked === undefined) return [];
  if (!losing)
    return ['list_losing: no metric of the policy tells the loss of one row from that of another: nothing is listed.'];
  const { metric, at, query, item } = losing;
  const part = ({ entries, of, share }: LosingSide, one: string, many: string) =>
    `the ${plural(entries.length, one, many)} of ${of.toLocaleString('en-US')} that lose most in ${metric}` +
    `${Number.isFinite(share) ? `, ${Math.round(100 * share)} % of the loss on all rows` : ''}`;
  return [
    `losing-queries.csv lists ${part(query, 'query', 'queries')}, losing-items.csv ` +
      `${part(item, 'item', 'items')}, at ${at === 'production' ? at : `distance ${at}`}; both stand beside report.json, where a folder is asked for.`,
  ];
}
