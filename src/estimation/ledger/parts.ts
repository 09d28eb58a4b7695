/**
 * A difference of losses on parts of the rows, on the rows that production serves: in each part, against the rest, and
 * what each adds to the whole.
 */

import type { Coded } from '../../data/tables/identity.js';
import { binOf, quantileEdges } from '../metrics/bins.js';
import { holm } from '../statistics/holm.js';
import { type Estimate, tooFewClusters, violationPValue } from '../statistics/noninferiority.js';
import { degreesOfFreedom, estimatesOf, type RowStatistic } from '../tabulation/clustered.js';
import { sumLoss } from './gap-metric.js';
import { countsOf, type LedgerSums } from './ledger-sums.js';
import { type Difference, pickUnits, type Units } from './units.js';

export interface Part {
  readonly value: string;
  /** Units of the metric, which are rows or requests. */
  readonly units: readonly number[];
  /** Rows of the ledger. */
  readonly rows: number;
  /** Share of what production serves, by weight. */
  readonly share: number;
  readonly loss: Estimate;
  /** The loss here less that of all other units. */
  readonly excess: Estimate;
  /** Its share times its loss: these add up to the difference on all rows. Undefined where the metric is no mean. */
  readonly contribution: number | undefined;
  /** False where it, or the rest, has too few clusters to be judged. */
  readonly judgeable: boolean;
}

/**
 * The parts by a column of the units, in the order of its names; units with a code below 0 are in none, and parts that
 * production does not serve are left out.
 *
 * @param column shape (units)
 */
export function partsOf(sums: LedgerSums, column: Coded, difference: Difference): Part[] {
  const { units, ledger } = sums;
  const { onlineWeight, query, item, rows: requests } = units;
  const total = sumOf(onlineWeight);
  const lists = column.names.map((): number[] => []);
  for (const [u, code] of column.codes.entries()) lists[code]?.push(u);
  const parts = lists.flatMap((own, code) => {
    const mass = own.reduce((sum, u) => sum + onlineWeight[u]!, 0);
    if (!(mass > 0)) return [];
    const rest = Array.from(column.codes.keys()).filter((u) => column.codes[u] !== code);
    const measured = (some: readonly number[]): Measured => ({
      ...lossOn(units, difference, some),
      df: degreesOfFreedom(query, item, [masked(onlineWeight, some)]),
      few: tooFewClusters(countsOf(ledger, weighedOnline(pickUnits(units, some)))) !== undefined,
    });
    return [{ code, own, share: mass / total, here: measured(own), elsewhere: measured(rest) }];
  });
  const estimates = estimatesOf(query, item, [onlineWeight], parts.flatMap(statisticsOf));
  return parts.map(({ code, own, share, here, elsewhere }, i) => ({
    value: column.names[code]!,
    units: own,
    rows: requests ? own.reduce((sum, u) => sum + requests[u]!.length, 0) : own.length,
    share,
    loss: estimates[2 * i]!,
    excess: estimates[2 * i + 1]!,
    contribution: units.sums ? undefined : share * here.value,
    judgeable: !here.few && !elsewhere.few,
  }));
}

/**
 * The parts that clearly lose more than the rest, by Holm's procedure over all that can be judged.
 */
export function clearlyAbove(parts: readonly Part[], confidence: number): ReadonlySet<Part> {
  const judgeable = parts.filter((part) => part.judgeable);
  const rejected = holm(
    judgeable.map(({ excess }) => violationPValue(excess, { upper: 0 })),
    1 - confidence,
  );
  return new Set(judgeable.filter((_, i) => rejected[i]));
}

/** Shape (rows): equal shares of the rows by the candidate's prediction; equal predictions stay together. */
export function sharesOfPrediction({ units, ledger }: LedgerSums, count: number): Coded | undefined {
  const score = ledger.scores.get('s0');
  // A request has no prediction of its own.
  if (units.rows || !score) return undefined;
  const edges = quantileEdges(score, count);
  const percentile = (i: number) => Math.round((100 * i) / count);
  return {
    codes: Int32Array.from(score, (p) => binOf(edges, p)),
    names: Array.from({ length: count }, (_, i) => `p${percentile(i)} to p${percentile(i + 1)}`),
  };
}

/** Shape (units): 1 of those that have a row which is flagged. */
export function flaggedUnits({ rows }: Units, flags: Uint8Array): Uint8Array {
  return rows ? Uint8Array.from(rows, (own) => (own.some((r) => flags[r] === 1) ? 1 : 0)) : flags;
}

interface Measured extends RowStatistic {
  readonly few: boolean;
}

function statisticsOf({ here, elsewhere }: { readonly here: Measured; readonly elsewhere: Measured }): RowStatistic[] {
  return [
    here,
    {
      value: here.value - elsewhere.value,
      influence: (u) => here.influence(u) - elsewhere.influence(u),
      df: Math.min(here.df, elsewhere.df),
    },
  ];
}

/** A difference of losses on some units as production serves them; NaN on none. */
export function lossOn(
  units: Units,
  difference: Difference,
  own: readonly number[],
): { readonly value: number; influence(u: number): number } {
  const influence = new Float64Array(units.count);
  const weight = Float64Array.from(own, (u) => units.onlineWeight[u]!);
  const mass = sumOf(weight);
  let value = 0;
  for (const [sign, name] of difference) {
    const part = lossOfColumn(units, name, own, weight, mass);
    value += sign * part.value;
    for (const [i, u] of own.entries()) influence[u]! += sign * part.influence[i]!;
  }
  return { value, influence: (u) => influence[u]! };
}

function lossOfColumn(units: Units, name: string, own: readonly number[], weight: Float64Array, mass: number) {
  const loss = units.loss(name);
  if (loss) {
    const value = own.reduce((sum, u, i) => sum + weight[i]! * loss[u]!, 0) / mass;
    return { value, influence: weight.map((w, i) => (w * (loss[own[i]!]! - value)) / mass) };
  }
  if (!units.sums) throw new Error(`no loss of ${name}`);
  const { metric, label, score: scored } = units.sums;
  const { score, group } = scored(name);
  const numbers = (values: Float64Array) => Float64Array.from(own, (u) => values[u]!);
  return sumLoss(
    metric,
    weight,
    numbers(score),
    numbers(label),
    Uint8Array.from(own, (u) => group[u]!),
  );
}

/** Shape (units): the weight of some, 0 elsewhere. */
function masked(weight: Float64Array, own: readonly number[]): Float64Array {
  const out = new Float64Array(weight.length);
  for (const u of own) out[u] = weight[u]!;
  return out;
}

function weighedOnline(units: Units): Units {
  return { ...units, weight: units.onlineWeight };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
