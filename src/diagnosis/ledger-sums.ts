/** Sums over the ledger, and every statistic of the diagnosis as a linear form of their ratios. */
import type { CheckId } from '../policy/policy.js';
import { ClusteredSums, linear, type Statistic } from '../statistics/clustered.js';
import type { Estimate } from '../statistics/noninferiority.js';
import { type Ledger, SCORES } from './ledger.js';
import { winsorisedExcess } from './outliers.js';

/** What was measured of a hypothesis; a text says why it was not. */
export interface Measured {
  /** What it contributes on the way from offline to online. */
  readonly contribution: Statistic;
  /** Loss before the step, for steps that have one. */
  readonly before?: Statistic;
  /** First-in and last-in, where columns tell them apart. */
  readonly alone?: Statistic;
  readonly fix?: Statistic;
}

export class LedgerSums {
  private readonly names: string[] = [];
  private readonly sums: ClusteredSums;
  readonly gainOffline: Statistic;
  readonly gainOnline: Statistic;
  readonly gap: Statistic;

  constructor(private readonly ledger: Ledger) {
    const { weight, onlineWeight = weight, loss, unexpected } = ledger;
    const columns: Float64Array[] = [];
    const add = (name: string, values: Float64Array) => {
      this.names.push(name);
      columns.push(values);
    };
    const product = (w: Float64Array, x: Float64Array) => w.map((value, r) => value * x[r]!);
    add('w0', weight);
    add('w1', onlineWeight);
    for (const [name, values] of loss) {
      add(`w0 ${name}`, product(weight, values));
      add(`w1 ${name}`, product(onlineWeight, values));
    }
    const gain = loss.get('score_prod')!.map((x, r) => x - loss.get('s0')![r]!);
    add('w0 excess', product(weight, winsorisedExcess(gain, weight)));
    if (unexpected && loss.has('s4'))
      add(
        'w1 unexpected',
        onlineWeight.map((w, r) => w * unexpected[r]! * (loss.get('s5')![r]! - loss.get('s4')![r]!)),
      );
    this.sums = new ClusteredSums(ledger.query, ledger.item, columns, [weight, onlineWeight]);
    this.gainOffline = linear(1, this.loss('w0', 'score_prod'), -1, this.loss('w0', 's0'));
    this.gainOnline = linear(1, this.loss('w1', 'score_prod'), -1, this.loss('w1', 's5'));
    this.gap = linear(1, this.gainOffline, -1, this.gainOnline);
  }

  estimate(statistic: Statistic): Estimate {
    return this.sums.estimate(statistic);
  }

  /** part - ρ·gap. */
  contrast(part: Statistic, rho: number): Estimate {
    return this.estimate(linear(1, part, -rho, this.gap));
  }

  private mean(weight: 'w0' | 'w1', column: string): Statistic {
    return this.sums.ratio(this.names.indexOf(column), this.names.indexOf(weight));
  }

  private loss(weight: 'w0' | 'w1', column: string): Statistic {
    return this.mean(weight, `${weight} ${column}`);
  }

  /** Loss of the first state less that of the second, on the rows that production serves. */
  private step(from: string, to: string): Statistic {
    return linear(1, this.loss('w1', to), -1, this.loss('w1', from));
  }

  of(id: CheckId): Measured {
    switch (id) {
      case 'sampling-bias': {
        const online = linear(1, this.loss('w1', 'score_prod'), -1, this.loss('w1', 's0'));
        return { contribution: linear(1, this.gainOffline, -1, online) };
      }
      case 'label-leakage':
        return {
          contribution: linear(1, this.loss('w0', 's0_pit'), -1, this.loss('w0', 's0')),
          before: this.loss('w0', 's0'),
        };
      case 'outlier-domination':
        return { contribution: this.mean('w0', 'w0 excess') };
      case 'checkpoint-identity':
        return { contribution: this.mean('w1', 'w1 unexpected'), before: this.loss('w1', 's4') };
      default: {
        const at = { 'feature-parity': 1, 'version-skew': 2, 'precision-parity': 3 }[id as string]!;
        const name = id.replaceAll('-', '_');
        const toggle = (column: string) => this.ledger.loss.has(column);
        return {
          contribution: this.step(SCORES[at - 1]!, SCORES[at]!),
          before: this.loss('w1', SCORES[at - 1]!),
          // One of the two alone would acquit by half of the evidence.
          ...(toggle(`only_${name}`) && toggle(`all_but_${name}`)
            ? { alone: this.step('s0', `only_${name}`), fix: this.step(`all_but_${name}`, 's5') }
            : {}),
        };
      }
    }
  }
}
