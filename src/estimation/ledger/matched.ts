/**
 * A difference of losses on some rows, beyond the same on others that are like them: direct standardisation.
 *
 *     C = Σ_s W_s·(d̄_s - ō_s) / W
 *
 * with W_s the weight of the flagged units of stratum s, d̄_s their mean difference, ō_s that of the others there, and
 * W the weight of all units. A cost that differs between strata is thereby not laid on the flagged ones.
 */

import type { Coded } from '../../data/tables/identity.js';
import type { Statistic } from '../tabulation/clustered.js';
import type { Difference, Units } from './units.js';

/** Fewer others than these are no measure of a stratum. Judgement of this project. */
const FEWEST = 30;

export interface Matched extends Counts {
  readonly excess: Statistic;
  /** The difference on all units that are not flagged, in the mean of all units. */
  readonly others: Statistic;
}

interface Counts {
  /** Share of all units that are flagged, and of those the share that others are like; by weight. */
  readonly share: number;
  readonly covered: number;
  /** Mean difference of the flagged units, and of the others. */
  readonly here: number;
  readonly elsewhere: number;
}

export interface Influenced {
  readonly value: number;
  /** Shape (units): mass times derivative. */
  readonly influence: Float64Array;
}

/**
 * Undefined where the metric is no mean, or all units are flagged, or none.
 *
 * @param levels columns that make strata, coarser ones first: the finest is taken that has others enough
 */
export function matchedExcess(
  units: Units,
  difference: Difference,
  flagged: Uint8Array,
  levels: readonly (readonly Coded[])[],
): (Counts & { readonly excess: Influenced; readonly others: Influenced }) | undefined {
  if (units.sums) return undefined;
  const weight = units.onlineWeight;
  const d = differencesOf(units, difference);
  const groups = levels.toReversed().map((strata) => {
    const keys = keysOf(strata, units.count);
    return { keys, others: othersBy(keys, flagged, weight, d) };
  });
  const [all, ours] = [new Total(), new Total()];
  const coveredBy = new Map<Others, number>();
  const influence = new Float64Array(units.count);
  let [sum, covered] = [0, 0];
  for (let u = 0; u < units.count; u++) {
    all.add(weight[u]!, d[u]!);
    if (flagged[u] === 0) continue;
    ours.add(weight[u]!, d[u]!);
    const like = groups.map(({ keys, others }) => others[keys[u]!]!).find(({ count }) => count >= FEWEST);
    if (!like || !(like.weight > 0)) continue;
    const beyond = weight[u]! * (d[u]! - like.mean);
    sum += beyond;
    covered += weight[u]!;
    influence[u]! += beyond;
    coveredBy.set(like, (coveredBy.get(like) ?? 0) + weight[u]!);
  }
  if (!(ours.weight > 0) || !(all.weight > ours.weight)) return undefined;
  const value = sum / all.weight;
  for (let u = 0; u < units.count; u++) {
    if (flagged[u] === 0)
      for (const { keys, others } of groups) {
        const own = others[keys[u]!]!;
        influence[u]! -= ((coveredBy.get(own) ?? 0) / own.weight || 0) * weight[u]! * (d[u]! - own.mean);
      }
    influence[u] = (influence[u]! - weight[u]! * value) / all.weight;
  }
  const [othersWeight, othersSum] = [all.weight - ours.weight, all.sum - ours.sum];
  const rest = othersSum / all.weight;
  return {
    share: ours.weight / all.weight,
    covered: covered / ours.weight,
    here: ours.sum / ours.weight,
    elsewhere: othersSum / othersWeight,
    excess: { value, influence },
    others: {
      value: rest,
      influence: weight.map((w, u) => (w * ((flagged[u] === 1 ? 0 : d[u]!) - rest)) / all.weight),
    },
  };
}

class Total {
  weight = 0;
  sum = 0;

  add(weight: number, value: number): void {
    this.weight += weight;
    this.sum += weight * value;
  }
}

/** The units of one stratum that are not flagged. */
interface Others {
  readonly count: number;
  readonly weight: number;
  readonly mean: number;
}

/** By the code of a stratum. */
function othersBy(keys: Int32Array, flagged: Uint8Array, weight: Float64Array, d: Float64Array): Others[] {
  const found: { count: number; total: Total }[] = [];
  for (const [u, key] of keys.entries()) {
    found[key] ??= { count: 0, total: new Total() };
    const own = found[key];
    if (flagged[u] === 1) continue;
    own.count++;
    own.total.add(weight[u]!, d[u]!);
  }
  return found.map(({ count, total }) => ({ count, weight: total.weight, mean: total.sum / total.weight }));
}

/** Shape (units): the stratum of each, numbered as they come. */
function keysOf(strata: readonly Coded[], count: number): Int32Array {
  const known = new Map<string, number>();
  return Int32Array.from({ length: count }, (_, u) => {
    const key = strata.map(({ codes }) => codes[u]!).join(' ');
    const code = known.get(key) ?? known.size;
    known.set(key, code);
    return code;
  });
}

/** Shape (units): Σ sign · loss. */
export function differencesOf(units: Units, difference: Difference): Float64Array {
  const out = new Float64Array(units.count);
  for (const [sign, name] of difference) {
    const loss = units.loss(name);
    if (!loss) throw new Error(`no loss of ${name}`);
    for (let u = 0; u < out.length; u++) out[u]! += sign * loss[u]!;
  }
  return out;
}
