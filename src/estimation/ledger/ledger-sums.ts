/**
 * Sums over the ledger: losses, gains and steps between states, as linear forms of values whose errors are known
 * together.
 */

import type { Ledger, Score } from '../../data/evidence/ledger.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Unjudgeable } from '../statistics/judgement-reason.js';
import { type Estimate, type FloorCounts, unjudgeable } from '../statistics/noninferiority.js';
import {
  ClusteredSums,
  effectiveClusters,
  linear,
  product,
  quotient,
  type Statistic,
} from '../tabulation/clustered.js';
import { classesOf, type FewClusters, fewClusters } from './few-clusters.js';
import { type GapMetric, LOG_LOSS_GAP, sumLoss } from './gap-metric.js';
import { type Influenced, type Matched, matchedExcess } from './matched.js';
import { winsorisedExcess } from './outliers.js';
import { type Difference, OTHER_VERSIONS, pickUnits, type Units, unitsOf } from './units.js';

/** The rows as the offline evaluation weighs them, or as production serves them. */
export type RowWeight = 'offline' | 'online';

/** Production's model at the states of the candidate: a step of the gap is the candidate's less production's. */
const PRODUCTION_AT: Readonly<Record<string, string>> = {
  s0: 'score_prod',
  // Of production's model nobody has point-in-time predictions: it is taken as it was evaluated.
  s0_pit: 'score_prod',
  s2: 'prod_s2',
  s3: 'prod_s3',
  s4: 'prod_s4',
  s5: 'score_prod_online',
};

export class LedgerSums {
  private readonly values = new Map<string, () => Statistic>();
  private readonly columns: Float64Array[];
  /** Over all columns; a column that is added asks for new ones. */
  private summed: ClusteredSums | undefined;
  readonly gainOffline: Statistic;
  /** Undefined without the scores that were logged online. */
  readonly gainOnline: Statistic | undefined;
  readonly gap: Statistic | undefined;
  /**
   * The reason for which nothing on it can be judged, by the floors of every judgement; undefined where there is none.
   */
  readonly open: Unjudgeable | undefined;
  /** The clusters that move the gain offline most; undefined of a part, and where no row or request has a gain. */
  readonly few: FewClusters | undefined;

  /** @param of whether the units are all of the ledger's: of a part nobody asks what few carry */
  constructor(
    readonly ledger: Ledger,
    readonly metric: GapMetric = LOG_LOSS_GAP,
    readonly units: Units = unitsOf(ledger, metric),
    of: 'all' | 'part' = 'all',
  ) {
    const gain = of === 'part' ? undefined : gainsOf(this.units);
    this.few = gain && fewClusters(this.units, gain);
    const { weight, onlineWeight, columns: names } = this.units;
    const columns: Float64Array[] = [weight, onlineWeight];
    this.columns = columns;
    for (const rows of ['offline', 'online'] as const) {
      for (const name of names) this.values.set(`${rows} ${name}`, this.lossOf(rows, name, columns));
      const others = this.onOthers(rows, this.few?.flags, columns);
      if (others) this.values.set(`${rows} without few`, others);
    }
    const before = this.onOthers('online', this.few?.flags, columns, 's0');
    if (before) this.values.set('before without few', before);
    const others = this.onOthers('offline', this.few?.fewest, columns);
    if (others) this.values.set('offline without fewest', others);
    if (gain) this.values.set('excess', this.mean('offline', winsorisedExcess(gain, weight), columns));
    this.gainOffline = this.gain('offline', 's0');
    this.gainOnline = names.has('s5') ? this.served : undefined;
    this.gap = this.gainOnline && linear(1, this.gainOffline, -1, this.gainOnline);
    this.open = unjudgeable(this.estimate(this.gainOffline), countsOf(ledger, this.units), 0, 0);
  }

  private get sums(): ClusteredSums {
    const { query, item, weight, onlineWeight } = this.units;
    this.summed ??= new ClusteredSums(query, item, this.columns, [weight, onlineWeight]);
    return this.summed;
  }

  /** Rows of the ledger. */
  get rows(): number {
    return this.ledger.rows;
  }

  /** True where production's model was logged as it was served, so that the gap is a difference of differences. */
  get bothServed(): boolean {
    return this.has('score_prod_online');
  }

  estimate(statistic: Statistic): Estimate {
    return this.sums.estimate(statistic);
  }

  /** A step as a share of the loss before it. */
  relative(step: Statistic, before: Statistic): Estimate {
    return this.estimate(quotient(step, before));
  }

  has(column: string): boolean {
    return this.units.columns.has(column);
  }

  /** Mean loss of a column of predictions. */
  loss(rows: RowWeight, column: string): Statistic {
    return this.value(rows, column);
  }

  /** The gain of a state over production's model as it was evaluated. */
  gain(rows: RowWeight, state: Score | 's0_pit'): Statistic {
    return linear(1, this.loss(rows, 'score_prod'), -1, this.loss(rows, state));
  }

  /** The gain of what was served over production's model as that was served, where it was logged. */
  private get served(): Statistic {
    const production = this.bothServed ? 'score_prod_online' : 'score_prod';
    return linear(1, this.loss('online', production), -1, this.loss('online', 's5'));
  }

  /** Loss that a column adds to another, on the rows that production serves. */
  step(from: string, to: string): Statistic {
    return linear(1, this.loss('online', to), -1, this.loss('online', from));
  }

  /**
   * The same step of production's model; undefined where the ledger does not have both of its ends, or not its score as
   * it was served: the gap is then against its score as it was evaluated, which no step of its own moves.
   */
  productionStep(from: string, to: string): Statistic | undefined {
    if (!this.bothServed) return undefined;
    const [before, after] = [PRODUCTION_AT[from], PRODUCTION_AT[to]];
    if (before === after) return undefined;
    return before && after && this.has(before) && this.has(after) ? this.step(before, after) : undefined;
  }

  /** A step of the gap: what the candidate loses, less what production's model loses, where that is given. */
  stepOfGap(from: string, to: string): Statistic {
    const own = this.step(from, to);
    const production = this.productionStep(from, to);
    return production ? linear(1, own, -1, production) : own;
  }

  /** The same step of the gap as a difference of columns, for whoever takes it on some of the rows. */
  differenceOf(from: string, to: string): Difference {
    const production = this.productionDifferenceOf(from, to) ?? [];
    return [[1, to], [-1, from], ...production.map(([sign, name]) => [sign === 1 ? -1 : 1, name] as const)];
  }

  productionDifferenceOf(from: string, to: string): Difference | undefined {
    const [before, after] = [PRODUCTION_AT[from], PRODUCTION_AT[to]];
    if (!before || !after || !this.has(before) || !this.has(after)) return undefined;
    return [
      [1, after],
      [-1, before],
    ];
  }

  /**
   * A difference on some rows beyond what it is on others that are like them, in the mean of all rows; undefined where
   * there are none, or no others, or the metric is no mean.
   *
   * @param flagged shape (units): 1 of those rows
   * @param strata  shape (units) each: rows are held against others with the same values alone
   * @param finer   another one, left out where too few others have it
   */
  matched(difference: Difference, flagged: Uint8Array, strata: readonly Coded[], finer: Coded[]): Matched | undefined {
    const found = matchedExcess(this.units, difference, flagged, [strata, [...strata, ...finer]]);
    if (!found) return undefined;
    const { excess, others, ...counts } = found;
    return { ...counts, excess: this.known(excess), others: this.known(others) };
  }

  /** A statistic whose derivatives by the units are known, beside those that there are. */
  private known({ value, influence }: Influenced): Statistic {
    this.summed = undefined;
    return { value, gradient: { columns: [this.columns.push(influence) - 1], weights: [1] } };
  }

  /** Loss that production's model has at serving beyond its loss offline; undefined where it was not logged. */
  get productionLoss(): Statistic | undefined {
    return this.bothServed ? this.step('score_prod', 'score_prod_online') : undefined;
  }

  /** The gain offline that lies beyond its 1 % and 99 % quantiles; undefined where no row, or request, has a gain. */
  get excess(): Statistic | undefined {
    return this.values.get('excess')?.();
  }

  /**
   * The gain without the few clusters that move it offline most, at the same share of positives: offline, or online on
   * the same clusters. Undefined as `few` is, without s5, and where the others lack a class of labels.
   */
  gainWithoutFew(rows: RowWeight): Statistic | undefined {
    return this.values.get(`${rows} without few`)?.();
  }

  /** The part of the gain offline that half of these, the fewest, carry beyond the same. */
  get carriedByFewest(): Statistic | undefined {
    const others = this.values.get('offline without fewest')?.();
    return others && linear(1, this.gainOffline, -1, others);
  }

  /** The part of the gain that the few clusters carry beyond what they would if they gained as the others do. */
  carriedByFew(rows: RowWeight): Statistic | undefined {
    const [all, others] = [rows === 'offline' ? this.gainOffline : this.gainOnline, this.gainWithoutFew(rows)];
    return all && others && linear(1, all, -1, others);
  }

  /**
   * The part of it that is lost between the evaluation and serving, on rows as production weighs them, so that what
   * another mix takes is not in it. Undefined without s5.
   */
  get lostByFew(): Statistic | undefined {
    const [others, online] = [this.values.get('before without few')?.(), this.carriedByFew('online')];
    return others && online && linear(1, linear(1, this.gain('online', 's0'), -1, others), -1, online);
  }

  /** Loss that s5 adds to s4 where another version than the live one was served. */
  get unexpected(): Statistic {
    return linear(1, this.value('online', OTHER_VERSIONS), -1, this.value('online', 's4'));
  }

  /** The sums of some of the units alone, with their own clusters, of production's model and the states named. */
  within(own: readonly number[], states: readonly Score[] = ['s0']): LedgerSums {
    const columns = ['score_prod', 'score_prod_online', ...states].filter((name) => this.has(name));
    const units = { ...pickUnits(this.units, own), columns: new Set(columns) };
    return new LedgerSums(this.ledger, this.metric, units, 'part');
  }

  private value(rows: RowWeight, column: string): Statistic {
    const value = this.values.get(`${rows} ${column}`);
    if (!value) throw new Error(`the ledger's sums have no column "${column}"`);
    return value();
  }

  /** Adds the column that a loss is read off, and says how. */
  private lossOf(rows: RowWeight, name: string, columns: Float64Array[]): () => Statistic {
    const weight = this.weightOf(rows);
    const { sums } = this.units;
    const loss = this.units.loss(name);
    if (loss) return this.mean(rows, loss, columns);
    if (!sums) throw new Error(`no loss of ${name}`);
    const { score, group } = sums.score(name);
    const { value, influence } = sumLoss(sums.metric, weight, score, sums.label, group);
    const at = columns.push(influence) - 1;
    return () => ({ value, gradient: { columns: [at], weights: [1] } });
  }

  /** Mean gain of the clusters that are not flagged: by class of labels, each class weighing what it does in all. */
  private onOthers(
    rows: RowWeight,
    flags: Uint8Array | undefined,
    columns: Float64Array[],
    state: 's0' | 's5' = rows === 'offline' ? 's0' : 's5',
  ): (() => Statistic) | undefined {
    const gain = gainsOf(this.units, state);
    if (!gain || !flags) return undefined;
    const weight = this.weightOf(rows);
    const classes = classesOf(this.units);
    const total = rows === 'offline' ? 0 : 1;
    const parts = [0, 1].flatMap((k) => {
      const own = weight.map((w, u) => (classes[u] === k ? w : 0));
      if (!own.some((w) => w > 0)) return [];
      const others = own.map((w, u) => (flags[u] === 1 ? 0 : w));
      const at =
        columns.push(
          own,
          others,
          others.map((w, u) => w * gain[u]!),
        ) - 3;
      return { at, there: others.some((w) => w > 0) };
    });
    if (!parts.every(({ there }) => there)) return undefined;
    return () =>
      parts
        .map(({ at }) => product(this.sums.ratio(at, total), this.sums.ratio(at + 2, at + 1)))
        .reduce((sum, part) => linear(1, sum, 1, part));
  }

  private mean(rows: RowWeight, values: Float64Array, columns: Float64Array[]): () => Statistic {
    const weight = this.weightOf(rows);
    const at = columns.push(weight.map((w, r) => w * values[r]!)) - 1;
    return () => this.sums.ratio(at, rows === 'offline' ? 0 : 1);
  }

  private weightOf(rows: RowWeight): Float64Array {
    return rows === 'offline' ? this.units.weight : this.units.onlineWeight;
  }
}

/**
 * Shape (units): loss of production's model less the candidate's, offline (s0) or as both were served (s5); undefined
 * where the metric is none of single rows or requests, or the column is not there.
 */
export function gainsOf(units: Units, state: 's0' | 's5' = 's0'): Float64Array | undefined {
  if (!units.columns.has(state)) return undefined;
  const production = state === 's5' && units.columns.has('score_prod_online') ? 'score_prod_online' : 'score_prod';
  const [before, after] = [units.loss(production), units.loss(state)];
  return before && after && before.map((x, u) => x - after[u]!);
}

/** Counts what the floors ask for. */
export function countsOf({ item }: Pick<Ledger, 'item'>, units: Units): FloorCounts {
  const { query, weight, onlineWeight, positives, rows } = units;
  const counted = positives.reduce((sum, x, u) => sum + (onlineWeight[u]! > 0 && weight[u]! > 0 ? x : 0), 0);
  const fewest = (column: Coded, of: (weight: Float64Array) => Float64Array) =>
    Math.min(effectiveClusters(column, of(weight)), effectiveClusters(column, of(onlineWeight)));
  // Items of a request are those of its rows, each with its share of the request.
  const spread = (own: Float64Array) => {
    if (!rows) return own;
    const out = new Float64Array(item.codes.length);
    for (const [u, list] of rows.entries()) for (const r of list) out[r] = own[u]! / list.length;
    return out;
  };
  return {
    positives: counted,
    queryClusters: fewest(query, (own) => own),
    itemClusters: fewest(rows ? item : units.item, spread),
  };
}
