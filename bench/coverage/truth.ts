/**
 * The population's change of each scenario, which becomes the margin: by numerical integration, and of rankings by a
 * large simulation.
 */

import { Random } from '../../__tests__/support/xoshiro.js';
import { sigmoid } from '../../src/models/scores/link.js';
import {
  drawOf,
  driftByRank,
  isRankingScenario,
  MODEL,
  OTHERS,
  type Scenario,
  simulate,
  spreads,
} from './scenarios.js';

/** E f(x), x ~ N(mean, sd²): trapezoids over ±10 sd, exact to rounding for smooth f. */
function expectation(f: (x: number) => number, mean: number, sd: number): number {
  const step = 0.005;
  let sum = 0;
  for (let k = -2000; k <= 2000; k++) sum += f(mean + sd * k * step) * Math.exp(-((k * step) ** 2) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/**
 * Φ(x) to rounding: by its series near 0 (Abramowitz & Stegun 26.2.11), by the continued fraction of the tail beyond
 * (26.2.14).
 */
export function normalCdf(x: number): number {
  const a = Math.abs(x);
  let tail: number;
  if (a < 3) {
    // Φ(a) - 1/2 = φ(a)·Σ a^(2k+1) / (1·3·…·(2k+1))
    let term = a;
    let sum = a;
    for (let k = 1; k < 200; k++) {
      term *= (a * a) / (2 * k + 1);
      sum += term;
      if (term < 1e-17 * sum) break;
    }
    tail = 0.5 - (Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI)) * sum;
  } else {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / (a + fraction);
    tail = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI) / (a + fraction);
  }
  return x > 0 ? 1 - tail : tail;
}

/** Mixtures of the drift's standard deviation, with their masses. */
function drifts(scenario: Scenario): [number, number][] {
  const { drift } = MODEL;
  const { item } = scenario;
  if (scenario.moved !== undefined)
    return [
      [scenario.moved, drift * Math.sqrt(1 - item + item / scenario.moved)],
      [1 - scenario.moved, drift * Math.sqrt(1 - item)],
    ];
  if (scenario.byRank === undefined) return [[1, drift]];
  // A query draws distinct items: the mass of a rank is what its share of the rows is, which the first draw of each
  // query gives nearly.
  const factor = driftByRank(scenario);
  const mass = rankMasses(scenario);
  return [...factor].map((f, i): [number, number] => [mass[i]!, drift * Math.sqrt(1 - item + item * f * f)]);
}

/** Shares of the rows by item rank, over many simulated requests with distinct items. */
function rankMasses(scenario: Scenario): Float64Array {
  const mass = new Float64Array(scenario.items);
  const random = new Random(99);
  const draw = drawOf(scenario);
  let total = 0;
  for (let run = 0; run < 200; run++) {
    const { item } = simulate(scenario, draw, random);
    for (const i of item) mass[i]!++;
    total += item.length;
  }
  return mass.map((m) => m / total);
}

/**
 * The population's change: relative and positive where it is a loss. With t = z + e:
 *   E l₀ = E softplus(z) - E[σ(t) z],   E l₁ = E softplus(z + u) - E[σ(t) z] - E σ(t)·E u,
 *   E[σ(t) z] = mean·E σ(t) + spread²·E σ'(t)   (Stein).
 */
export function trueChange(scenario: Scenario): number {
  if (scenario.still) return 0;
  if (isRankingScenario(scenario)) return rankingChange(scenario);
  const { spread, drift, missed, mean, shift } = spreads(scenario);
  const mixed = (f: (x: number) => number) =>
    drifts(scenario).reduce((sum, [mass, sd]) => sum + mass * expectation(f, mean + shift, Math.hypot(spread, sd)), 0);
  if (scenario.metric === 'calibration') return mixed(sigmoid) / expectation(sigmoid, mean, spread) - 1;
  if (scenario.metric === 'roc_auc') return aucLoss(mean, spread, missed, drift);
  const label = expectation(sigmoid, mean, Math.hypot(spread, missed));
  const slope = expectation((t) => sigmoid(t) * sigmoid(-t), mean, Math.hypot(spread, missed));
  const cross = mean * label + spread ** 2 * slope;
  const aligned = expectation(softplus, mean, spread) - cross;
  return (mixed(softplus) - cross - label * shift) / aligned - 1;
}

/** 1 - AUC₁/AUC₀ on a grid of z: a shift of all scores does not matter, and two rows' drifts differ by √2·drift. */
function aucLoss(mean: number, spread: number, missed: number, drift: number): number {
  const steps = 601;
  const z = Float64Array.from({ length: steps }, (_, i) => mean + spread * (i - 300) * 0.02);
  const positive = new Float64Array(steps);
  const negative = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    const density = Math.exp(-(((i - 300) * 0.02) ** 2) / 2);
    const rate = expectation((e) => sigmoid(z[i]! + e), 0, missed);
    positive[i] = density * rate;
    negative[i] = density * (1 - rate);
  }
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const [p, n] = [sum(positive), sum(negative)];
  const beats = Float64Array.from({ length: 2 * steps }, (_, d) =>
    normalCdf(((d - steps) * 0.02 * spread) / (Math.SQRT2 * drift)),
  );
  let zero = 0;
  let one = 0;
  for (let i = 0; i < steps; i++)
    for (let j = 0; j < steps; j++) {
      const mass = (positive[i]! / p) * (negative[j]! / n);
      zero += mass * (i > j ? 1 : i === j ? 0.5 : 0);
      one += mass * beats[i - j + steps]!;
    }
  return 1 - one / zero;
}

/** The expected number of irrelevant candidates that stand above a relevant item with a standardised score. */
export function othersAbove(score: number): number {
  return Math.floor(OTHERS * normalCdf(-score));
}

/** The value of a metric in a query of relevant items at these scores. */
function metricOf(metric: Scenario['metric'], scores: readonly number[]): number {
  const sorted = [...scores].sort((a, b) => b - a);
  const above = sorted.map((score, i) => othersAbove(score) + i);
  if (metric === 'mrr') return 1 / (above[0]! + 1);
  if (metric === 'recall@10') return above.filter((a) => a < 10).length / above.length;
  const discount = (a: number) => (a < 10 ? 1 / Math.log2(a + 2) : 0);
  const ideal = above.reduce((sum, _, i) => sum + discount(i), 0);
  return above.reduce((sum, a) => sum + discount(a), 0) / ideal;
}

const QUERIES = 2_000_000;

/**
 * The loss of a ranking metric over many independent queries: items of a query are distinct, so that their effects are
 * independent.
 */
function rankingChange(scenario: Scenario): number {
  const { spread, drift, mean, shift } = spreads(scenario);
  const { query, relevant = 1, metric } = scenario;
  const random = new Random(4242);
  let zero = 0;
  let one = 0;
  const own = Math.sqrt(1 - query);
  for (let q = 0; q < QUERIES; q++) {
    const [z, u] = [Math.sqrt(query) * random.normal(), Math.sqrt(query) * random.normal()];
    const aligned: number[] = [];
    const stale: number[] = [];
    for (let i = 0; i < relevant; i++) {
      const score = mean + spread * (z + own * random.normal());
      aligned.push(score);
      stale.push(score + shift + drift * (u + own * random.normal()));
    }
    zero += metricOf(metric, aligned);
    one += metricOf(metric, stale);
  }
  return 1 - one / zero;
}
