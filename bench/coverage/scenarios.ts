/** The regimes in which the bound is tried, and samples from them. */

import { type Random, weightedDraw } from '../../__tests__/support/xoshiro.js';
import { sigmoid } from '../../src/models/scores/link.js';

/**
 * The population. A row's aligned logit z ~ N(mean, spread²); its label is 1 with probability sigmoid(z + e), e ~ N(0,
 * missed²) being what the model does not know; the stale logit is z + u, u ~ N(shift, drift²). How much of each of the
 * three variances is shared by the rows of a query or of an item is the scenario's; the sums, and with them the true
 * degradation, are the same in all.
 */
export const MODEL = { mean: -1, spread: 1, missed: 0.6, shift: 0.1, drift: 0.6 } as const;

export interface Scenario {
  readonly name: string;
  readonly metric: 'log_loss' | 'calibration' | 'roc_auc' | 'ndcg@10' | 'recall@10' | 'mrr';
  /** Share of each variance that the rows of a query, or of an item, have in common. */
  readonly query: number;
  readonly item: number;
  readonly items: number;
  /** Exponent of the items' popularity. */
  readonly zipf: number;
  readonly queries: number;
  readonly rows: number;
  /** Rows a query: lognormal with sigma 1, or Pareto with shape 1.5 (no variance). */
  readonly sizes: 'lognormal' | 'pareto';
  /** Mean of the aligned logit, where it is not MODEL's. */
  readonly mean?: number;
  /** Standard deviation of the logarithm of the weights of rows, or of queries. */
  readonly rowWeight?: number;
  readonly queryWeight?: number;
  /** The share of the items that carries all of the items' drift. */
  readonly moved?: number;
  /** Drift of an item by its popularity rank to this power. */
  readonly byRank?: number;
  /** Relevant items a query, of rankings. */
  readonly relevant?: number;
  /** Both versions drift alike: the true change is 0. */
  readonly still?: boolean;
  /** Outside of what is promised. */
  readonly stress?: true;
}

/** A request log as most have it: many small requests and few large ones, a catalogue with a moderate head. */
const BASE = {
  metric: 'log_loss',
  items: 2000,
  zipf: 0.6,
  queries: 2000,
  rows: 20_000,
  sizes: 'lognormal',
  query: 0,
  item: 0,
} as const;
const BOTH = { ...BASE, query: 0.4, item: 0.4 } as const;
const RANKING = { ...BASE, metric: 'ndcg@10', rows: 4000, query: 0.2, item: 0.4, relevant: 1 } as const;

export const SCENARIOS: readonly Scenario[] = [
  { ...BASE, name: 'no effects' },
  { ...BASE, name: 'query effect', query: 0.6 },
  { ...BASE, name: 'item effect, Zipf 0.6', item: 0.6 },
  { ...BOTH, name: 'both, Zipf 0.6' },
  { ...BOTH, name: 'both, Zipf 1.0', zipf: 1 },
  { ...BOTH, name: 'both, Zipf 1.0, 200 items', zipf: 1, items: 200 },
  { ...BOTH, name: 'both, 300 queries', queries: 300 },
  { ...BOTH, name: 'both, Pareto requests', sizes: 'pareto' },
  { ...BOTH, name: 'ragged catalogue, 120 items', items: 120, zipf: 0.8 },
  { ...BOTH, name: 'even catalogue, 60 items', items: 60, zipf: 0.3 },
  { ...BOTH, name: 'both, 105 queries', queries: 105 },
  { ...BASE, name: 'item effect 0.8, Zipf 1.0, 200 items', item: 0.8, zipf: 1, items: 200 },
  { ...BOTH, name: 'no change, Zipf 1.0, 200 items', zipf: 1, items: 200, still: true },
  { ...BOTH, name: 'no change, 105 queries', queries: 105, still: true },
  { ...BOTH, name: 'rare positives 0.3 %', mean: -6.55, rows: 60_000 },
  { ...BOTH, name: 'rare positives 0.3 %, Zipf 1.0, 400 items', mean: -6.55, rows: 60_000, zipf: 1, items: 400 },
  { ...BOTH, name: 'calibration, Zipf 1.0, 200 items', metric: 'calibration', zipf: 1, items: 200 },
  { ...BOTH, name: 'calibration, 115 queries', metric: 'calibration', queries: 115 },
  { ...BOTH, name: 'AUC, Zipf 1.0, 200 items', metric: 'roc_auc', zipf: 1, items: 200 },
  { ...BOTH, name: 'AUC, 105 queries', metric: 'roc_auc', queries: 105 },
  { ...BOTH, name: 'row weights lognormal 1.5', zipf: 1, rowWeight: 1.5 },
  { ...BOTH, name: 'query weights lognormal 1', queries: 800, queryWeight: 1 },
  { ...BOTH, name: 'long tail, small cell', rows: 1500, queries: 900, items: 20_000, query: 0.2, item: 0.2 },
  { ...RANKING, name: 'nDCG, no item effect', item: 0, zipf: 0.8, items: 300 },
  { ...RANKING, name: 'nDCG, Zipf 0.6' },
  { ...RANKING, name: 'nDCG, Zipf 0.8, 300 items', zipf: 0.8, items: 300 },
  { ...RANKING, name: 'nDCG, four relevant items, Zipf 0.8, 300 items', zipf: 0.8, items: 300, relevant: 4 },
  {
    ...RANKING,
    name: 'recall, four relevant items, Zipf 0.8, 300 items',
    metric: 'recall@10',
    zipf: 0.8,
    items: 300,
    relevant: 4,
  },
  {
    ...RANKING,
    name: 'MRR, four relevant items, Zipf 0.8, 500 items',
    metric: 'mrr',
    zipf: 0.8,
    items: 500,
    relevant: 4,
  },
  { ...RANKING, name: 'nDCG, 300 users', query: 0.4, item: 0, items: 20_000, queries: 300, rows: 3000 },
  { ...BOTH, name: 'few items moved (10 %), Zipf 0.6', moved: 0.1, stress: true },
  { ...BOTH, name: 'few items moved (10 %), Zipf 1.0', moved: 0.1, zipf: 1, stress: true },
  { ...BOTH, name: 'few items moved (10 %), 200 items', moved: 0.1, zipf: 1, items: 200, stress: true },
  { ...BOTH, name: 'popular items drift less, 200 items', zipf: 1, items: 200, byRank: 0.25, stress: true },
  { ...BOTH, name: 'popular items drift more, 200 items', zipf: 1, items: 200, byRank: -0.25, stress: true },
  { ...RANKING, name: 'nDCG, Zipf 1.0, 2,000 items', zipf: 1, stress: true },
  { ...BOTH, name: 'below: 28 effective items', items: 70, zipf: 1, stress: true },
  { ...BOTH, name: 'below: 50 queries', queries: 50, stress: true },
  { ...BOTH, name: 'below: 60 queries, 80 items', queries: 60, items: 80, zipf: 1, rows: 1500, stress: true },
];

export function isRankingScenario({ metric }: Scenario): boolean {
  return metric !== 'log_loss' && metric !== 'calibration' && metric !== 'roc_auc';
}

/** Largest share of the items that one query has; items within a query are distinct. */
const LARGEST = 0.25;

/** Irrelevant candidates that a query ranks beside its relevant ones. */
export const OTHERS = 49;

/** Of rankings, a row is a relevant item, and `aligned` and `stale` its standardised score. */
export interface Sample {
  readonly rows: number;
  readonly query: Int32Array;
  readonly item: Int32Array;
  readonly label: Float64Array;
  readonly weight: Float64Array;
  /** Logits of the aligned and of the stale version. */
  readonly aligned: Float64Array;
  readonly stale: Float64Array;
}

/** Drift of an item by its rank, scaled so that its mean square over the rows is 1. Shape (items). */
export function driftByRank({ items, zipf, byRank = 0 }: Scenario): Float64Array {
  const factor = Float64Array.from({ length: items }, (_, i) => (i + 1) ** byRank);
  let total = 0;
  let square = 0;
  for (let i = 0; i < items; i++) {
    const p = (i + 1) ** -zipf;
    total += p;
    square += p * factor[i]! ** 2;
  }
  return factor.map((f) => f / Math.sqrt(square / total));
}

export function drawOf({ items, zipf }: Scenario): (random: Random) => number {
  return weightedDraw(Array.from({ length: items }, (_, i) => (i + 1) ** -zipf));
}

/** Sums of what the effects of a query or an item add to z, u and e. */
interface Effects {
  readonly score: Float64Array;
  readonly drift: Float64Array;
  readonly missed: Float64Array;
}

/** Standard deviations of the score and of its drift; of rankings the scores are standardised. */
export function spreads(scenario: Scenario): {
  spread: number;
  drift: number;
  missed: number;
  mean: number;
  shift: number;
} {
  if (isRankingScenario(scenario)) return { spread: 1, drift: 0.5, missed: 0, mean: 1, shift: -0.15 };
  return { ...MODEL, mean: scenario.mean ?? MODEL.mean };
}

function effects(scenario: Scenario, random: Random, count: number, share: number): Effects {
  const { spread, drift, missed } = spreads(scenario);
  const draw = (sd: number) => Float64Array.from({ length: count }, () => Math.sqrt(share) * sd * random.normal());
  return { score: draw(spread), drift: draw(drift), missed: draw(missed) };
}

function sizeOf({ sizes, items, relevant }: Scenario, mean: number, random: Random): number {
  if (relevant !== undefined && relevant > 1) return relevant;
  const size =
    sizes === 'lognormal' ? mean * Math.exp(random.normal() - 0.5) : (mean / 3) * random.uniform() ** (-1 / 1.5);
  return Math.min(LARGEST * items, Math.max(1, Math.round(size)));
}

/** Makes the drift of the items that of a few of them, or of their rank, where the scenario says so. */
function confineDrift(scenario: Scenario, drift: Float64Array, random: Random): void {
  const { items, moved, byRank } = scenario;
  if (moved !== undefined)
    for (let i = 0; i < items; i++) drift[i]! *= random.uniform() < moved ? 1 / Math.sqrt(moved) : 0;
  if (byRank !== undefined) {
    const factor = driftByRank(scenario);
    for (let i = 0; i < items; i++) drift[i]! *= factor[i]!;
  }
}

/** Draws the next item of a query. A user may want one item twice; a query of several has its items once. */
function itemDraws(
  { items, relevant }: Scenario,
  draw: (random: Random) => number,
  random: Random,
): (query: number) => number {
  const lastQuery = new Int32Array(items).fill(-1);
  return (q) => {
    let i = draw(random);
    while (relevant !== 1 && lastQuery[i] === q) i = draw(random);
    lastQuery[i] = q;
    return i;
  };
}

/** The weight of a row within its query: lognormal with mean 1, or 1. */
function rowWeight({ rowWeight: sd }: Scenario, random: Random): number {
  return sd === undefined ? 1 : Math.exp(sd * random.normal() - sd ** 2 / 2);
}

/**
 * One sample. Of rankings with one relevant item a row is a query of its own and its cluster the user, as `queries`
 * counts; with several the rows of a cluster are one query's.
 */
export function simulate(scenario: Scenario, draw: (random: Random) => number, random: Random): Sample {
  const { queries, items, rows } = scenario;
  const { spread, drift, missed, mean, shift } = spreads(scenario);
  const size = Int32Array.from({ length: queries }, () => Math.floor(sizeOf(scenario, rows / queries, random)));
  const total = size.reduce((sum, n) => sum + n, 0);
  const ofQuery = effects(scenario, random, queries, scenario.query);
  const ofItem = effects(scenario, random, items, scenario.item);
  confineDrift(scenario, ofItem.drift, random);
  const own = Math.sqrt(1 - scenario.query - scenario.item);
  const sample: Sample = {
    rows: total,
    query: new Int32Array(total),
    item: new Int32Array(total),
    label: new Float64Array(total),
    weight: new Float64Array(total).fill(1),
    aligned: new Float64Array(total),
    stale: new Float64Array(total),
  };
  const again = scenario.still
    ? [effects(scenario, random, queries, scenario.query), effects(scenario, random, items, scenario.item)]
    : [];
  const nextItem = itemDraws(scenario, draw, random);
  for (let q = 0, r = 0; q < queries; q++) {
    const weight = scenario.queryWeight === undefined ? 1 : Math.exp(scenario.queryWeight * random.normal());
    for (let n = 0; n < size[q]!; n++, r++) {
      const i = nextItem(q);
      const z = mean + ofQuery.score[q]! + ofItem.score[i]! + own * spread * random.normal();
      const u = shift + ofQuery.drift[q]! + ofItem.drift[i]! + own * drift * random.normal();
      const e = ofQuery.missed[q]! + ofItem.missed[i]! + own * missed * random.normal();
      sample.query[r] = q;
      sample.item[r] = i;
      sample.aligned[r] = scenario.still
        ? z + shift + again[0]!.drift[q]! + again[1]!.drift[i]! + own * drift * random.normal()
        : z;
      sample.stale[r] = z + u;
      sample.label[r] = isRankingScenario(scenario) || random.uniform() < sigmoid(z + e) ? 1 : 0;
      sample.weight[r] = weight * rowWeight(scenario, random);
    }
  }
  return sample;
}
