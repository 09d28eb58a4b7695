/**
 * Sums over the ledger: losses, gains and steps between states, as linear forms of ratios whose errors are known
 * together.
 */

import type { Ledger, Score } from '../../data/evidence/ledger.js';
import { pickRows } from '../../data/tables/coded.js';
import { lookUp } from '../../lib/lookup.js';
import type { Unjudgeable } from '../statistics/judgement-reason.js';
import { type Estimate, type FloorCounts, unjudgeable } from '../statistics/noninferiority.js';
import { ClusteredSums, effectiveClusters, linear, quotient, type Statistic } from '../tabulation/clustered.js';
import { winsorisedExcess } from './outliers.js';

/** The rows as the offline evaluation weighs them, or as production serves them. */
export type RowWeight = 'offline' | 'online';

export class LedgerSums {
  private readonly names: string[] = [];
  private readonly sums: ClusteredSums;
  readonly gainOffline: Statistic;
  /** Undefined without the scores that were logged online. */
  readonly gainOnline: Statistic | undefined;
  readonly gap: Statistic | undefined;
  /**
   * The reason for which nothing on it can be judged, by the floors of every judgement; undefined where there is none.
   */
  readonly open: Unjudgeable | undefined;

  constructor(readonly ledger: Ledger) {
    const { weight, onlineWeight = weight, loss, unexpected } = ledger;
    const columns: Float64Array[] = [];
    const add = (name: string, values: Float64Array) => {
      this.names.push(name);
      columns.push(values);
    };
    const product = (w: Float64Array, x: Float64Array) => w.map((value, r) => value * x[r]!);
    add('offline', weight);
    add('online', onlineWeight);
    for (const [name, values] of loss) {
      add(`offline ${name}`, product(weight, values));
      add(`online ${name}`, product(onlineWeight, values));
    }
    add('offline excess', product(weight, winsorisedExcess(gainOf(ledger), weight)));
    const [before, served] = [loss.get('s4'), loss.get('s5')];
    if (served) add('online excess', product(onlineWeight, winsorisedExcess(gainOf(ledger, 's5'), onlineWeight)));
    if (unexpected && before && served)
      add(
        'online unexpected',
        onlineWeight.map((w, r) => w * unexpected[r]! * (served[r]! - before[r]!)),
      );
    this.sums = new ClusteredSums(ledger.query, ledger.item, columns, [weight, onlineWeight]);
    this.gainOffline = this.gain('offline', 's0');
    this.gainOnline = loss.has('s5') ? this.gain('online', 's5') : undefined;
    this.gap = this.gainOnline && linear(1, this.gainOffline, -1, this.gainOnline);
    this.open = unjudgeable(this.estimate(this.gainOffline), countsOf(ledger), 0, 0);
  }

  estimate(statistic: Statistic): Estimate {
    return this.sums.estimate(statistic);
  }

  /** A step as a share of the loss before it. */
  relative(step: Statistic, before: Statistic): Estimate {
    return this.estimate(quotient(step, before));
  }

  has(column: string): boolean {
    return this.ledger.loss.has(column);
  }

  /** Mean log loss of a column of predictions. */
  loss(rows: RowWeight, column: string): Statistic {
    return this.mean(rows, column);
  }

  /** The gain of a state over production's model. */
  gain(rows: RowWeight, state: Score): Statistic {
    return linear(1, this.loss(rows, 'score_prod'), -1, this.loss(rows, state));
  }

  /** Loss that a column adds to another, on the rows that production serves. */
  step(from: string, to: string): Statistic {
    return linear(1, this.loss('online', to), -1, this.loss('online', from));
  }

  /** The gain offline that lies beyond its 1 % and 99 % quantiles. */
  get excess(): Statistic {
    return this.mean('offline', 'excess');
  }

  /**
   * The excess offline that is lost online: what lies beyond the quantiles of the gain offline, less what lies beyond
   * those of the gain online. Outliers that are served as they were evaluated are in both. Undefined without s5.
   */
  get lostExcess(): Statistic | undefined {
    return this.gainOnline && linear(1, this.excess, -1, this.mean('online', 'excess'));
  }

  /** Loss that s5 adds to s4 where another version than the live one was served. */
  get unexpected(): Statistic {
    return this.mean('online', 'unexpected');
  }

  private mean(rows: RowWeight, column: string): Statistic {
    const at = this.names.indexOf(`${rows} ${column}`);
    if (at < 0) throw new Error(`the ledger's sums have no column "${column}"`);
    return this.sums.ratio(at, this.names.indexOf(rows));
  }
}

/** Shape (rows): log loss of production's model less the candidate's, offline (s0) or at another state. */
export function gainOf({ loss }: Ledger, state: Score = 's0'): Float64Array {
  const candidate = lookUp(loss, state, 'loss');
  return lookUp(loss, 'score_prod', 'loss').map((x, r) => x - candidate[r]!);
}

/** Mean of a column over some of the rows, clustered both ways, with what the floors count. */
export function meanOver(
  ledger: Pick<Ledger, 'query' | 'item' | 'weight'>,
  values: Float64Array,
  rows: readonly number[],
): { readonly mean: Estimate; readonly rows: number; readonly queryClusters: number; readonly itemClusters: number } {
  const weight = Float64Array.from(rows, (r) => ledger.weight[r]!);
  const [query, item] = [pickRows(ledger.query, rows), pickRows(ledger.item, rows)];
  const sums = new ClusteredSums(
    query,
    item,
    [weight, Float64Array.from(rows, (r, i) => weight[i]! * values[r]!)],
    [weight],
  );
  return {
    mean: sums.estimate(sums.ratio(1, 0)),
    rows: rows.length,
    queryClusters: effectiveClusters(query, weight),
    itemClusters: effectiveClusters(item, weight),
  };
}

function countsOf({ query, item, weight, onlineWeight = weight, label }: Ledger): FloorCounts {
  let positives = 0;
  for (let r = 0; r < label.length; r++) if (label[r]! > 0 && onlineWeight[r]! > 0 && weight[r]! > 0) positives++;
  return {
    positives,
    queryClusters: Math.min(effectiveClusters(query, weight), effectiveClusters(query, onlineWeight)),
    itemClusters: Math.min(effectiveClusters(item, weight), effectiveClusters(item, onlineWeight)),
  };
}
