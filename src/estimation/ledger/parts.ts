/**
 * A difference of losses on parts of the rows, on the rows that production serves: in each part, against the rest, and
 * what each adds to the whole.
 */

import type { Ledger } from '../../data/evidence/ledger.js';
import type { Coded } from '../../data/tables/identity.js';
import { binOf, quantileEdges } from '../metrics/bins.js';
import { holm } from '../statistics/holm.js';
import { type Estimate, tooFewClusters, violationPValue } from '../statistics/noninferiority.js';
import { degreesOfFreedom, estimatesOf, type RowStatistic } from '../tabulation/clustered.js';
import { sumLoss } from './gap-metric.js';
import type { LedgerSums } from './ledger-sums.js';
import { differencesOf } from './matched.js';
import type { Difference, Units } from './units.js';

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
  const [parts] = partsOfEach(sums, [column], difference);
  return parts ?? [];
}

/** The same by each of several columns, in one pass over the rows. */
export function partsOfEach(sums: LedgerSums, columns: readonly Coded[], difference: Difference): Part[][] {
  const { units, ledger } = sums;
  const { onlineWeight, query, item, rows: requests } = units;
  const clusters = clustersOf(units, ledger);
  const found = columns.map((column) => measuredBy(units, column, difference, clusters));
  const estimates = estimatesOf(query, item, [onlineWeight], found.flat().flatMap(statisticsOf));
  let next = 0;
  return found.map((parts, c) =>
    parts.map(({ code, own, share, here, elsewhere }) => ({
      value: columns[c]!.names[code]!,
      units: own,
      rows: requests ? own.reduce((sum, u) => sum + requests[u]!.length, 0) : own.length,
      share,
      loss: estimates[next++]!,
      excess: estimates[next++]!,
      contribution: units.sums ? undefined : share * here.value,
      judgeable: !here.few && !elsewhere.few,
    })),
  );
}

function measuredBy(units: Units, column: Coded, difference: Difference, clusters: ClusterCounts) {
  const { onlineWeight } = units;
  const lists = column.names.map((): number[] => []);
  for (const [u, code] of column.codes.entries()) lists[code]?.push(u);
  const losses = units.sums ? undefined : meansBy(units, column, difference);
  const total = sumOf(onlineWeight);
  return lists.flatMap((own, code) => {
    const mass = own.reduce((sum, u) => sum + onlineWeight[u]!, 0);
    if (!(mass > 0)) return [];
    const others = () => Array.from(column.codes.keys()).filter((u) => column.codes[u] !== code);
    const [here, elsewhere] = losses
      ? losses(code)
      : [lossOn(units, difference, own), lossOn(units, difference, others())];
    const [counts, rest] = clusters(own);
    return [{ code, own, share: mass / total, here: { ...here, ...counts }, elsewhere: { ...elsewhere, ...rest } }];
  });
}

/** A statistic with what its rows influence. */
type Loss = Pick<RowStatistic, 'value' | 'influence'>;

/** Of a metric that is a mean: the loss of a part by its code, and that of all other units. */
function meansBy(units: Units, { codes, names }: Coded, difference: Difference): (code: number) => [Loss, Loss] {
  const weight = units.onlineWeight;
  const d = differencesOf(units, difference);
  const [mass, sum] = [new Float64Array(names.length), new Float64Array(names.length)];
  let [allMass, all] = [0, 0];
  for (let u = 0; u < d.length; u++) {
    const [w, code] = [weight[u]!, codes[u]!];
    allMass += w;
    all += w * d[u]!;
    if (code < 0) continue;
    mass[code]! += w;
    sum[code]! += w * d[u]!;
  }
  const mean = (n: number, w: number, includes: (u: number) => boolean): Loss => {
    const value = n / w;
    return { value, influence: (u) => (includes(u) ? (weight[u]! * (d[u]! - value)) / w : 0) };
  };
  return (code) => [
    mean(sum[code]!, mass[code]!, (u) => codes[u] === code),
    mean(all - sum[code]!, allMass - mass[code]!, (u) => codes[u] !== code),
  ];
}

/** Degrees of freedom, and whether there are too few clusters to judge: of some units, and of all others. */
type ClusterCounts = (own: readonly number[]) => [Counted, Counted];
type Counted = Pick<Measured, 'df' | 'few'>;

function clustersOf({ query, item, rows, onlineWeight, count }: Units, ledger: Ledger): ClusterCounts {
  const unit = (ids: Coded) => effectiveBy(ids.names.length, count, (u, add) => add(ids.codes[u]!, onlineWeight[u]!));
  const [queries, items] = [unit(query), unit(item)];
  // Items of a request are those of its rows, each with its share of the request.
  const ofRows = rows
    ? effectiveBy(ledger.item.names.length, count, (u, add) => {
        for (const r of rows[u]!) add(ledger.item.codes[r]!, onlineWeight[u]! / rows[u]!.length);
      })
    : items;
  return (own) => {
    const [q, i, floor] = [queries(own), items(own), ofRows(own)];
    const counted = (which: 0 | 1): Counted => ({
      df: degreesOfFreedom([q[which], i[which]]),
      few: tooFewClusters({ queryClusters: q[which], itemClusters: floor[which] }) !== undefined,
    });
    return [counted(0), counted(1)];
  };
}

type EachCluster = (u: number, add: (cluster: number, weight: number) => void) => void;

/** (ΣD)² / ΣD² over clusters: of some units, and of all others. */
function effectiveBy(clusters: number, count: number, each: EachCluster): (own: readonly number[]) => [number, number] {
  const total = new Float64Array(clusters);
  for (let u = 0; u < count; u++)
    each(u, (cluster, weight) => {
      total[cluster]! += weight;
    });
  return (own) => {
    const here = new Float64Array(clusters);
    for (const u of own)
      each(u, (cluster, weight) => {
        here[cluster]! += weight;
      });
    return [effective(here), effective(total.map((all, c) => all - here[c]!))];
  };
}

function effective(sums: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const x of sums) {
    sum += x;
    squares += x * x;
  }
  return (sum * sum) / squares;
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

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
