/**
 * A world with a gap of known causes: requests of users for items, a candidate model that knows more than production's, and what serving makes of it. Each cause can be planted by its size; the ledger is what
 * its logs would hold.
 */
import { Random } from './xoshiro.js';

export interface Planted {
  /** Requests, of eight items each. */
  readonly requests: number;
  /** How much of a feature family serving leaves out: 0 … 1. */
  readonly featureLoss: number;
  /** Standard deviation of what an item's stale vector adds to its logits, on tier large. */
  readonly skew: number;
  /** Standard deviation of what serving's precision adds to a logit. */
  readonly precision: number;
  /** Share of requests that an old checkpoint served. */
  readonly unexpected: number;
  /** How much less the candidate gains on the log source of which the offline rows hold too few. */
  readonly bias: number;
}

export const INNOCENT: Planted = { requests: 1500, featureLoss: 0, skew: 0, precision: 0.001, unexpected: 0, bias: 0 };

/** Columns of the ledger by name; predictions are probabilities. */
export interface LedgerTable {
  readonly rows: number;
  readonly texts: Readonly<Record<'request_id' | 'item_id' | 'served_version' | 'tier' | 'log_source', string[]>>;
  readonly numbers: Readonly<Record<string, Float64Array>>;
}

const ITEMS = 400;
const SLATE = 8;
/** Standard deviations of what users, items, and the feature family say of a row, and of what nobody knows. */
const SPREAD = { user: 0.6, item: 0.6, family: 0.9, unknown: 0.5 } as const;

export function gapLedger(planted: Planted, seed: number): LedgerTable {
  const random = new Random(seed);
  const normal = (sd: number) => sd * random.normal();
  const items = Array.from({ length: ITEMS }, () => ({ effect: normal(SPREAD.item), stale: normal(1) }));
  const n = planted.requests * SLATE;
  const column = () => new Float64Array(n);
  const numbers: Record<string, Float64Array> = {};
  for (const name of [
    'label',
    'weight_online',
    'event_ts',
    'feature_ts',
    'score_prod',
    's0',
    's0_pit',
    's2',
    's3',
    's4',
    's5',
    'only_feature_parity',
    'all_but_feature_parity',
    'only_version_skew',
    'all_but_version_skew',
  ])
    numbers[name] = column();
  const texts: LedgerTable['texts'] = { request_id: [], item_id: [], served_version: [], tier: [], log_source: [] };
  let r = 0;
  for (let q = 0; q < planted.requests; q++) {
    const user = normal(SPREAD.user);
    // Offline, winners are three of four rows; in production they are half.
    const winner = random.uniform() < 0.75;
    const old = random.uniform() < planted.unexpected;
    const slate = new Set<number>();
    while (slate.size < SLATE) slate.add(Math.floor(random.uniform() * ITEMS));
    for (const i of slate) {
      const { effect, stale } = items[i]!;
      const large = i % 2 === 0;
      const family = normal(SPREAD.family) * (winner ? 1 : 1 - planted.bias);
      const common = -1.4 + user + effect;
      const y = random.uniform() < sigmoid(common + family + normal(SPREAD.unknown)) ? 1 : 0;
      const offline = common + family + normal(0.1);
      const lost = -planted.featureLoss * family;
      const moved = large ? planted.skew * stale : 0;
      const rounding = normal(planted.precision);
      const set = (name: string, value: number) => {
        numbers[name]![r] = value;
      };
      set('label', y);
      set('weight_online', winner ? 0.5 / 0.75 : 0.5 / 0.25);
      set('event_ts', 1_000_000 + q);
      set('feature_ts', 999_000 + q);
      // Production's model knows a third of the family.
      const today = common + family / 3 + normal(0.1);
      set('score_prod', sigmoid(today));
      set('s0', sigmoid(offline));
      set('s0_pit', sigmoid(offline + normal(0.002)));
      set('s2', sigmoid(offline + lost));
      set('s3', sigmoid(offline + lost + moved));
      set('s4', sigmoid(offline + lost + moved + rounding));
      // An old checkpoint knows no more than production's model.
      set('s5', sigmoid(old ? today + moved : offline + lost + moved + rounding));
      set('only_feature_parity', sigmoid(offline + lost));
      set('all_but_feature_parity', sigmoid(offline + moved + rounding));
      set('only_version_skew', sigmoid(offline + moved));
      set('all_but_version_skew', sigmoid(offline + lost + rounding));
      texts.request_id.push(`q${q}`);
      texts.item_id.push(`i${i}`);
      texts.served_version.push(old ? 'v41' : 'v42');
      texts.tier.push(large ? 'large' : 'small');
      texts.log_source.push(winner ? 'auction_winner' : 'full_request');
      r++;
    }
  }
  return { rows: n, texts, numbers };
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
